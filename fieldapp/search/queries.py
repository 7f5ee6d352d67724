"""Finding by any two characters, newest first. Whether one may see what was found is the caller's `where`."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from fieldapp.search import grams
from fieldapp.search.models import SearchRow

MOST = 1_000  # candidates looked at for one page
NEWEST = 2**63 - 1


@dataclass(frozen=True)
class Found:
    """Ids of what was found, and after which row the search goes on; none: there is no more."""

    refs: list[UUID]
    next: int | None


def find(
    session: Session, kind: str, query: str, *, where: ColumnElement[bool], after: int | None = None, limit: int
) -> Found:
    """Things of this kind that hold every word of `query`. One that is a single character finds nothing here."""
    words = grams.words(query)
    looked_for = set().union(*(grams.pairs(word) for word in words))
    if not looked_for:
        return Found([], None)
    candidates = grams.found(session, kind, looked_for, before=after or NEWEST, most=MOST)
    if not candidates:
        return Found([], None)
    rows = select(SearchRow.id, SearchRow.ref).where(SearchRow.id.in_(candidates), where)
    for word in words:
        rows = rows.where(SearchRow.text.contains(word, autoescape=True))
    found = session.execute(rows.order_by(SearchRow.id.desc()).limit(limit + 1)).all()
    if len(found) > limit:
        return Found([row.ref for row in found[:limit]], found[limit - 1].id)
    return Found([row.ref for row in found], candidates[-1] if len(candidates) == MOST else None)
