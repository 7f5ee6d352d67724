"""The audit log: one row for each write and for each export read, in the transaction of what it tells of.

Rows are written unchained, so that no write waits for another. Later the sealer gives committed rows a number and a
hash over themselves and the row before; whoever changes, removes or slips in a row breaks the chain
(`core/audit_chain.py` follows it).
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from fieldapp.core import clock
from fieldapp.core.db import table_of
from fieldapp.core.fixed import Fixed
from fieldapp.core.models import Audit


@dataclass(frozen=True)
class Origin:
    """Which request an act came with; the web layer provides it."""

    request_id: str = ""
    address: str = ""


_COLUMNS = ("at", "actor_id", "verb", "subject_type", "subject_id", "request_id", "address", "detail")
_INSERT = Fixed(insert(table_of(Audit)), columns=_COLUMNS)
_origin: list[Callable[[], Origin]] = [Origin]


def tell_origin(source: Callable[[], Origin]) -> None:
    """Let the web layer say, when asked, which request is under way."""
    _origin[0] = source


def record(
    session: Session, actor: UUID | None, verb: str, subject_type: str, subject_id: UUID | str, **detail: Any
) -> None:
    """Write that `actor` did `verb` to a subject. `detail` holds ids and short facts, never the text of a record."""
    _write(session, _origin[0](), actor, verb, subject_type, subject_id, detail)


def record_unnamed(session: Session, verb: str, subject_type: str, subject_id: UUID | str, **detail: Any) -> None:
    """Write what somebody did who was promised that nothing tells who: no account, no address, no request."""
    _write(session, Origin(), None, verb, subject_type, subject_id, detail)


def _write(
    session: Session, origin: Origin, actor: UUID | None, verb: str, subject_type: str, subject_id: UUID | str,
    detail: dict[str, Any],
) -> None:  # fmt: skip
    _INSERT.run(
        session, at=clock.now(), actor_id=actor, verb=verb, subject_type=subject_type, subject_id=str(subject_id),
        request_id=origin.request_id, address=origin.address, detail=detail,
    )  # fmt: skip


SEALER = 7_021_108  # the advisory lock's number: nobody else's
A_BATCH = 2_000
BEFORE_ALL = bytes(32)


def seal(session: Session) -> int:
    """Chain the rows committed so far, oldest first; how many. One sealer at a time, others do nothing."""
    # SQLite: a writing transaction is alone by itself.
    if session.get_bind().dialect.name == "postgresql" and not session.scalar(
        select(func.pg_try_advisory_xact_lock(SEALER))
    ):
        return 0
    last = session.execute(
        select(Audit.seq, Audit.hash).where(Audit.seq.is_not(None)).order_by(Audit.seq.desc()).limit(1)
    ).first()
    seq, before = (last.seq, last.hash) if last else (0, BEFORE_ALL)
    rows = session.scalars(select(Audit).where(Audit.seq.is_(None)).order_by(Audit.id).limit(A_BATCH)).all()
    for row in rows:
        seq += 1
        row.seq = seq
        row.hash = before = hash_of(row, before)
    session.flush()
    return len(rows)


def unsealed(session: Session) -> int:
    """How many rows are not sealed yet."""
    return session.scalar(select(func.count()).select_from(Audit).where(Audit.seq.is_(None))) or 0


def unsealed_since(session: Session) -> datetime | None:
    """When the oldest row that is not sealed was written; none: all are."""
    return session.scalar(select(func.min(Audit.at)).where(Audit.seq.is_(None)))


def hash_of(row: Any, before: bytes) -> bytes:
    """Over everything the row says, in one fixed spelling."""
    said = {
        "seq": row.seq,
        "id": str(row.id),
        "at": row.at.isoformat(),
        "actor": str(row.actor_id) if row.actor_id else None,
        "verb": row.verb,
        "subject": [row.subject_type, row.subject_id],
        "request": row.request_id,
        "address": row.address,
        "detail": row.detail,
    }
    spelt = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(before + spelt.encode()).digest()
