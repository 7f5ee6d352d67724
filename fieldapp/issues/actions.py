"""The life of an issue: events, accepted one after the other, and what they make of it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Table, delete, func, insert, select, update
from sqlalchemy.orm import Session

from fieldapp.accounts.models import Unit
from fieldapp.accounts.policy import Person
from fieldapp.core import audit, changes, numbers
from fieldapp.core.db import Ending, at_end, new_id
from fieldapp.core.payload import CannotPlace
from fieldapp.issues import body, policy
from fieldapp.issues.models import Category, Issue, IssueEnterprise, IssueEvent, IssueProject, IssueUnit
from fieldapp.photos import actions as photos
from fieldapp.projects import actions as projects
from fieldapp.projects.coordinates import to_wgs84
from fieldapp.projects.models import Enterprise, Project
from fieldapp.timeline import actions as timeline

numbers.kept_in(numbers.ISSUE, Issue.id, Issue.number)

# -- the table of states (docs/sync-protocol.md 9 shows the same) ------------------------------------------------

OPEN, DISPATCHED, HANDLING, RETURNED, REPLIED = "open", "dispatched", "handling", "returned", "replied"
SOLVED, CLOSE_OFF_ASKED, APPROVED, CALLED_BACK = "solved", "close_off_asked", "approved", "called_back"
REOPENED, STRUCK_OFF, MERGED, WITHDRAWN = "reopened", "struck_off", "merged", "withdrawn"

ENDED = frozenset({STRUCK_OFF, MERGED, WITHDRAWN})
GOING = frozenset(
    {OPEN, DISPATCHED, HANDLING, RETURNED, REPLIED, SOLVED, CLOSE_OFF_ASKED, APPROVED, CALLED_BACK, REOPENED}
)
STATES = GOING | ENDED
SAME = ""  # the event leaves the state as it is

#     event                from                                                            to
NEXT: dict[str, tuple[frozenset[str], str]] = {
    "opened":             (frozenset(),                                                    OPEN),
    "dispatched":         (frozenset({OPEN, RETURNED, REOPENED, DISPATCHED}),              DISPATCHED),
    "accepted":           (frozenset({DISPATCHED}),                                        HANDLING),
    "returned":           (frozenset({DISPATCHED, HANDLING}),                              RETURNED),
    "progress":           (GOING,                                                          SAME),
    "no_change":          (GOING,                                                          SAME),
    "extended":           (GOING,                                                          SAME),
    "replied":            (frozenset({DISPATCHED, HANDLING, REOPENED, REPLIED}),           REPLIED),
    "solved":             (frozenset({OPEN, DISPATCHED, HANDLING, RETURNED, REOPENED, REPLIED}), SOLVED),
    "close_off_asked":    (frozenset({REPLIED, SOLVED}),                                   CLOSE_OFF_ASKED),
    "approved":           (frozenset({CLOSE_OFF_ASKED}),                                   APPROVED),
    "called_back":        (frozenset({APPROVED, SOLVED, REPLIED}),                         CALLED_BACK),
    "reopened":           (frozenset({REPLIED, SOLVED, CLOSE_OFF_ASKED, APPROVED, CALLED_BACK, STRUCK_OFF}), REOPENED),
    "struck_off":         (frozenset({APPROVED, CALLED_BACK}),                             STRUCK_OFF),
    "merged":             (GOING,                                                          MERGED),
    "withdrawn":          (GOING,                                                          WITHDRAWN),
}  # fmt: skip
FROM_A_PHONE = frozenset(
    {"opened", "progress", "no_change", "solved", "withdrawn"}
)  # until the life of an issue is built

SUPERSEDED = "superseded"


def after(state: str, event: str) -> str | None:
    """The state after `event`; None where it does not fit."""
    sources, target = NEXT[event]
    return (target or state) if state in sources else None


# -- one event --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Source:
    """The record that carries an event: a visit, or an event record of its own."""

    record_id: UUID
    occurred_at: datetime
    received_at: datetime
    visit_id: UUID | None = None
    project_ids: tuple[UUID, ...] = ()  # of the visit: what an issue opened in it belongs to unless it says otherwise
    enterprise_ids: tuple[UUID, ...] = ()
    photo_ids: frozenset[UUID] = frozenset()  # what its events may show: its manifest, or its author's photos


@dataclass(frozen=True)
class Outcome:
    state: Literal["applied", "held", "not_applied"]
    reason: str = ""


APPLIED, HELD = Outcome("applied"), Outcome("held")


def record_event(
    session: Session, by: Person, event: body.IssueEvent, source: Source, *, zone_readable: bool
) -> Outcome:
    """Accept one event. Held: its issue is unknown, or not to be seen by `by` (the same answer for both)."""
    known = session.get(IssueEvent, event.id)
    if known is not None:
        return _again(session, known, event, source)
    issue = session.scalar(select(Issue).where(Issue.id == event.issue).with_for_update())
    if event.type == "opened" and issue is None:
        if _open(session, by, event, source):
            return APPLIED
        # Another record has opened it this very moment, and has just committed.
        issue = session.scalar(select(Issue).where(Issue.id == event.issue).with_for_update())
    if issue is None or not _visible(session, by, issue.id, zone_readable):
        return HELD
    return _accept(session, by, issue, event, source)


def _visible(session: Session, by: Person, id: UUID, zone_readable: bool) -> bool:
    seen = select(Issue.id).where(Issue.id == id, policy.readable(by, zone_readable=zone_readable))
    return session.scalar(seen) is not None


def _open(session: Session, by: Person, event: body.IssueEvent, source: Source) -> bool:
    """False: it is there already."""
    project_ids = _known(session, Project, event.projects) or list(source.project_ids)
    enterprise_ids = _known(session, Enterprise, event.enterprises) or list(source.enterprise_ids)
    values = {
        "opened_by": by.id, "team_id": min(by.team_ids, default=None), "visit_id": source.visit_id, "state": OPEN,
        "opened_at": _when(event, source), "received_at": source.received_at, "last_event_id": event.id,
        "last_event_at": _when(event, source), **_described(session, event),
    }  # fmt: skip
    first = changes.insert(session, Issue).values(id=event.issue, **values).on_conflict_do_nothing()
    if session.connection().execute(first.returning(Issue.id)).first() is None:
        return False
    _insert(session, IssueProject, [{"issue_id": event.issue, "project_id": id} for id in project_ids])
    _insert(session, IssueEnterprise, [{"issue_id": event.issue, "enterprise_id": id} for id in enterprise_ids])
    assisting = _known(session, Unit, event.assisting_units)
    _insert(session, IssueUnit, [{"issue_id": event.issue, "unit_id": id} for id in assisting])
    _keep(session, by, event, source, order=1)
    at_end(session, Ending.ISSUE_NUMBER, str(event.issue), partial(_number, event.issue, source.received_at))
    _show(session, by, event, source, project_ids, enterprise_ids, sensitive=event.sensitive)
    audit.record(session, by.id, "issue.opened", "issue", event.issue, event=str(event.id))
    return True


def _described(session: Session, event: body.IssueEvent) -> dict[str, Any]:
    """What the opening event says of the issue. Without a unit the category's is suggested; nothing is dispatched."""
    category = session.get(Category, event.category) if event.category else None
    named = _known(session, Unit, [event.lead_unit] if event.lead_unit else [])
    pin = to_wgs84(event.pin.lat, event.pin.lng, event.pin.crs) if event.pin else None
    return {
        "title": event.title, "description": event.text, "nature": event.nature, "urgency": event.urgency,
        "category": category.code if category else None, "channel": event.channel, "raised_by": event.raised_by,
        "place": event.place, "lat": pin.lat if pin else None, "lng": pin.lng if pin else None,
        "lead_unit_id": named[0] if named else (category.unit_id if category else None),
        "enterprise_deadline": event.enterprise_deadline, "sensitive": event.sensitive,
    }  # fmt: skip


def _accept(session: Session, by: Person, issue: Issue, event: body.IssueEvent, source: Source) -> Outcome:
    """Try an event against the table; what does not fit is kept with its reason."""
    reason = _why_not(by, issue, event)
    order = 1 + (session.scalar(select(func.max(IssueEvent.order)).where(IssueEvent.issue_id == issue.id)) or 0)
    _keep(session, by, event, source, order=order, reason=reason)
    audit.record(session, by.id, f"issue.{event.type}", "issue", issue.id, event=str(event.id), reason=reason)
    if reason:
        return Outcome("not_applied", reason)
    _become(issue, after(issue.state, event.type) or issue.state, event.id, _when(event, source))
    linked = [link.project_id for link in issue.projects]
    at = [link.enterprise_id for link in issue.enterprises]
    _show(session, by, event, source, linked, at, sensitive=issue.sensitive)
    return APPLIED


def _why_not(by: Person, issue: Issue, event: body.IssueEvent) -> str:
    if event.type not in NEXT:
        return "unknown-type"
    if event.type not in FROM_A_PHONE:
        return "not-from-a-phone"
    if event.type == "opened":
        return "already-opened"
    if event.type == WITHDRAWN and not policy.may_withdraw(by, issue):
        return "not-allowed"
    if issue.state in ENDED:
        return "ended"
    return "" if after(issue.state, event.type) is not None else "does-not-fit"


def _become(issue: Issue, state: str, event_id: UUID | None, at: datetime) -> None:
    issue.state = state
    issue.closed_at = (issue.closed_at or at) if state in ENDED else None
    issue.last_event_id, issue.last_event_at = event_id, at


def _keep(
    session: Session, by: Person, event: body.IssueEvent, source: Source, *, order: int, reason: str = ""
) -> None:
    row = {
        "id": event.id, "issue_id": event.issue, "order": order, "type": event.type, "base": event.base,
        "actor_id": by.id, "unit_id": min(by.unit_ids, default=None), "record_id": source.record_id,
        "occurred_at": _when(event, source), "received_at": source.received_at, "applied": not reason,
        "reason": reason, "body": _said(event),
    }  # fmt: skip
    _insert(session, IssueEvent, [row])


def _said(event: body.IssueEvent) -> dict[str, Any]:
    return event.model_dump(mode="json", exclude_defaults=True, exclude={"id", "issue", "type", "base"})


def _when(event: body.IssueEvent, source: Source) -> datetime:
    return min(event.occurred_at or source.occurred_at, source.received_at)


def _show(
    session: Session, by: Person, event: body.IssueEvent, source: Source,
    project_ids: Sequence[UUID], enterprise_ids: Sequence[UUID], *, sensitive: bool,
) -> None:  # fmt: skip
    timeline.append(
        session, projects=project_ids, enterprises=enterprise_ids, occurred_at=_when(event, source),
        received_at=source.received_at, kind="issue", subkind=event.type, actor_id=by.id, ref=event.id,
        parent=event.issue,
    )  # fmt: skip
    shown = [id for id in event.photos if id in source.photo_ids]
    photos.use(session, shown, "issue", event.issue, event_id=event.id, sensitive=sensitive)
    for id in project_ids:
        projects.touch(session, id)
        changes.note(session, "project", id)


def _number(id: UUID, received_at: datetime, session: Session) -> None:
    number = numbers.give(session, numbers.ISSUE, id, received_at)
    session.execute(update(Issue).where(Issue.id == id).values(number=number))


def _known(session: Session, model: type[Any], ids: Iterable[UUID]) -> list[UUID]:
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return []
    found = set(session.scalars(select(model.id).where(model.id.in_(wanted))))
    return [id for id in wanted if id in found]


def _insert(session: Session, model: type[Any], rows: list[dict[str, Any]]) -> None:
    if rows:
        table: Table = model.__table__
        session.connection().execute(insert(table), rows)


# -- revisions of the visit that carries the events --------------------------------------------------------------


def _again(session: Session, known: IssueEvent, event: body.IssueEvent, source: Source) -> Outcome:
    """The event is here already: from this very record (a revision of it may say it differently), or from another."""
    if known.record_id != source.record_id:
        return Outcome("not_applied", "id-taken")
    issue = session.get_one(Issue, known.issue_id, with_for_update=True)
    known.body = _said(event)
    if known.reason == SUPERSEDED:
        known.applied, known.reason = True, ""
    if known.type == "opened" and known.applied:
        for name, value in _described(session, event).items():
            setattr(issue, name, value)
        _forget_withdrawal(session, issue)
        photos.mark_sensitive(session, "issue", issue.id, issue.sensitive)
        _relink(session, issue, event, source)
    shown = [id for id in event.photos if id in source.photo_ids]
    photos.use(session, shown, "issue", issue.id, event_id=event.id, sensitive=issue.sensitive)
    refold(session, issue)
    return APPLIED if known.applied else Outcome("not_applied", known.reason)


def _relink(session: Session, issue: Issue, event: body.IssueEvent, source: Source) -> None:
    """A revision says that its visit took place elsewhere: so did the issue, and what was said of it since follows."""
    project_ids = _known(session, Project, event.projects) or list(source.project_ids)
    enterprise_ids = _known(session, Enterprise, event.enterprises) or list(source.enterprise_ids)
    before = {link.project_id for link in issue.projects}
    if (set(project_ids), set(enterprise_ids)) == (before, {link.enterprise_id for link in issue.enterprises}):
        return
    for links in (IssueProject, IssueEnterprise):
        session.execute(delete(links).where(links.issue_id == issue.id))
    _insert(session, IssueProject, [{"issue_id": issue.id, "project_id": id} for id in project_ids])
    _insert(session, IssueEnterprise, [{"issue_id": issue.id, "enterprise_id": id} for id in enterprise_ids])
    _show_events(session, issue, project_ids, enterprise_ids)
    for said in session.scalars(select(IssueEvent.id).where(IssueEvent.issue_id == issue.id)):
        timeline.settle(session, said, projects=project_ids, enterprises=enterprise_ids, at=source.received_at)
    for id in before | set(project_ids):
        projects.touch(session, id)
        changes.note(session, "project", id)


def _show_events(session: Session, issue: Issue, project_ids: Sequence[UUID], enterprise_ids: Sequence[UUID]) -> None:
    """Put all that happened to an issue on these timelines."""
    session.flush()
    session.expire(issue, ["projects", "enterprises"])
    events = select(IssueEvent).where(IssueEvent.issue_id == issue.id, IssueEvent.applied)
    for event in session.scalars(events.order_by(IssueEvent.order)):
        timeline.append(
            session, projects=project_ids, enterprises=enterprise_ids, occurred_at=event.occurred_at,
            received_at=event.received_at, kind="issue", subkind=event.type, actor_id=event.actor_id, ref=event.id,
            parent=issue.id,
        )  # fmt: skip


def _forget_withdrawal(session: Session, issue: Issue) -> None:
    """A later revision lists again what an earlier one had dropped."""
    dropped = select(IssueEvent).where(IssueEvent.issue_id == issue.id, IssueEvent.type == WITHDRAWN)
    for event in session.scalars(dropped):
        if event.body.get("by") == "revision":
            event.applied, event.reason = False, SUPERSEDED


def follow_visit(session: Session, visit_id: UUID, project: Project) -> None:
    """A visit was filed late: the issues opened in it that name no project belong where it belongs."""
    linked = select(IssueProject.issue_id).where(IssueProject.issue_id == Issue.id)
    loose = select(Issue).where(Issue.visit_id == visit_id, ~linked.exists()).order_by(Issue.id).with_for_update()
    for issue in session.scalars(loose).all():
        _insert(session, IssueProject, [{"issue_id": issue.id, "project_id": project.id}])
        if not issue.enterprises:
            _insert(session, IssueEnterprise, [{"issue_id": issue.id, "enterprise_id": project.enterprise_id}])
        session.expire(issue, ["projects", "enterprises"])
        _show_events(session, issue, [project.id], [link.enterprise_id for link in issue.enterprises])
        projects.touch(session, project.id)
        changes.note(session, "project", project.id)


def refold(session: Session, issue: Issue) -> None:
    """Make the issue's row what its applied events say, in their order."""
    session.flush()
    applied = select(IssueEvent).where(IssueEvent.issue_id == issue.id, IssueEvent.applied)
    events = session.scalars(applied.order_by(IssueEvent.order)).all()
    state, last = OPEN, None
    for event in events:
        state = (OPEN if event.type == "opened" else after(state, event.type)) or state
        last = event
    if last is not None:
        _become(issue, state, last.id, last.occurred_at)


def drop_unlisted(session: Session, author: Person, source: Source, listed: Collection[UUID]) -> list[UUID]:
    """A revision of a visit no longer lists these events: they no longer count. An issue whose opening is gone is
    withdrawn if only its author has acted on it; the others are answered, for a person to look at."""
    query = select(IssueEvent).where(IssueEvent.record_id == source.record_id, IssueEvent.applied)
    gone = [event for event in session.scalars(query) if event.id not in listed and event.body.get("by") != "revision"]
    disputed: list[UUID] = []
    for event in gone:
        issue = session.get_one(Issue, event.issue_id, with_for_update=True)
        if event.type != "opened":
            event.applied, event.reason = False, SUPERSEDED
            refold(session, issue)
        elif _others_acted(session, issue.id, author.id):
            disputed.append(issue.id)
        elif issue.state not in ENDED:
            _withdraw_by_revision(session, author, issue, source)
        for link in issue.projects:
            projects.touch(session, link.project_id)
            changes.note(session, "project", link.project_id)
    return disputed


def _others_acted(session: Session, issue_id: UUID, author_id: UUID) -> bool:
    others = select(IssueEvent.id).where(
        IssueEvent.issue_id == issue_id, IssueEvent.applied, IssueEvent.actor_id != author_id
    )
    return session.scalar(others.limit(1)) is not None


def _withdraw_by_revision(session: Session, author: Person, issue: Issue, source: Source) -> None:
    order = 1 + (session.scalar(select(func.max(IssueEvent.order)).where(IssueEvent.issue_id == issue.id)) or 0)
    id = new_id()
    row = {
        "id": id, "issue_id": issue.id, "order": order, "type": WITHDRAWN, "actor_id": author.id,
        "record_id": source.record_id, "occurred_at": source.received_at, "received_at": source.received_at,
        "applied": True, "reason": "", "body": {"by": "revision"},
    }  # fmt: skip
    _insert(session, IssueEvent, [row])
    _become(issue, WITHDRAWN, id, source.received_at)
    audit.record(session, author.id, "issue.withdrawn", "issue", issue.id, by="revision")


def check(session: Session, by: Person, event: body.IssueEvent) -> None:
    """What an event record must say for itself. Raises CannotPlace."""
    if event.type == "opened" and not by.is_staff:
        raise CannotPlace("not-allowed")
