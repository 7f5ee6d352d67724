"""What needs a person: items of `/review`, opened and closed (docs/sync-protocol.md 14)."""

from collections.abc import Sequence
from functools import cache, partial
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from fieldapp.accounts.models import Membership
from fieldapp.core import audit, changes, clock
from fieldapp.core.db import table_of
from fieldapp.core.fixed import Fixed
from fieldapp.photos import actions as photos
from fieldapp.photos.models import Photo
from fieldapp.sync.models import Record, ReviewItem

_RECORD = table_of(Record)
KINDS = (
    "failed", "unplaced", "variant", "held", "imported", "late_author", "revision_issue", "refused_photo",
    "withdrawn_photo", "lost_photo", "unreadable_photo", "device_gap", "silent_device", "replaced_device",
)  # fmt: skip


def open_review(
    session: Session,
    kind: str,
    key: str,
    *,
    record_id: UUID | None = None,
    photo_id: UUID | None = None,
    device_id: UUID | None = None,
    user_id: UUID | None = None,
    team_id: UUID | None = None,
    reason: str = "",
    detail: dict[str, Any] | None = None,
) -> ReviewItem:
    """Open an item, or bring the one that is open under this key up to date."""
    item = _open_item(session, key)
    if item is not None:
        item.reason, item.detail = reason[:200], detail or {}
        return item
    item = ReviewItem(
        kind=kind, key=key, record_id=record_id, photo_id=photo_id, device_id=device_id, user_id=user_id,
        team_id=team_id or _team_of(session, user_id), reason=reason[:200], detail=detail or {}, opened_at=clock.now(),
    )  # fmt: skip
    session.add(item)
    session.flush()
    if record_id is not None:
        _mark_head(session, record_id)
    return item


def close_review(session: Session, key: str, *, by: UUID | None, closing: str) -> bool:
    """Close what is open under this key. False: nothing is."""
    item = _open_item(session, key)
    if item is None:
        return False
    _close(session, item, by, closing)
    return True


def close(session: Session, item_id: UUID, by: UUID, reason: str) -> bool:
    """A person closes an item with a reason. False: it is closed already, or unknown."""
    item = session.get(ReviewItem, item_id, with_for_update=True)
    if item is None or item.closed_at is not None:
        return False
    _close(session, item, by, reason)
    audit.record(session, by, "review.closed", "review_item", item.id, kind=item.kind)
    return True


def close_of_record(session: Session, record_id: UUID, by: UUID | None, closing: str, *kinds: str) -> None:
    """Close a record's open items of these kinds (of any, where none is named)."""
    query = select(ReviewItem).where(ReviewItem.record_id == record_id, ReviewItem.closed_at.is_(None))
    for item in session.scalars(query.where(ReviewItem.kind.in_(kinds)) if kinds else query).all():
        _close(session, item, by, closing)


def confirm_import(session: Session, record_id: UUID, by: UUID) -> None:
    """Author or lead says that an imported record is theirs and right."""
    close_of_record(session, record_id, by, "confirmed", "imported")
    audit.record(session, by, "record.confirmed", "record", record_id)


def now_of(session: Session, record_id: UUID, user_id: UUID) -> None:
    """Whose a record is has become known: its open items are theirs, and their team's to see."""
    items = update(ReviewItem).where(ReviewItem.record_id == record_id, ReviewItem.closed_at.is_(None))
    session.execute(items.values(user_id=user_id, team_id=_team_of(session, user_id)))


_OF_PHOTOS = {"refused": "refused_photo", "unreadable": "unreadable_photo", "withdrawn": "withdrawn_photo"}


@photos.on_change
def _ask_about_photos(session: Session, changed_photos: Sequence[Photo]) -> None:
    """A photo that will not be seen: somebody should know, and may ask for another."""
    for photo in changed_photos:
        kind = _OF_PHOTOS.get(photo.state)
        if kind is None or photo.purged_at is not None:
            continue
        if photo.reason == "lost":
            kind = "lost_photo"
        open_review(
            session, kind, f"photo:{photo.id}", record_id=photo.record_id, photo_id=photo.id, user_id=photo.owner_id,
            reason=photo.reason or "",
        )  # fmt: skip


def _close(session: Session, item: ReviewItem, by: UUID | None, closing: str) -> None:
    item.closed_at, item.closed_by, item.closing = clock.now(), by, closing[:200]
    session.flush()
    if item.record_id is not None:
        _mark_head(session, item.record_id)


def _mark_head(session: Session, record_id: UUID) -> None:
    """A record needs review while an item of it is open; its author's phone learns of the change."""
    head = session.get(Record, record_id)
    waiting = select(func.count()).where(ReviewItem.record_id == record_id, ReviewItem.closed_at.is_(None))
    needs = bool(session.scalar(waiting))
    if head is not None and head.needs_review != needs:
        changed(session, head, needs_review=needs)


def changed(session: Session, head: Record, **values: Any) -> None:
    """Write these values of a record's head when the transaction ends, with its reference version: that is how its
    author's phone learns of it. The head reads as changed from now on."""
    noted: dict[UUID, dict[str, Any]] = session.info.setdefault("records_changed", {})
    values["changed_at"] = clock.now()
    for name, value in values.items():
        set_committed_value(head, name, value)
    if head.id in noted:
        noted[head.id].update(values)
        return
    noted[head.id] = values
    changes.at_version(session, partial(_write_head, head.id))


def _write_head(id: UUID, session: Session, version: int) -> None:
    values: dict[str, Any] = session.info["records_changed"].pop(id)
    _write_these(tuple(sorted(values))).run(
        session, head=id, version=version, **{f"new_{n}": v for n, v in values.items()}
    )


@cache
def _write_these(names: tuple[str, ...]) -> Fixed:
    """The statement that writes these columns of a head: there are a handful of such sets."""
    named: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    where = update(_RECORD).where(_RECORD.c.id == bindparam("head"))
    return Fixed(where.values(version=bindparam("version"), **named))


def _open_item(session: Session, key: str) -> ReviewItem | None:
    return session.scalar(select(ReviewItem).where(ReviewItem.key == key, ReviewItem.closed_at.is_(None)).limit(1))


def _team_of(session: Session, user_id: UUID | None) -> UUID | None:
    if user_id is None:
        return None
    held = select(Membership.team_id).where(Membership.user_id == user_id, Membership.team_id.is_not(None))
    return session.scalar(held.order_by(Membership.starts_on.desc()).limit(1))
