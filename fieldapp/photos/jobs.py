"""Copies for pages, and the end of purged files: after the answer, one photo at a time."""

import logging
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from functools import partial
from io import BytesIO
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from fieldapp.core import clock
from fieldapp.core.db import alone_on
from fieldapp.core.files import Files
from fieldapp.core.jobs import Context, every_minute, job
from fieldapp.photos import apart, copies
from fieldapp.photos.actions import shown_anew
from fieldapp.photos.models import STORED, UNREADABLE, Photo
from fieldapp.photos.queries import still_needed

log = logging.getLogger("fieldapp.photos")
LEASE = timedelta(minutes=5)
LEFT_FOR = timedelta(days=1)  # no photo takes longer to be written
NEXT = {"wanted": "making"}  # whatever a worker has died over is made again, apart
End = Callable[[Session], None]


@job("thumbnails")
def make_copies(context: Context) -> int:
    """Make every copy that is wanted; how many photos were looked at."""
    seen = 0
    photo = context.db.write(_claim)
    while photo is not None:
        end = _make(context.files, photo)
        photo = context.db.write(lambda session: _claim(session, end))  # noqa: B023
        seen += 1
    return seen


def _claim(session: Session, end: End | None = None) -> Photo | None:
    """The end of one photo, and the next one that waits or whose worker has gone. It is ours for LEASE.

    One at a time: what a worker had not begun when it died must not count as what it has died of.
    """
    if end is not None:
        end(session)
        session.flush()
    free = or_(Photo.derivative_lease.is_(None), Photo.derivative_lease <= clock.now())
    waiting = Photo.derivative.in_(["wanted", "making", "again"])
    query = select(Photo).where(waiting, free).order_by(Photo.derivative.desc(), Photo.id).limit(1)
    photo = session.scalar(query.with_for_update(skip_locked=True))
    if photo is not None:
        photo.derivative, photo.derivative_lease = NEXT.get(photo.derivative, "again"), clock.now() + LEASE
    return photo


def _make(files: Files, photo: Photo) -> End:
    """One photo's copies, and what is to be said of it then."""
    try:
        made = _copies(files, photo)
    except copies.Unreadable as error:
        return partial(_give_up, claimed=photo, why=str(error))
    except OSError:
        log.exception("copies not made", extra={"facts": {"photo": str(photo.id)}})
        return partial(_later, claimed=photo)
    return partial(_made, claimed=photo, made=made)


def _copies(files: Files, photo: Photo) -> copies.Copies:
    with closing(files.open(photo.evidence_key)) as evidence:
        data = evidence.read()  # here, so that an error of the disk is not taken for one of the picture
    made = apart.make(data) if photo.derivative == "again" else copies.make(BytesIO(data))
    files.put_bytes(photo.thumb_key, made.thumb)
    if made.display is not None:
        files.put_bytes(f"display/{photo.id}.jpg", made.display)
    return made


def _still(session: Session, claimed: Photo) -> Photo | None:
    """The photo that we have claimed. None: it has been purged, taken over or given other bytes meanwhile. Then what we
    have written may lie over what belongs there, and goes or is made anew."""
    photo = session.get_one(Photo, claimed.id, with_for_update=True)
    if photo.purged_at is not None:
        photo.derivative = "purge"
    elif photo.sha256 != claimed.sha256:
        if photo.derivative in ("making", "again", "made"):
            photo.derivative, photo.derivative_lease = "wanted", None
    elif photo.derivative_lease == claimed.derivative_lease:
        return photo
    return None


def _made(session: Session, claimed: Photo, made: copies.Copies) -> None:
    if (photo := _still(session, claimed)) is None:
        return
    photo.derivative, photo.derivative_lease = "made", None
    photo.detected, photo.width, photo.height = made.detected, made.width, made.height
    photo.display_is_evidence = made.display is None
    shown_anew(session, photo)


def _later(session: Session, claimed: Photo) -> None:
    """The storage failed, not the picture: that is no try."""
    if (photo := _still(session, claimed)) is not None:
        photo.derivative, photo.derivative_lease = "wanted", clock.now() + LEASE


def _give_up(session: Session, claimed: Photo, why: str) -> None:
    """Not a picture: kept and never shown. The phone's receipt has long said that it arrived."""
    if (photo := _still(session, claimed)) is None:
        return
    photo.derivative, photo.derivative_lease = "failed", None
    if photo.state == STORED:
        photo.state, photo.reason = UNREADABLE, why
    shown_anew(session, photo)


@every_minute
def delete_purged(context: Context) -> None:
    """Delete the files of purged photos, the evidence only where no other photo has the same bytes."""
    with context.db.reading() as session:
        purged = list(session.scalars(select(Photo).where(Photo.derivative == "purge").limit(100)))
    for photo in purged:
        for key in (photo.thumb_key, f"display/{photo.id}.jpg"):
            context.files.delete(key)
        context.db.write(partial(_delete_evidence, files=context.files, photo_id=photo.id))


def _delete_evidence(session: Session, files: Files, photo_id: UUID) -> None:
    """Looked at and deleted in one step: who is about to say that a photo has these very bytes has said so before, or
    waits, and then finds them gone. The one file that is touched inside a transaction."""
    alone_on(session, Photo)
    purged = select(Photo).where(Photo.id == photo_id, Photo.derivative == "purge")
    photo = session.scalar(purged.with_for_update(skip_locked=True))
    if photo is None:
        return
    if not still_needed(session, photo.sha256):
        files.delete(photo.evidence_key)
    photo.derivative = "none"


@every_minute
def forget_unfinished(context: Context) -> None:
    """Delete what a killed process was writing into the file store."""
    context.files.forget_unfinished(clock.now() - LEFT_FOR)
