"""Where a visit may belong: what it is linked to, and the projects and enterprises that one tap links it to."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.accounts.policy import Person
from fieldapp.projects import enterprise_queries
from fieldapp.projects import policy as projects_policy
from fieldapp.projects import queries as projects
from fieldapp.projects.coordinates import distance_m
from fieldapp.projects.models import Enterprise, Project
from fieldapp.visits.models import Visit

MOST = 8  # places offered at once
NEAR_M = 2000


@dataclass(frozen=True)
class Place:
    """A project (or an enterprise) that a visit can be filed under."""

    id: UUID
    kind: str  # project, enterprise
    title: str
    sub: str


def places(session: Session, person: Person, visit: Visit, *, find: str, zone_readable: bool) -> list[Place]:
    """What `find` finds; without it what the officer had typed, then what is near, then one's own."""
    linked = {link.project_id for link in visit.projects}
    words = find or visit.typed_project
    found: list[Project] = []
    if words:
        found = projects.listed(session, person, zone_readable=zone_readable, search=words[:80]).items
    if not find:
        found = [*found, *_near(session, person, visit)]
    offered = {project.id: project for project in found if project.id not in linked}
    made = [Place(one.id, "project", one.title, one.enterprise.name) for one in offered.values()]
    if find:
        made += _enterprises(session, person, find, zone_readable)
    return made[:MOST]


def _near(session: Session, person: Person, visit: Visit) -> list[Project]:
    """One's own projects: those within sight of where the officer stood first, by distance."""
    mine = projects.mine(session, person)
    if visit.lat is None or visit.lng is None:
        return mine[:MOST]
    here = (visit.lat, visit.lng)
    far = {p.id: distance_m(here, (p.lat, p.lng)) for p in mine if p.lat is not None and p.lng is not None}
    near = [p for p in mine if far.get(p.id, NEAR_M) < NEAR_M]
    return sorted(near, key=lambda p: far[p.id])[:MOST] or mine[:MOST]


def _enterprises(session: Session, person: Person, find: str, zone_readable: bool) -> list[Place]:
    readable = projects_policy.readable_enterprise(person, zone_readable=zone_readable)
    standing = Enterprise.archived_at.is_(None), Enterprise.merged_into.is_(None)
    query = select(Enterprise).where(enterprise_queries.named(find), readable, *standing)
    rows = session.scalars(query.order_by(Enterprise.name, Enterprise.id).limit(MOST))
    return [Place(one.id, "enterprise", one.name, "") for one in rows]


@dataclass(frozen=True)
class Kept:
    """What stays linked when a visit gets another main project."""

    projects: list[UUID]
    enterprises: list[UUID]


def kept(visit: Visit) -> Kept:
    """The further projects and enterprises that took part; an enterprise that stood for the project does not stay."""
    ids = [link.project_id for link in visit.projects]
    return Kept(ids[1:], [link.enterprise_id for link in visit.enterprises] if ids else [])
