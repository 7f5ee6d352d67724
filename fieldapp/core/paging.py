"""Keyset paging: a list goes on after the last row it showed, so a page costs the same wherever it is."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Select, and_, or_
from sqlalchemy.orm import InstrumentedAttribute, Session

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows, and the cursor after the last of them; no cursor where the list ends."""

    items: list[T]
    next: str | None


def pack(*values: datetime | UUID | str | int | None) -> str:
    """A cursor of these values, safe in a URL."""
    plain = [value.isoformat() if isinstance(value, datetime) else str(value) if isinstance(value, UUID) else value
             for value in values]  # fmt: skip
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def unpack(cursor: str | None, *types: type) -> tuple[Any, ...] | None:
    """The values of a cursor, of these types; None for none, and for one that is not ours (the list begins anew)."""
    if not cursor:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list) or len(values) != len(types):
            return None
        return tuple(_typed(value, kind) for value, kind in zip(values, types, strict=True))
    except (ValueError, OverflowError, RecursionError, binascii.Error):
        return None


def _typed(value: Any, kind: type) -> Any:
    """The value as `pack` wrote it, and as any database can compare it. Raises ValueError, OverflowError."""
    if kind is int and type(value) is int and abs(value) < 2**63:
        return value
    if not isinstance(value, str) or kind is int:
        raise ValueError(value)
    if kind is datetime:
        return _moment(value)
    if kind is UUID:
        return UUID(value)
    if "\x00" in value or value != value.encode(errors="ignore").decode():
        raise ValueError("what no database takes as text")
    return value


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at.astimezone(UTC)


def page(rows: list[T], limit: int, cursor_of: Any) -> Page[T]:
    """A page from up to `limit` + 1 rows."""
    more = len(rows) > limit
    items = rows[:limit]
    return Page(items, cursor_of(items[-1]) if more and items else None)


def by_time(
    session: Session, query: Select[T], at: InstrumentedAttribute[datetime], id: InstrumentedAttribute[UUID], *,
    after: str | None, limit: int, oldest_first: bool = False,
) -> Page[T]:  # fmt: skip
    """A page of these rows, newest first, by a time and the id of each."""
    if (start := unpack(after, datetime, UUID)) is not None:
        then, last = start
        beyond = (
            or_(at > then, and_(at == then, id > last)) if oldest_first else or_(at < then, and_(at == then, id < last))
        )
        query = query.where(beyond)
    order = (at, id) if oldest_first else (at.desc(), id.desc())
    rows = list(session.scalars(query.order_by(*order).limit(limit + 1)))
    return page(rows, limit, lambda row: pack(getattr(row, at.key), getattr(row, id.key)))
