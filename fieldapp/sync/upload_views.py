"""tus 1.0 on the wire: core, creation, creation-with-upload, checksum, expiration."""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from flask import Blueprint, Response, current_app, request
from sqlalchemy.exc import DBAPIError

from fieldapp.core import clock, errors, web
from fieldapp.core.access import phone_door, public
from fieldapp.core.incoming import SMALL, reader_of
from fieldapp.core.login import person
from fieldapp.core.problems import Problem, not_found
from fieldapp.core.web import read
from fieldapp.photos.body import MAX_PHOTO_BYTES
from fieldapp.sync.parts import NOTHING_MORE, Body
from fieldapp.sync.upload_places import Announced, Place
from fieldapp.sync.uploads import Uploads

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

bp = Blueprint("uploads", __name__, url_prefix="/api/v1/uploads")

VERSION = "1.0.0"
LONGEST_HEADER = 3_000  # of a receipt: nginx takes 4 KB of all headers unless told otherwise, and answers 502 to more
SILENCE = 30  # seconds without a byte after which a body is taken as ended
DRAIN = 4 * 1024 * 1024  # an unread body up to this size is swallowed, so that the answer reaches its sender
COURTESY = timedelta(seconds=3)
SHA256 = re.compile(r"[0-9a-f]{64}")
BYTES = "application/offset+octet-stream"


def _door() -> Uploads:
    around = web.surroundings()
    return Uploads(around.settings, around.db, around.files)


@bp.after_request
def speak_tus(response: Response) -> Response:
    response.headers["Tus-Resumable"] = VERSION
    response.headers["Cache-Control"] = "no-store"
    if response.status_code == 412:
        response.headers["Tus-Version"] = VERSION
    response.call_on_close(partial(_swallow, request.environ, request.content_length or 0))
    return response


def _swallow(environ: "WSGIEnvironment", length: int) -> None:
    """Read the rest of a body after answering: closing a socket on unread bytes tears the answer away."""
    socket = environ.get("gunicorn.socket")
    if socket is None or length > DRAIN:
        return
    with suppress(Exception):  # it is only a courtesy
        socket.settimeout(COURTESY.total_seconds())
        until = clock.now() + COURTESY
        while environ["wsgi.input"].read(SMALL) and clock.now() < until:
            pass


@bp.errorhandler(DBAPIError)
def database_busy(error: DBAPIError) -> Response:
    """A lock not got, a connection lost, a full disk: the phone keeps its bytes and comes again."""
    current_app.logger.warning("an upload met a database error", exc_info=error)
    web.close_reading()  # its connection may be the one that was lost
    return errors.answer(errors.come_again(error))


@bp.route("", methods=["OPTIONS"], provide_automatic_options=False)
@bp.route("/<uuid:upload_id>", methods=["OPTIONS"], provide_automatic_options=False)
@public
def options(upload_id: UUID | None = None) -> Response:
    response = Response(status=204)
    response.headers["Tus-Version"] = VERSION
    response.headers["Tus-Extension"] = "creation,creation-with-upload,checksum,expiration"
    response.headers["Tus-Checksum-Algorithm"] = "sha256"
    response.headers["Tus-Max-Size"] = str(MAX_PHOTO_BYTES)
    return response


@bp.post("")
@phone_door
def create() -> Response:
    _check_version()
    with_body = _has_body()
    if with_body:
        _check_type()
    announced = _announced()
    body = _body()
    door, by = _door(), person().id
    with door.room():
        place = door.create(
            by, announced, with_body=with_body, whole_in=read() if body.is_whole(announced.size) else None
        )
        web.close_reading()  # nobody holds a database snapshot for as long as a phone takes
        if place.lease:
            place = door.receive(place, NOTHING_MORE if place.offset else body)
    response = _answer(201, place)
    response.headers["Location"] = f"/api/v1/uploads/{place.id}"
    return response


@bp.route("/<uuid:upload_id>", methods=["HEAD", "PATCH", "POST"], provide_automatic_options=False)
@phone_door
def go_on(upload_id: UUID) -> Response:
    _check_version()
    method = request.headers.get("X-HTTP-Method-Override", request.method).upper()
    if method == "HEAD":
        place = _door().find(web.read(), person().id, upload_id)
        response = _answer(200, place)
        response.headers["Upload-Length"] = str(place.size)
        return response
    if method != "PATCH":
        raise not_found()
    return _patch(upload_id)


def _patch(upload_id: UUID) -> Response:
    _check_type()
    offset = _number("Upload-Offset")
    body, door, by = _body(), _door(), person().id
    web.close_reading()  # as in `create`
    with door.room():
        place = door.claim(by, upload_id, offset)
        if place.lease:
            place = door.receive(place, body)
    return _answer(204, place)


def _answer(status: int, place: Place) -> Response:
    response = Response(status=status)
    del response.headers["Content-Type"]  # there is no body
    response.headers["Upload-Offset"] = str(place.offset)
    response.headers["Upload-Expires"] = format_datetime(place.expires_at, usegmt=True)
    if place.receipt:
        response.headers["Fieldapp-Epoch"] = place.epoch
        if len(place.receipt) <= LONGEST_HEADER:
            response.headers["Fieldapp-Receipt"] = place.receipt
    return response


def _check_version() -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise Problem(412, "bad-request", "Tus-Resumable: 1.0.0")


def _check_type() -> None:
    if request.mimetype != BYTES:
        raise Problem(415, "bad-request", f"Content-Type: {BYTES}")


def _has_body() -> bool:
    return bool(request.content_length) or "chunked" in request.headers.get("Transfer-Encoding", "").lower()


def _number(header: str) -> int:
    text = request.headers.get(header, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Problem(400, "bad-request", header)
    return int(text)


def _announced() -> Announced:
    size = _number("Upload-Length")
    if size > MAX_PHOTO_BYTES:
        raise Problem(413, "photo-too-large")
    said = _metadata()
    try:
        sha256 = said["sha256"].lower()
        if not SHA256.fullmatch(sha256):
            raise ValueError("not a SHA-256")
        return Announced(UUID(said["record"]), UUID(said["photo"]), sha256, size)
    except (KeyError, ValueError) as error:
        raise Problem(400, "bad-request", "Upload-Metadata: record, photo, sha256") from error


def _metadata() -> dict[str, str]:
    said = {}
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        name, _space, value = pair.strip().partition(" ")
        try:
            said[name] = b64decode(value, validate=True).decode()
        except (NotBase64, ValueError) as error:
            raise Problem(400, "bad-request", "Upload-Metadata") from error
    return said


def _body() -> Body:
    """The request's body, read by us alone: Flask's own reader takes a broken connection for an error."""
    socket = request.environ.get("gunicorn.socket")
    if socket is not None:
        socket.settimeout(SILENCE)
    take, most = reader_of(request.environ)
    return Body(take, _length(), _checksum(), most)


def _length() -> int | None:
    chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    return None if chunked else request.content_length or 0


def _checksum() -> bytes | None:
    header = request.headers.get("Upload-Checksum")
    if header is None:
        return None
    algorithm, _space, value = header.partition(" ")
    try:
        if algorithm != "sha256":
            raise ValueError(algorithm)
        return b64decode(value, validate=True)
    except (NotBase64, ValueError) as error:
        raise Problem(400, "bad-request", "Upload-Checksum: sha256 <base64>") from error
