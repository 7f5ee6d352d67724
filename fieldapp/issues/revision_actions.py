"""Issues follow the visit that carries their events: its revision says them differently or no longer, or it is filed
late."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from fieldapp.accounts.policy import Person
from fieldapp.core import audit, changes, clock
from fieldapp.core.db import new_id
from fieldapp.issues import body, words
from fieldapp.issues.events import APPLIED, Outcome, Source, body_of, described, existing, insert_rows
from fieldapp.issues.models import Issue, IssueEnterprise, IssueEvent, IssueProject
from fieldapp.issues.states import (
    DOES_NOT_FIT,
    ENDED,
    SUPERSEDED,
    UPDATES,
    WITHDRAWN,
    after,
    become,
    refold,
    state_before,
)
from fieldapp.photos import actions as photos
from fieldapp.projects import actions as projects
from fieldapp.projects.models import Enterprise, Project
from fieldapp.timeline import actions as timeline


def again(session: Session, known: IssueEvent, event: body.IssueEvent, source: Source) -> Outcome:
    """The event is here already: from this very record (a revision of it may say it differently), or from another."""
    if known.record_id != source.record_id:
        return Outcome("not_applied", "id-taken")
    issue = session.get_one(Issue, known.issue_id, with_for_update=True)
    known.body = body_of(event)
    if known.reason == SUPERSEDED:
        known.applied, known.reason = True, ""
    if known.type != event.type and {known.type, event.type} <= UPDATES:
        _say_otherwise(session, issue, known, event)
    if known.type == "opened" and known.applied:
        for name, value in described(session, event).items():
            setattr(issue, name, value)
        _forget_withdrawal(session, issue)
        photos.mark_sensitive(session, "issue", issue.id, issue.sensitive)
        _relink(session, issue, event, source)
    shown = [id for id in event.photos if id in source.photo_ids]
    photos.use(session, shown, "issue", issue.id, event_id=event.id, sensitive=issue.sensitive)
    refold(session, issue)
    return APPLIED if known.applied else Outcome("not_applied", known.reason)


def _say_otherwise(session: Session, issue: Issue, known: IssueEvent, event: body.IssueEvent) -> None:
    """What was called solved is progress after all, or the other way round: it takes its own place among the events."""
    known.type, known.base = event.type, event.base
    fits = after(state_before(session, known), event.type) is not None
    known.applied, known.reason = fits, "" if fits else DOES_NOT_FIT
    session.flush()
    linked = [link.project_id for link in issue.projects]
    _show_events(session, issue, linked, [link.enterprise_id for link in issue.enterprises])
    timeline.amend(session, "issue", known.id, occurred_at=known.occurred_at, subkind=event.type)
    for id in linked:
        projects.touch(session, id)
        changes.note(session, "project", id)


def _relink(session: Session, issue: Issue, event: body.IssueEvent, source: Source) -> None:
    """A revision says that its visit took place elsewhere: so did the issue, and what was said of it since follows."""
    project_ids = existing(session, Project, event.projects) or list(source.project_ids)
    enterprise_ids = existing(session, Enterprise, event.enterprises) or list(source.enterprise_ids)
    _link_anew(session, issue, project_ids, enterprise_ids, source.received_at)


def _link_anew(
    session: Session, issue: Issue, project_ids: Sequence[UUID], enterprise_ids: Sequence[UUID], at: datetime
) -> None:
    """The issue and all that happened to it leave the timelines where it stood for these."""
    before = {link.project_id for link in issue.projects}
    if (set(project_ids), set(enterprise_ids)) == (before, {link.enterprise_id for link in issue.enterprises}):
        return
    for links in (IssueProject, IssueEnterprise):
        session.execute(delete(links).where(links.issue_id == issue.id))
    insert_rows(session, IssueProject, [{"issue_id": issue.id, "project_id": id} for id in project_ids])
    insert_rows(session, IssueEnterprise, [{"issue_id": issue.id, "enterprise_id": id} for id in enterprise_ids])
    _show_events(session, issue, project_ids, enterprise_ids)
    for said in session.scalars(select(IssueEvent.id).where(IssueEvent.issue_id == issue.id)):
        timeline.settle(session, "issue", said, projects=project_ids, enterprises=enterprise_ids, at=at)
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
    """A visit was filed, or filed elsewhere: the issues opened in it that name no project belong where it belongs.

    So one whose visit goes to a project before signing is read by that project's team only, as the visit is."""
    query = select(IssueEvent).join(Issue, Issue.id == IssueEvent.issue_id).where(Issue.visit_id == visit_id)
    opened = query.where(IssueEvent.type == "opened", IssueEvent.applied).order_by(IssueEvent.issue_id)
    for event in session.scalars(opened).all():
        if event.body.get("projects"):
            continue
        issue = session.get_one(Issue, event.issue_id, with_for_update=True)
        named = [link.enterprise_id for link in issue.enterprises] if event.body.get("enterprises") else []
        _link_anew(session, issue, [project.id], named or [project.enterprise_id], clock.now())


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
    insert_rows(session, IssueEvent, [row])
    become(issue, WITHDRAWN, id, source.received_at)
    words.changed(session, issue.id)
    audit.record(session, author.id, "issue.withdrawn", "issue", issue.id, by="revision")
