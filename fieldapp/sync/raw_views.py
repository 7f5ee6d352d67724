"""`/records/<id>/raw`: a record's bytes, for a system administrator who says why; the auditor sees who and why."""

from uuid import UUID

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fieldapp.accounts import queries as accounts
from fieldapp.accounts.models import ADMIN
from fieldapp.core import audit
from fieldapp.core.access import role
from fieldapp.core.limits import asker, limiter
from fieldapp.core.login import person
from fieldapp.core.problems import not_found
from fieldapp.core.reauth import recent_password
from fieldapp.core.web import db, no_store, read
from fieldapp.sync import forms, policy
from fieldapp.sync.models import Raw
from fieldapp.sync.queries import raws_of

bp = Blueprint("raw", __name__)
LEAST_REASON, MOST_REASON = 4, 200


def as_file(raw: Raw) -> Response:
    """The bytes as they came, never shown in the browser."""
    answer = Response(raw.payload, mimetype="application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="{raw.record_id}.json"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return no_store(answer)


@bp.get("/records/<uuid:id>/raw")
@role(ADMIN)
@recent_password
def raw_page(id: UUID) -> ResponseReturnValue:
    return _page(id)


@bp.post("/records/<uuid:id>/raw")
@limiter.limit("20/minute", key_func=asker)
@role(ADMIN)
@recent_password
def open_raw(id: UUID) -> ResponseReturnValue:
    who, sha256 = person(), request.form.get("sha256", "")
    reason = request.form.get("reason", "").replace("\x00", "").strip()
    found = next((raw for raw in _raws(id) if raw.payload_sha256 == sha256), None)
    if len(reason) < LEAST_REASON:
        return _page(id, _("Please say why, so that the auditor understands it."), 422)
    if len(reason) > MOST_REASON:
        return _page(id, _("At most 200 characters."), 422)
    if found is None:
        raise not_found()
    with db().writing() as session:
        audit.record(session, who.id, "record.raw_read", "record", id, sha256=sha256, reason=reason)
    return as_file(found)


def _raws(id: UUID) -> list[Raw]:
    found = raws_of(read(), id) if policy.may_open_raw(person()) else []
    if not found:
        raise not_found()
    return found


def _page(id: UUID, error: str = "", status: int = 200) -> ResponseReturnValue:
    raws = _raws(id)
    html = render_template(
        "sync/raw.html", record=id, raws=raws, words=forms, error=error,
        names=accounts.names(read(), {raw.owner_id for raw in raws if raw.owner_id}),
    )  # fmt: skip
    return html, status
