"""A visit's page, and what is said on it later: an addition, a withdrawal."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fieldapp.accounts.models import ADMIN, DESK, LEAD, OFFICER
from fieldapp.core import clock
from fieldapp.core.access import role
from fieldapp.core.i18n import local, locale_name
from fieldapp.core.login import person
from fieldapp.core.payload import Arrival, CannotPlace, Times
from fieldapp.core.problems import not_found
from fieldapp.core.web import db, read, settings
from fieldapp.feed import actions
from fieldapp.feed.forms import Remark
from fieldapp.feed.visit_queries import accuracy_code
from fieldapp.feed.visit_queries import visit_page as page_of
from fieldapp.visits import policy as visits_policy
from fieldapp.visits import queries as visits
from fieldapp.visits.body import SupplementBody
from fieldapp.visits.models import Supplement, Visit

bp = Blueprint("visit", __name__)
insiders = role(OFFICER, LEAD, DESK, ADMIN)  # all but handling units


def _visit(id: UUID) -> Visit:
    """The visit, if the asker may see it."""
    visit = visits.visible_visit(read(), person(), id, zone_readable=settings().zone_readable)
    if visit is None:
        raise not_found()
    return visit


@bp.get("/visits/<uuid:id>")
@insiders
def visit_page(id: UUID) -> ResponseReturnValue:
    return _visit_page(_visit(id))


def _visit_page(visit: Visit, addition: Remark | None = None, withdrawal: Remark | None = None) -> ResponseReturnValue:
    page = page_of(read(), person(), visit, zone_readable=settings().zone_readable)
    refused = [one for one in (addition, withdrawal) if one is not None]
    html = render_template(
        "feed/visit.html",
        page=page,
        accuracy=accuracy_code(visit.accuracy_m),
        wechat=render_template("feed/wechat.txt", page=page).strip(),
        addition=addition or Remark(),
        withdrawal=withdrawal or Remark(),
        saved="saved" in request.args,
    )
    return html, 422 if refused else 200


@bp.post("/visits/<uuid:id>/additions")
@insiders
def add_to_visit(id: UUID) -> ResponseReturnValue:
    """An addition by whoever may read the visit."""
    return _supplement(_visit(id), "addition", "text", "#supplements")


@bp.post("/visits/<uuid:id>/withdrawal")
@insiders
def withdraw_visit(id: UUID) -> ResponseReturnValue:
    """撤回 by its author, 作废 by the lead of the author's team, with a reason."""
    visit = _visit(id)
    type = "withdrawal" if visits_policy.may_amend(person(), visit) else "void"
    if type == "void" and not visits_policy.may_void(person(), visit):
        raise not_found()
    return _supplement(visit, type, "reason", "")


def _supplement(visit: Visit, type: str, field: str, place: str) -> ResponseReturnValue:
    """Read the remark, lay it over the visit once, and answer with the visit's page."""
    remark = Remark.read(request.form, field)
    shown = {"addition": remark} if type == "addition" else {"withdrawal": remark}
    if not remark.error:
        said = SupplementBody.model_validate({"visit": visit.id, "type": type, field: remark.text})
        if _supplement_once(remark.id, said):
            return redirect(f"/visits/{visit.id}{place}", 303)
        remark.again()
    return _visit_page(visit, **shown)


def _supplement_once(id: UUID, said: SupplementBody) -> bool:
    """Whether this supplement is here now: just written, or by an earlier send of the same form."""
    by, now = person(), clock.now()

    def write(session: Session) -> bool:
        known = session.get(Supplement, id)
        if known is not None:
            same = {k: v for k, v in known.body.items() if k != "before"}
            return known.owner_id == by.id and same == said.model_dump(mode="json", exclude_defaults=True)
        arrival = Arrival(id, Times(now, now, now))
        made = actions.supplement_visit(session, by, arrival, said, zone_readable=settings().zone_readable)
        if made is None:
            raise not_found()
        return True

    try:
        return db().write(write)
    except IntegrityError:  # the same form, sent twice at once: the other one was first
        return db().write(write)
    except CannotPlace as refused:
        raise not_found() from refused


@bp.app_template_filter("said_plainly")
def said_plainly(one: Any) -> str:
    """A part of an original record in a line: a name with its unit, a code, a text."""
    return " · ".join(str(v) for v in one.values() if v) if isinstance(one, dict) else str(one)


@bp.app_template_filter("say_half_day")
def say_half_day(at: datetime) -> str:
    """11月22日上午: as a bulletin says it."""
    there = local(at)
    day = format_date(there.date(), "d MMM" if locale_name() == "en" else "M月d日")
    halves = {0: _("%(day)s, early", day=day), 1: _("%(day)s, morning", day=day), 2: _("%(day)s, afternoon", day=day),
              3: _("%(day)s, evening", day=day)}  # fmt: skip
    return str(halves[0 if there.hour < 6 else 1 if there.hour < 12 else 2 if there.hour < 18 else 3])
