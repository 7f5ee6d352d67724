"""The phone's door for records: PUT, and what became of them (docs/sync-protocol.md 1 and 5)."""

from contextlib import suppress
from uuid import UUID

from flask import Blueprint, Response, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import ClientDisconnected

from fieldapp.accounts.policy import Person
from fieldapp.core import audit, clock
from fieldapp.core.access import phone_door, signed_in
from fieldapp.core.login import person, write_only
from fieldapp.core.problems import Problem, not_found
from fieldapp.core.web import db, read, settings
from fieldapp.sync import envelope, receipts, records
from fieldapp.sync.models import Raw
from fieldapp.sync.payloads import MAX_RAW_BYTES, Receipt
from fieldapp.sync.queries import raws_of
from fieldapp.sync.raw_views import as_file

bp = Blueprint("sync", __name__, url_prefix="/api/v1")
READ = 16 * 1024  # gunicorn loses what had come of a longer read when the connection breaks


@bp.put("/visits/<uuid:id>", endpoint="visit")
@phone_door
def put_visit(id: UUID) -> Response:
    return _put(id)


@bp.put("/events/<uuid:id>", endpoint="event")
@phone_door
def put_event(id: UUID) -> Response:
    return _put(id)


def _put(id: UUID) -> Response:
    who: Person = person()
    try:
        sender = records.Sender(who.id, write_only=write_only(), person=who)
        answer = records.accept(db(), settings(), id, _body(), sender)
    except envelope.NotJson as error:
        raise Problem(400, "not-json") from error
    except records.NotOwner as error:
        raise Problem(403, "not-owner") from error
    return _json(answer.receipt, answer.status)


def _body() -> bytes:
    """The whole body, or a problem: a cut connection must not look like a short record."""
    length = request.content_length
    if length is not None and length > MAX_RAW_BYTES:
        raise Problem(413, "record-too-large")
    parts, size = [], 0
    try:
        while part := request.stream.read(READ):
            parts.append(part)
            size += len(part)
            if size > MAX_RAW_BYTES:
                raise Problem(413, "record-too-large")
    except ClientDisconnected as error:
        raise Problem(408, "incomplete") from error
    if length is not None and size < length:  # gunicorn ends a truncated body as a normal end
        raise Problem(408, "incomplete")
    return b"".join(parts)


def _json(receipt: Receipt, status: int = 200) -> Response:
    answer = Response(receipt.model_dump_json(), status, mimetype="application/json")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Fieldapp-Epoch"] = receipt.server_epoch
    return answer


@bp.get("/records/<uuid:id>")
@signed_in
def record(id: UUID) -> Response:
    """The receipt again, for its author."""
    raw = _own(id, request.args.get("sha256"), person())
    return _json(receipts.receipt_for(read(), id, raw.payload_sha256))


@bp.get("/records/<uuid:id>/raw")
@signed_in
def raw(id: UUID) -> Response:
    """The bytes as they came: for their author, as a file, audited. An administrator says why (`raw_views`)."""
    who: Person = person()
    found = _own(id, request.args.get("sha256"), who)
    with db().writing() as session:
        audit.record(session, who.id, "record.raw_read", "record", id, sha256=found.payload_sha256)
    return as_file(found)


def _own(id: UUID, sha256: str | None, who: Person) -> Raw:
    for one in raws_of(read(), id):
        if one.owner_id == who.id and sha256 in (None, one.payload_sha256):
            return one
    raise not_found()


@bp.after_app_request
def tell_epoch_and_time(answer: Response) -> Response:
    """Each answer of the API says which server this is, and what its clock shows."""
    if request.path.startswith("/api/v1/"):
        answer.headers["Fieldapp-Time"] = str(int(clock.now().timestamp() * 1000))
        if "Fieldapp-Epoch" not in answer.headers:
            with suppress(SQLAlchemyError):  # an answer that says so is better than none
                answer.headers["Fieldapp-Epoch"] = receipts.server_epoch(read())
    return answer
