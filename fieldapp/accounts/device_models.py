"""Where somebody is signed in: a row for each sign-in, so that each can be ended by itself (docs/decisions/0019)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, new_id


class SignedIn(Base):
    """A browser's session, named in its cookie. One that has ended, or whose row is gone, opens nothing."""

    __tablename__ = "signed_in"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    begun_at: Mapped[datetime]
    seen_at: Mapped[datetime]  # to some ten minutes: a page that is opened writes it seldom
    ended_at: Mapped[datetime | None]
    how: Mapped[str] = mapped_column(String(20), default="")  # password, passkey, sso; "" for one of before this table
    browser: Mapped[str] = mapped_column(String(80), default="")
    own_device: Mapped[bool] = mapped_column(default=False)
    device_id: Mapped[UUID | None]  # the phone's installation (sync), once it has said hello
    waiting: Mapped[int] = mapped_column(default=0)  # records that it then still held

    __table_args__ = (Index("ix_signed_in_user", "user_id", "seen_at", "id"),)
