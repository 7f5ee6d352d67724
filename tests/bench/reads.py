"""Reading from a zone of many visits: the pages and the data that people and phones ask for."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sqlalchemy import func, select

from fieldapp.core.db import Database
from fieldapp.projects.models import Project
from fieldapp.timeline.models import Entry
from tests.bench.phones import reference
from tests.bench.server import Server, serving
from tests.bench.wire import END, Wire
from tests.bench.zone import Zones, say

ROUNDS, WARM = 12, 3
BOX = "37.0,119.8,37.25,120.05"
PAGE = "Accept-Encoding: br\r\n"


@dataclass(frozen=True)
class Asked:
    name: str
    path: str
    by: str = "synth1"


def run(zones: Zones, backends: Sequence[str], visits: int, *, workers: int | None) -> list[dict[str, Any]]:
    found = []
    for backend in backends:
        zone = zones.fresh(backend, visits)
        with serving(zone, workers) as server:
            for asked, result in _all(server):
                found.append({"backend": backend, "visits": visits, "what": asked.name, "path": asked.path, **result})
                say(f"{backend} {visits} visits, {asked.name}: {result}")
        zones.drop(zone)
    return found


def _all(server: Server) -> list[tuple[Asked, dict[str, Any]]]:
    wires: dict[str, Wire] = {}
    for username in ("synth1", "lead1"):
        wires[username] = Wire(server.port)
        wires[username].until_ready()
        wires[username].sign_in(username)
    return [(asked, _measure(server, wires[asked.by], asked.path)) for asked in _asked(server, wires["synth1"])]


def _measure(server: Server, wire: Wire, path: str) -> dict[str, Any]:
    times = []
    wire.close()  # one that was idle for long may be closed by now
    for number in range(WARM + ROUNDS):
        if number == WARM:
            before = server.spent()
        begun = time.perf_counter()
        answer = wire.ask("GET", path, 200, headers=PAGE)
        times.append((time.perf_counter() - begun) * 1000)
    spent, times = server.spent().since(before), sorted(times[WARM:])
    return {
        "ms": {"p50": round(times[len(times) // 2], 1), "max": round(times[-1], 1)},
        "cpu_ms": round((spent.web + spent.database) / ROUNDS, 1),
        "bytes": len(answer) - answer.index(END) - len(END),
    }


def _asked(server: Server, wire: Wire) -> list[Asked]:
    project, name = _busiest(server)
    timeline = wire.ask("GET", f"/projects/{project}", 200)
    after = _between(timeline, f"/projects/{project}/timeline?after=".encode(), b'"')
    rows = _between(wire.ask("GET", "/projects", 200), b"/projects/rows?after=", b'"')
    issues = _between(wire.ask("GET", "/issues", 200), b"/issues/rows?after=", b'"')
    first, *_between_them, last = reference(wire)
    return [
        Asked("timeline, first page", f"/projects/{project}"),
        Asked("timeline, next page", f"/projects/{project}/timeline?after={after}"),
        Asked("today, officer", "/"),
        Asked("today, lead", "/", "lead1"),
        Asked("reference, first load", "/api/v1/reference"),
        Asked("reference, its second page", f"/api/v1/reference?part={quote(first['next'])}"),
        Asked("reference, nothing new", f"/api/v1/reference?since={quote(last['cursor'])}"),
        Asked("map page", "/map", "lead1"),
        Asked("map cells, unfiltered", f"/map/cells.json?bbox={BOX}&z=12", "lead1"),
        Asked("map cells, one kind", f"/map/cells.json?bbox={BOX}&z=12&kind=site_inspection", "lead1"),
        Asked("map list, next page unfiltered", "/map/rows", "lead1"),
        Asked("issues, first page", "/issues", "lead1"),
        Asked("issues, next page", f"/issues/rows?after={issues}", "lead1"),
        Asked("projects, first page", "/projects"),
        Asked("projects, next page", f"/projects/rows?after={rows}"),
        Asked("search", f"/projects/rows?q={quote(name)}"),
    ]


def _busiest(server: Server) -> tuple[str, str]:
    """The project with the longest timeline."""
    database = Database(server.zone.settings.database)
    with database.reading() as session:
        query = select(Entry.project_id).where(Entry.project_id.is_not(None)).group_by(Entry.project_id)
        id = session.scalars(query.order_by(func.count().desc()).limit(1)).one()
        name = session.scalars(select(Project.name).where(Project.id == id)).one()
    database.close()
    return str(id), name[:3]


def _between(answer: bytes, begin: bytes, end: bytes) -> str:
    """What an answer says between two marks, as it stands in an address."""
    at = answer.index(begin) + len(begin)
    return answer[at : answer.index(end, at)].decode().replace("&amp;", "&")
