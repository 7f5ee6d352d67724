"""Where an upload stands: its photo, the bytes that are here already, the receipt where nothing more is wanted.

Everything here runs in the caller's transaction; no file is touched.
"""

from base64 import b64encode
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, bindparam, exists, select
from sqlalchemy.orm import Session, aliased

from fieldapp.core import clock
from fieldapp.core.fixed import Fixed
from fieldapp.core.problems import Problem, not_found
from fieldapp.photos import manifest_actions as manifests
from fieldapp.photos.models import PARKED, PARTIAL, WANTED, Photo, Upload
from fieldapp.sync.models import Raw, Record
from fieldapp.sync.receipts import receipt_for

UNSETTLED = (WANTED, PARTIAL)


@dataclass(frozen=True)
class Announced:
    """What a POST says is coming."""

    record: UUID
    photo: UUID
    sha256: str
    size: int


@dataclass(frozen=True)
class Place:
    """Where an upload stands. With a `lease` it is ours to write; with a `receipt` nothing more is wanted."""

    id: UUID
    record: UUID
    photo: UUID
    owner: UUID
    sha256: str
    size: int
    offset: int
    expires_at: datetime
    lease: str | None = None
    receipt: str | None = None  # as a header carries it
    epoch: str = ""  # of the server that gave the receipt
    row: bool = True


def _owner_of(session: Session, by: UUID, record_id: UUID) -> UUID | None:
    """Whose photos of this record `by` may bring: their own; at an import, those of the record's owner."""
    query = select(Raw.owner_id, Raw.sender_id, Raw.imported_by).where(Raw.record_id == record_id)
    raws = session.execute(query).all()
    if any((raw.owner_id or raw.sender_id) == by for raw in raws):
        return by
    imported = [raw for raw in raws if raw.imported_by == by]
    return imported[0].owner_id if imported else None


_OTHER = aliased(Photo)
_HELD = exists().where(
    _OTHER.owner_id == Photo.owner_id,
    _OTHER.sha256 == Photo.sha256,
    _OTHER.stored_at.is_not(None),
    _OTHER.purged_at.is_(None),
)
_STANDING = (
    select(Photo, Upload, _HELD)
    .outerjoin(Upload, and_(Upload.photo_id == Photo.id, Upload.owner_id == Photo.owner_id))
    .where(Photo.id == bindparam("photo_id"))
)


def standing(session: Session, by: UUID, announced: Announced) -> tuple[Photo, Upload | None, bool]:
    """The photo, its upload if there is one, and whether its bytes are here already by another way."""
    found = session.execute(_STANDING, {"photo_id": announced.photo}).first()
    if found is None or (found[0].owner_id, found[0].record_id) != (by, announced.record):
        owner = _owner_of(session, by, announced.record)
        if owner is None:
            raise Problem(404, "record-unknown")
        # Perhaps no manifest has listed the photo yet: it could not be read, or its record's T2 is late.
        manifests.expect(session, announced.record, owner, announced.photo, announced.sha256, announced.size)
        found = session.execute(_STANDING, {"photo_id": announced.photo}).one()
        if found[0].owner_id != owner:
            raise not_found()
    if (found[0].sha256, found[0].size) != (announced.sha256, announced.size):
        raise Problem(409, "photo-differs")
    return found[0], found[1], found[2]


_PLAIN = Fixed(
    select(Photo.owner_id, Photo.record_id, Photo.sha256, Photo.size, Photo.state, Upload.id.label("upload"),
           _HELD.label("held"))
    .outerjoin(Upload, and_(Upload.photo_id == Photo.id, Upload.owner_id == Photo.owner_id))
    .where(Photo.id == bindparam("photo"))
)  # fmt: skip


def is_plain(session: Session, by: UUID, announced: Announced) -> bool:
    """Whether this photo is simply expected: listed by its record, and nothing of it has ever come."""
    found = _PLAIN.first(session, photo=announced.photo)
    if found is None or found.state not in UNSETTLED or found.upload is not None or found.held:
        return False
    listed = (found.owner_id, found.record_id, found.sha256, found.size)
    return bool(listed == (by, announced.record, announced.sha256, announced.size))


def mine(session: Session, by: UUID, upload_id: UUID) -> tuple[Upload, Photo | None]:
    """An upload that `by` may go on with, and its photo. Another user's is not there."""
    query = select(Upload, Photo).outerjoin(Photo, Photo.id == Upload.photo_id).where(Upload.id == upload_id)
    found = session.execute(query).first()
    if found is None:
        raise not_found()
    upload, photo = found
    if by != upload.owner_id and _owner_of(session, by, upload.record_id) != upload.owner_id:
        raise not_found()
    if upload.expires_at <= clock.now():
        raise Problem(410, "not-found")
    return upload, photo


def place_of(session: Session, upload: Upload, photo: Photo | None, arrived: int) -> Place:
    """Of an upload whose part file holds `arrived` bytes."""
    settled = photo is not None and photo.sha256 == upload.sha256 and photo.state not in UNSETTLED
    place = Place(
        id=upload.id,
        record=upload.record_id,
        photo=upload.photo_id,
        owner=upload.owner_id,
        sha256=upload.sha256,
        size=upload.size,
        offset=upload.size if settled else arrived,
        expires_at=upload.expires_at,
    )
    return receipted(session, place) if settled else place


_LISTING = Fixed(
    select(
        Photo.reason,
        select(Raw.payload_sha256)
        .join(Record, Record.raw_id == Raw.id)
        .where(Record.id == bindparam("record"))
        .scalar_subquery()
        .label("projected"),
    ).where(Photo.id == bindparam("photo"))
)


def receipted(session: Session, place: Place) -> Place:
    """With the receipt of the bytes that list the photo: the projected ones, or a variant."""
    session.flush()
    reason, projected = _LISTING.first(session, record=place.record, photo=place.photo)
    try:
        receipt = receipt_for(session, place.record, None if reason == PARKED else projected)
    except LookupError as error:  # logged on a page, which gives no receipts
        raise Problem(404, "record-unknown") from error
    return replace(place, receipt=b64encode(receipt.model_dump_json().encode()).decode(), epoch=receipt.server_epoch)
