"""How a project gets on: a lead decides on the stage that was seen, and its photos are laid side by side."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

from flask import Blueprint, jsonify, redirect, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from fieldapp.accounts.models import ADMIN, DESK, LEAD, OFFICER
from fieldapp.accounts.policy import Person
from fieldapp.core.access import role
from fieldapp.core.login import person
from fieldapp.core.problems import not_found
from fieldapp.core.web import db, no_store, read, settings
from fieldapp.feed import comparison_queries, site_lines
from fieldapp.projects import queries as projects
from fieldapp.projects.models import Project
from fieldapp.visits import stages
from fieldapp.visits.models import StageSeen

bp = Blueprint("site", __name__)
insiders = role(OFFICER, LEAD, DESK, ADMIN)
SHOWN = 5

Decide = Callable[..., StageSeen | None]


@bp.app_template_global("stages_waiting")
def stages_waiting(project_id: UUID | None = None) -> list[site_lines.StageCard]:
    """What the reader may decide on, of one project or of all: cards that their page shows."""
    by: Person = person()
    if not by.is_lead:
        return []
    zone_readable = settings().zone_readable
    found = stages.waiting(read(), by, zone_readable=zone_readable, limit=SHOWN, project_id=project_id)
    return site_lines.stage_cards(read(), found)


@bp.app_template_filter("iso_day")
def iso_day(day: str) -> date:
    """A day as a visit's row keeps it."""
    return date.fromisoformat(day)


@bp.post("/stages-seen/<uuid:id>/confirmation")
@role(LEAD)
def confirm_stage(id: UUID) -> ResponseReturnValue:
    """The project is in that stage from now on."""
    return _decide(id, stages.confirm)


@bp.post("/stages-seen/<uuid:id>/dismissal")
@role(LEAD)
def leave_stage(id: UUID) -> ResponseReturnValue:
    """The stage on record stays."""
    return _decide(id, stages.leave)


def _decide(id: UUID, decide: Decide) -> ResponseReturnValue:
    """Twice is as good as once: whoever was first has decided."""
    by, zone_readable = person(), settings().zone_readable

    def write(session: Session) -> UUID | None:
        seen = decide(session, by, id, zone_readable=zone_readable)
        return seen.project_id if seen else None

    project_id = db().write(write)
    if project_id is None:
        raise not_found()
    return redirect(f"/projects/{project_id}", 303)


@bp.get("/projects/<uuid:id>/viewpoints.json")
@insiders
def viewpoints(id: UUID) -> ResponseReturnValue:
    """Names and last pictures, for the camera of the capture page."""
    found = comparison_queries.viewpoints(read(), person(), _project(id).id)
    rows = [{"name": name, "photo": str(photo.id)} for name, photo in sorted(found.items())]
    return no_store(jsonify(rows))


def _project(id: UUID) -> Project:
    """The project, if the asker may see it."""
    project = projects.visible_project(read(), person(), id, zone_readable=settings().zone_readable)
    if project is None:
        raise not_found()
    return project


@bp.get("/projects/<uuid:id>/comparisons")
@insiders
def comparisons(id: UUID) -> ResponseReturnValue:
    """A fragment of the project's page, fetched when one comes to it: what changed between two photos."""
    project = _project(id)
    found = comparison_queries.comparisons(read(), person(), project.id, zone_readable=settings().zone_readable)
    return render_template("feed/_comparisons.html", comparisons=found, project=project)
