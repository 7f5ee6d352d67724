"""How visits are found."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.sql.base import ExecutableOption

from fieldapp.accounts.policy import Person
from fieldapp.core.paging import Page, by_time
from fieldapp.visits import calls, policy
from fieldapp.visits.models import FollowUp, Supplement, Visit, VisitKind, VisitProject

SIZE = 30
LINKS: tuple[ExecutableOption, ...] = (
    selectinload(Visit.projects),
    selectinload(Visit.participants),
    selectinload(Visit.enterprises),
)


def visible_visit(session: Session, person: Person, id: UUID, *, zone_readable: bool) -> Visit | None:
    """The visit with its links, if this person may see it."""
    query = select(Visit).where(Visit.id == id, policy.readable(person, zone_readable=zone_readable))
    return session.scalar(query.options(*LINKS))


def visits_of(session: Session, person: Person, ids: Iterable[UUID], *, zone_readable: bool) -> dict[UUID, Visit]:
    """Those of these visits that the person may see, with their links; four statements however many."""
    wanted = set(ids)
    if not wanted:
        return {}
    query = select(Visit).where(Visit.id.in_(wanted), policy.readable(person, zone_readable=zone_readable))
    return {visit.id: visit for visit in session.scalars(query.options(*LINKS))}


def listed(
    session: Session,
    person: Person,
    *where: ColumnElement[bool],
    zone_readable: bool,
    after: str | None = None,
    limit: int = SIZE,
) -> Page[Visit]:
    """Visits, newest first, a page at a time, with their links."""
    query = select(Visit).where(policy.readable(person, zone_readable=zone_readable), *where).options(*LINKS)
    return by_time(session, query, Visit.occurred_at, Visit.id, after=after, limit=limit)


def of_project(session: Session, person: Person, project_id: UUID, *, zone_readable: bool, limit: int) -> list[Visit]:
    """The last visits of a project, newest first (the brief)."""
    here = Visit.id.in_(select(VisitProject.visit_id).where(VisitProject.project_id == project_id))
    seen = here & Visit.withdrawn_at.is_(None)
    return listed(session, person, seen, zone_readable=zone_readable, limit=limit).items


def logged_between(session: Session, owner_id: UUID, begins: datetime, ends: datetime) -> list[Visit]:
    """What one person logged of a period, newest first."""
    query = select(Visit).where(Visit.owner_id == owner_id, Visit.occurred_at >= begins, Visit.occurred_at < ends)
    return list(session.scalars(query.options(*LINKS).order_by(Visit.occurred_at.desc(), Visit.id.desc())))


def supplements(session: Session, visit_ids: Iterable[UUID]) -> dict[UUID, list[Supplement]]:
    """What was said later about each visit, in the order of acceptance."""
    query = select(Supplement).where(Supplement.visit_id.in_(set(visit_ids)))
    found: dict[UUID, list[Supplement]] = {}
    for one in session.scalars(query.order_by(Supplement.visit_id, Supplement.received_at, Supplement.id)):
        found.setdefault(one.visit_id, []).append(one)
    return found


def is_sensitive(session: Session, id: UUID) -> bool:
    """As the fold has it."""
    return session.scalar(select(Visit.sensitive).where(Visit.id == id)) is True


def last_contact(session: Session, project_id: UUID) -> datetime | None:
    """When a project was last contacted, as the fold has it. Any kind counts; a call that nobody answered is none."""
    linked = select(VisitProject.visit_id).where(VisitProject.project_id == project_id)
    counts = Visit.id.in_(linked), Visit.withdrawn_at.is_(None), calls.contact()
    return session.scalar(select(func.max(Visit.occurred_at)).where(*counts))


def follow_ups(session: Session, owner_id: UUID) -> list[FollowUp]:
    """What a person still wants to do, by day; those without a day last."""
    query = select(FollowUp).where(FollowUp.owner_id == owner_id, FollowUp.done_at.is_(None))
    return list(session.scalars(query.order_by(FollowUp.due_on.asc().nulls_last(), FollowUp.id)))


def follow_up(session: Session, owner_id: UUID, id: UUID) -> FollowUp | None:
    """One's own; nobody else has a use for it."""
    return session.scalar(select(FollowUp).where(FollowUp.id == id, FollowUp.owner_id == owner_id))


def kinds(session: Session) -> list[VisitKind]:
    return list(session.scalars(select(VisitKind).order_by(VisitKind.order, VisitKind.code)))
