"""What the database knows of uploads: where each stands, who holds its lease, when it runs out.

Everything here runs in the caller's transaction; no file is touched.
"""

from base64 import b64encode
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Table, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from fieldapp.accounts.models import User
from fieldapp.core import changes, clock
from fieldapp.core.db import new_id
from fieldapp.core.fixed import Fixed
from fieldapp.core.problems import Problem, not_found
from fieldapp.photos import actions as photos
from fieldapp.photos.models import PARKED, PARTIAL, WANTED, Photo, Upload
from fieldapp.sync.models import Raw, Record
from fieldapp.sync.receipts import receipt_for

LEASE = timedelta(seconds=90)  # longer than a silent socket is waited for, so a live writer never loses it
KEEP_UNFINISHED = timedelta(days=7)
KEEP_DONE = timedelta(days=1)
A_USER_MAY_RUN = 2  # at once
RETRY_AFTER = ("Retry-After", "5")
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


# -- where an upload stands --


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
        photos.expect(session, announced.record, owner, announced.photo, announced.sha256, announced.size)
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
    return _receipted(session, place) if settled else place


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


def _receipted(session: Session, place: Place) -> Place:
    """With the receipt of the bytes that list the photo: the projected ones, or a variant."""
    session.flush()
    reason, projected = _LISTING.first(session, record=place.record, photo=place.photo)
    try:
        receipt = receipt_for(session, place.record, None if reason == PARKED else projected)
    except LookupError as error:  # logged on a page, which gives no receipts
        raise Problem(404, "record-unknown") from error
    return replace(place, receipt=b64encode(receipt.model_dump_json().encode()).decode(), epoch=receipt.server_epoch)


# -- the row --


def new_upload(photo: Photo, announced: Announced) -> Upload:
    """An upload that is no row yet."""
    now = clock.now()
    return Upload(
        id=new_id(),
        owner_id=photo.owner_id,
        record_id=announced.record,
        photo_id=photo.id,
        sha256=photo.sha256,
        size=photo.size,
        created_at=now,
        expires_at=now + KEEP_UNFINISHED,
    )


def _row_of(place: Place, now: datetime) -> dict[str, Any]:
    return {
        "id": place.id, "owner_id": place.owner, "record_id": place.record, "photo_id": place.photo,
        "sha256": place.sha256, "size": place.size, "created_at": now, "expires_at": place.expires_at,
        "lease": place.lease, "lease_until": now + LEASE if place.lease else None,
    }  # fmt: skip


def insert(session: Session, place: Place) -> None:
    """Raises 423 where the same photo came by another connection, this very moment."""
    row = changes.insert(session, Upload).values(**_row_of(place, clock.now()))
    if session.scalar(row.on_conflict_do_nothing().returning(Upload.id)) is None:
        raise busy()


def new_place(session: Session, by: UUID, announced: Announced, running: int) -> Place:
    """Of a new upload, ours to write, that is no row. `running`: those of its owner that are no rows either."""
    now = clock.now()
    if _HELD_LEASES.scalar(session, owner=by, upload=None, now=now) + running >= A_USER_MAY_RUN:
        raise too_many()
    return Place(
        id=new_id(), record=announced.record, photo=announced.photo, owner=by, sha256=announced.sha256,
        size=announced.size, offset=0, expires_at=now + KEEP_UNFINISHED, lease=new_id().hex, row=False,
    )  # fmt: skip


def hold(session: Session, place: Place, running: int, *, new: bool, ours: bool) -> Place:
    """Have the upload be a row for some time, with us as its one writer if it is `ours`."""
    now = clock.now()
    if not new:
        place = replace(place, expires_at=max(place.expires_at, now + KEEP_DONE))
        session.execute(update(Upload).where(Upload.id == place.id).values(expires_at=place.expires_at))
        return lease(session, place, running) if ours else place
    if ours:
        _check_running(session, place, running, now)
        place = replace(place, lease=new_id().hex)
    insert(session, place)
    return place


def paused(session: Session, place: Place) -> Place:
    """More is to come: free the lease, say `partial`."""
    release(session, place)
    expires_at = clock.now() + KEEP_UNFINISHED
    session.execute(update(Upload).where(Upload.id == place.id).values(expires_at=expires_at))
    if place.offset:
        begun = update(Photo).where(Photo.id == place.photo, Photo.state == WANTED)
        session.execute(begun.values(state=PARTIAL))
    return replace(place, expires_at=expires_at, lease=None)


def _done(dialect: str) -> sqlite.Insert | postgresql.Insert:
    made = (sqlite if dialect == "sqlite" else postgresql).insert(_UPLOADS)
    names = ("sha256", "size", "expires_at", "done_at", "lease", "lease_until")
    settled: sqlite.Insert | postgresql.Insert = made.on_conflict_do_update(
        index_elements=["owner_id", "photo_id"], set_={name: made.excluded[name] for name in names}
    ).returning(_UPLOADS.c.id)
    return settled


_UPLOADS: Table = Upload.__table__  # type: ignore[assignment]
_DONE = Fixed(
    _done,
    columns=("id", "owner_id", "record_id", "photo_id", "sha256", "size", "created_at", "expires_at", "done_at",
             "lease", "lease_until"),
)  # fmt: skip


def stored(session: Session, place: Place) -> Place:
    """Make it true: for this photo, and for any other of its owner that waits for the same bytes."""
    photos.arrived(session, place.owner, place.sha256)
    now = clock.now()
    place = replace(place, expires_at=now + KEEP_DONE, lease=None)
    id = _DONE.scalar(session, **_row_of(place, now), done_at=now)
    return _receipted(session, replace(place, id=id))


# -- its lease --


def lease(session: Session, place: Place, running: int) -> Place:
    """Make us the upload's one writer."""
    now = clock.now()
    _check_running(session, place, running, now)
    ours = new_id().hex
    free = update(Upload).where(Upload.id == place.id, or_(Upload.lease_until.is_(None), Upload.lease_until <= now))
    taken = free.values(lease=ours, lease_until=now + LEASE).returning(Upload.id)
    if session.scalar(taken) is None:
        raise busy()
    return replace(place, lease=ours)


def _check_running(session: Session, place: Place, running: int, now: datetime) -> None:
    """A user's third upload waits. Their uploads begin one after the other, or two could both find one running."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(User.id).where(User.id == place.owner).with_for_update(key_share=True))
    others = _HELD_LEASES.scalar(session, owner=place.owner, upload=place.id, now=now)
    if others + running >= A_USER_MAY_RUN:
        raise too_many()


_HELD_LEASES = Fixed(
    select(func.count())
    .select_from(Upload)
    .where(
        Upload.owner_id == bindparam("owner"),
        or_(
            bindparam("upload", type_=Upload.id.type).is_(None), Upload.id != bindparam("upload", type_=Upload.id.type)
        ),
        Upload.lease_until > bindparam("now"),
    )
)


def too_many() -> Problem:
    """Two uploads of this user are running."""
    return Problem(503, "busy", headers=(RETRY_AFTER,))


def busy() -> Problem:
    """Another connection is writing."""
    return Problem(423, "upload-busy", headers=(RETRY_AFTER,))


def renew(session: Session, place: Place) -> None:
    ours = update(Upload).where(Upload.id == place.id, Upload.lease == place.lease)
    if session.execute(ours.values(lease_until=clock.now() + LEASE).returning(Upload.id)).first() is None:
        raise busy()


def release(session: Session, place: Place) -> None:
    ours = update(Upload).where(Upload.id == place.id, Upload.lease == place.lease)
    session.execute(ours.values(lease=None, lease_until=None))
