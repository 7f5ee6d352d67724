"""How projects are found."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.sql.base import ExecutableOption

from fieldapp.accounts.models import Team, User
from fieldapp.accounts.policy import Person
from fieldapp.core.paging import Page, pack, page, unpack
from fieldapp.projects import policy
from fieldapp.projects.models import Area, Assignment, Contact, Enterprise, Programme, Project, Stage, Zone

LIST_SIZE = 30
WITH_PLACE: tuple[ExecutableOption, ...] = (joinedload(Project.enterprise), joinedload(Project.area))


def visible_project(session: Session, person: Person, id: UUID, *, zone_readable: bool) -> Project | None:
    """The project, with its enterprise and area, if this person may see it."""
    query = select(Project).where(Project.id == id, policy.visible(person, zone_readable=zone_readable))
    return session.scalar(query.options(joinedload(Project.enterprise), joinedload(Project.area)))


def mine_ids(session: Session, person: Person) -> set[UUID]:
    """Ids of the projects assigned to this person or their teams."""
    return set(session.scalars(select(Project.id).where(policy.assigned(person), Project.archived_at.is_(None))))


def mine(session: Session, person: Person) -> list[Project]:
    """The person's own projects, longest without contact first (never contacted before all)."""
    query = (
        select(Project)
        .where(policy.assigned(person), Project.archived_at.is_(None))
        .options(joinedload(Project.enterprise))
        .order_by(Project.last_contact_at.asc().nulls_first(), Project.id)
    )
    return list(session.scalars(query))


MINE, OTHERS = 0, 1


def listed(
    session: Session, person: Person, *, zone_readable: bool, search: str = "", after: str | None = None
) -> Page[Project]:
    """Projects, one's own first, by name, a page at a time; `search` looks in name, initials and enterprise."""
    rank, name, id = unpack(after, int, str, UUID) or (MINE, None, None)
    visible = policy.visible(person, zone_readable=zone_readable)
    found: list[tuple[int, Project]] = []
    for part in (MINE, OTHERS):
        if part < rank or len(found) > LIST_SIZE:
            continue
        whose = policy.assigned(person) if part == MINE else ~policy.assigned(person)
        query = select(Project).where(visible, whose, Project.archived_at.is_(None)).options(*WITH_PLACE)
        if search:
            query = query.where(_fits(search))
        if part == rank and name is not None:
            query = query.where(or_(Project.name > name, and_(Project.name == name, Project.id > id)))
        query = query.order_by(Project.name, Project.id).limit(LIST_SIZE + 1 - len(found))
        found += [(part, project) for project in session.scalars(query)]
    shown = page(found, LIST_SIZE, lambda row: pack(row[0], row[1].name, row[1].id))
    return Page([project for _, project in shown.items], shown.next)


def _fits(search: str) -> ColumnElement[bool]:
    like = f"%{search.replace('%', '').replace('_', '')}%"
    firm = Project.enterprise.has(or_(Enterprise.name.ilike(like), Enterprise.initials.ilike(like)))
    return or_(Project.name.ilike(like), Project.initials.ilike(like), firm)


def named(session: Session, person: Person, name: str, *, zone_readable: bool) -> list[Project]:
    """Projects that are called exactly so: by name, by name and phase, or by initials."""
    name = name.strip()
    if not name:
        return []
    title = Project.name + "（" + Project.phase + "）"
    query = select(Project).where(policy.visible(person, zone_readable=zone_readable), Project.archived_at.is_(None))
    query = query.where(or_(Project.name == name, title == name, Project.initials == name.lower()))
    return list(session.scalars(query.order_by(Project.name, Project.id).limit(LIST_SIZE)))


def by_ids(session: Session, ids: Iterable[UUID]) -> dict[UUID, Project]:
    wanted = set(ids)
    if not wanted:
        return {}
    query = select(Project).where(Project.id.in_(wanted)).options(joinedload(Project.enterprise))
    return {project.id: project for project in session.scalars(query)}


def visible_ids(session: Session, person: Person, ids: Iterable[UUID], *, zone_readable: bool) -> set[UUID]:
    """Those of these projects that the person may see: the ones that a page may link to."""
    wanted = set(ids)
    if not wanted:
        return set()
    seen = policy.visible(person, zone_readable=zone_readable)
    return set(session.scalars(select(Project.id).where(Project.id.in_(wanted), seen)))


def officers_of(session: Session, project_ids: Iterable[UUID], day: date) -> dict[UUID, list[tuple[str, str]]]:
    """Who serves each project on `day`: (role, name of officer or team), main first."""
    query = (
        select(Assignment.project_id, Assignment.role, User.name, Team.name)
        .outerjoin(User, User.id == Assignment.user_id)
        .outerjoin(Team, Team.id == Assignment.team_id)
        .where(
            Assignment.project_id.in_(set(project_ids)),
            Assignment.starts_on <= day,
            or_(Assignment.ends_on.is_(None), Assignment.ends_on >= day),
        )
        .order_by(Assignment.role, Assignment.starts_on)
    )
    found: dict[UUID, list[tuple[str, str]]] = {}
    for project_id, role, officer, team in session.execute(query):
        found.setdefault(project_id, []).append((role, officer or team or ""))
    return found


def contacts(session: Session, enterprise_ids: Iterable[UUID]) -> list[Contact]:
    query = select(Contact).where(Contact.enterprise_id.in_(set(enterprise_ids)), Contact.archived_at.is_(None))
    return list(session.scalars(query.order_by(Contact.enterprise_id, Contact.order, Contact.name)))


def programmes(session: Session) -> list[Programme]:
    return list(session.scalars(select(Programme).order_by(Programme.order, Programme.code)))


def stages(session: Session) -> list[Stage]:
    return list(session.scalars(select(Stage).order_by(Stage.order)))


def zone(session: Session) -> Zone | None:
    return session.scalar(select(Zone).limit(1))


def areas(session: Session) -> list[Area]:
    return list(session.scalars(select(Area).where(Area.archived_at.is_(None)).order_by(Area.name)))


def neglected_before(now: datetime, days: int) -> datetime:
    """Projects last contacted before this moment are 久未联系."""
    return now - timedelta(days=days)
