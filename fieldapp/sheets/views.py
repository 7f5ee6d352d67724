"""`/admin/workbooks`: the template, a workbook checked line by line, brought in, and the passwords it made."""

import csv
import hashlib
import io
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from fieldapp.accounts.models import ADMIN
from fieldapp.accounts.people_actions import one_time_password
from fieldapp.core import audit, clock, jobs, reauth
from fieldapp.core.access import role
from fieldapp.core.db import new_id, uuid_of
from fieldapp.core.i18n import locale_name
from fieldapp.core.limits import asker, limiter
from fieldapp.core.login import person
from fieldapp.core.problems import not_found
from fieldapp.core.secret import secret_key
from fieldapp.core.web import db, no_store, read, settings
from fieldapp.sheets import queries, template, words
from fieldapp.sheets.jobs import JOB
from fieldapp.sheets.models import AT_WORK, CHECKED, DROPPED, WAITING, WANTED, Workbook
from fieldapp.sheets.reading import MOST_BYTES

bp = Blueprint("sheets", __name__, url_prefix="/admin/workbooks")
keeper = role(ADMIN)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
BESIDE = 64 * 1024  # what a form has beside its file


def _start(error: str = "", status: int = 200) -> ResponseReturnValue:
    page = queries.workbooks(read(), request.args.get("after"))
    html = render_template("sheets/start.html", page=page, words=words, error=error, id=new_id())
    return make_response(html, status)


@bp.get("")
@keeper
def start() -> ResponseReturnValue:
    return _start()


@bp.get("/template.xlsx")
@limiter.limit("30/minute", key_func=asker)
@keeper
def empty_workbook() -> ResponseReturnValue:
    target = io.BytesIO()
    template.write(target, locale_name())
    return _file(target.getvalue(), XLSX, "fieldapp.xlsx")


def _file(content: bytes, mimetype: str, name: str) -> Response:
    answer = Response(content, mimetype=mimetype)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return no_store(answer)


@bp.post("")
@limiter.limit("20/minute", key_func=asker)
@keeper
def take() -> ResponseReturnValue:
    """Keep the file and have it checked. The same form sent twice is one workbook."""
    request.max_content_length = MOST_BYTES + BESIDE
    sent = request.files.get("file")
    content = sent.read(MOST_BYTES + 1) if sent else b""
    if not sent or not content:
        return _start(_("Please choose a workbook (.xlsx)."), 422)
    if len(content) > MOST_BYTES:
        return _start(_("The workbook may have at most %(most)s MB.", most=MOST_BYTES // 1024**2), 422)
    id = uuid_of(request.form.get("id")) or new_id()
    name = "".join(c for c in (sent.filename or "") if c.isprintable())[-120:]
    workbook = Workbook(
        id=id, name=name or "workbook.xlsx", sha256=hashlib.sha256(content).hexdigest(), content=content,
        brought_by=person().id, at=clock.now(), state=WAITING,
    )  # fmt: skip
    db().write(lambda session: _keep(session, workbook))
    jobs.nudge(JOB)
    return redirect(f"/admin/workbooks/{id}", 303)


def _keep(session: Session, workbook: Workbook) -> None:
    if session.get(Workbook, workbook.id) is None:
        session.add(workbook)
        session.flush()
        audit.record(session, workbook.brought_by, "workbook.uploaded", "workbook", workbook.id, sha256=workbook.sha256)


def _one(id: UUID, session: Session | None = None, *, findings: bool = False) -> Workbook:
    found = queries.workbook(session or read(), id, findings=findings)
    if found is None:
        raise not_found()
    return found


def _shown(id: UUID) -> dict[str, Any]:
    workbook = _one(id, findings=True)
    fresh = queries.waiting_for_password(read(), [UUID(one) for one, _name in workbook.accounts])
    return {"book": workbook, "words": words, "at_work": workbook.state in AT_WORK, "fresh": len(fresh)}


@bp.get("/<uuid:id>")
@keeper
def workbook(id: UUID) -> ResponseReturnValue:
    return no_store(make_response(render_template("sheets/workbook.html", **_shown(id))))


@bp.get("/<uuid:id>/progress")
@role(ADMIN, quiet=True)
def progress(id: UUID) -> ResponseReturnValue:
    return no_store(make_response(render_template("sheets/_workbook.html", **_shown(id))))


@bp.post("/<uuid:id>/bring")
@keeper
@reauth.recent_password
def bring(id: UUID) -> ResponseReturnValue:
    """Have it brought in: whole, or without the bad lines where that was said."""
    skip = request.form.get("skip_bad") == "1"

    def want(session: Session) -> None:
        found = session.get(Workbook, id, with_for_update=True)
        if found is None:
            raise not_found()
        bad = any(each["bad"] for each in found.counts.values())
        if found.state == CHECKED and found.content is not None and (skip or not bad):
            found.state, found.skip_bad, found.overtaken = WANTED, skip, False
            audit.record(session, person().id, "workbook.wanted", "workbook", id, skip_bad=skip)

    db().write(want)
    jobs.nudge(JOB)
    return redirect(f"/admin/workbooks/{id}", 303)


@bp.post("/<uuid:id>/drop")
@keeper
def drop(id: UUID) -> ResponseReturnValue:
    """The file goes; nothing of it was brought in."""

    def let_go(session: Session) -> None:
        found = session.get(Workbook, id, with_for_update=True)
        if found is None:
            raise not_found()
        if found.state == CHECKED:
            found.state, found.content = DROPPED, None
            audit.record(session, person().id, "workbook.dropped", "workbook", id)

    db().write(let_go)
    return redirect("/admin/workbooks", 303)


@bp.post("/<uuid:id>/passwords")
@limiter.limit("20/minute", key_func=asker)
@keeper
@reauth.recent_password
def passwords(id: UUID) -> ResponseReturnValue:
    """The one-time passwords of the accounts that it made and that nobody has used yet."""
    workbook = _one(id)
    fresh = queries.waiting_for_password(read(), [UUID(one) for one, _name in workbook.accounts])
    db().write(
        lambda session: audit.record(session, person().id, "workbook.passwords", "workbook", id, accounts=len(fresh))
    )
    secret = secret_key(settings())
    lines = [(name, username, one_time_password(secret, user)) for user, username, name in fresh]
    return _file(_csv(lines).encode("utf-8-sig"), "text/csv", "passwords.csv")


def _csv(lines: list[tuple[str, str, str]]) -> str:
    """With a mark in front of what a spreadsheet program would take for a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_("Name"), _("Account"), _("One-time password")])
    writer.writerows([("'" + name if name.startswith(FORMULA) else name), *rest] for name, *rest in lines)
    return out.getvalue()
