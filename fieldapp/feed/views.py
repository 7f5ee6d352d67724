"""Pages that compose several features: today, and projects with their timelines."""

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from fieldapp.accounts.models import ADMIN, AUDITOR, DESK, LEAD, OFFICER, SECURITY, UNIT
from fieldapp.core import clock
from fieldapp.core.access import polled, role, signed_in
from fieldapp.core.login import person
from fieldapp.core.passing import passes
from fieldapp.core.problems import not_found
from fieldapp.core.web import db, no_store, read, settings
from fieldapp.feed import brief_queries, queries, timeline_queries
from fieldapp.issues import queries as issues
from fieldapp.projects import actions as projects_actions
from fieldapp.projects import queries as projects
from fieldapp.projects.models import Project
from fieldapp.visits import queries as visits

log = logging.getLogger("fieldapp.feed")
bp = Blueprint("feed", __name__)
insiders = role(OFFICER, LEAD, DESK, ADMIN)  # all but handling units


@bp.record_once
def _let_photos_ask(state: Any) -> None:
    queries.let_photos_ask(zone_readable=state.app.extensions["fieldapp"].settings.zone_readable)


# -- today ---------------------------------------------------------------------------------------------------------


@bp.get("/")
@signed_in
def today_page() -> ResponseReturnValue:
    """The start page. A handling unit's is its issues; the three powers have no day here."""
    if person().role == UNIT:
        return redirect("/issues?part=waiting")
    if person().role == ADMIN:
        return redirect("/admin")
    if person().role in (SECURITY, AUDITOR):
        return redirect("/audit" if person().role == AUDITOR else "/admin/proposals")
    shown = queries.today(
        read(), person(), zone_readable=settings().zone_readable, zone=settings().timezone,
        neglect_days=settings().neglect_days,
    )  # fmt: skip
    away = queries.lists_put_away(read(), person().id)
    return render_template("feed/today.html", today=shown, day=person().day, lists_away=away)


@bp.post("/lists/seen")
@signed_in
def lists_seen() -> ResponseReturnValue:
    """负面清单 and 职责清单 have been read: they leave today, and stay at /lists."""
    by = person().id
    db().write(lambda session: queries.put_lists_away(session, by))
    return redirect("/", 303)


@bp.get("/lists")
@signed_in
def lists_page() -> ResponseReturnValue:
    return render_template("feed/lists.html")


# -- projects ------------------------------------------------------------------------------------------------------


@bp.get("/projects")
@insiders
def projects_page() -> ResponseReturnValue:
    return render_template("feed/projects.html", **_project_rows())


@bp.get("/projects/rows")
@insiders
def projects_rows() -> ResponseReturnValue:
    return render_template("feed/_project_rows.html", **_project_rows())


def _project_rows() -> dict[str, Any]:
    search = request.args.get("q", "").strip()[:80]
    page = projects.listed(
        read(), person(), zone_readable=settings().zone_readable, search=search, after=request.args.get("after")
    )
    ids = [project.id for project in page.items]
    return {
        "page": page,
        "search": search,
        "stages": {stage.code: stage for stage in projects.stages(read())},
        "issues": issues.open_counts(read(), person(), ids, zone_readable=settings().zone_readable),
        "mine": projects.mine_ids(read(), person()),
        "today": person().day,
    }


def _project(id: UUID) -> Project:
    """The project, if the asker may see it."""
    project = projects.visible_project(read(), person(), id, zone_readable=settings().zone_readable)
    if project is None:
        raise not_found()
    return project


@bp.get("/projects/<uuid:id>")
@insiders
def project_page(id: UUID) -> ResponseReturnValue:
    project = _project(id)
    answer = render_template("feed/project.html", **_brief(project), today=person().day, **_timeline(project))
    _remember_opened(id)
    return answer


def _reach() -> brief_queries.Reach:
    return brief_queries.Reach(person(), settings().zone_readable, settings().neglect_days)


def _brief(project: Project) -> dict[str, Any]:
    """What one wants to know before going there; phones carry the very same lines."""
    head = brief_queries.heads(read(), _reach(), [project])[project.id]
    return {"head": head, "visited": brief_queries.visited(read(), _reach(), [project.id])[project.id]}


def _remember_opened(id: UUID) -> None:
    """The phone carries what was opened. Once a day is enough, so that reading stays reading."""
    if queries.opened_since(read(), person().id, id, clock.now() - timedelta(days=1)):
        return
    user_id = person().id
    try:
        db().write(lambda session: projects_actions.opened(session, user_id, id))
    except Exception as error:
        if not passes(error):
            raise
        log.warning("not noted that a project was opened", exc_info=error)  # a full disk can still be read


def _timeline(project: Project) -> dict[str, Any]:
    kind = request.args.get("kind", "")
    known = visits.kinds(read())
    shown = timeline_queries.timeline_of(
        read(), person(), project, zone_readable=settings().zone_readable, zone=settings().timezone,
        kind=kind, after=request.args.get("after"),
    )  # fmt: skip
    groups = [group for group in timeline_queries.GROUPS if any(one.group == group for one in known)]
    return {"project": project, "timeline": shown, "kind": kind, "kinds": known, "groups": groups}


@bp.get("/projects/<uuid:id>/timeline")
@insiders
def project_lines(id: UUID) -> ResponseReturnValue:
    """The timeline's next page, for as long as one scrolls."""
    return render_template("feed/_lines.html", **_timeline(_project(id)))


@bp.get("/projects/<uuid:id>/timeline/news")
@polled
def project_news(id: UUID) -> ResponseReturnValue:
    """What a page polls: nothing (204) while the project stands at the version that the page knows."""
    project = _project(id)
    if request.args.get("after") == str(project.version):
        return no_store(Response(status=204))
    return no_store(make_response(render_template("feed/_timeline.html", **_timeline_top(project))))


def _timeline_top(project: Project) -> dict[str, Any]:
    """`after` is a version here, not a place in the list."""
    shown = timeline_queries.timeline_of(
        read(), person(), project, zone_readable=settings().zone_readable, zone=settings().timezone,
        kind=request.args.get("kind", ""),
    )  # fmt: skip
    return {"project": project, "timeline": shown, "kind": request.args.get("kind", "")}
