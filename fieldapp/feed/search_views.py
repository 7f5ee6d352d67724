"""`/search`, from every page: what was typed, in all that this person may see."""

import re
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from fieldapp.accounts.models import ADMIN, DESK, LEAD, OFFICER
from fieldapp.core.access import role
from fieldapp.core.limits import asker, limiter
from fieldapp.core.login import person
from fieldapp.core.web import read, settings
from fieldapp.feed import search_queries
from fieldapp.visits import queries as visits

bp = Blueprint("search", __name__)
insiders = role(OFFICER, LEAD, DESK, ADMIN)  # all but handling units
MOST = 80  # characters of what is typed


@bp.get("/search")
@limiter.limit("240/minute", key_func=asker)
@insiders
def search_page() -> ResponseReturnValue:
    return render_template("feed/search.html", **_results())


@bp.get("/search/rows")
@limiter.limit("240/minute", key_func=asker)
@insiders
def search_rows() -> ResponseReturnValue:
    """More of one kind."""
    return render_template("feed/_search_rows.html", **_results())


def _results() -> dict[str, Any]:
    query = request.args.get("q", "").replace("\x00", "").strip()[:MOST]
    kind = request.args.get("kind", "")
    kind = kind if kind in search_queries.KINDS else ""
    found = search_queries.results(
        read(), person(), query, zone_readable=settings().zone_readable, kind=kind, after=request.args.get("after")
    )
    kinds = {one.code: one for one in visits.kinds(read())} if query else {}
    return {"results": found, "kind": kind, "visit_kinds": kinds, "all_kinds": search_queries.KINDS}


@bp.app_template_filter("marked")
def marked(text: str, words: list[str]) -> Markup:
    """The text with what was looked for set off."""
    if not words:
        return escape(text)
    found = re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)), re.IGNORECASE)
    made, at = Markup(""), 0
    for match in found.finditer(text):
        made += escape(text[at : match.start()]) + Markup("<mark>") + escape(match[0]) + Markup("</mark>")
        at = match.end()
    return made + escape(text[at:])
