"""What happens to a photo: claimed by a manifest, stored, used, withdrawn, purged. Never to its bytes."""

from collections.abc import Callable, Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import bindparam, case, delete, null, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from fieldapp.core import audit, changes, clock
from fieldapp.core.db import table_of
from fieldapp.core.fixed import Fixed
from fieldapp.photos.models import (
    STORED,
    UNLISTED,
    UNREADABLE,
    WANTED,
    WITHDRAWN,
    Photo,
    PhotoUse,
    Upload,
)  # fmt: skip

_PHOTOS = table_of(Photo)
_USES = table_of(PhotoUse)

Listener = Callable[[Session, Sequence[Photo]], object]
_listeners: list[Listener] = []


def on_change(listener: Listener) -> Listener:
    """Have an upper layer told, in the same transaction, that what pages show of these photos changed."""
    if listener not in _listeners:
        _listeners.append(listener)
    return listener


def tell(session: Session, photos: Sequence[Photo]) -> None:
    for listener in _listeners if photos else ():
        listener(session, photos)


def mark_stored(photo: Photo) -> None:
    photo.state = STORED
    photo.stored_at = clock.now()
    photo.derivative, photo.derivative_lease = "wanted", None


def store(session: Session, photos: Iterable[Photo]) -> None:
    """Their bytes are in `files` now, synced. What was withdrawn meanwhile stays so, its bytes kept; what was purged
    meanwhile has them deleted."""
    stored = [photo for photo in photos if photo.stored_at is None]
    for photo in stored:
        if photo.state == WITHDRAWN:
            photo.stored_at = clock.now()
            photo.derivative = "purge" if photo.purged_at is not None else photo.derivative
        else:
            mark_stored(photo)
    tell(session, stored)


_UNSTORED = (
    _PHOTOS.c.stored_at.is_(None),
    _PHOTOS.c.sha256 == bindparam("bytes"),
    _PHOTOS.c.owner_id == bindparam("whose"),
)
_IS_WITHDRAWN, _IS_PURGED = _PHOTOS.c.state == WITHDRAWN, _PHOTOS.c.purged_at.is_not(None)
_ARRIVED = Fixed(
    update(_PHOTOS)
    .where(*_UNSTORED)
    .values(
        stored_at=bindparam("now"),
        state=case((_IS_WITHDRAWN, WITHDRAWN), else_=STORED),
        derivative=case((_IS_PURGED, "purge"), (_IS_WITHDRAWN, _PHOTOS.c.derivative), else_="wanted"),
        derivative_lease=case((_IS_WITHDRAWN, _PHOTOS.c.derivative_lease), else_=null()),
    )
    .returning(*(_PHOTOS.c[name] for name in ("id", "record_id", "owner_id", "state", "reason", "purged_at")))
)


def arrived(session: Session, owner_id: UUID, sha256: str) -> None:
    """`store` for all photos of this owner that wait for these bytes, as one statement."""
    tell(session, _ARRIVED.rows(session, whose=owner_id, bytes=sha256, now=clock.now()))


def receive(session: Session, owner_id: UUID, photo_ids: Collection[UUID]) -> None:
    """`store` for a door that puts the bytes in itself (a form, an import): by id, this owner's only."""
    store(session, [p for p in by_id(session, photo_ids).values() if p.owner_id == owner_id])


def use(
    session: Session,
    photo_ids: Iterable[UUID],
    user_type: str,
    user_id: UUID,
    event_id: UUID | None = None,
    sensitive: bool = False,
) -> None:
    """Say that a visit, supplement or issue shows these photos. Ids that are no photo (yet) are left out."""
    shared = {"user_type": user_type, "user_id": user_id, "event_id": event_id, "sensitive": sensitive}
    for id in dict.fromkeys(photo_ids):
        if _KNOWN.first(session, photo=id) is not None:
            _USE.run(session, photo_id=id, **shared)


def _using(dialect: str) -> sqlite.Insert | postgresql.Insert:
    statement = changes.insert_for(dialect, _USES)
    again = {"sensitive": statement.excluded.sensitive}
    made: sqlite.Insert | postgresql.Insert = statement.on_conflict_do_update(
        index_elements=["photo_id", "user_type", "user_id"], set_=again
    )
    return made


_KNOWN = Fixed(select(_PHOTOS.c.id).where(_PHOTOS.c.id == bindparam("photo")))
_USE = Fixed(_using, columns=("photo_id", "user_type", "user_id", "event_id", "sensitive"))


def unuse(session: Session, user_type: str, user_id: UUID, *, keep: Iterable[UUID] = ()) -> None:
    """A revision no longer shows its photos, but for those to `keep`."""
    gone = delete(PhotoUse).where(PhotoUse.user_type == user_type, PhotoUse.user_id == user_id)
    session.execute(gone.where(PhotoUse.photo_id.not_in(list(keep))))


def mark_sensitive(session: Session, user_type: str, user_id: UUID, sensitive: bool) -> None:
    """A visit or issue became sensitive, or no longer is: so do the photos, as far as it shows them."""
    narrowed = update(PhotoUse).where(PhotoUse.user_type == user_type, PhotoUse.user_id == user_id)
    session.execute(narrowed.values(sensitive=sensitive))


def withdraw(session: Session, photo_id: UUID, by: UUID | None, reason: str) -> bool:
    """Hide a photo and ask no phone for it any more; its bytes are kept. False: nothing to do."""
    photo = session.get(Photo, photo_id)
    if photo is None or (photo.state == WITHDRAWN and photo.reason != UNLISTED):
        return False
    photo.state, photo.reason = WITHDRAWN, reason[:80]
    audit.record(session, by, "photo.withdrawn", "photo", photo_id, reason=reason[:80])
    tell(session, [photo])
    return True


def purge(session: Session, photo_id: UUID, by: UUID | None, reason: str) -> bool:
    """Give up a photo's bytes; its hash stays as a tombstone. A job deletes the files after the commit."""
    photo = session.get(Photo, photo_id)
    if photo is None or photo.purged_at is not None:
        return False
    photo.state, photo.reason, photo.purged_at = WITHDRAWN, reason[:80], clock.now()
    photo.derivative, photo.derivative_lease, photo.display_is_evidence = "purge", None, False
    audit.record(session, by, "photo.purged", "photo", photo_id, reason=reason[:80], sha256=photo.sha256)
    tell(session, [photo])
    return True


def want_again(session: Session, photo_ids: Sequence[UUID]) -> int:
    """Their bytes are gone and nobody gave them up: phones that still have them are asked again. How many are asked."""
    asked = 0
    for photo in by_id(session, photo_ids).values():
        photo.stored_at, photo.derivative, photo.derivative_lease, photo.display_is_evidence = None, "none", None, False
        if photo.state in (STORED, UNREADABLE):
            photo.state, photo.reason, asked = WANTED, None, asked + 1
    return asked


def make_copies_anew(session: Session) -> None:
    """Whatever worker was at it is gone for a reason of its own: that was no try."""
    begun = update(Photo).where(Photo.derivative.in_(["making", "again"]))
    session.execute(begun.values(derivative="wanted", derivative_lease=None))


def hand_over(session: Session, record_id: UUID, before: UUID, owner_id: UUID) -> None:
    """The photos of a record whose author has become known were kept for `before`, who handed it in."""
    for kept in (Photo, Upload):
        theirs = update(kept).where(kept.record_id == record_id, kept.owner_id == before)
        session.execute(theirs.values(owner_id=owner_id))


def shown_anew(session: Session, photo: Photo) -> None:
    """Its copies were made, or cannot be."""
    tell(session, [photo])


def by_id(session: Session, ids: Collection[UUID]) -> dict[UUID, Photo]:
    return {p.id: p for p in session.scalars(select(Photo).where(Photo.id.in_(list(ids))))} if ids else {}
