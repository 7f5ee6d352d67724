"""The visit map, and beside it a list that shows the same set and works without it."""

from typing import Any
from uuid import UUID

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from fieldapp.accounts import queries as accounts
from fieldapp.accounts.policy import Person
from fieldapp.core import audit, clock
from fieldapp.core.access import role
from fieldapp.core.i18n import locale_name
from fieldapp.core.login import person
from fieldapp.core.origin import let_tiles
from fieldapp.core.problems import Problem
from fieldapp.core.web import db, read, settings
from fieldapp.projects import queries as projects
from fieldapp.projects.models import Project
from fieldapp.visitmap import queries, tiles
from fieldapp.visitmap.queries import Asked, Window

bp = Blueprint("visitmap", __name__)
staff = role("officer", "lead", "desk", "admin")
FRESH_DAYS = 7


def _uuid(name: str) -> UUID | None:
    """A filter's id; one that is none filters nothing."""
    try:
        return UUID(request.args[name])
    except (KeyError, ValueError):
        return None


def _asked(asker: Person) -> tuple[Asked, str]:
    """The filters of this request. By officer only for oneself, or for a lead where the setting allows it."""
    begins, ends, preset = queries.period(request.args.get("period", "30d"), settings().timezone)
    officer = _uuid("officer")
    if officer is not None and officer != asker.id and officer not in _led(asker):
        officer = None
    asked = Asked(
        begins, ends, team=_uuid("team"), area=_uuid("area"), project=_uuid("project"), officer=officer,
        kind=request.args.get("kind") or None,
    )  # fmt: skip
    return asked, preset


def _led(asker: Person) -> set[UUID]:
    """Whose visits a lead may look at one by one: those of their teams' officers, where the setting allows it."""
    if not (settings().officer_filter and asker.is_lead):
        return set()
    return {user.id for user, team in accounts.officers(read(), asker.day) if team.id in asker.led_team_ids}


def _note_officer_filter(asker: Person, asked: Asked) -> None:
    if asked.officer is not None and asked.officer != asker.id:
        db().write(lambda session: audit.record(session, asker.id, "map.by-officer", "user", asked.officer or ""))


@bp.get("/map")
@staff
def map_page() -> ResponseReturnValue:
    asker, session = person(), read()
    asked, preset = _asked(asker)
    _note_officer_filter(asker, asked)
    return render_template("visitmap/map.html", preset=preset, asked=asked, **_choices(session, asker), **_rows(asked))


def _choices(session: Session, asker: Person) -> dict[str, Any]:
    chosen = _uuid("project")
    project = (
        projects.visible_project(session, asker, chosen, zone_readable=settings().zone_readable) if chosen else None
    )
    officers: list[tuple[UUID, str]] = []
    if settings().officer_filter and asker.is_lead:
        officers = [
            (user.id, user.name)
            for user, team in accounts.officers(session, asker.day)
            if team.id in asker.led_team_ids
        ]
    return {
        "months": [(month, month) for month in queries.months(settings().timezone)],
        "teams": [(team.id, team.name) for team in accounts.teams(session)],
        "areas": [(area.id, area.name) for area in projects.areas(session)],
        "project": project,
        "officers": officers,
        "tiles": shown_tiles(),
    }


def shown_tiles() -> tiles.Tiles:
    """Those of this page, whose policy names their hosts."""
    found = tiles.current(read(), settings())
    let_tiles(found.hosts)
    return found


def _rows(asked: Asked) -> dict[str, Any]:
    asker, session = person(), read()
    readable = settings().zone_readable
    found = queries.listed(session, asker, asked, request.args.get("after"), zone_readable=readable)
    kinds = queries.kinds(session)
    arguments = {name: value for name, value in request.args.items() if name != "after" and value}
    return {
        "visits": found,
        "titles": queries.titles(session, found.items),
        "names": accounts.names(session, {visit.owner_id for visit in found.items}),
        "kind_names": {kind.code: kind.zh if locale_name() != "en" else kind.en for kind in kinds},
        "site_kinds": {kind.code for kind in kinds if kind.position == "expected"},
        "arguments": arguments,
        "unplaced": queries.without_place(session, asker, asked, zone_readable=readable),
        "me": asker,
    }


@bp.get("/map/rows")
@staff
def map_rows() -> ResponseReturnValue:
    asked, _preset = _asked(person())
    _note_officer_filter(person(), asked)
    return render_template("visitmap/_rows.html", **_rows(asked))


@bp.get("/map/cells.json")
@staff
def map_cells() -> ResponseReturnValue:
    asked, window = _asked(person())[0], _window()
    _note_officer_filter(person(), asked)
    found = queries.cells(read(), person(), asked, window, zone_readable=settings().zone_readable)
    rows = [
        {
            "lat": round(cell.lat, 6), "lng": round(cell.lng, 6), "n": cell.count,
            "hollow": cell.by_project == cell.count,
            "visit": str(cell.visit) if cell.visit else None,
        }
        for cell in found
    ]  # fmt: skip
    return jsonify(cells=rows, whole=len(rows) < queries.MOST_CELLS)


def _window() -> Window:
    try:
        south, west, north, east = (float(part) for part in request.args["bbox"].split(","))
        zoom = int(request.args["z"])
    except (KeyError, ValueError) as error:
        raise Problem(400, "bad-request") from error
    if not (-90 <= south <= north <= 90 and -540 <= west <= east <= 540):
        raise Problem(400, "bad-request")
    return Window(south, west, north, east, zoom)


@bp.get("/map/projects.json")
@staff
def map_projects() -> ResponseReturnValue:
    found = queries.project_pins(read(), person(), zone_readable=settings().zone_readable)
    return jsonify(projects=[_pin(project) for project in found])


def _pin(project: Project) -> dict[str, Any]:
    return {
        "id": str(project.id), "title": project.title, "enterprise": project.enterprise.name,
        "lat": project.lat, "lng": project.lng, "fence": project.fence, "tone": _tone(project),
    }  # fmt: skip


def _tone(project: Project) -> str:
    """fresh within a week, known until it is 久未联系, then neglected."""
    if project.last_contact_at is None:
        return "neglected"
    days = (clock.now() - project.last_contact_at).days
    if days < FRESH_DAYS:
        return "fresh"
    return "known" if days < (project.contact_every_days or settings().neglect_days) else "neglected"


@bp.get("/map/basemap.json")
@staff
def basemap() -> ResponseReturnValue:
    answer = jsonify(type="FeatureCollection", features=queries.basemap(read()))
    answer.headers["Cache-Control"] = "private, max-age=86400"
    return answer
