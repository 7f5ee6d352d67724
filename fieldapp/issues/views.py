"""The open issues one may see, and one issue to read. The verbs of its life come with their own pages."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from fieldapp.accounts import queries as accounts
from fieldapp.accounts.models import UNIT
from fieldapp.accounts.policy import Person
from fieldapp.core import clock, login
from fieldapp.core.access import signed_in
from fieldapp.core.problems import not_found
from fieldapp.core.web import read, settings
from fieldapp.issues import queries
from fieldapp.issues.models import Issue
from fieldapp.issues.states import (
    APPROVED,
    CALLED_BACK,
    CLOSE_OFF_ASKED,
    DISPATCHED,
    GOING,
    HANDLING,
    MERGED,
    OPEN,
    REPLIED,
    RETURNED,
    SOLVED,
    STRUCK_OFF,
)
from fieldapp.photos import policy as photos_policy
from fieldapp.photos import queries as photos
from fieldapp.projects import queries as projects
from fieldapp.visits import queries as visits

SOON = timedelta(days=2)
FILTERS = (OPEN, DISPATCHED, HANDLING, RETURNED, REPLIED, SOLVED, CLOSE_OFF_ASKED)  # chips, where there are such issues
UNIT_FILTERS = (DISPATCHED, HANDLING, REPLIED)
# The bottom bar of a handling unit: 待签收 · 办理中 · 已办结.
WAITING, IN_HAND, DONE = "waiting", "handling", "done"
PARTS = {
    WAITING: (DISPATCHED,), IN_HAND: (HANDLING,),
    DONE: (REPLIED, SOLVED, CLOSE_OFF_ASKED, APPROVED, CALLED_BACK, STRUCK_OFF, MERGED),
}  # fmt: skip

bp = Blueprint("issues", __name__)


def person() -> Person:
    found: Person = login.person()
    return found


@dataclass(frozen=True)
class Clock:
    """A clock of an issue: the limit's, or the enterprise's own."""

    name: str  # limit, enterprise
    at: datetime
    state: str  # ok, soon, over
    gone: int | None  # share of the time, in percent

    @property
    def left(self) -> timedelta:
        return self.at - clock.now()


def clocks(issue: Issue) -> list[Clock]:
    """The clocks of an open issue, in the order of a page; none of one that has ended."""
    if issue.closed_at is not None:
        return []
    named = (("limit", issue.due_at, issue.dispatched_at), ("enterprise", issue.enterprise_deadline, issue.opened_at))
    return [_clock(name, at, begun or issue.opened_at) for name, at, begun in named if at is not None]


def _clock(name: str, at: datetime, begun: datetime) -> Clock:
    now = clock.now()
    state = "over" if at < now else "soon" if at - now < SOON else "ok"
    whole = (at - begun).total_seconds()
    gone = round(100 * min(1.0, max(0.0, (now - begun).total_seconds() / whole))) if whole > 0 else None
    return Clock(name, at, state, gone)


@bp.app_template_global("clocks_of")
def clocks_of(issue: Issue) -> list[Clock]:
    return clocks(issue)


# -- the list --------------------------------------------------------------------------------------------------------


@bp.get("/issues")
@signed_in
def issues_page() -> ResponseReturnValue:
    return render_template("issues/issues.html", filters=UNIT_FILTERS if person().role == UNIT else FILTERS, **_rows())


@bp.get("/issues/rows")
@signed_in
def issues_rows() -> ResponseReturnValue:
    return render_template("issues/_rows.html", **_rows())


def _rows() -> dict[str, Any]:
    state, only_mine = request.args.get("state", ""), "mine" in request.args
    where = [Issue.state == state] if state in GOING else []
    where += [queries.mine(person())] if only_mine else []
    part = request.args.get("part", "") if person().role == UNIT else ""
    where += [Issue.state.in_(PARTS[part])] if part in PARTS else []
    found = queries.lately if part == DONE else queries.by_due
    page = found(read(), person(), *where, zone_readable=settings().zone_readable, after=request.args.get("after"))
    linked = {link.project_id for issue in page.items for link in issue.projects}
    return {
        "page": page,
        "state": state if state in GOING else "",
        "only_mine": only_mine,
        "part": part if part in PARTS else "",
        "projects": projects.by_ids(read(), linked),
        "units": {unit.id: unit for unit in accounts.units(read())},
    }


# -- one issue -------------------------------------------------------------------------------------------------------


@bp.get("/issues/<uuid:id>")
@signed_in
def issue_page(id: UUID) -> ResponseReturnValue:
    issue = queries.visible_issue(read(), person(), id, zone_readable=settings().zone_readable)
    if issue is None:
        raise not_found()
    events = queries.events(read(), [id]).get(id, [])
    used = photos.used_by(read(), "issue", [id])[id]
    visible = photos_policy.visible(read(), person(), used)
    visit = None
    if issue.visit_id is not None:
        visit = visits.visible_visit(read(), person(), issue.visit_id, zone_readable=settings().zone_readable)
    may_open = projects.visible_ids(
        read(), person(), [link.project_id for link in issue.projects], zone_readable=settings().zone_readable
    )
    return render_template(
        "issues/issue.html",
        issue=issue,
        events=events,
        photos_of={
            event.id: [p for p in used if p.id in visible and str(p.id) in event.body.get("photos", [])]
            for event in events
        },
        people=accounts.names(read(), {e.actor_id for e in events if e.actor_id} | {issue.opened_by}),
        units={unit.id: unit for unit in accounts.units(read())},
        category=next((one for one in queries.categories(read()) if one.code == issue.category), None),
        projects=projects.by_ids(read(), [link.project_id for link in issue.projects]),
        may_open=may_open,
        visit=visit,
        kinds={kind.code: kind for kind in visits.kinds(read())},
    )
