"""What a record's manifest makes of its photos: claimed, expected, parked, refused, no longer listed."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from fieldapp.core import changes
from fieldapp.core.db import table_of
from fieldapp.core.fixed import Fixed
from fieldapp.photos.actions import by_id, mark_stored, tell
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
)

_PHOTOS = table_of(Photo)

BYTES = "application/octet-stream"  # where no manifest says more


def claim(
    session: Session, record_id: UUID, owner_id: UUID, claims: Sequence[PhotoClaim], *, fresh: bool = False
) -> list[UUID]:
    """Make the photo rows what the manifest of the projected revision lists. Twice is as good as once. `fresh`: it is
    the record's first.

    Answers those that the record may show: its owner's. Showing another's would narrow or widen who sees it."""
    if fresh and _claim_new(session, record_id, owner_id, claims):
        return [one.id for one in claims]
    listed = {c.id for c in claims}
    for photo in _of_record(session, record_id, owner_id):
        if photo.id not in listed and photo.reason != PARKED and photo.state != WITHDRAWN:
            photo.state, photo.reason = WITHDRAWN, UNLISTED
    _expect(session, record_id, owner_id, claims)
    known = by_id(session, listed)
    held = hashes_held(session, owner_id, {c.sha256 for c in claims})
    for order, one in enumerate(claims):
        if _belongs(known[one.id], record_id, owner_id):
            _describe(known[one.id], order, one, held)
        else:
            session.info.setdefault("claimed_elsewhere", set()).add(record_id)
    session.flush()
    tell(session, [known[one.id] for one in claims if known[one.id].state == REFUSED])
    return [one.id for one in claims if known[one.id].owner_id == owner_id]


_SAID = ("taken_at", "role", "caption", "sensitive", "sha256_camera", "exif_claimed")
_NEW = Fixed(
    lambda dialect: changes.insert_for(dialect, _PHOTOS).on_conflict_do_nothing().returning(_PHOTOS.c.id),
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


def claimed_elsewhere(session: Session, record_id: UUID) -> bool:
    """Whether this transaction claimed for the record a photo that is another's: its rows do not tell of it then."""
    return record_id in session.info.get("claimed_elsewhere", ())


def _belongs(photo: Photo, record_id: UUID, owner_id: UUID) -> bool:
    """A photo is uploaded once, by the record that listed it first; others only refer to it."""
    return photo.owner_id == owner_id and photo.record_id == record_id


def park(session: Session, record_id: UUID, owner_id: UUID, claims: Sequence[PhotoClaim]) -> None:
    """Expect the photos that a variant lists, beside those of the projected manifest."""
    fresh = _expect(session, record_id, owner_id, claims)
    known = by_id(session, {one.id for one in claims})
    held = hashes_held(session, owner_id, {c.sha256 for c in claims})
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
    if photo.state == WITHDRAWN and (photo.reason != UNLISTED or photo.purged_at is not None):
        return  # taken back on purpose, lost or purged: nothing ever asks for it again
    if photo.reason in (UNLISTED, PARKED):
        photo.reason = None
    if one.size > MAX_PHOTO_BYTES:
        photo.state, photo.reason = REFUSED, TOO_LARGE
    elif same_bytes and photo.stored_at is not None:
        photo.state = UNREADABLE if photo.derivative == "failed" else STORED
    elif one.sha256 in held:
        mark_stored(photo)
    elif not (same_bytes and photo.state == PARTIAL):
        photo.state, photo.stored_at, photo.derivative = WANTED, None, "none"


def _of_record(session: Session, record_id: UUID, owner_id: UUID) -> Sequence[Photo]:
    """Their owner's only: who says something under a record's id gives up nobody else's."""
    return session.scalars(select(Photo).where(Photo.record_id == record_id, Photo.owner_id == owner_id)).all()


def hashes_held(session: Session, owner_id: UUID, hashes: Collection[str]) -> set[str]:
    """Those of this owner's bytes that are here already, and stay until this transaction ends. Another owner's never
    count as sent."""
    if not hashes:
        return set()
    query = select(Photo.sha256).where(Photo.owner_id == owner_id, Photo.sha256.in_(list(hashes)))
    kept = query.where(Photo.stored_at.is_not(None), Photo.purged_at.is_(None))
    return set(session.scalars(kept.with_for_update(read=True)))  # whoever purges one of them waits for us
