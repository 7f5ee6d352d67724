"""Links that open one visit or project to whoever holds them, for some days."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base

VISIT, PROJECT = "visit", "project"


class Link(Base):
    """只读链接. It shows no more than its maker may see today, and dies with their access."""

    __tablename__ = "link"
    id: Mapped[UUID] = mapped_column(primary_key=True)  # the form's
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    target_type: Mapped[str] = mapped_column(String(20))
    target_id: Mapped[UUID]
    maker_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    opened: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime | None]  # last

    __table_args__ = (
        Index("ix_link_maker", "maker_id", "made_at", "id"),
        Index("ix_link_made", "made_at", "id"),
    )

    def lives_at(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at
