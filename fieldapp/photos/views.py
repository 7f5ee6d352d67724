"""Photo bytes over HTTP: thumbnail and display copy for pages, the evidence file as a download; their end for good."""

from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fieldapp.accounts import queries as accounts
from fieldapp.accounts.models import ADMIN
from fieldapp.core import audit, web
from fieldapp.core.access import role, signed_in
from fieldapp.core.limits import asker, limiter
from fieldapp.core.login import own_device, person
from fieldapp.core.problems import not_found
from fieldapp.core.reauth import recent_password
from fieldapp.photos import actions, policy
from fieldapp.photos.models import Photo
from fieldapp.photos.sending import sent_bytes, sent_picture

bp = Blueprint("photos", __name__, url_prefix="/photos")

SUFFIXES = {"JPEG": "jpg", "MPO": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp", "HEIF": "heic", "AVIF": "avif"}
MAX_REASON = 80
A_YEAR = 365 * 24 * 3600


@bp.get("/<uuid:photo_id>")
@signed_in
def photo_page(photo_id: UUID) -> ResponseReturnValue:
    """What the office keeps of a photo, for its author and the admin; the admin is shown no words and no picture."""
    return _photo_page(_known(photo_id))


def _known(photo_id: UUID) -> Photo:
    photo = web.read().get(Photo, photo_id)
    if photo is None or not policy.may_know_of(person(), photo):
        raise not_found()
    return photo


def _photo_page(photo: Photo, reason: str = "", error: str = "") -> ResponseReturnValue:
    html = render_template(
        "photos/photo.html",
        photo=photo,
        author=accounts.names(web.read(), [photo.owner_id]).get(photo.owner_id, ""),
        shown=photo.has_copies and policy.may_see(web.read(), person(), photo),
        may_download=policy.may_download(web.read(), person(), photo),
        may_purge=policy.may_purge(person()) and photo.purged_at is None,
        reason=reason,
        error=error,
    )
    return html, 422 if error else 200


@bp.post("/<uuid:photo_id>/purge")
@role(ADMIN)
@recent_password
def purge_photo(photo_id: UUID) -> ResponseReturnValue:
    """The admin removes the bytes for good, with a reason. Twice is as good as once."""
    photo, by = _known(photo_id), person().id
    reason = request.form.get("reason", "").replace("\x00", "").strip()
    if not reason or len(reason) > MAX_REASON:
        return _photo_page(photo, reason, _("Please say why, in up to %(most)s characters.", most=MAX_REASON))
    web.db().write(lambda session: actions.purge(session, photo_id, by, reason))
    return redirect(f"/photos/{photo_id}", 303)


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
@limiter.limit("120/minute", key_func=asker)
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
    """One's own phone keeps it. A machine of several asks each time whether whoever looks now may still see it."""
    response = sent_picture(key)
    response.headers["Cache-Control"] = f"private, max-age={A_YEAR}, immutable" if own_device() else "private, no-cache"
    return response


def _suffix(photo: Photo) -> str:
    return SUFFIXES.get(photo.detected or "", "bin")
