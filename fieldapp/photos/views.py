"""Photo bytes over HTTP: thumbnail and display copy for pages, the evidence file as a download."""

from uuid import UUID

from flask import Blueprint, Response

from fieldapp.core import audit, web
from fieldapp.core.access import signed_in
from fieldapp.core.login import person
from fieldapp.core.problems import not_found
from fieldapp.photos import policy
from fieldapp.photos.models import Photo
from fieldapp.photos.sending import sent_bytes, sent_picture

bp = Blueprint("photos", __name__, url_prefix="/photos")

SUFFIXES = {"JPEG": "jpg", "MPO": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp", "HEIF": "heic", "AVIF": "avif"}
A_YEAR = 365 * 24 * 3600


@bp.get("/<uuid:photo_id>/thumb")
@signed_in
def thumb(photo_id: UUID) -> Response:
    photo = _shown(photo_id)
    return _picture(photo.thumb_key)


@bp.get("/<uuid:photo_id>/display")
@signed_in
def display(photo_id: UUID) -> Response:
    photo = _shown(photo_id)
    return _picture(photo.display_key)


@bp.get("/<uuid:photo_id>/evidence")
@signed_in
def evidence(photo_id: UUID) -> Response:
    """The bytes as they were uploaded, never opened by the browser. Who took them is on record."""
    session = web.read()
    photo = session.get(Photo, photo_id)
    if photo is None or not policy.may_download(session, person(), photo):
        raise not_found()
    by = person().id
    with web.db().writing() as writing:
        audit.record(writing, by, "photo.downloaded", "photo", photo_id, sha256=photo.sha256)
    response = sent_bytes(photo.evidence_key, "application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="{photo_id}.{_suffix(photo)}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _shown(photo_id: UUID) -> Photo:
    """A photo that has copies and that the person may see; a page shows a placeholder in any other case."""
    session = web.read()
    photo = session.get(Photo, photo_id)
    if photo is None or not photo.has_copies or not policy.may_see(session, person(), photo):
        raise not_found()
    return photo


def _picture(key: str) -> Response:
    response = sent_picture(key)
    response.headers["Cache-Control"] = f"private, max-age={A_YEAR}, immutable"
    return response


def _suffix(photo: Photo) -> str:
    return SUFFIXES.get(photo.detected or "", "bin")
