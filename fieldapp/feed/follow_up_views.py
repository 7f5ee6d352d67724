"""待跟进, from today: done by hand, or put off to another day."""

from datetime import date, timedelta
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fieldapp.accounts.models import ADMIN, DESK, LEAD, OFFICER
from fieldapp.core.access import role
from fieldapp.core.db import new_id
from fieldapp.core.login import person
from fieldapp.core.problems import not_found
from fieldapp.core.web import db, read
from fieldapp.feed.forms import id_of
from fieldapp.visits import follow_up_actions
from fieldapp.visits import queries as visits

bp = Blueprint("follow_up", __name__)
insiders = role(OFFICER, LEAD, DESK, ADMIN)
FURTHEST = timedelta(days=366)


@bp.post("/follow-ups/<uuid:id>/done")
@insiders
def done(id: UUID) -> ResponseReturnValue:
    """Ticked off by hand. Twice is as good as once."""
    by = person()
    if not db().write(lambda session: follow_up_actions.tick_off(session, by, id)):
        raise not_found()
    return redirect("/", 303)


@bp.get("/follow-ups/<uuid:id>/day")
@insiders
def another_day(id: UUID) -> ResponseReturnValue:
    return _choice(id, str(new_id()))


@bp.post("/follow-ups/<uuid:id>/day")
@insiders
def put_off(id: UUID) -> ResponseReturnValue:
    by, act = person(), id_of(request.form.get("id"))
    chosen = request.form.get("on") or request.form.get("date", "")
    on = _day(chosen)
    if on is None or not by.day <= on <= by.day + FURTHEST:
        return _choice(id, str(act), chosen, str(_("Choose a day from today on, within a year."))), 422
    if not db().write(lambda session: follow_up_actions.put_off(session, by, id, on, act)):
        raise not_found()
    return redirect("/", 303)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _choice(id: UUID, act: str, chosen: str = "", error: str = "") -> str:
    one = visits.follow_up(read(), person().id, id)
    if one is None:
        raise not_found()
    today = person().day
    days = [today + timedelta(days=ahead) for ahead in (1, 2, 3)]
    days.append(today + timedelta(days=7 - today.weekday()))  # next Monday
    return render_template(
        "feed/follow_up_day.html", one=one, act=act, days=sorted(set(days)), today=today, last=today + FURTHEST,
        chosen=chosen, error=error,
    )  # fmt: skip
