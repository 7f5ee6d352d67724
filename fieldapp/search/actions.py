"""Keeping the index: said in the very transaction of what it tells of."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from fieldapp.core import changes
from fieldapp.core.db import table_of
from fieldapp.core.fixed import Fixed
from fieldapp.search import grams
from fieldapp.search.models import SearchRow

SPARE_BITS = 20  # below the milliseconds: things of one moment have an id each

_ROWS = table_of(SearchRow)
_KNOWN = Fixed(select(_ROWS).where(_ROWS.c.ref == bindparam("of")))
_PUT = Fixed(
    lambda dialect: changes.insert_for(dialect, _ROWS).on_conflict_do_nothing(index_elements=["id"]),
    columns=("id", "kind", "ref", "text"),
)
_TAKE = Fixed(delete(_ROWS).where(_ROWS.c.id == bindparam("row")))


def say(session: Session, kind: str, ref: UUID, at: datetime, parts: Iterable[str]) -> None:
    """Let `ref` be found by these words from now on, and by no earlier ones."""
    text = "\n".join(said for part in parts if (said := grams.fold(part)))[: grams.MOST_TEXT]
    first = _first_id(at, ref)
    known = _KNOWN.first(session, of=ref)
    if known is not None:
        if (known.text, known.id >> SPARE_BITS) == (text, first >> SPARE_BITS):
            return
        _forget(session, known)
    if not text:
        return
    id = first
    while not _PUT.run(session, id=id, kind=kind, ref=ref, text=text):
        id += 1  # something else of the same moment has it
    grams.put(session.connection(), id, kind, text)


def leave(session: Session, ref: UUID) -> None:
    """Let nobody find it any more."""
    known = _KNOWN.first(session, of=ref)
    if known is not None:
        _forget(session, known)


def _forget(session: Session, known: SearchRow) -> None:
    grams.take(session.connection(), known.id, known.kind, known.text)
    _TAKE.run(session, row=known.id)


def _first_id(at: datetime, ref: UUID) -> int:
    """Ordered by time; the low bits are the thing's own, so that writers at once do not meet."""
    moment = max(0, int(at.timestamp() * 1000))
    return (moment << SPARE_BITS) | (ref.int & ((1 << (SPARE_BITS - 1)) - 1))


def forget_all(session: Session) -> None:
    """An empty index, to be filled again."""
    session.execute(delete(_ROWS))
    grams.empty(session.connection())
