"""Photos arrive here, by tus 1.0 (docs/sync-protocol.md, "Uploads"). The views are in `upload_views`.

An upload belongs to a record's owner and a photo id. Where it stands is in `upload_places`, its row in `upload_rows`,
what has come of it in `parts`. One writer holds its lease. Before a receipt says `stored`, file and folder are synced,
then one transaction marks the photo. No file is written inside one.

Most photos come whole, in one request of less than a second. Such an upload is no row until it is done: nobody else can
know its part file, whose name is new. It becomes a row with a lease where it takes longer or is cut, so that the phone
goes on where it ended (decision 15).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from threading import BoundedSemaphore, Lock
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy.orm import Session

from fieldapp.core import clock, jobs
from fieldapp.core.db import Database
from fieldapp.core.files import Files
from fieldapp.core.problems import Problem
from fieldapp.photos import actions as photos
from fieldapp.photos import manifest_actions as manifests
from fieldapp.photos.body import MAX_PHOTO_BYTES
from fieldapp.photos.models import Photo, Upload
from fieldapp.settings import Settings
from fieldapp.sync import upload_places as places
from fieldapp.sync import upload_rows as rows
from fieldapp.sync.parts import Body, Parts
from fieldapp.sync.upload_places import UNSETTLED, Announced, Place
from fieldapp.sync.upload_rows import A_USER_MAY_RUN, RETRY_AFTER

AT_ONCE = timedelta(seconds=1)  # a body that takes longer makes its upload a row
RENEW = timedelta(seconds=30)


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
        self._db, self._files, self._parts = db, files, Parts(settings.parts_dir)
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
        if whole_in is not None and places.is_plain(whole_in, by, announced):
            return rows.new_place(whole_in, by, announced, self._here.running(by))
        return self._db.write(lambda session: self._create(session, by, announced, with_body))

    def find(self, session: Session, by: UUID, upload_id: UUID) -> Place:
        """Where an upload stands, for HEAD."""
        return self._place(session, *places.mine(session, by, upload_id))

    def claim(self, by: UUID, upload_id: UUID, offset: int) -> Place:
        """The place of a PATCH, ours to write. Raises 409 where the upload stands elsewhere."""

        def do(session: Session) -> Place:
            place = self._place(session, *places.mine(session, by, upload_id))
            if not place.receipt:
                place = rows.lease(session, place, self._here.running(place.owner))
            if offset != place.offset:
                raise Problem(409, "offset", headers=(("Upload-Offset", str(place.offset)),))
            return place

        return self._db.write(do)

    def receive(self, place: Place, body: Body) -> Place:
        """Append what comes; when all is there, check, sync and store it."""
        if not place.row:
            self._begin_alone(place)
        try:
            arrived, digest = self._parts.append(place.id, place.size, body, self._renewing(place))
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
                raise rows.busy()
            if self._here.running(place.owner) >= A_USER_MAY_RUN:
                raise rows.too_many()
            self._here.alone[key] = place.lease or ""

    def _is_alone(self, place: Place) -> bool:
        return place.lease is not None and self._here.alone.get((place.owner, place.photo)) == place.lease

    def _forget(self, place: Place) -> None:
        if self._is_alone(place):
            del self._here.alone[place.owner, place.photo]

    def _enter(self, place: Place) -> None:
        """Let an upload of which only this process knew be a row, held by us: it takes long."""
        self._db.write(lambda session: rows.insert(session, place))
        self._forget(place)

    def _let_go(self, place: Place) -> None:
        """Something went wrong. What has arrived is kept where a row can say so."""
        if self._is_alone(place):
            with suppress(Exception):
                if self._parts.size(place.id):
                    self._enter(place)
            if self._is_alone(place):
                self._parts.drop(place.id)
                return
        self._db.write(lambda session: rows.release(session, place))

    def _create(self, session: Session, by: UUID, announced: Announced, with_body: bool) -> Place:
        photo, upload, held = places.standing(session, by, announced)
        if (photo.owner_id, photo.id) in self._here.alone:
            raise rows.busy()
        if held and photo.state in UNSETTLED and manifests.hashes_held(session, photo.owner_id, [photo.sha256]):
            photos.store(session, [photo])
        if upload is not None and upload.sha256 != announced.sha256:  # of an earlier revision: its place is given up
            session.delete(upload)
            session.flush()
            upload = None
        place = self._place(session, upload or rows.new_upload(photo, announced), photo)
        arrived = place.offset == place.size  # but not stored: the database failed at the end, or it is empty
        ours = not place.receipt and (arrived or (with_body and place.offset == 0))
        return rows.hold(session, place, self._here.running(place.owner), new=upload is None, ours=ours)

    def _place(self, session: Session, upload: Upload, photo: Photo | None) -> Place:
        return places.place_of(session, upload, photo, self._parts.size(upload.id))

    # -- receiving --

    def _renewing(self, place: Place) -> Callable[[], None]:
        """What to do before each write: whoever slept past their lease must not append to what another has finished."""
        renew_at = clock.now() + (AT_ONCE if self._is_alone(place) else RENEW)

        def renew() -> None:
            nonlocal renew_at
            if clock.now() < renew_at:
                return
            if self._is_alone(place):
                self._enter(place)
            else:
                self._db.write(lambda session: rows.renew(session, place))
            renew_at = clock.now() + RENEW

        return renew

    def _pause(self, place: Place) -> Place:
        if self._is_alone(place):
            self._enter(place)
        return self._db.write(lambda session: rows.paused(session, place))

    def _finish(self, place: Place, digest: str | None) -> Place:
        """Put the bytes where they stay, then mark the photo and give the receipt."""
        self._parts.finish(place.id, place.sha256, digest, self._files)
        done = self._db.write(lambda session: rows.stored(session, place))
        self._parts.drop(place.id)
        jobs.nudge("thumbnails")
        return done
