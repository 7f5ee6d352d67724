"""Rows that belong to no feature: counters, changes of the reference data, the audit log, the facts of this server."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, new_id

BigId = BigInteger().with_variant(Integer, "sqlite")
_SEALED: dict[str, Any] = {"sqlite_where": text("seq IS NOT NULL"), "postgresql_where": text("seq IS NOT NULL")}


class Fact(Base):
    """A named value of this server: `server_epoch`, `demo`, ..."""

    __tablename__ = "fact"
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class Setting(Base):
    """What an administrator has set on a page: it goes before what the environment says (`visitmap/tiles.py`)."""

    __tablename__ = "setting"
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
    changed_at: Mapped[datetime]


class Counter(Base):
    """Moved only at the end of a transaction (core.db.Ending): ZF-2026, XQ-2026, reference."""

    __tablename__ = "counter"
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger, default=0)


class Reserved(Base):
    """A number that a phone still holds for an id after a restore: not given to another."""

    __tablename__ = "reserved"
    number: Mapped[str] = mapped_column(String(20), primary_key=True)
    id: Mapped[UUID] = mapped_column(index=True)
    at: Mapped[datetime]


class Change(Base):
    """The version at which a row of the reference data last changed; `removed` is its tombstone, kept 90 days."""

    __tablename__ = "change"
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    row: Mapped[str] = mapped_column(String(60), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, index=True)
    removed: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime]


class Audit(Base):
    """Who did what. Inserted unchained; the sealer gives committed rows `seq` and `hash` in order."""

    __tablename__ = "audit"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    verb: Mapped[str] = mapped_column(String(60))
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(String(60))
    request_id: Mapped[str] = mapped_column(String(60), default="")
    address: Mapped[str] = mapped_column(String(60), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    seq: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    hash: Mapped[bytes | None] = mapped_column(LargeBinary)

    __table_args__ = (
        Index("ix_audit_subject", "subject_type", "subject_id"),
        Index("ix_audit_unsealed", "seq", "id"),
        Index("ix_audit_at", "at"),
        # How the auditor finds rows. Of sealed rows only: whoever writes one pays for none of these.
        Index("ix_audit_actor", "actor_id", "seq", **_SEALED),
        Index("ix_audit_verb", "verb", "seq", **_SEALED),
        Index("ix_audit_kind", "subject_type", "seq", **_SEALED),
    )
