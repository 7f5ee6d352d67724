"""Photos arrive here, by tus 1.0 (docs/sync-protocol.md, "Uploads"). The views are in `upload_views`.

An upload belongs to a record's owner and a photo id. What has arrived is a part file; its size is the offset.
One writer holds the upload's lease. Bytes are hashed while they stream to the disk. Before a receipt says
`stored`, file and folder are synced, then one transaction marks the photo. No file is touched inside one.

Most photos come whole, in one request of less than a second. Such an upload is no row until it is done: nobody else can
know its part file, whose name is new. It becomes a row with a lease where it takes longer or is cut, so that the phone
goes on where it ended (decision 15).
"""

import errno
import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import FileIO
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Any, NoReturn
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Table, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from fieldapp.accounts.models import User
from fieldapp.core import changes, clock, jobs
from fieldapp.core.db import Database, new_id
from fieldapp.core.files import Files
from fieldapp.core.fixed import Fixed
from fieldapp.core.incoming import SMALL
from fieldapp.core.problems import Problem, not_found
from fieldapp.photos import actions as photos
from fieldapp.photos.body import MAX_PHOTO_BYTES
from fieldapp.photos.models import PARKED, PARTIAL, WANTED, Photo, Upload, evidence_key
from fieldapp.settings import Settings
from fieldapp.sync.models import Raw, Record
from fieldapp.sync.receipts import receipt_for

PIECE = 64 * 1024  # written and hashed at once
AT_ONCE = timedelta(seconds=1)  # a body that takes longer makes its upload a row
LEASE = timedelta(seconds=90)  # longer than a silent socket is waited for, so a live writer never loses it
RENEW = timedelta(seconds=30)
KEEP_UNFINISHED = timedelta(days=7)
KEEP_DONE = timedelta(days=1)
A_USER_MAY_RUN = 2  # at once
RETRY_AFTER = ("Retry-After", "5")
UNSETTLED = (WANTED, PARTIAL)
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
    most: int = SMALL  # that one read may ask for

    def is_whole(self, size: int) -> bool:
        """Whether it says that it brings a whole photo of this size."""
        return self.length == size > 0 and self.checksum is None


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
    receipt: str | None = None  # as a header carries it
    epoch: str = ""  # of the server that gave the receipt
    row: bool = True


class _Process:
    """What the uploads of one process share."""

    def __init__(self, most: int) -> None:
        self.room = BoundedSemaphore(most)
        self.alone: dict[tuple[UUID, UUID], str] = {}  # owner and photo of uploads that are no row yet: their lease
        self.lock = Lock()

    def running(self, owner: UUID) -> int:
        return sum(1 for one, _photo in list(self.alone) if one == owner)


_processes: WeakKeyDictionary[Database, _Process] = WeakKeyDictionary()
_making = Lock()


class Uploads:
    """The door. All of one process share its room."""

    def __init__(self, settings: Settings, db: Database, files: Files) -> None:
        self._db, self._files, self._parts = db, files, settings.parts_dir
        self._parts.mkdir(parents=True, exist_ok=True)
        with _making:
            self._here = _processes.setdefault(db, _Process(max(1, settings.threads * 3 // 4)))

    @contextmanager
    def room(self) -> Iterator[None]:
        """One of the threads that uploads may hold, so that slow phones cannot stop the server."""
        if not self._here.room.acquire(blocking=False):
            raise Problem(503, "busy", headers=(RETRY_AFTER,))
        try:
            yield
        finally:
            self._here.room.release()

    # -- what the requests ask for --

    def create(self, by: UUID, announced: Announced, *, with_body: bool, whole_in: Session | None = None) -> Place:
        """Where an upload stands, new or not; ours to write if empty and a body comes, or if full. `whole_in`: the body
        brings the whole photo; a plain one is looked up in this reading session, and becomes no row yet."""
        if announced.size > MAX_PHOTO_BYTES:
            raise Problem(413, "photo-too-large")
        if whole_in is not None and _is_plain(whole_in, by, announced):
            return self._new_place(whole_in, by, announced)
        return self._db.write(lambda session: self._create(session, by, announced, with_body))

    def find(self, session: Session, by: UUID, upload_id: UUID) -> Place:
        """Where an upload stands, for HEAD."""
        return self._place(session, *_mine(session, by, upload_id))

    def claim(self, by: UUID, upload_id: UUID, offset: int) -> Place:
        """The place of a PATCH, ours to write. Raises 409 where the upload stands elsewhere."""

        def do(session: Session) -> Place:
            place = self._place(session, *_mine(session, by, upload_id))
            if not place.receipt:
                place = replace(place, lease=self._lease(session, place))
            if offset != place.offset:
                raise Problem(409, "offset", headers=(("Upload-Offset", str(place.offset)),))
            return place

        return self._db.write(do)

    def receive(self, place: Place, body: Body) -> Place:
        """Append what comes; when all is there, check, sync and store it."""
        if not place.row:
            self._begin_alone(place)
        try:
            arrived, digest = self._append(place, body)
            if arrived < place.size:
                return self._pause(replace(place, offset=arrived))
            return self._finish(replace(place, offset=arrived), digest)
        except BaseException:
            self._let_go(place)
            raise
        finally:
            self._forget(place)

    # -- creating --

    def _begin_alone(self, place: Place) -> None:
        """Write an upload that is no row: only this process knows that somebody does."""
        key = (place.owner, place.photo)
        with self._here.lock:
            if key in self._here.alone:
                raise _busy()
            if self._here.running(place.owner) >= A_USER_MAY_RUN:
                raise _too_many()
            self._here.alone[key] = place.lease or ""

    def _is_alone(self, place: Place) -> bool:
        return place.lease is not None and self._here.alone.get((place.owner, place.photo)) == place.lease

    def _forget(self, place: Place) -> None:
        if self._is_alone(place):
            del self._here.alone[place.owner, place.photo]

    def _enter(self, place: Place) -> None:
        """Let an upload of which only this process knew be a row, held by us: it takes long."""
        self._db.write(lambda session: _insert_row(session, place))
        self._forget(place)

    def _let_go(self, place: Place) -> None:
        """Something went wrong. What has arrived is kept where a row can say so."""
        part = self._part(place.id)
        if self._is_alone(place):
            with suppress(Exception):
                if _size_of(part):
                    self._enter(place)
            if self._is_alone(place):
                part.unlink(missing_ok=True)
                return
        self._db.write(lambda session: _release(session, place))

    def _create(self, session: Session, by: UUID, announced: Announced, with_body: bool) -> Place:
        photo, upload, held = _standing(session, by, announced)
        if (photo.owner_id, photo.id) in self._here.alone:
            raise _busy()
        if held and photo.state in UNSETTLED:
            photos.store(session, [photo])
        if upload is not None and upload.sha256 != announced.sha256:  # of an earlier revision: its place is given up
            session.delete(upload)
            session.flush()
            upload = None
        place = self._place(session, upload or _new_upload(photo, announced), photo)
        arrived = place.offset == place.size  # but not stored: the database failed at the end, or it is empty
        ours = not place.receipt and (arrived or (with_body and place.offset == 0))
        return self._hold(session, place, upload is None, ours)

    def _new_place(self, session: Session, by: UUID, announced: Announced) -> Place:
        """Of a new upload, ours to write, that is no row."""
        now = clock.now()
        if _HELD_LEASES.scalar(session, owner=by, upload=None, now=now) + self._here.running(by) >= A_USER_MAY_RUN:
            raise _too_many()
        return Place(
            id=new_id(), record=announced.record, photo=announced.photo, owner=by, sha256=announced.sha256,
            size=announced.size, offset=0, expires_at=now + KEEP_UNFINISHED, lease=new_id().hex, row=False,
        )  # fmt: skip

    def _place(self, session: Session, upload: Upload, photo: Photo | None) -> Place:
        settled = photo is not None and photo.sha256 == upload.sha256 and photo.state not in UNSETTLED
        place = Place(
            id=upload.id,
            record=upload.record_id,
            photo=upload.photo_id,
            owner=upload.owner_id,
            sha256=upload.sha256,
            size=upload.size,
            offset=upload.size if settled else _size_of(self._part(upload.id)),
            expires_at=upload.expires_at,
        )
        return _receipted(session, place) if settled else place

    def _hold(self, session: Session, place: Place, new: bool, ours: bool) -> Place:
        """Have the upload be a row for some time, with us as its one writer if it is `ours`."""
        now = clock.now()
        if not new:
            place = replace(place, expires_at=max(place.expires_at, now + KEEP_DONE))
            session.execute(update(Upload).where(Upload.id == place.id).values(expires_at=place.expires_at))
            return replace(place, lease=self._lease(session, place)) if ours else place
        if ours:
            self._check_running(session, place, now)
            place = replace(place, lease=new_id().hex)
        _insert_row(session, place)
        return place

    def _lease(self, session: Session, place: Place) -> str:
        """Make us the upload's one writer."""
        now = clock.now()
        self._check_running(session, place, now)
        lease = new_id().hex
        free = update(Upload).where(Upload.id == place.id, or_(Upload.lease_until.is_(None), Upload.lease_until <= now))
        taken = free.values(lease=lease, lease_until=now + LEASE).returning(Upload.id)
        if session.scalar(taken) is None:
            raise _busy()
        return lease

    def _check_running(self, session: Session, place: Place, now: datetime) -> None:
        """A user's third upload waits. Their uploads begin one after the other, or two could both find one running."""
        if session.get_bind().dialect.name == "postgresql":
            session.execute(select(User.id).where(User.id == place.owner).with_for_update(key_share=True))
        others = _HELD_LEASES.scalar(session, owner=place.owner, upload=place.id, now=now)
        if others + self._here.running(place.owner) >= A_USER_MAY_RUN:
            raise _too_many()

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
                for piece in _pieces(self._arriving(place, body, wanted)):
                    _write_all(part, piece)
                    digest.update(piece)
                    came += len(piece)
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
        renew_at = clock.now() + (AT_ONCE if self._is_alone(place) else RENEW)
        while wanted > 0:
            try:
                data = body.read(min(body.most, wanted))
            except Exception:  # reset, silent for too long, broken chunks: what came before is kept
                return
            if not data:
                return
            wanted -= len(data)
            # Before writing: whoever slept past their lease must not append to a file that another has finished.
            if clock.now() >= renew_at:
                renew_at = clock.now() + RENEW
                if self._is_alone(place):
                    self._enter(place)
                else:
                    self._db.write(lambda session: _renew(session, place))
            yield data

    def _pause(self, place: Place) -> Place:
        """More is to come: free the lease, say `partial`."""
        if self._is_alone(place):
            self._enter(place)

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
                part.unlink(missing_ok=True)  # after a failed sync nobody knows what the disk holds: start again
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


def _standing(session: Session, by: UUID, announced: Announced) -> tuple[Photo, Upload | None, bool]:
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


def _is_plain(session: Session, by: UUID, announced: Announced) -> bool:
    """Whether this photo is simply expected: listed by its record, and nothing of it has ever come."""
    found = _PLAIN.first(session, photo=announced.photo)
    if found is None or found.state not in UNSETTLED or found.upload is not None or found.held:
        return False
    listed = (found.owner_id, found.record_id, found.sha256, found.size)
    return bool(listed == (by, announced.record, announced.sha256, announced.size))


def _new_upload(photo: Photo, announced: Announced) -> Upload:
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


def _insert_row(session: Session, place: Place) -> None:
    """Raises 423 where the same photo came by another connection, this very moment."""
    row = changes.insert(session, Upload).values(**_row_of(place, clock.now()))
    if session.scalar(row.on_conflict_do_nothing().returning(Upload.id)) is None:
        raise _busy()


def _mine(session: Session, by: UUID, upload_id: UUID) -> tuple[Upload, Photo | None]:
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


_LEASES = select(func.count()).select_from(Upload).where(Upload.owner_id == bindparam("owner"))
_HELD_LEASES = Fixed(
    _LEASES.where(
        or_(
            bindparam("upload", type_=Upload.id.type).is_(None), Upload.id != bindparam("upload", type_=Upload.id.type)
        ),
        Upload.lease_until > bindparam("now"),
    )
)


def _too_many() -> Problem:
    """Two uploads of this user are running."""
    return Problem(503, "busy", headers=(RETRY_AFTER,))


def _busy() -> Problem:
    """Another connection is writing."""
    return Problem(423, "upload-busy", headers=(RETRY_AFTER,))


def _renew(session: Session, place: Place) -> None:
    ours = update(Upload).where(Upload.id == place.id, Upload.lease == place.lease)
    if session.execute(ours.values(lease_until=clock.now() + LEASE).returning(Upload.id)).first() is None:
        raise _busy()


def _release(session: Session, place: Place) -> None:
    ours = update(Upload).where(Upload.id == place.id, Upload.lease == place.lease)
    session.execute(ours.values(lease=None, lease_until=None))


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


def _stored(session: Session, place: Place) -> Place:
    """Make it true: for this photo, and for any other of its owner that waits for the same bytes."""
    photos.arrived(session, place.owner, place.sha256)
    now = clock.now()
    place = replace(place, expires_at=now + KEEP_DONE, lease=None)
    id = _DONE.scalar(session, **_row_of(place, now), done_at=now)
    return _receipted(session, replace(place, id=id))


def _expired(session: Session) -> list[UUID]:
    now = clock.now()
    query = select(Upload).where(Upload.expires_at <= now).order_by(Upload.expires_at).limit(500)
    ended = [u for u in session.scalars(query) if u.lease_until is None or u.lease_until <= now]
    for upload in ended:
        begun = update(Photo).where(Photo.id == upload.photo_id, Photo.state == PARTIAL)
        session.execute(begun.values(state=WANTED))
        session.delete(upload)
    return [upload.id for upload in ended]


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
    receipt = receipt_for(session, place.record, None if reason == PARKED else projected)
    return replace(place, receipt=b64encode(receipt.model_dump_json().encode()).decode(), epoch=receipt.server_epoch)


def _pieces(arriving: Iterator[bytes]) -> Iterator[bytes]:
    """What arrives in drops, put together: each piece costs a write."""
    drops: list[bytes] = []
    size = 0
    for data in arriving:
        drops.append(data)
        size += len(data)
        if size >= PIECE:
            yield b"".join(drops)
            drops, size = [], 0
    if drops:
        yield b"".join(drops)


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
