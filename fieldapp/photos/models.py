"""Photos of a record, whatever the record is; their unfinished uploads; who uses them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, new_id

# The receipt's photo states (docs/sync-protocol.md 6).
WANTED, PARTIAL, STORED, UNREADABLE, REFUSED, WITHDRAWN = (
    "wanted", "partial", "stored", "unreadable", "refused", "withdrawn",
)  # fmt: skip
# Reasons of states. A photo that only a variant or an unread manifest knows is `parked`: kept, shown nowhere.
TOO_LARGE, DIFFERS, UNLISTED, PARKED = "photo-too-large", "photo-differs", "unlisted", "parked"


def evidence_key(sha256: str) -> str:
    """Where `core.files` keeps the bytes as uploaded: by what they are, so the same bytes are kept once."""
    return f"evidence/{sha256[:2]}/{sha256}"


class Photo(Base):
    """One line of a record's manifest, and what became of it. The id is the phone's."""

    __tablename__ = "photo"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    record_id: Mapped[UUID]
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    order: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str] = mapped_column(String(64))  # names the evidence file; stays after a purge
    size: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str] = mapped_column(String(80))  # as claimed
    taken_at: Mapped[datetime | None]
    role: Mapped[str] = mapped_column(String(20), default="progress")
    caption: Mapped[str] = mapped_column(String(200), default="")
    viewpoint: Mapped[str] = mapped_column(String(80), default="")
    sensitive: Mapped[bool] = mapped_column(default=False)
    sha256_camera: Mapped[str | None] = mapped_column(String(64))  # claimed; not verifiable later
    exif_claimed: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    position: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(12), default=WANTED)
    reason: Mapped[str | None] = mapped_column(String(80))
    stored_at: Mapped[datetime | None]
    purged_at: Mapped[datetime | None]  # its bytes are gone; the state then reads `withdrawn`
    # What the job must make, written with `stored`: huey is only a nudge (core.jobs).
    # none, wanted, making, again (a worker died making it), made, failed, purge (its files are to be deleted)
    derivative: Mapped[str] = mapped_column(String(10), default="none")
    derivative_lease: Mapped[datetime | None]
    detected: Mapped[str | None] = mapped_column(String(20))  # JPEG, HEIF, ... as the decoder found it
    width: Mapped[int | None]  # of the display copy, pixels
    height: Mapped[int | None]
    display_is_evidence: Mapped[bool] = mapped_column(default=False)  # baseline, ≤ 2048 px, no EXIF, no XMP

    __table_args__ = (
        Index("ix_photo_record", "record_id", "order"),
        Index("ix_photo_owner_sha256", "owner_id", "sha256"),
        Index("ix_photo_derivative", "derivative", "id"),
        Index("ix_photo_state", "state", "id"),
    )

    @property
    def evidence_key(self) -> str:
        return evidence_key(self.sha256)

    @property
    def thumb_key(self) -> str:
        return f"thumb/{self.id}.jpg"

    @property
    def display_key(self) -> str:
        return self.evidence_key if self.display_is_evidence else f"display/{self.id}.jpg"

    @property
    def has_copies(self) -> bool:
        """Whether a page can show it; else it shows a placeholder that says why."""
        return self.derivative == "made" and self.state == STORED


class PhotoUse(Base):
    """A record or issue that shows the photo. Its audience is the strictest of all that use it."""

    __tablename__ = "photo_use"
    photo_id: Mapped[UUID] = mapped_column(ForeignKey("photo.id"), primary_key=True)
    user_type: Mapped[str] = mapped_column(String(20), primary_key=True)  # visit, supplement, issue
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[UUID | None]  # the issue event that brought it
    sensitive: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (Index("ix_photo_use_user", "user_type", "user_id"),)


class Upload(Base):
    """An unfinished or just finished tus upload of (owner, photo id). Its offset is the part file's size."""

    __tablename__ = "upload"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    record_id: Mapped[UUID]
    photo_id: Mapped[UUID]
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    lease: Mapped[str | None] = mapped_column(String(40))  # one writer at a time
    lease_until: Mapped[datetime | None]

    __table_args__ = (
        Index("uq_upload_owner_photo", "owner_id", "photo_id", unique=True),
        Index("ix_upload_expires_at", "expires_at"),
        Index("ix_upload_record", "record_id"),
    )
