"""Before a visit is saved: was a colleague there at the same time? Asked by the form (behaviours/capture/joint.js)."""

from datetime import datetime
from uuid import UUID

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from fieldapp.core.access import signed_in
from fieldapp.core.login import person
from fieldapp.core.problems import Problem, not_found
from fieldapp.core.web import db, settings
from fieldapp.projects import queries as projects
from fieldapp.visits import joint_queries

bp = Blueprint("joint", __name__, url_prefix="/api/v1")


@bp.get("/projects/<uuid:id>/together")
@signed_in
def together(id: UUID) -> ResponseReturnValue:
    """Visits of others to this project within an hour of `at`: their ids, and whose they are."""
    who, zone = person(), settings().zone_readable
    with db().reading() as session:
        if projects.visible_project(session, who, id, zone_readable=zone) is None:
            raise not_found()
        found = joint_queries.at_the_same_time(
            session, who, id, _moment(request.args.get("at", "")), zone_readable=zone
        )
    return jsonify({"visits": [{"id": str(visit), "officer": name} for visit, name in found]})


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Problem(400, "bad-request") from error
    if at.tzinfo is None or not 2000 <= at.year <= 2100:  # an hour beside the first or last moment there is none
        raise Problem(400, "bad-request")
    return at
