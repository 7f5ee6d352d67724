"""`/admin/proposals`, `/admin/memberships`: what is proposed is granted or refused, and what is held is ended."""

from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from fieldapp.accounts import membership_actions as memberships
from fieldapp.accounts import policy
from fieldapp.accounts import queries as accounts_queries
from fieldapp.accounts.actions import Refused
from fieldapp.accounts.models import ADMIN, POWERS, ROLES, SECURITY, Membership, Proposal
from fieldapp.admin.people import queries, words
from fieldapp.admin.people.forms import plain
from fieldapp.core import reauth
from fieldapp.core.access import role
from fieldapp.core.db import uuid_of
from fieldapp.core.login import person
from fieldapp.core.problems import not_found
from fieldapp.core.web import close_reading, db, no_store, read, settings, today

bp = Blueprint("memberships", __name__, url_prefix="/admin")
readers = role(*POWERS)
deciders = role(ADMIN, SECURITY)  # an administrator appoints the first, and where the powers are not kept apart


# -- what is proposed ----------------------------------------------------------------------------------------------


@bp.get("/proposals")
@readers
def proposals_page() -> ResponseReturnValue:
    return _proposals()


def _proposals(
    status: int = 200, refused: list[tuple[Proposal, str]] | None = None, granted: int = 0
) -> ResponseReturnValue:
    asker, session = person(), read()
    page = queries.waiting(session, request.args.get("after"))
    names = accounts_queries.names(session, {one.proposed_by for one in page.items if one.proposed_by})
    html = render_template(
        "admin/people/proposals.html",
        page=page,
        names=names,
        mine={one.id for one in page.items if _may_decide(session, one)},
        may_keep=policy.may_keep_people(asker),
        asker=asker,
        refused=[(one.user.name, words.refused(code)) for one, code in refused or []],
        granted=granted,
        words=words,
        today=today(),
    )
    return no_store(make_response(html, status))


def _may_decide(session: Session, proposal: Proposal) -> bool:
    return memberships.may_decide(session, person(), proposal, three_powers=settings().three_powers)


def _proposal(id: UUID) -> Proposal:
    found = read().get(Proposal, id)
    if found is None:
        raise not_found()
    return found


@bp.post("/proposals/grant")
@deciders
@reauth.recent_password
def grant_all() -> ResponseReturnValue:
    """Those that stood on the page that was looked at: what was proposed meanwhile is not among them."""
    asker, day, three_powers = person(), today(), settings().three_powers
    looked_at = [id for text in request.form.getlist("id")[: queries.PROPOSALS] if (id := uuid_of(text)) is not None]

    def write(session: Session) -> tuple[int, list[tuple[Proposal, str]]]:
        return memberships.grant_all(session, looked_at, by=asker, day=day, three_powers=three_powers)

    granted, refused = db().write(write)
    close_reading()  # it does not know what was granted
    if refused:
        return _proposals(422, refused, granted)
    return redirect(f"/admin/proposals?granted={granted}", 303)


@bp.post("/proposals/<uuid:id>/grant")
@deciders
@reauth.recent_password
def grant(id: UUID) -> ResponseReturnValue:
    proposal, asker, day, three_powers = _proposal(id), person(), today(), settings().three_powers
    if not proposal.outcome and not _may_decide(read(), proposal) and asker.id != proposal.user_id:
        raise not_found()
    try:
        made = db().write(lambda session: memberships.grant(session, id, by=asker, day=day, three_powers=three_powers))
    except Refused as refused:
        return _proposals(422, [(proposal, refused.code)])
    return redirect(f"/admin/proposals?granted={int(made is not None)}", 303)


@bp.post("/proposals/<uuid:id>/refuse")
@deciders
@reauth.recent_password
def refuse(id: UUID) -> ResponseReturnValue:
    proposal, asker = _proposal(id), person()
    if not _may_decide(read(), proposal):
        raise not_found()
    db().write(lambda session: memberships.refuse(session, id, by=asker))
    return redirect("/admin/proposals?done=refused", 303)


@bp.post("/proposals/<uuid:id>/take-back")
@role(ADMIN)
@reauth.recent_password
def take_back(id: UUID) -> ResponseReturnValue:
    _proposal(id)
    by = person().id
    db().write(lambda session: memberships.take_back(session, id, by=by))
    return redirect("/admin/proposals?done=taken-back", 303)


# -- what is held --------------------------------------------------------------------------------------------------


def _rows() -> dict[str, Any]:
    session, asked = read(), _asked()
    page = queries.memberships(session, today(), asked, request.args.get("after"))
    said = {
        "q": asked.search,
        "team": asked.team,
        "unit": asked.unit,
        "role": asked.role,
        "aside": "1" if asked.aside else "",
    }
    return {
        "page": page, "asked": asked, "today": today(), "words": words, "asker": person(),
        "query": {name: str(value) for name, value in said.items() if value},
        "may_end": policy.may_grant(person(), three_powers=settings().three_powers),
    }  # fmt: skip


def _asked() -> queries.Narrowed:
    """An id that is none, a role that there is not: they narrow nothing."""
    asked = request.args
    return queries.Narrowed(
        plain(asked.get("q"))[:80], uuid_of(asked.get("team")), uuid_of(asked.get("unit")),
        asked.get("role", "") if asked.get("role", "") in ROLES else "", asked.get("aside") == "1",
    )  # fmt: skip


@bp.get("/memberships")
@readers
def memberships_page() -> ResponseReturnValue:
    rows = _rows()
    return render_template("admin/people/memberships.html", only=_only(rows["asked"]), roles=ROLES, **rows)


def _only(asked: queries.Narrowed) -> list[tuple[str, str]]:
    """What the list is narrowed to, with the words for it."""
    session, found = read(), []
    if asked.team is not None:
        found += [("team", one.name) for one in accounts_queries.teams_by_id(session, [asked.team])]
    if asked.unit is not None:
        found += [("unit", one.name) for one in accounts_queries.units_by_id(session, [asked.unit])]
    return found


@bp.get("/memberships/rows")
@readers
def memberships_rows() -> ResponseReturnValue:
    return render_template("admin/people/_membership_rows.html", **_rows())


@bp.get("/memberships/<uuid:id>")
@readers
def membership_page(id: UUID) -> ResponseReturnValue:
    return _ending(id)


def _ending(id: UUID, status: int = 200, error: str = "", wrong: str = "", last_day: str = "") -> ResponseReturnValue:
    held = read().get(Membership, id)
    if held is None:
        raise not_found()
    html = render_template(
        "admin/people/membership.html", held=held, user=held.user, words=words, today=today(), error=error,
        wrong=wrong, last_day=last_day, may_keep=policy.may_keep_people(person()),
        may_end=memberships.may_end(person(), held, three_powers=settings().three_powers),
        over=held.ends_on is not None and held.ends_on < max(today(), held.starts_on),
    )  # fmt: skip
    return no_store(make_response(html, status))


@bp.post("/memberships/<uuid:id>/end")
@deciders
@reauth.recent_password
def end(id: UUID) -> ResponseReturnValue:
    held, by, day = read().get(Membership, id), person(), today()
    if held is None or not memberships.may_end(by, held, three_powers=settings().three_powers):
        raise not_found()
    said = plain(request.form.get("last_day"))
    last_day = queries.day_of(said)
    if said and last_day is None:
        return _ending(id, 422, wrong=_("A day like 2026-11-22."), last_day=said)
    try:
        db().write(lambda session: memberships.end(session, id, by=by.id, day=day, last_day=last_day))
    except Refused as refused:
        where = {"wrong" if refused.code.startswith("ends-") else "error": words.refused(refused.code)}
        return _ending(id, 422, last_day=said, **where)
    return redirect(f"/admin/users/{held.user_id}?done=ended", 303)
