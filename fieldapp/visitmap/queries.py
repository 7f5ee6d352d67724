"""What the map shows: visits counted by cell, and projects by the time since their last contact.

A cell is a square of a grid in degrees whose step halves with each zoom level, so a cluster is one row of an indexed
GROUP BY (decision 8). A site visit without a position stands, hollow, at its project's point.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVarTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Float,
    Integer,
    Select,
    SQLColumnExpression,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    select,
)
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from fieldapp.accounts.policy import Person
from fieldapp.core import clock
from fieldapp.core.paging import Page, by_time
from fieldapp.projects import policy as projects_policy
from fieldapp.projects.models import Area, Project, Zone
from fieldapp.visits import policy as visits_policy
from fieldapp.visits.models import Visit, VisitKind, VisitProject

CELLS_A_TILE = 4  # a cell is a quarter of a 256 px tile: a finger's width
MOST_CELLS = 600
MAX_ZOOM = 19
LIST_SIZE = 30
Row = TypeVarTuple("Row")
PRESETS = {"7d": 7, "30d": 30}


@dataclass(frozen=True)
class Asked:
    """The filters as the reader chose them; none narrows what policy already allows."""

    begins: datetime  # UTC, inclusive
    ends: datetime  # UTC, exclusive
    team: UUID | None = None
    area: UUID | None = None
    project: UUID | None = None
    kind: str | None = None
    officer: UUID | None = None


@dataclass(frozen=True)
class Window:
    """What the map has in view: degrees, and the zoom level."""

    south: float
    west: float
    north: float
    east: float
    zoom: int


@dataclass(frozen=True)
class Cell:
    lat: float
    lng: float
    count: int
    by_project: int  # how many of them stand at their project's point for want of a position
    visit: UUID | None  # the visit itself, where the cell holds one


def period(preset: str, zone: str) -> tuple[datetime, datetime, str]:
    """Begin and end (UTC) of `7d`, `30d` or a month `2026-11`, and the preset that was understood."""
    today = clock.today(zone)
    end = clock.day_begins(today + timedelta(days=1), zone)
    if preset not in PRESETS:
        try:
            first = date.fromisoformat(f"{preset}-01")
            following = (first + timedelta(days=32)).replace(day=1)
            return clock.day_begins(first, zone), clock.day_begins(following, zone), preset
        except (ValueError, OverflowError):
            preset = "30d"
    return clock.day_begins(today - timedelta(days=PRESETS[preset] - 1), zone), end, preset


def months(zone: str, count: int = 12) -> list[str]:
    """The presets of the last months, this one first: 2026-11, 2026-10, …"""
    first, found = clock.today(zone).replace(day=1), []
    for _ in range(count):
        found.append(f"{first:%Y-%m}")
        first = (first - timedelta(days=1)).replace(day=1)
    return found


def _site_kind() -> ColumnElement[bool]:
    return Visit.kind.in_(select(VisitKind.code).where(VisitKind.position == "expected"))


def _place(
    column: SQLColumnExpression[float | None], of_project: SQLColumnExpression[float | None]
) -> ColumnElement[float]:
    return func.coalesce(column, case((_site_kind(), of_project)), type_=Float)


# Aliased: the policies' own subqueries speak of the same tables, and would be taken for these.
Main, Site = aliased(VisitProject), aliased(Project)
LAT = _place(Visit.lat, Site.lat)
LNG = _place(Visit.lng, Site.lng)


def _shown(person: Person, asked: Asked, *, zone_readable: bool) -> ColumnElement[bool]:
    """The visits of the list and of the map alike: one criterion, so that both show the same set."""
    wanted = [
        Visit.occurred_at >= asked.begins,
        Visit.occurred_at < asked.ends,
        Visit.withdrawn_at.is_(None),
        visits_policy.readable(person, zone_readable=zone_readable),
    ]
    if asked.kind:
        wanted.append(Visit.kind == asked.kind)
    if asked.team:
        wanted.append(Visit.team_id == asked.team)
    if asked.officer:
        wanted.append(Visit.owner_id == asked.officer)
    linked = select(VisitProject.visit_id).where(VisitProject.visit_id == Visit.id)
    if asked.project:
        wanted.append(linked.where(VisitProject.project_id == asked.project).exists())
    if asked.area:
        here = and_(Project.id == VisitProject.project_id, Project.area_id == asked.area)
        wanted.append(exists().where(VisitProject.visit_id == Visit.id, here))
    return and_(*wanted)


def _with_main_project(query: Select[*Row]) -> Select[*Row]:
    main = and_(Main.visit_id == Visit.id, Main.main)
    return query.outerjoin(Main, main).outerjoin(Site, Site.id == Main.project_id)


def _cell(session: Session, place: ColumnElement[float], step: float) -> ColumnElement[int]:
    """The index of the cell along one axis. SQLite's cast truncates, and the shift keeps it above zero."""
    index = (place + 180.0) / step
    return cast(func.floor(index) if session.get_bind().dialect.name == "postgresql" else index, Integer)


def cells(session: Session, person: Person, asked: Asked, window: Window, *, zone_readable: bool) -> list[Cell]:
    """The clusters in view, largest first."""
    step = 360 / 2 ** min(max(window.zoom, 0), MAX_ZOOM) / CELLS_A_TILE
    x, y = _cell(session, LNG, step), _cell(session, LAT, step)
    query = _with_main_project(
        select(
            func.avg(LAT),
            func.avg(LNG),
            func.count(),
            func.sum(case((Visit.lat.is_(None), 1), else_=0)),
            func.min(cast(Visit.id, String)),  # PostgreSQL has no min(uuid)
        ).select_from(Visit)
    )
    query = (
        query.where(
            _shown(person, asked, zone_readable=zone_readable),
            LAT.between(window.south, window.north),
            LNG.between(window.west, window.east),
        )
        .group_by(x, y)
        .order_by(func.count().desc())
        .limit(MOST_CELLS)
    )
    return [
        Cell(lat, lng, count, int(hollow), UUID(first) if count == 1 else None)
        for lat, lng, count, hollow, first in session.execute(query)
    ]


def listed(session: Session, person: Person, asked: Asked, after: str | None, *, zone_readable: bool) -> Page[Visit]:
    """The same visits as a list, newest first."""
    query = select(Visit).where(_shown(person, asked, zone_readable=zone_readable))
    query = query.options(selectinload(Visit.projects))
    return by_time(session, query, Visit.occurred_at, Visit.id, after=after, limit=LIST_SIZE)


def without_place(session: Session, person: Person, asked: Asked, *, zone_readable: bool) -> int:
    """How many of the listed visits the map cannot show."""
    query = _with_main_project(select(func.count()).select_from(Visit))
    query = query.where(_shown(person, asked, zone_readable=zone_readable), LAT.is_(None))
    return int(session.scalar(query) or 0)


def project_pins(session: Session, person: Person, *, zone_readable: bool) -> list[Project]:
    """Projects with a point that this person may read."""
    query = (
        select(Project)
        .where(
            projects_policy.visible(person, zone_readable=zone_readable),
            Project.archived_at.is_(None),
            Project.lat.is_not(None),
        )
        .options(joinedload(Project.enterprise))
        .order_by(Project.name)
        .limit(2_000)
    )
    return list(session.scalars(query))


def basemap(session: Session) -> list[dict[str, object]]:
    """The zone's own outline and the boundaries of its areas, as GeoJSON features."""
    features: list[dict[str, object]] = []
    for zone in session.scalars(select(Zone)):
        features += (zone.basemap or {}).get("features", [])
    for area in session.scalars(select(Area).where(Area.boundary.is_not(None))):
        features.append(
            {"type": "Feature", "geometry": area.boundary, "properties": {"kind": "area", "name": area.name}}
        )
    return features


def kinds(session: Session) -> list[VisitKind]:
    return list(session.scalars(select(VisitKind).where(VisitKind.archived_at.is_(None)).order_by(VisitKind.order)))


def titles(session: Session, visits: Iterable[Visit]) -> dict[UUID, str]:
    """The main project's title of each visit."""
    wanted = {link.project_id for visit in visits for link in visit.projects}
    found = {p.id: p.title for p in session.scalars(select(Project).where(Project.id.in_(wanted)))} if wanted else {}
    return {v.id: found[v.projects[0].project_id] for v in visits if v.projects and v.projects[0].project_id in found}
