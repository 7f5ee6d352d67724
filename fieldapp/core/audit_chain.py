"""The chain of the audit log: followed row by row, and let go of from its beginning without breaking it.

Rows that have been kept long enough may go, never one by one: first a row says up to which one, and what that one's
hash was (a checkpoint). Only when that row is itself sealed into the chain do those before it go. Whoever follows the
chain then begins behind the last checkpoint, with its hash.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from fieldapp.core import audit
from fieldapp.core.db import table_of
from fieldapp.core.models import Audit

LET_GO = "log.let-go"  # the verb of a checkpoint
_ROWS = select(*table_of(Audit).columns).where(Audit.seq.is_not(None)).order_by(Audit.seq)


@dataclass(frozen=True)
class Link:
    """A row of the chain: the next one's hash is made with this one's."""

    seq: int
    hash: bytes


Links = Iterator[Link]
BEGINNING = Link(0, audit.BEFORE_ALL)


class Broken(Exception):
    """The chain does not go on as it was written; `seq` is the first row that is missing or not as it was."""

    def __init__(self, seq: int) -> None:
        super().__init__(seq)
        self.seq = seq


@dataclass(frozen=True)
class Verdict:
    """What the chain says: up to which row it is whole, how many rows are not sealed yet, and where it broke."""

    sealed: int
    unsealed: int
    broken_at: int | None
    let_go: int = 0  # rows up to this one were let go of


def begins(session: Session) -> Link:
    """Behind which row the chain begins: the last sealed checkpoint, or nothing."""
    query = select(Audit.detail).where(Audit.verb == LET_GO, Audit.seq.is_not(None)).order_by(Audit.seq.desc()).limit(1)
    said: dict[str, Any] | None = session.scalar(query)
    return BEGINNING if said is None else Link(int(said["up_to"]), bytes.fromhex(said["hash"]))


def follow(session: Session, behind: Link, *, before: datetime | None = None) -> Links:
    """The links behind this one, a batch of rows at a time; of those written `before` only. Raises Broken."""
    while True:
        rows = session.execute(_ROWS.where(Audit.seq > behind.seq).limit(audit.A_BATCH)).all()
        for row in rows:
            if before is not None and row.at >= before:
                yield behind
                return
            if row.seq != behind.seq + 1 or row.hash != audit.hash_of(row, behind.hash):
                raise Broken(behind.seq + 1)
            behind = Link(row.seq, row.hash)
        yield behind
        if len(rows) < audit.A_BATCH:
            return


def verify(session: Session) -> Verdict:
    """Follow the chain from its beginning to its end."""
    start = last = begins(session)
    try:
        for link in follow(session, start):
            last = link
    except Broken as broken:
        return Verdict(broken.seq - 1, audit.unsealed(session), broken.seq, start.seq)
    return Verdict(last.seq, audit.unsealed(session), None, start.seq)


def last_sealed(session: Session) -> int:
    return session.scalar(select(func.max(Audit.seq))) or 0


def goes_up_to(session: Session, before: datetime) -> Link | None:
    """The last row of those from before a time, if any are here. Raises Broken: of a changed chain nothing goes."""
    start = last = begins(session)
    for link in follow(session, start, before=before):
        last = link
    return last if last.seq > start.seq else None


def announce(session: Session, last: Link, before: datetime) -> None:
    """Write the checkpoint: the rows up to this one may go."""
    audit.record(
        session, None, LET_GO, "server", "audit", up_to=last.seq, hash=last.hash.hex(),
        before=before.isoformat(timespec="minutes"),
    )  # fmt: skip


def remove_some(session: Session) -> int:
    """Remove a batch of the rows before the last sealed checkpoint; how many."""
    gone = select(Audit.id).where(Audit.seq <= begins(session).seq).order_by(Audit.seq).limit(audit.A_BATCH)
    ids = list(session.scalars(gone))
    if ids:
        session.execute(delete(Audit).where(Audit.id.in_(ids)))
    return len(ids)
