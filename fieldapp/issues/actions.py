"""The life of an issue: its events, accepted one after the other (the table is in `states`)."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from fieldapp.accounts.models import Unit
from fieldapp.accounts.policy import Person
from fieldapp.core import audit, changes, numbers
from fieldapp.core.db import Ending, at_end
from fieldapp.issues import body, policy, words
from fieldapp.issues.events import (
    APPLIED,
    HELD,
    Outcome,
    Source,
    body_of,
    described,
    existing,
    happened_at,
    insert_rows,
)
from fieldapp.issues.models import Issue, IssueEnterprise, IssueEvent, IssueProject, IssueUnit
from fieldapp.issues.revision_actions import again
from fieldapp.issues.states import DOES_NOT_FIT, ENDED, FROM_A_PHONE, NEXT, OPEN, WITHDRAWN, after, become
from fieldapp.photos import actions as photos
from fieldapp.projects import actions as projects
from fieldapp.projects.models import Enterprise, Project
from fieldapp.timeline import actions as timeline
from fieldapp.timeline import queries as timelines

numbers.kept_in(numbers.ISSUE, Issue.id, Issue.number)


def record_event(
    session: Session, by: Person, event: body.IssueEvent, source: Source, *, zone_readable: bool
) -> Outcome:
    """Accept one event. Held: its issue is unknown, or not to be seen by `by` (the same answer for both)."""
    known = session.get(IssueEvent, event.id)
    if known is not None:
        return again(session, known, event, source)
    if timelines.is_taken(session, event.id, "issue"):
        return Outcome("not_applied", "id-taken")
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
    project_ids = existing(session, Project, event.projects) or list(source.project_ids)
    enterprise_ids = existing(session, Enterprise, event.enterprises) or list(source.enterprise_ids)
    values = {
        "opened_by": by.id, "team_id": min(by.team_ids, default=None), "visit_id": source.visit_id, "state": OPEN,
        "opened_at": happened_at(event, source), "received_at": source.received_at, "last_event_id": event.id,
        "last_event_at": happened_at(event, source), **described(session, event),
    }  # fmt: skip
    first = changes.insert(session, Issue).values(id=event.issue, **values).on_conflict_do_nothing()
    if session.connection().execute(first.returning(Issue.id)).first() is None:
        return False
    insert_rows(session, IssueProject, [{"issue_id": event.issue, "project_id": id} for id in project_ids])
    insert_rows(session, IssueEnterprise, [{"issue_id": event.issue, "enterprise_id": id} for id in enterprise_ids])
    assisting = existing(session, Unit, event.assisting_units)
    insert_rows(session, IssueUnit, [{"issue_id": event.issue, "unit_id": id} for id in assisting])
    _keep(session, by, event, source, order=1)
    at_end(session, Ending.ISSUE_NUMBER, str(event.issue), partial(_number, event.issue, source.received_at))
    _show(session, by, event, source, project_ids, enterprise_ids, sensitive=event.sensitive)
    audit.record(session, by.id, "issue.opened", "issue", event.issue, event=str(event.id))
    return True


def _accept(session: Session, by: Person, issue: Issue, event: body.IssueEvent, source: Source) -> Outcome:
    """Try an event against the table; what does not fit is kept with its reason."""
    reason = _why_not(by, issue, event)
    order = 1 + (session.scalar(select(func.max(IssueEvent.order)).where(IssueEvent.issue_id == issue.id)) or 0)
    _keep(session, by, event, source, order=order, reason=reason)
    audit.record(session, by.id, f"issue.{event.type}", "issue", issue.id, event=str(event.id), reason=reason)
    if reason:
        return Outcome("not_applied", reason)
    become(issue, after(issue.state, event.type) or issue.state, event.id, happened_at(event, source))
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
    return "" if after(issue.state, event.type) is not None else DOES_NOT_FIT


def _keep(
    session: Session, by: Person, event: body.IssueEvent, source: Source, *, order: int, reason: str = ""
) -> None:
    row = {
        "id": event.id, "issue_id": event.issue, "order": order, "type": event.type, "base": event.base,
        "actor_id": by.id, "unit_id": min(by.unit_ids, default=None), "record_id": source.record_id,
        "occurred_at": happened_at(event, source), "received_at": source.received_at, "applied": not reason,
        "reason": reason, "body": body_of(event),
    }  # fmt: skip
    insert_rows(session, IssueEvent, [row])
    words.changed(session, event.issue)


def _show(
    session: Session, by: Person, event: body.IssueEvent, source: Source,
    project_ids: Sequence[UUID], enterprise_ids: Sequence[UUID], *, sensitive: bool,
) -> None:  # fmt: skip
    timeline.append(
        session, projects=project_ids, enterprises=enterprise_ids, occurred_at=happened_at(event, source),
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
