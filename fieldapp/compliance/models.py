"""What the rule asks to be kept: what people say of the system, and who has read what it keeps of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base

SUGGESTION, COMPLAINT, FAULT = "suggestion", "complaint", "fault"


class Feedback(Base):
    """投诉建议. Of an anonymous one nothing tells who said it; its code opens the answer and is kept as a hash only."""

    __tablename__ = "feedback"
    id: Mapped[UUID] = mapped_column(primary_key=True)  # the form's
    number: Mapped[str | None] = mapped_column(String(20), unique=True)  # YJ-2026-000001
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))  # none: anonymous
    code_sha256: Mapped[str | None] = mapped_column(String(64))
    said_at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    answered_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_feedback_said", "said_at", "id"),
        Index("ix_feedback_open", "answered_at", "said_at", "id"),
        Index("ix_feedback_user", "user_id", "said_at", "id"),
    )


class NoticeSeen(Base):
    """That a person has read the notice of first sign-in, in this version of its text."""

    __tablename__ = "notice_seen"
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), primary_key=True)
    version: Mapped[str] = mapped_column(String(20), primary_key=True)
    at: Mapped[datetime]
