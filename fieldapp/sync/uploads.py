"""Photos arrive here, by tus 1.0 (docs/sync-protocol.md, "Uploads"). The views are in `upload_views`.

An upload belongs to a record's owner and a photo id. What has arrived is a part file; its size is the offset.
One writer holds the upload's lease. Bytes are hashed while they stream to the disk. Before a receipt says
`stored`, file and folder are synced, then one transaction marks the photo. No file is touched inside one.
"""

import errno
import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import FileIO
from pathlib import Path
from threading import BoundedSemaphore
from typing import NoReturn
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from fieldapp.accounts.models import User
from fieldapp.core import changes, clock, jobs
from fieldapp.core.db import Database, new_id
from fieldapp.core.files import Files
from fieldapp.core.problems import Problem, not_found
from fieldapp.photos import actions as photos
from fieldapp.photos.body import MAX_PHOTO_BYTES
from fieldapp.photos.models import PARKED, PARTIAL, WANTED, Photo, Upload, evidence_key
from fieldapp.photos.queries import bytes_held
from fieldapp.settings import Settings
from fieldapp.sync.models import Raw, Record
from fieldapp.sync.receipts import receipt_for

READ = 16 * 1024  # gunicorn loses what had come of a longer read when the connection breaks
LEASE = timedelta(seconds=90)  # longer than a silent socket is waited for, so a live writer never loses it
RENEW = timedelta(seconds=30)
KEEP_UNFINISHED = timedelta(days=7)
KEEP_DONE = timedelta(days=1)
A_USER_MAY_RUN = 2  # at once
RETRY_AFTER = ("Retry-After", "5")
NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True)
class Announced:
    """What a POST says is coming."""

    record: UUID
    photo: UUID
    sha256: str
    size: int


@dataclass(frozen=True)
class Body:
    """The body of a request: how to read it, its length if it said so, the checksum of a piece."""

    read: Callable[[int], bytes]
    length: int | None
    checksum: bytes | None = None


NOTHING_MORE = Body(lambda _length: b"", 0)


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
    receipt: str | None = None


class Uploads:
    """The door of one process."""

    def __init__(self, settings: Settings, db: Database, files: Files) -> None:
        self._db, self._files, self._parts = db, files, settings.parts_dir
        self._parts.mkdir(parents=True, exist_ok=True)
        self._room = BoundedSemaphore(max(1, settings.threads * 3 // 4))

    @contextmanager
    def room(self) -> Iterator[None]:
        """One of the threads that uploads may hold, so that slow phones cannot stop the server."""
        if not self._room.acquire(blocking=False):
            raise Problem(503, "busy", headers=(RETRY_AFTER,))
        try:
            yield
        finally:
            self._room.release()

    # -- what the requests ask for --

    def create(self, by: UUID, announced: Announced, *, with_body: bool) -> Place:
        """Where an upload stands, new or not; ours to write if empty and a body comes, or if full."""
        if announced.size > MAX_PHOTO_BYTES:
            raise Problem(413, "photo-too-large")
        return self._db.write(lambda session: self._create(session, by, announced, with_body))

    def find(self, session: Session, by: UUID, upload_id: UUID) -> Place:
        """Where an upload stands, for HEAD."""
        return self._place(session, _mine(session, by, upload_id, lock=False))

    def claim(self, by: UUID, upload_id: UUID, offset: int) -> Place:
        """The place of a PATCH, ours to write. Raises 409 where the upload stands elsewhere."""

        def do(session: Session) -> Place:
            upload = _mine(session, by, upload_id, lock=True)
            place = self._place(session, upload)
            leased = place if place.receipt else replace(place, lease=_lease(session, upload))
            if offset != place.offset:
                raise Problem(409, "offset", headers=(("Upload-Offset", str(place.offset)),))
            return leased

        return self._db.write(do)

    def receive(self, place: Place, body: Body) -> Place:
        """Append what comes; when all is there, check, sync and store it."""
        try:
            arrived, digest = self._append(place, body)
            if arrived < place.size:
                return self._pause(replace(place, offset=arrived))
            return self._finish(replace(place, offset=arrived), digest)
        except BaseException:
            self._db.write(lambda session: _release(session, place))
            raise

    # -- creating --

    def _create(self, session: Session, by: UUID, announced: Announced, with_body: bool) -> Place:
        owner = _owner_of(session, by, announced.record)
        if owner is None:
            raise Problem(404, "record-unknown")
        photo = _photo(session, owner, announced)
        upload = _upload(session, owner, announced)
        if photo.state in (WANTED, PARTIAL) and bytes_held(session, owner, photo.sha256):
            photos.store(session, [photo])
        place = self._place(session, upload)
        arrived = place.offset == place.size  # but not stored: the database failed at the end, or it is empty
        if not place.receipt and (arrived or (with_body and place.offset == 0)):
            return replace(place, lease=_lease(session, upload))
        return place

    def _place(self, session: Session, upload: Upload) -> Place:
        photo = session.get(Photo, upload.photo_id)
        settled = photo is not None and photo.sha256 == upload.sha256 and photo.state not in (WANTED, PARTIAL)
        return Place(
            id=upload.id,
            record=upload.record_id,
            photo=upload.photo_id,
            owner=upload.owner_id,
            sha256=upload.sha256,
            size=upload.size,
            offset=upload.size if settled else _size_of(self._part(upload.id)),
            expires_at=upload.expires_at,
            receipt=_receipt(session, upload.record_id, upload.photo_id) if settled else None,
        )

    # -- receiving --

    def _part(self, upload_id: UUID) -> Path:
        return self._parts / f"{upload_id}.part"

    def _append(self, place: Place, body: Body) -> tuple[int, str | None]:
        """Write what comes; the new offset, and the hash if the whole photo came in this one body."""
        digest = hashlib.sha256()
        with self._part(place.id).open("ab", buffering=0) as part:
            start = part.tell()
            wanted = place.size - start if body.length is None else body.length
            if start + wanted > place.size:
                raise Problem(400, "bad-request", "more bytes than the photo has")
            came = 0
            try:
                for data in self._arriving(place, body, wanted):
                    _write_all(part, data)
                    digest.update(data)
                    came += len(data)
            except OSError as error:
                _storage_failed(error)
            finally:
                proven = body.checksum is None or digest.digest() == body.checksum
                if not proven:
                    part.truncate(start)
        if not proven and came == wanted:
            raise Problem(460, "checksum", headers=(("Upload-Offset", str(start)),))
        return start + came if proven else start, digest.hexdigest() if start == 0 else None

    def _arriving(self, place: Place, body: Body, wanted: int) -> Iterator[bytes]:
        """The body, piece by piece. A truncated one looks like a normal end: only counting tells."""
        renew_at = clock.now() + RENEW
        while wanted > 0:
            try:
                data = body.read(min(READ, wanted))
            except Exception:  # reset, silent for too long, broken chunks: what came before is kept
                return
            if not data:
                return
            wanted -= len(data)
            yield data
            if clock.now() >= renew_at:
                renew_at = clock.now() + RENEW
                self._db.write(lambda session: _renew(session, place))

    def _pause(self, place: Place) -> Place:
        """More is to come: free the lease, say `partial`."""

        def do(session: Session) -> Place:
            _release(session, place)
            expires_at = clock.now() + KEEP_UNFINISHED
            session.execute(update(Upload).where(Upload.id == place.id).values(expires_at=expires_at))
            if place.offset:
                begun = update(Photo).where(Photo.id == place.photo, Photo.state == WANTED)
                session.execute(begun.values(state=PARTIAL))
            return replace(place, expires_at=expires_at, lease=None)

        return self._db.write(do)

    def _finish(self, place: Place, digest: str | None) -> Place:
        """All bytes are here: check them, put them where they stay, mark the photo, give the receipt."""
        part = self._part(place.id)
        if (digest or _hash_of(part)) != place.sha256:
            part.unlink()
            raise Problem(460, "checksum", headers=(("Upload-Offset", "0"),))
        try:
            self._files.put(evidence_key(place.sha256), part)
        except OSError as error:
            if error.errno not in NO_ROOM:
                part.unlink(
                    missing_ok=True
                )  # after a failed sync nobody knows what the disk holds: start again
            _storage_failed(error)
        done = self._db.write(lambda session: _stored(session, place))
        part.unlink(missing_ok=True)
        jobs.nudge("thumbnails")
        return done

    # -- clearing up --

    def sweep(self) -> None:
        """Forget uploads that ran out, and part files that no upload knows."""
        gone = self._db.write(_expired)
        for upload_id in gone:
            self._part(upload_id).unlink(missing_ok=True)
        self._drop_strays()

    def _drop_strays(self) -> None:
        a_day_ago = (clock.now() - KEEP_DONE).timestamp()
        old = {p.stem: p for p in self._parts.glob("*.part") if p.stat().st_mtime < a_day_ago}
        if not old:
            return
        with self._db.reading() as session:
            known = set(session.scalars(select(Upload.id).where(Upload.id.in_([UUID(stem) for stem in old]))))
        for stem, path in old.items():
            if UUID(stem) not in known:
                path.unlink(missing_ok=True)


@jobs.every_minute
def sweep_uploads(context: jobs.Context) -> None:
    Uploads(context.settings, context.db, context.files).sweep()


def _owner_of(session: Session, by: UUID, record_id: UUID) -> UUID | None:
    """Whose photos of this record `by` may bring: their own; at an import, those of the record's owner."""
    query = select(Raw.owner_id, Raw.sender_id, Raw.imported_by).where(Raw.record_id == record_id)
    raws = session.execute(query).all()
    if any((raw.owner_id or raw.sender_id) == by for raw in raws):
        return by
    imported = [raw for raw in raws if raw.imported_by == by]
    return imported[0].owner_id if imported else None


def _photo(session: Session, owner: UUID, announced: Announced) -> Photo:
    """The photo's row. Perhaps no manifest has listed it yet: it could not be read, or T2 is late."""
    photo = photos.expect(session, announced.record, owner, announced.photo, announced.sha256, announced.size)
    if photo.owner_id != owner:
        raise not_found()
    if (photo.sha256, photo.size) != (announced.sha256, announced.size):
        raise Problem(409, "photo-differs")
    return photo


def _upload(session: Session, owner: UUID, announced: Announced) -> Upload:
    """The upload's row, locked. One of other bytes is of an earlier revision: its place is given up."""
    mine = (Upload.owner_id == owner, Upload.photo_id == announced.photo)
    session.execute(delete(Upload).where(*mine, Upload.sha256 != announced.sha256))
    now = clock.now()
    fresh = changes.insert(session, Upload).values(
        id=new_id(),
        owner_id=owner,
        record_id=announced.record,
        photo_id=announced.photo,
        sha256=announced.sha256,
        size=announced.size,
        created_at=now,
        expires_at=now + KEEP_UNFINISHED,
    )
    session.execute(fresh.on_conflict_do_nothing())
    upload = session.scalars(select(Upload).where(*mine).with_for_update()).one()
    upload.expires_at = max(upload.expires_at, now + KEEP_DONE)
    return upload


def _mine(session: Session, by: UUID, upload_id: UUID, *, lock: bool) -> Upload:
    """An upload that `by` may go on with. Another user's is not there."""
    query = select(Upload).where(Upload.id == upload_id)
    upload = session.scalar(query.with_for_update() if lock else query)
    if upload is None or (
        upload.owner_id != by and _owner_of(session, by, upload.record_id) != upload.owner_id
    ):
        raise not_found()
    if upload.expires_at <= clock.now():
        raise Problem(410, "not-found")
    return upload


def _lease(session: Session, upload: Upload) -> str:
    """Make us the upload's one writer."""
    now = clock.now()
    # Uploads of one user begin one after the other, or two could both find one running.
    session.execute(select(User.id).where(User.id == upload.owner_id).with_for_update(key_share=True))
    if upload.lease is not None and upload.lease_until is not None and upload.lease_until > now:
        raise Problem(423, "upload-busy", headers=(RETRY_AFTER,))
    running = select(func.count()).select_from(Upload)
    running = running.where(
        Upload.owner_id == upload.owner_id, Upload.lease_until > now, Upload.id != upload.id
    )
    if (session.scalar(running) or 0) >= A_USER_MAY_RUN:
        raise Problem(503, "busy", headers=(RETRY_AFTER,))
    upload.lease, upload.lease_until = new_id().hex, now + LEASE
    return upload.lease


def _renew(session: Session, place: Place) -> None:
    ours = update(Upload).where(Upload.id == place.id, Upload.lease == place.lease)
    if session.execute(ours.values(lease_until=clock.now() + LEASE).returning(Upload.id)).first() is None:
        raise Problem(423, "upload-busy", headers=(RETRY_AFTER,))


def _release(session: Session, place: Place) -> None:
    ours = update(Upload).where(Upload.id == place.id, Upload.lease == place.lease)
    session.execute(ours.values(lease=None, lease_until=None))


def _stored(session: Session, place: Place) -> Place:
    """Make it true: for this photo, and for any other of its owner that waits for the same bytes."""
    waiting = select(Photo).where(Photo.owner_id == place.owner, Photo.sha256 == place.sha256)
    photos.store(session, session.scalars(waiting.where(Photo.stored_at.is_(None)).with_for_update()).all())
    expires_at = clock.now() + KEEP_DONE
    ended = update(Upload).where(Upload.id == place.id)
    session.execute(ended.values(done_at=clock.now(), expires_at=expires_at, lease=None, lease_until=None))
    session.flush()
    return replace(place, expires_at=expires_at, lease=None, receipt=_receipt(session, place.record, place.photo))


def _expired(session: Session) -> list[UUID]:
    now = clock.now()
    query = select(Upload).where(Upload.expires_at <= now).order_by(Upload.expires_at).limit(500)
    ended = [u for u in session.scalars(query) if u.lease_until is None or u.lease_until <= now]
    for upload in ended:
        begun = update(Photo).where(Photo.id == upload.photo_id, Photo.state == PARTIAL)
        session.execute(begun.values(state=WANTED))
        session.delete(upload)
    return [upload.id for upload in ended]


def _receipt(session: Session, record_id: UUID, photo_id: UUID) -> str:
    """The receipt of the bytes that list the photo, as a header can carry it: the projected ones, or a variant."""
    session.flush()
    parked = session.scalar(select(Photo.reason).where(Photo.id == photo_id)) == PARKED
    projected = select(Raw.payload_sha256).join(Record, Record.raw_id == Raw.id).where(Record.id == record_id)
    sha256 = None if parked else session.scalar(projected)
    return b64encode(receipt_for(session, record_id, sha256).model_dump_json().encode()).decode()


def _write_all(part: FileIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[part.write(rest) :]


def _storage_failed(error: OSError) -> NoReturn:
    """The disk is full or broken: the phone keeps what it has and comes again."""
    if error.errno in NO_ROOM:
        raise Problem(507, "disk-full", headers=(("Retry-After", "300"),)) from error
    raise Problem(503, "busy", headers=(("Retry-After", "60"),)) from error


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0  # never begun, or begun on another machine


def _hash_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as part:
        while data := part.read(64 * 1024):
            digest.update(data)
    return digest.hexdigest()
