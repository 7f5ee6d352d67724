"""What somebody shows beside, or instead of, the password."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, new_id


class CodeApp(Base):
    """An app that shows six digits (TOTP): one an account. Counts once it has shown a right code."""

    __tablename__ = "code_app"
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), primary_key=True)
    secret: Mapped[str] = mapped_column(String(64))
    added_at: Mapped[datetime]
    last_step: Mapped[int] = mapped_column(default=0)  # of the code that was last taken: no code is taken twice


class RecoveryCode(Base):
    """Opens the door once where the phone with the codes is lost. Kept as a hash; shown once, when it is made."""

    __tablename__ = "recovery_code"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), index=True)
    code_sha256: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]


class Passkey(Base):
    """A key that a phone or a security key holds (WebAuthn); here is its public half."""

    __tablename__ = "passkey"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger, default=0)  # 32 bits without a sign
    transports: Mapped[str] = mapped_column(String(80), default="")
    added_at: Mapped[datetime]
    used_at: Mapped[datetime | None]  # no challenge made before it is taken again
