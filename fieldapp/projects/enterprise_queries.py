"""How enterprises and their contacts are found."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from fieldapp.accounts.models import Team, User
from fieldapp.accounts.policy import Person
from fieldapp.core.paging import Page, pack, page, unpack
from fieldapp.projects import policy
from fieldapp.projects.models import Assignment, Contact, Enterprise, Project
from fieldapp.projects.queries import WITH_PLACE

LIST_SIZE = 30
MINE, OTHERS = 0, 1


def like(text: str) -> str:
    """For LIKE: what was typed, anywhere; its own % and _ mean themselves (escape is backslash)."""
    return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def named(text: str) -> ColumnElement[bool]:
    """Enterprises whose name, short name or pinyin initials hold this."""
    what = like(text)
    columns = (Enterprise.name, Enterprise.short_name, Enterprise.initials)
    return or_(*(column.ilike(what, escape="\\") for column in columns))


def visible_enterprise(session: Session, person: Person, id: UUID, *, zone_readable: bool) -> Enterprise | None:
    """The enterprise, if this person may see it. One that was merged is not here any more: `successor` says where."""
    seen = policy.readable_enterprise(person, zone_readable=zone_readable)
    return session.scalar(select(Enterprise).where(Enterprise.id == id, Enterprise.merged_into.is_(None), seen))


def successor(session: Session, id: UUID) -> UUID | None:
    """What an enterprise was merged into."""
    return session.scalar(select(Enterprise.merged_into).where(Enterprise.id == id))


def standing(session: Session, ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Each of these enterprises that is known, and the one that stands for it: itself, or what it was merged into."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return {}
    query = select(Enterprise.id, Enterprise.merged_into).where(Enterprise.id.in_(wanted))
    return {id: merged or id for id, merged in session.execute(query)}


def listed(
    session: Session, person: Person, *, zone_readable: bool, search: str = "", unconfirmed: bool = False,
    after: str | None = None,
) -> Page[tuple[Enterprise, bool]]:  # fmt: skip
    """Enterprises by name, and whether they are the person's: those first. `unconfirmed`: what waits for the desk."""
    rank, name, id = unpack(after, int, str, UUID) or (MINE, None, None)
    found: list[tuple[Enterprise, bool]] = []
    for part in (MINE, OTHERS):
        if part < rank or len(found) > LIST_SIZE:
            continue
        serves = policy.serves(person)
        query = select(Enterprise).where(
            policy.readable_enterprise(person, zone_readable=zone_readable), Enterprise.archived_at.is_(None),
            serves if part == MINE else ~serves,
        )  # fmt: skip
        if search:
            query = query.where(named(search))
        if unconfirmed:
            query = query.where(~Enterprise.confirmed)
        if part == rank and name is not None:
            query = query.where(or_(Enterprise.name > name, and_(Enterprise.name == name, Enterprise.id > id)))
        query = query.order_by(Enterprise.name, Enterprise.id).limit(LIST_SIZE + 1 - len(found))
        found += [(one, part == MINE) for one in session.scalars(query)]
    return page(found, LIST_SIZE, lambda row: pack(MINE if row[1] else OTHERS, row[0].name, row[0].id))


def similar(session: Session, person: Person, name: str, *, zone_readable: bool, but: UUID) -> list[Enterprise]:
    """What may be the same enterprise under another spelling: its name holds the other's, or the other way round."""
    name = name.strip()
    if not name:
        return []
    query = select(Enterprise).where(
        policy.readable_enterprise(person, zone_readable=zone_readable), Enterprise.archived_at.is_(None),
        Enterprise.id != but, or_(named(name[:4]), named(name)),
    )  # fmt: skip
    return list(session.scalars(query.order_by(Enterprise.name, Enterprise.id).limit(8)))


def projects_of(session: Session, person: Person, id: UUID, *, zone_readable: bool) -> list[Project]:
    """An enterprise's projects that this person may see, phase after phase."""
    seen = policy.visible(person, zone_readable=zone_readable)
    query = select(Project).where(Project.enterprise_id == id, seen).options(*WITH_PLACE)
    return list(session.scalars(query.order_by(Project.name, Project.phase, Project.id)))


def assignments_of(session: Session, project_ids: Iterable[UUID]) -> list[tuple[Assignment, str]]:
    """Who served these projects from when to when, the newest first; with the officer's or the team's name."""
    query = (
        select(Assignment, User.name, Team.name)
        .outerjoin(User, User.id == Assignment.user_id)
        .outerjoin(Team, Team.id == Assignment.team_id)
        .where(Assignment.project_id.in_(set(project_ids)))
        .order_by(Assignment.starts_on.desc(), Assignment.role, Assignment.id)
    )
    return [(one, officer or team or "") for one, officer, team in session.execute(query)]


def holds_on(one: Assignment, day: date) -> bool:
    return one.starts_on <= day and (one.ends_on is None or one.ends_on >= day)


def contact_of(session: Session, enterprise_id: UUID, id: UUID) -> Contact | None:
    here = (Contact.id == id, Contact.enterprise_id == enterprise_id, Contact.archived_at.is_(None))
    return session.scalar(select(Contact).where(*here))


def whole_numbers(session: Session, person: Person, contacts: Iterable[Contact]) -> set[UUID]:
    """Those of these contacts whose number this person sees without asking."""
    ids = [one.id for one in contacts]
    if not ids:
        return set()
    return set(session.scalars(select(Contact.id).where(Contact.id.in_(ids), policy.sees_number(person))))
