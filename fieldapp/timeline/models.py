"""The append-only feed of a project or an enterprise: ids and kinds, never titles or text."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, new_id


class Entry(Base):
    """That something happened. What it says, and who may see it, is decided when it is read."""

    __tablename__ = "entry"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("project.id"))
    enterprise_id: Mapped[UUID | None] = mapped_column(ForeignKey("enterprise.id"))
    occurred_at: Mapped[datetime]  # capped at received_at
    received_at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(20))  # visit, issue, ...
    subkind: Mapped[str] = mapped_column(String(40), default="")  # the visit kind, or the issue event's type
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    ref: Mapped[UUID]  # of the visit, the issue event, ...
    parent: Mapped[UUID | None]  # the issue of an event
    left_at: Mapped[datetime | None]  # the visit was moved away: the entry stays as a row and is not shown

    __table_args__ = (
        UniqueConstraint("project_id", "ref", name="uq_entry_project_ref"),
        UniqueConstraint("enterprise_id", "ref", name="uq_entry_enterprise_ref"),
        Index("ix_entry_project", "project_id", "occurred_at", "id"),
        Index("ix_entry_project_subkind", "project_id", "subkind", "occurred_at", "id"),
        Index("ix_entry_enterprise", "enterprise_id", "occurred_at", "id"),
        Index("ix_entry_ref", "ref"),
    )
