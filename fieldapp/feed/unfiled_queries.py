"""待归档: visits that no project was chosen for, and where they may belong."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, String, func, literal, or_, select, true
from sqlalchemy.orm import Session, joinedload

from fieldapp.accounts import queries as accounts
from fieldapp.accounts.policy import Person
from fieldapp.projects import policy as projects_policy
from fieldapp.projects.enterprise_queries import like
from fieldapp.projects.models import Enterprise, Project
from fieldapp.visits import policy as visits_policy
from fieldapp.visits import queries as visits
from fieldapp.visits.links import UNFILED
from fieldapp.visits.models import Visit

SUGGESTED = 3
MOST_LOOKED_AT = 200
ENOUGH = 4  # characters of a typed name that may find what the rest of it hides


@dataclass(frozen=True)
class Waiting:
    """A visit to be filed, whose it is, and the projects that its typed name may mean, the likeliest first."""

    visit: Visit
    author: str
    projects: list[Project]


def for_whom(person: Person) -> ColumnElement[bool]:
    """It waits for its author, a lead of the author's team, and the desk: those who may file it."""
    if person.is_desk:
        return true()
    return or_(Visit.owner_id == person.id, Visit.team_id.in_(person.led_team_ids))


def waiting(
    session: Session, person: Person, *, zone_readable: bool, after: str | None = None
) -> tuple[list[Waiting], str | None]:
    """A page of them, newest first."""
    page = visits.listed(session, person, *_here(person), zone_readable=zone_readable, after=after)
    names = accounts.names(session, {visit.owner_id for visit in page.items})
    found = _suggested(session, person, {v.typed_project for v in page.items}, zone_readable=zone_readable)
    return [
        Waiting(visit, names.get(visit.owner_id, ""), found.get(visit.typed_project, [])) for visit in page.items
    ], page.next


def count(session: Session, person: Person, *, zone_readable: bool, most: int) -> int:
    """How many wait, counted no further than `most`."""
    if not person.is_staff:
        return 0
    seen = visits_policy.readable(person, zone_readable=zone_readable)
    some = select(Visit.id).where(*_here(person), seen).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def _here(person: Person) -> tuple[ColumnElement[bool], ...]:
    return Visit.state == UNFILED, Visit.withdrawn_at.is_(None), for_whom(person)


def _suggested(
    session: Session, person: Person, typed: Iterable[str], *, zone_readable: bool
) -> dict[str, list[Project]]:
    """For each typed name the projects that it may mean, in one statement for all of them."""
    names = [name for name in typed if len(name.strip()) >= 2]
    if not names:
        return {}
    seen = projects_policy.visible(person, zone_readable=zone_readable)
    query = select(Project).join(Enterprise, Enterprise.id == Project.enterprise_id)
    query = query.where(seen, Project.archived_at.is_(None), or_(*(_resembles(name.strip()) for name in names)))
    query = query.options(joinedload(Project.enterprise)).order_by(Project.name, Project.id).limit(MOST_LOOKED_AT)
    found = list(session.scalars(query))
    return {name: _best(name.strip(), found) for name in names}


def _resembles(name: str) -> ColumnElement[bool]:
    """The project or its enterprise holds the typed name or its beginning, or the other way round."""
    whole = literal(name, String)
    ways = [Project.initials == name.lower(), Enterprise.initials == name.lower()]
    for column in (Project.name, Enterprise.name, Enterprise.short_name):
        ways += [column.ilike(like(part), escape="\\") for part in dict.fromkeys((name, name[:ENOUGH]))]
        ways.append((func.length(column) >= 2) & whole.contains(column))
    return or_(*ways)


def _best(name: str, found: list[Project]) -> list[Project]:
    """By how much of the two names is common; those that share less than two characters in a row are none."""
    scored = [(_common(name, one), one) for one in found]
    best = sorted((row for row in scored if row[0]), key=lambda row: (-row[0], row[1].name, str(row[1].id)))
    return [one for _score, one in best[:SUGGESTED]]


def _common(name: str, project: Project) -> float:
    typed = _pairs(name)
    if name.lower() in (project.initials, project.enterprise.initials):
        return 1.0
    shares = [
        len(typed & pairs) / len(typed | pairs)
        for text in (project.title, project.name, project.enterprise.name, project.enterprise.short_name)
        if (pairs := _pairs(text))
    ]
    return max(shares, default=0.0)


def _pairs(text: str) -> set[str]:
    return {text[at : at + 2].lower() for at in range(len(text) - 1)}
