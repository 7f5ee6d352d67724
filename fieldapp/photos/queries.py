"""How photos are found, and what a receipt says of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from fieldapp.core.fixed import Fixed
from fieldapp.photos.body import MAX_PHOTO_BYTES, PhotoClaim
from fieldapp.photos.models import (
    DIFFERS,
    PARKED,
    PARTIAL,
    REFUSED,
    TOO_LARGE,
    WANTED,
    Photo,
    PhotoUse,
)  # fmt: skip


@dataclass(frozen=True)
class PhotoState:
    """One line of a receipt."""

    id: UUID
    state: str
    reason: str | None = None

    @property
    def settled(self) -> bool:
        """Whether the phone has nothing more to send for it."""
        return self.state not in (WANTED, PARTIAL)


_OF_RECORD = Fixed(
    select(Photo.id, Photo.state, Photo.reason)
    .where(Photo.record_id == bindparam("record"), or_(Photo.reason.is_(None), Photo.reason != PARKED))
    .order_by(Photo.order, Photo.id)
)


def receipt_of(session: Session, record_id: UUID) -> list[PhotoState]:
    """The photos of a record's projected manifest, in its order, those withdrawn since included."""
    return [PhotoState(*row) for row in _OF_RECORD.rows(session, record=record_id)]


def receipt_of_claims(session: Session, owner_id: UUID, claims: Sequence[PhotoClaim]) -> list[PhotoState]:
    """The photos of a manifest that the rows of its record alone do not tell: of a variant, of a record that is not
    projected, of one that lists another record's photo."""
    known = {p.id: p for p in session.scalars(select(Photo).where(Photo.id.in_([c.id for c in claims])))}
    return [_state_of(one, known.get(one.id), owner_id) for one in claims]


def _state_of(one: PhotoClaim, photo: Photo | None, owner_id: UUID) -> PhotoState:
    if photo is None:
        return PhotoState(one.id, *((REFUSED, TOO_LARGE) if one.size > MAX_PHOTO_BYTES else (WANTED, None)))
    if (photo.owner_id, photo.sha256) != (owner_id, one.sha256):
        return PhotoState(one.id, REFUSED, DIFFERS)  # the id is another photo's by now
    return PhotoState(one.id, photo.state, None if photo.reason == PARKED else photo.reason)


def used_by(session: Session, user_type: str, user_ids: Collection[UUID]) -> dict[UUID, list[Photo]]:
    """The photos that each of these visits, supplements or issues shows, in the order of their manifests."""
    found: dict[UUID, list[Photo]] = {i: [] for i in user_ids}
    if not found:
        return found
    query = select(PhotoUse.user_id, Photo).join(Photo, Photo.id == PhotoUse.photo_id)
    query = query.where(PhotoUse.user_type == user_type, PhotoUse.user_id.in_(list(found)))
    for user_id, photo in session.execute(query.order_by(Photo.record_id, Photo.order, Photo.id)):
        found[user_id].append(photo)
    return found


def still_needed(session: Session, sha256: str) -> bool:
    """Whether any photo, whoever's, still has these bytes."""
    query = select(Photo.id).where(Photo.sha256 == sha256, Photo.purged_at.is_(None)).limit(1)
    return session.scalar(query) is not None
