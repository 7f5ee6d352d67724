"""Somebody leaves, or a team changes: all that they serve goes to another from a day on."""

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from fieldapp.accounts.models import ADMIN
from fieldapp.admin.registers.choosing import Whom
from fieldapp.admin.registers.fields import Day, Typed, Wrong
from fieldapp.admin.registers.known import Known, Options
from fieldapp.core import reauth
from fieldapp.core.access import role
from fieldapp.core.login import person
from fieldapp.core.problems import not_found
from fieldapp.core.web import db, no_store, read, today
from fieldapp.projects import policy
from fieldapp.projects.models import Assignment
from fieldapp.projects.project_actions import ASSIGNMENTS, holds_from

bp = Blueprint("handover", __name__)
keeper = role(ADMIN)
OLD, NEW, FIRST = (Whom(name="old", label=""), Whom(name="new", label=""), Day(name="first", label="", required=True))


@bp.get("/admin/assignments/handover")
@keeper
def handover_page() -> ResponseReturnValue:
    return _page(Typed({"first": [_known().today.isoformat()], "old": [request.args.get("old", "")]}), {})


def _known() -> Known:
    if not policy.may_keep(person()):
        raise not_found()
    return Known(read(), today())


def _page(typed: Typed, errors: dict[str, str]) -> ResponseReturnValue:
    known = _known()
    html = render_template(
        "admin/handover.html", typed=typed, errors=errors, givers=_givers(known), takers=known.options("whom")
    )
    answer = no_store(make_response(html))
    answer.status_code = 422 if errors else 200
    return answer


def _givers(known: Known) -> Options:
    """Whoever serves projects now or later, those who have left included, with how many."""
    count = func.count(func.distinct(Assignment.project_id))
    query = select(Assignment.user_id, Assignment.team_id, count).where(holds_from(known.today))
    rows = read().execute(query.group_by(Assignment.user_id, Assignment.team_id)).all()
    known.learn("users", [row.user_id for row in rows])
    known.learn("teams", [row.team_id for row in rows])
    found = []
    for user_id, team_id, projects in rows:
        kind, id = ("user", user_id) if user_id else ("team", team_id)
        words = ngettext("%(num)s project", "%(num)s projects", projects)
        found.append((f"{kind}:{id}", f"{known.title(f'{kind}s', id)} · {words}"))
    return sorted(found, key=lambda one: (one[0].startswith("user"), one[1]))


@bp.post("/admin/assignments/handover")
@keeper
def hand_over() -> ResponseReturnValue:
    """Sent twice is as good as once: the second time there is nothing left to hand over."""
    known, typed = _known(), Typed(dict(request.form.lists()))
    errors: dict[str, str] = {}
    old, new, first = typed.one("old"), _read(NEW, typed, known, errors), _read(FIRST, typed, known, errors)
    if old not in dict(_givers(known)):
        errors["old"] = _("Please choose one.") if not old else _("They serve no project.")
    elif old == typed.one("new"):
        errors["new"] = _("This is the same one.")
    if errors:
        return _page(typed, errors)
    if (asked := reauth.ask()) is not None:
        return asked
    whose = OLD.read(Typed({"old": [old], "old-has": [old]}), known)  # they may have left
    by = person().id
    done = db().write(lambda session: ASSIGNMENTS.hand_over(session, by, whose, new, first["first"]))
    return redirect(f"/admin/assignments/handover?done={done}", 303)


def _read(field: Any, typed: Typed, known: Known, errors: dict[str, str]) -> dict[str, Any]:
    try:
        read_: dict[str, Any] = field.read(typed, known)
    except Wrong as wrong:
        errors[field.name] = str(wrong)
        return {}
    return read_
