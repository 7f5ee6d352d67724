"""待归档: visits that no project was chosen for. One tap files one, by the `move` that its page offers too."""

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from fieldapp.accounts.models import DESK, LEAD, OFFICER
from fieldapp.core.access import role
from fieldapp.core.db import new_id
from fieldapp.core.login import person
from fieldapp.core.web import read, settings
from fieldapp.feed import unfiled_queries
from fieldapp.visits import queries as visits

bp = Blueprint("unfiled", __name__)
staff = role(OFFICER, LEAD, DESK)


@bp.get("/visits/unfiled")
@staff
def unfiled_page() -> ResponseReturnValue:
    return render_template("feed/unfiled.html", **_rows())


@bp.get("/visits/unfiled/rows")
@staff
def unfiled_rows() -> ResponseReturnValue:
    return render_template("feed/_unfiled_rows.html", **_rows())


def _rows() -> dict[str, Any]:
    lines, following = unfiled_queries.waiting(
        read(), person(), zone_readable=settings().zone_readable, after=request.args.get("after")
    )
    kinds = {kind.code: kind for kind in visits.kinds(read())}
    return {"lines": lines, "next": following, "kinds": kinds, "new_id": new_id}
