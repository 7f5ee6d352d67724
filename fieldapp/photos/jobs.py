"""Copies for pages, and the end of purged files: after the answer, one photo at a time."""

import logging
from contextlib import closing
from datetime import timedelta
from io import BytesIO
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.core.files import Files
from fieldapp.core.jobs import Context, every_minute, job
from fieldapp.photos import copies
from fieldapp.photos.actions import shown_anew
from fieldapp.photos.models import STORED, UNREADABLE, Photo
from fieldapp.photos.queries import still_needed

log = logging.getLogger("fieldapp.photos")
LEASE = timedelta(minutes=5)
LEFT_FOR = timedelta(days=1)  # no photo takes longer to be written
A_HANDFUL = 8  # claimed at once
NEXT = {"wanted": "making", "making": "again"}  # a worker that dies on a photo gets one more try, then we give it up


@job("thumbnails")
def make_copies(context: Context) -> int:
    """Make every copy that is wanted; how many photos were looked at."""
    seen = 0
    while claimed := context.db.write(_claim):
        for photo in claimed:
            _make(context.db, context.files, photo)
        seen += len(claimed)
    return seen


def _claim(session: Session) -> list[Photo]:
    """Some photos that wait, or whose worker has gone. They are ours for LEASE."""
    free = or_(Photo.derivative_lease.is_(None), Photo.derivative_lease <= clock.now())
    waiting = Photo.derivative.in_(["wanted", "making", "again"])
    query = select(Photo).where(waiting, free).order_by(Photo.derivative.desc(), Photo.id).limit(A_HANDFUL)
    photos = list(session.scalars(query.with_for_update(skip_locked=True)))
    for photo in photos:
        photo.derivative, photo.derivative_lease = NEXT.get(photo.derivative, "lost"), clock.now() + LEASE
    return photos


def _make(db: Database, files: Files, photo: Photo) -> None:
    """One photo's copies. A storage error leaves it to the next sweep; a picture error is its end."""
    try:
        made = _copies(files, photo)
    except copies.Unreadable as error:
        why = str(error)
        db.write(lambda session: _give_up(session, photo.id, why))
        return
    except OSError:
        log.exception("copies not made", extra={"facts": {"photo": str(photo.id)}})
        db.write(lambda session: _later(session, photo.id))
        return
    db.write(lambda session: _made(session, photo.id, made))


def _copies(files: Files, photo: Photo) -> copies.Copies:
    if photo.derivative == "lost":
        raise copies.Unreadable("stopped-the-worker")
    with closing(files.open(photo.evidence_key)) as evidence:
        data = evidence.read()  # here, so that an error of the disk is not taken for one of the picture
    made = copies.make(BytesIO(data))
    files.put_bytes(photo.thumb_key, made.thumb)
    if made.display is not None:
        files.put_bytes(f"display/{photo.id}.jpg", made.display)
    return made


def _made(session: Session, photo_id: UUID, made: copies.Copies) -> None:
    photo = session.get_one(Photo, photo_id, with_for_update=True)
    if photo.purged_at is not None:
        photo.derivative = "purge"  # purged while its copies were made
        return
    photo.derivative, photo.derivative_lease = "made", None
    photo.detected, photo.width, photo.height = made.detected, made.width, made.height
    photo.display_is_evidence = made.display is None
    shown_anew(session, photo)


def _later(session: Session, photo_id: UUID) -> None:
    """The storage failed, not the picture: that is no try."""
    photo = session.get_one(Photo, photo_id, with_for_update=True)
    photo.derivative, photo.derivative_lease = "wanted", clock.now() + LEASE


def _give_up(session: Session, photo_id: UUID, why: str) -> None:
    """Not a picture: kept and never shown. The phone's receipt has long said that it arrived."""
    photo = session.get_one(Photo, photo_id, with_for_update=True)
    photo.derivative, photo.derivative_lease = "failed", None
    if photo.state == STORED:
        photo.state, photo.reason = UNREADABLE, why
    shown_anew(session, photo)


@every_minute
def delete_purged(context: Context) -> None:
    """Delete the files of purged photos, the evidence only where no other photo has the same bytes."""
    with context.db.reading() as session:
        purged = list(session.scalars(select(Photo).where(Photo.derivative == "purge").limit(100)))
        shared = {photo.sha256 for photo in purged if still_needed(session, photo.sha256)}
    for photo in purged:
        for key in (photo.thumb_key, f"display/{photo.id}.jpg"):
            context.files.delete(key)
        if photo.sha256 not in shared:
            context.files.delete(photo.evidence_key)
    done = [photo.id for photo in purged]
    context.db.write(lambda session: _forget_purge(session, done))


@every_minute
def forget_unfinished(context: Context) -> None:
    """Delete what a killed process was writing into the file store."""
    context.files.forget_unfinished(clock.now() - LEFT_FOR)


def _forget_purge(session: Session, photo_ids: list[UUID]) -> None:
    session.execute(update(Photo).where(Photo.id.in_(photo_ids)).values(derivative="none"))
