"""How issues are found."""

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal, or_, select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.sql.base import ExecutableOption

from fieldapp.accounts.policy import Person
from fieldapp.core.db import UtcDateTime
from fieldapp.core.paging import Page, by_time, pack, page, unpack
from fieldapp.issues import policy
from fieldapp.issues.models import Category, Issue, IssueEvent, IssueProject
from fieldapp.projects import policy as projects
from fieldapp.projects.models import Project

SIZE = 30
LINKS: tuple[ExecutableOption, ...] = (
    selectinload(Issue.units),
    selectinload(Issue.projects),
    selectinload(Issue.enterprises),
)


def visible_issue(session: Session, person: Person, id: UUID, *, zone_readable: bool) -> Issue | None:
    """The issue with its links, if this person may see it."""
    query = select(Issue).where(Issue.id == id, policy.readable(person, zone_readable=zone_readable))
    return session.scalar(query.options(*LINKS))


def issues_of(session: Session, person: Person, ids: Iterable[UUID], *, zone_readable: bool) -> dict[UUID, Issue]:
    """Those of these issues that the person may see; four statements however many."""
    wanted = set(ids)
    if not wanted:
        return {}
    query = select(Issue).where(Issue.id.in_(wanted), policy.readable(person, zone_readable=zone_readable))
    return {issue.id: issue for issue in session.scalars(query.options(*LINKS))}


NEVER = datetime(9999, 1, 1, tzinfo=UTC)
DUE = func.coalesce(Issue.due_at, Issue.enterprise_deadline, literal(NEVER, UtcDateTime()))


def by_due(
    session: Session,
    person: Person,
    *where: ColumnElement[bool],
    zone_readable: bool,
    after: str | None = None,
    limit: int = SIZE,
) -> Page[Issue]:
    """Open issues, what is due first on top, the older of two first; those without a day come last."""
    query = select(Issue).where(Issue.closed_at.is_(None), policy.readable(person, zone_readable=zone_readable), *where)
    start = unpack(after, datetime, datetime, UUID)
    if start is not None:
        due, at, id = start
        older = or_(Issue.opened_at > at, and_(Issue.opened_at == at, Issue.id > id))
        bound = literal(due, UtcDateTime())
        query = query.where(or_(bound < DUE, and_(bound == DUE, older)))
    query = query.options(*LINKS).order_by(DUE, Issue.opened_at, Issue.id).limit(limit + 1)
    return page(
        list(session.scalars(query)), limit, lambda issue: pack(due_of(issue) or NEVER, issue.opened_at, issue.id)
    )


def lately(
    session: Session, person: Person, *where: ColumnElement[bool], zone_readable: bool, after: str | None = None
) -> Page[Issue]:
    """Issues, open and ended, by what happened last, newest first: a unit looks through what it has done."""
    query = select(Issue).where(policy.readable(person, zone_readable=zone_readable), *where)
    return by_time(session, query.options(*LINKS), Issue.last_event_at, Issue.id, after=after, limit=SIZE)


def due_of(issue: Issue) -> datetime | None:
    """The day that counts: the limit's, else the enterprise's own."""
    return issue.due_at or issue.enterprise_deadline


def mine(person: Person) -> ColumnElement[bool]:
    """Issues that this person opened, or that belong to a project of theirs, or that their unit handles."""
    here = select(IssueProject.issue_id).join(Project, Project.id == IssueProject.project_id)
    ways = [Issue.opened_by == person.id, Issue.id.in_(here.where(projects.assigned(person)))]
    if person.unit_ids:
        ways.append(Issue.lead_unit_id.in_(person.unit_ids))
    return or_(*ways)


def open_counts(
    session: Session, person: Person, project_ids: Iterable[UUID], *, zone_readable: bool
) -> dict[UUID, int]:
    """How many open issues that this person may see each project has."""
    query = (
        select(IssueProject.project_id, func.count())
        .join(Issue, Issue.id == IssueProject.issue_id)
        .where(IssueProject.project_id.in_(set(project_ids)), Issue.closed_at.is_(None))
        .where(policy.readable(person, zone_readable=zone_readable))
        .group_by(IssueProject.project_id)
    )
    return dict(session.execute(query).all())


def events(session: Session, issue_ids: Iterable[UUID]) -> dict[UUID, list[IssueEvent]]:
    """The events of each issue, in the order of acceptance."""
    query = select(IssueEvent).where(IssueEvent.issue_id.in_(set(issue_ids)))
    found: dict[UUID, list[IssueEvent]] = {}
    for event in session.scalars(query.order_by(IssueEvent.issue_id, IssueEvent.order)):
        found.setdefault(event.issue_id, []).append(event)
    return found


def events_of_record(session: Session, record_id: UUID) -> list[IssueEvent]:
    """What one record (a visit, an event) said of issues."""
    query = select(IssueEvent).where(IssueEvent.record_id == record_id)
    return list(session.scalars(query.order_by(IssueEvent.received_at, IssueEvent.order)))


def categories(session: Session) -> list[Category]:
    return list(session.scalars(select(Category).order_by(Category.order, Category.code)))
