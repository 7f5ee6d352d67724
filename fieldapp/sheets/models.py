"""A workbook on its way into the registers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, new_id

# Waiting to be checked; checked; wanted: to be brought in; done; refused: not a workbook; dropped.
WAITING, CHECKED, WANTED, DONE, REFUSED, DROPPED = "waiting", "checked", "wanted", "done", "refused", "dropped"
AT_WORK = (WAITING, WANTED)


class Workbook(Base):
    """`content` goes when it is brought in or dropped, or after a day; what it came to stays."""

    __tablename__ = "workbook"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(120))  # of the file
    sha256: Mapped[str] = mapped_column(String(64))
    brought_by: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime]
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    state: Mapped[str] = mapped_column(String(20), default=WAITING)
    skip_bad: Mapped[bool] = mapped_column(default=False)
    overtaken: Mapped[bool] = mapped_column(default=False)  # somebody changed what it was checked against
    reason: Mapped[str] = mapped_column(String(40), default="")  # why it was refused
    said: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # what the reason speaks of
    counts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # sheet → new, changed, same, bad
    findings: Mapped[list[Any]] = mapped_column(JSON, default=list, deferred=True)  # the first of them
    found: Mapped[int] = mapped_column(default=0)  # all of them
    unknown: Mapped[list[Any]] = mapped_column(JSON, default=list)
    accounts: Mapped[list[Any]] = mapped_column(JSON, default=list)  # those it made: id, name
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    lease: Mapped[datetime | None]  # a worker has it until then

    __table_args__ = (Index("ix_workbook_state", "state", "at"), Index("ix_workbook_at", "at", "id"))
