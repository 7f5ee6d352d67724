"""The rows of uploads: made, paused and done, who holds their lease, when it runs out.

Everything here runs in the caller's transaction; no file is touched.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from fieldapp.accounts.models import User
from fieldapp.core import changes, clock
from fieldapp.core.db import new_id, table_of
from fieldapp.core.fixed import Fixed
from fieldapp.core.problems import Problem
from fieldapp.photos import actions as photos
from fieldapp.photos.models import PARTIAL, WANTED, Photo, Upload
from fieldapp.sync.upload_places import Announced, Place, receipted

LEASE = timedelta(seconds=90)  # longer than a silent socket is waited for, so a live writer never loses it
KEEP_UNFINISHED = timedelta(days=7)
KEEP_DONE = timedelta(days=1)
A_USER_MAY_RUN = 2  # at once
RETRY_AFTER = ("Retry-After", "5")


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


def _done(dialect: str) -> Executable:
    made = changes.insert_for(dialect, _UPLOADS)
    names = ("sha256", "size", "expires_at", "done_at", "lease", "lease_until")
    settled = {name: made.excluded[name] for name in names}
    return made.on_conflict_do_update(index_elements=["owner_id", "photo_id"], set_=settled).returning(_UPLOADS.c.id)


_UPLOADS = table_of(Upload)
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
    return receipted(session, replace(place, id=id))


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
