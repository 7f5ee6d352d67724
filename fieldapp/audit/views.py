"""`/audit`: the auditor's page. Who did, read and took out what; whether the log is as it was written."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue

from fieldapp.accounts.models import AUDITOR
from fieldapp.audit import actions, asked, queries, seal, taking_out, words
from fieldapp.audit.jobs import CHECK
from fieldapp.core import jobs
from fieldapp.core.access import role
from fieldapp.core.limits import asker, limiter
from fieldapp.core.login import person
from fieldapp.core.problems import Problem, not_found
from fieldapp.core.reauth import recent_password
from fieldapp.core.web import db, no_store, read, settings, today

bp = Blueprint("audit", __name__, url_prefix="/audit")
MOST_COUNTED = 100_000


@bp.get("")
@role(AUDITOR)
def log() -> ResponseReturnValue:
    return render_template("audit/log.html", seal=seal.of(read()), days=asked.DAYS, **_list())


@bp.get("/rows")
@role(AUDITOR)
def rows() -> ResponseReturnValue:
    return render_template("audit/_rows.html", **_list())


def _list() -> dict[str, Any]:
    filters = asked.said(request.args)
    page = queries.listed(read(), asked.read(filters, settings().timezone), request.args.get("after"))
    more = urlencode({**filters, "after": page.next}) if page.next else ""
    return {"page": page, "filters": filters, "query": urlencode(filters), "more": more, "words": words}


@bp.get("/<uuid:id>")
@role(AUDITOR)
def row(id: UUID) -> ResponseReturnValue:
    found = queries.one(read(), id)
    if found is None:
        raise not_found()
    return render_template("audit/row.html", one=found, words=words, seal=seal.of(read()))


# -- the seal ------------------------------------------------------------------------------------------------------


@bp.get("/seal")
@role(AUDITOR, quiet=True)
def seal_now() -> ResponseReturnValue:
    """The state alone, for a page that waits for a check to end."""
    return no_store(Response(render_template("audit/_seal.html", seal=seal.of(read()))))


@bp.post("/check")
@limiter.limit("10/minute", key_func=asker)
@role(AUDITOR)
def check() -> ResponseReturnValue:
    by = person().id
    db().write(lambda session: actions.ask_for_check(session, by))
    jobs.nudge(CHECK)
    return redirect("/audit", 303)


# -- taking it out -------------------------------------------------------------------------------------------------


@bp.get("/export")
@role(AUDITOR)
@recent_password
def export_page() -> ResponseReturnValue:
    filters = asked.said(request.args)
    count = queries.count(read(), asked.read(filters, settings().timezone), MOST_COUNTED)
    return no_store(
        Response(
            render_template(
                "audit/export.html", filters=filters, count=count, most=MOST_COUNTED, days=asked.DAYS, words=words
            )
        )
    )


@bp.post("/export")
@limiter.limit("10/minute", key_func=asker)
@role(AUDITOR)
@recent_password
def export() -> ResponseReturnValue:
    """The rows that were asked for, as a file; that it was taken out is in the log before its first line is sent."""
    filters, form, by = asked.said(request.form), request.form.get("form", ""), person().id
    if form not in taking_out.FORMS:
        raise Problem(400, "bad-request")
    db().write(lambda session: actions.note_export(session, by, form, filters))
    lines = taking_out.lines(db(), asked.read(filters, settings().timezone), form)
    answer = Response(stream_with_context(lines), mimetype=taking_out.TYPES[form])
    name = f"audit-{today().isoformat()}.{form}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return no_store(answer)
