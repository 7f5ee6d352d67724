"""What happens to a photo: claimed by a manifest, stored, used, withdrawn, purged. Never to its bytes."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Table, bindparam, case, delete, null, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from fieldapp.core import audit, changes, clock
from fieldapp.core.fixed import Fixed
from fieldapp.photos.body import MAX_PHOTO_BYTES, PhotoClaim
from fieldapp.photos.models import (
    PARKED,
    PARTIAL,
    REFUSED,
    STORED,
    TOO_LARGE,
    UNLISTED,
    UNREADABLE,
    WANTED,
    WITHDRAWN,
    Photo,
    PhotoUse,
    Upload,
)  # fmt: skip

BYTES = "application/octet-stream"  # where no manifest says more

_PHOTOS: Table = Photo.__table__  # type: ignore[assignment]
_USES: Table = PhotoUse.__table__  # type: ignore[assignment]

Listener = Callable[[Session, Sequence[Photo]], object]
_listeners: list[Listener] = []


def on_change(listener: Listener) -> Listener:
    """Have an upper layer told, in the same transaction, that what pages show of these photos changed."""
    if listener not in _listeners:
        _listeners.append(listener)
    return listener


def _tell(session: Session, photos: Sequence[Photo]) -> None:
    for listener in _listeners if photos else ():
        listener(session, photos)


def claim(
    session: Session, record_id: UUID, owner_id: UUID, claims: Sequence[PhotoClaim], *, fresh: bool = False
) -> list[UUID]:
    """Make the photo rows what the manifest of the projected revision lists. Twice is as good as once. `fresh`: it is
    the record's first.

    Answers those that the record may show: its owner's. Showing another's would narrow or widen who sees it."""
    if fresh and _claim_new(session, record_id, owner_id, claims):
        return [one.id for one in claims]
    listed = {c.id for c in claims}
    for photo in _of_record(session, record_id):
        if photo.id not in listed and photo.reason != PARKED and photo.state != WITHDRAWN:
            photo.state, photo.reason = WITHDRAWN, UNLISTED
    _expect(session, record_id, owner_id, claims)
    known = _by_id(session, listed)
    held = _hashes_held(session, owner_id, {c.sha256 for c in claims})
    for order, one in enumerate(claims):
        if _belongs(known[one.id], record_id, owner_id):
            _describe(known[one.id], order, one, held)
        else:
            session.info.setdefault("claimed_elsewhere", set()).add(record_id)
    session.flush()
    _tell(session, [known[one.id] for one in claims if known[one.id].state == REFUSED])
    return [one.id for one in claims if known[one.id].owner_id == owner_id]


_SAID = ("taken_at", "role", "caption", "sensitive", "sha256_camera", "exif_claimed")
_NEW = Fixed(
    lambda dialect: _inserting(dialect, _PHOTOS).on_conflict_do_nothing().returning(_PHOTOS.c.id),
    columns=("id", "record_id", "owner_id", "order", "sha256", "size", "type", "viewpoint", "position", *_SAID),
)
_HAS_BYTES = Fixed(
    select(_PHOTOS.c.id)
    .where(_PHOTOS.c.owner_id == bindparam("whose"), _PHOTOS.c.sha256 == bindparam("bytes"))
    .where(_PHOTOS.c.stored_at.is_not(None), _PHOTOS.c.purged_at.is_(None))
    .limit(1)
)


def _claim_new(session: Session, record_id: UUID, owner_id: UUID, claims: Sequence[PhotoClaim]) -> bool:
    """As nearly all photos are: of a size that is taken, under a new id, their bytes still to come. False: there is
    more to it, and what was written here does no harm."""
    for one in claims:
        if one.size > MAX_PHOTO_BYTES or _HAS_BYTES.first(session, whose=owner_id, bytes=one.sha256) is not None:
            return False
    for order, one in enumerate(claims):
        said = {name: getattr(one, name) for name in _SAID}
        made = _NEW.first(
            session, id=one.id, record_id=record_id, owner_id=owner_id, order=order, sha256=one.sha256, size=one.size,
            type=one.type[:80], viewpoint=one.viewpoint[:80], position=_position_of(one), **said,
        )  # fmt: skip
        if made is None:
            return False
    return True


def _position_of(one: PhotoClaim) -> dict[str, Any] | None:
    return one.position.model_dump(mode="json") if one.position else None


def _inserting(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    made: sqlite.Insert | postgresql.Insert = (sqlite if dialect == "sqlite" else postgresql).insert(table)
    return made


def claimed_elsewhere(session: Session, record_id: UUID) -> bool:
    """Whether this transaction claimed for the record a photo that is another's: its rows do not tell of it then."""
    return record_id in session.info.get("claimed_elsewhere", ())


def _belongs(photo: Photo, record_id: UUID, owner_id: UUID) -> bool:
    """A photo is uploaded once, by the record that listed it first; others only refer to it."""
    return photo.owner_id == owner_id and photo.record_id == record_id


def park(session: Session, record_id: UUID, owner_id: UUID, claims: Sequence[PhotoClaim]) -> None:
    """Expect the photos that a variant lists, beside those of the projected manifest."""
    fresh = _expect(session, record_id, owner_id, claims)
    known = _by_id(session, {one.id for one in claims})
    held = _hashes_held(session, owner_id, {c.sha256 for c in claims})
    for order, one in enumerate(claims):
        if one.id in fresh or _unlisted(known[one.id], record_id, owner_id):
            _describe(known[one.id], order, one, held)
            known[one.id].reason = known[one.id].reason or PARKED
    session.flush()


def _unlisted(photo: Photo, record_id: UUID, owner_id: UUID) -> bool:
    """Given up only because what is projected does not list it."""
    return _belongs(photo, record_id, owner_id) and (photo.state, photo.reason) == (WITHDRAWN, UNLISTED)


def expect(session: Session, record_id: UUID, owner_id: UUID, photo_id: UUID, sha256: str, size: int) -> Photo:
    """The row of a photo that is about to arrive, whether or not a manifest has listed it."""
    photo = session.get(Photo, photo_id)
    if photo is None:
        _expect(session, record_id, owner_id, [PhotoClaim(id=photo_id, sha256=sha256, size=size, type=BYTES)])
        photo = session.get_one(Photo, photo_id)
    return photo


def _expect(session: Session, record_id: UUID, owner_id: UUID, claims: Sequence[PhotoClaim]) -> set[UUID]:
    """Make the rows that are not there yet, parked; the ids of those made. An upload may do the same."""
    rows: list[dict[str, Any]] = [
        {
            "id": one.id,
            "record_id": record_id,
            "owner_id": owner_id,
            "order": order,
            "sha256": one.sha256,
            "size": one.size,
            "type": one.type[:80],
            "role": one.role,
            "caption": "",
            "viewpoint": "",
            "sensitive": one.sensitive,
            "exif_claimed": {},
            "state": WANTED,
            "reason": PARKED,
            "derivative": "none",
            "display_is_evidence": False,
        }
        for order, one in enumerate({one.id: one for one in claims}.values())
    ]
    if not rows:
        return set()
    statement = changes.insert(session, Photo).values(rows).on_conflict_do_nothing().returning(Photo.id)
    return set(session.scalars(statement))


def _describe(photo: Photo, order: int, one: PhotoClaim, held: Collection[str]) -> None:
    """Write a claim into its row, and find the state that follows."""
    same_bytes = photo.sha256 == one.sha256
    photo.order, photo.sha256, photo.size, photo.type = order, one.sha256, one.size, one.type[:80]
    photo.taken_at, photo.role, photo.caption = one.taken_at, one.role, one.caption
    photo.viewpoint, photo.sensitive = one.viewpoint[:80], one.sensitive
    photo.sha256_camera, photo.exif_claimed = one.sha256_camera, one.exif_claimed
    photo.position = _position_of(one)
    if photo.state == WITHDRAWN and photo.reason != UNLISTED:
        return  # taken back on purpose, lost or purged: nothing ever asks for it again
    if photo.reason in (UNLISTED, PARKED):
        photo.reason = None
    if one.size > MAX_PHOTO_BYTES:
        photo.state, photo.reason = REFUSED, TOO_LARGE
    elif same_bytes and photo.stored_at is not None:
        photo.state = UNREADABLE if photo.derivative == "failed" else STORED
    elif one.sha256 in held:
        _mark_stored(photo)
    elif not (same_bytes and photo.state == PARTIAL):
        photo.state, photo.stored_at, photo.derivative = WANTED, None, "none"


def _mark_stored(photo: Photo) -> None:
    photo.state = STORED
    photo.stored_at = clock.now()
    photo.derivative, photo.derivative_lease = "wanted", None


def store(session: Session, photos: Iterable[Photo]) -> None:
    """Their bytes are in `files` now, synced. What was withdrawn meanwhile stays so, its bytes kept."""
    stored = [photo for photo in photos if photo.stored_at is None]
    for photo in stored:
        if photo.state == WITHDRAWN:
            photo.stored_at = clock.now()
        else:
            _mark_stored(photo)
    _tell(session, stored)


_UNSTORED = (
    _PHOTOS.c.stored_at.is_(None),
    _PHOTOS.c.sha256 == bindparam("bytes"),
    _PHOTOS.c.owner_id == bindparam("whose"),
)
_IS_WITHDRAWN = _PHOTOS.c.state == WITHDRAWN
_ARRIVED = Fixed(
    update(_PHOTOS)
    .where(*_UNSTORED)
    .values(
        stored_at=bindparam("now"),
        state=case((_IS_WITHDRAWN, WITHDRAWN), else_=STORED),
        derivative=case((_IS_WITHDRAWN, _PHOTOS.c.derivative), else_="wanted"),
        derivative_lease=case((_IS_WITHDRAWN, _PHOTOS.c.derivative_lease), else_=null()),
    )
    .returning(*(_PHOTOS.c[name] for name in ("id", "record_id", "owner_id", "state", "reason", "purged_at")))
)


def arrived(session: Session, owner_id: UUID, sha256: str) -> None:
    """`store` for all photos of this owner that wait for these bytes, as one statement."""
    _tell(session, _ARRIVED.rows(session, whose=owner_id, bytes=sha256, now=clock.now()))


def receive(session: Session, owner_id: UUID, photo_ids: Collection[UUID]) -> None:
    """`store` for a door that puts the bytes in itself (a form, an import): by id, this owner's only."""
    store(session, [p for p in _by_id(session, photo_ids).values() if p.owner_id == owner_id])


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
    statement = _inserting(dialect, _USES)
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
    _tell(session, [photo])
    return True


def purge(session: Session, photo_id: UUID, by: UUID | None, reason: str) -> bool:
    """Give up a photo's bytes; its hash stays as a tombstone. A job deletes the files after the commit."""
    photo = session.get(Photo, photo_id)
    if photo is None or photo.purged_at is not None:
        return False
    photo.state, photo.reason, photo.purged_at = WITHDRAWN, reason[:80], clock.now()
    photo.derivative, photo.derivative_lease, photo.display_is_evidence = "purge", None, False
    audit.record(session, by, "photo.purged", "photo", photo_id, reason=reason[:80], sha256=photo.sha256)
    _tell(session, [photo])
    return True


def want_again(session: Session, photo_ids: Sequence[UUID]) -> int:
    """Their bytes are gone and nobody gave them up: phones that still have them are asked again. How many are asked."""
    asked = 0
    for photo in _by_id(session, photo_ids).values():
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
    _tell(session, [photo])


def _of_record(session: Session, record_id: UUID) -> Sequence[Photo]:
    return session.scalars(select(Photo).where(Photo.record_id == record_id)).all()


def _by_id(session: Session, ids: Collection[UUID]) -> dict[UUID, Photo]:
    return {p.id: p for p in session.scalars(select(Photo).where(Photo.id.in_(list(ids))))} if ids else {}


def _hashes_held(session: Session, owner_id: UUID, hashes: Collection[str]) -> set[str]:
    """Those of this owner's bytes that are here already. Another owner's never count as sent."""
    if not hashes:
        return set()
    query = select(Photo.sha256).where(Photo.owner_id == owner_id, Photo.sha256.in_(list(hashes)))
    return set(session.scalars(query.where(Photo.stored_at.is_not(None), Photo.purged_at.is_(None))))
