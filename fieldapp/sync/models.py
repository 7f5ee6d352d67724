"""The phone's door: raw records, their heads, devices, and what needs a person."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, deferred, mapped_column

from fieldapp.core.db import Base, new_id
from fieldapp.core.models import BigId, Reserved

__all__ = ["Device", "Gap", "Raw", "Record", "Reserved", "ReviewItem", "Voided"]

# The receipt's record states (docs/sync-protocol.md 6); RECEIVED is before the second transaction has run.
RECEIVED, PLACED, UNFILED, UNPLACED, HELD, NOT_APPLIED, VARIANT = (
    "received", "placed", "unfiled", "unplaced", "held", "not_applied", "variant",
)  # fmt: skip
# A raw has states of its own beside RECEIVED, HELD, UNPLACED and VARIANT.
PROJECTED, EARLIER, FAILED = "projected", "earlier", "failed"


class Record(Base):
    """The head of a record: one row an id, locked for all its revisions and variants."""

    __tablename__ = "record"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(String(20))  # visit, supplement, issue_event, follow_up, unknown
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))  # none: unknown here (import)
    device_id: Mapped[UUID | None]
    seq: Mapped[int | None]
    target: Mapped[UUID | None]  # the visit or issue that an event waits for
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(80), default="")
    needs_review: Mapped[bool] = mapped_column(default=False)
    raw_id: Mapped[int | None] = mapped_column(BigInteger)  # the projected one
    rev: Mapped[int] = mapped_column(default=0)
    received_at: Mapped[datetime]  # of the first bytes
    changed_at: Mapped[datetime]  # for `outcomes`
    version: Mapped[int] = mapped_column(BigInteger, default=0)

    __table_args__ = (
        Index("ix_record_device", "device_id", "owner_id", "seq"),
        Index("ix_record_state", "state", "received_at"),
        Index("ix_record_review", "needs_review", "received_at"),
        Index("ix_record_owner", "owner_id", "version"),
        Index("ix_record_target", "target"),
    )


class Raw(Base):
    """The bytes as they came, for ever. Unique on (record, hash): eight identical PUTs are one row."""

    __tablename__ = "raw"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    record_id: Mapped[UUID]
    payload_sha256: Mapped[str] = mapped_column(String(64))
    payload: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    schema: Mapped[int | None]
    rev: Mapped[int] = mapped_column(default=1)
    replaces: Mapped[str | None] = mapped_column(String(64))
    owner_id: Mapped[UUID | None]
    sender_id: Mapped[UUID]  # who was signed in
    device_id: Mapped[UUID | None]
    imported_by: Mapped[UUID | None]
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(12), default="received")
    reason: Mapped[str] = mapped_column(String(200), default="")
    failed_version: Mapped[str] = mapped_column(String(40), default="")  # of the app; tried again by the next one
    photo_claims: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON)  # a variant's manifest; none: unreadable
    # When the retention job looked through it: its bytes may no longer fit their hash.
    position_removed_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("record_id", "payload_sha256", name="uq_raw_record_hash"),
        Index("ix_raw_state", "state", "received_at"),
    )

    def same_hand(self, other: "Raw") -> bool:
        """Whether both come from one user's phone: only then is the one a revision of the other."""
        return self.owner_id == other.owner_id and self.device_id == other.device_id

    def revises(self, other: "Raw") -> bool:
        return self.same_hand(other) and self.rev > other.rev and bool(self.replaces)


class Device(Base):
    """A browser profile on a phone, as one user uses it."""

    __tablename__ = "device"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), primary_key=True)
    last_seq: Mapped[int] = mapped_column(default=0)
    settled_seq: Mapped[int] = mapped_column(default=0)  # every seq up to it was received or voided
    queued: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # [{id, seq}] as it last said
    persisted: Mapped[bool | None]
    app_version: Mapped[str] = mapped_column(String(40), default="")
    first_seen_at: Mapped[datetime]
    seen_at: Mapped[datetime]

    __table_args__ = (Index("ix_device_user", "user_id", "seen_at"), Index("ix_device_seen_at", "seen_at"))


class Voided(Base):
    """A seq that its phone gave up on purpose: no gap."""

    __tablename__ = "voided"
    device_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class Gap(Base):
    """A seq neither received, queued nor voided; it becomes a review item after three days."""

    __tablename__ = "gap"
    device_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    since: Mapped[datetime]


class ReviewItem(Base):
    """Something that needs a person. Open until closed with an act or a reason; never deleted."""

    __tablename__ = "review_item"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(30))  # actions.KINDS
    key: Mapped[str] = mapped_column(String(120))  # one open item a key
    record_id: Mapped[UUID | None]
    photo_id: Mapped[UUID | None]
    device_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None]  # whose record or device
    team_id: Mapped[UUID | None]
    reason: Mapped[str] = mapped_column(String(200), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]
    closing: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (
        Index("ix_review_item_open", "closed_at", "opened_at", "id"),
        Index("ix_review_item_key", "key", "closed_at"),
        Index("ix_review_item_record", "record_id"),
    )
