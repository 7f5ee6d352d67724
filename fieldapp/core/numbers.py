"""Human numbers (ZF-2026-000128): given at the end of a transaction, never reused."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, or_, select, union_all
from sqlalchemy.orm import Session

from fieldapp.core.changes import bump, insert
from fieldapp.core.fixed import Fixed
from fieldapp.core.models import Counter, Fact, Reserved
from fieldapp.core.payload import OFFICE

VISIT, ISSUE = "ZF", "XQ"
BASE = "counters_at_epoch"  # a fact: where the counters of this server began, after a restore
_RESERVED = select(Reserved.number, Reserved.id).where(
    or_(Reserved.number == bindparam("given"), Reserved.id == bindparam("for_id"))
)
_holders: dict[str, Select[Any]] = {}
_known: dict[str, Fixed] = {}


def kept_in(series: str, id: Any, number: Any) -> None:
    """Have a feature say in which columns the numbers of a series stand."""
    _holders[series] = select(id.label("id"), number.label("number"))
    used = select(number.label("number"), id.label("id")).where(number == bindparam("given"))
    _known[series] = Fixed(union_all(_RESERVED, used))


def give(session: Session, series: str, id: UUID, received_at: datetime) -> str:
    """The number of `id`: the one that its phone still holds from before a restore, else the next free one."""
    name = f"{series}-{received_at.astimezone(OFFICE).year}"
    while True:
        number = f"{name}-{bump(session, name):06d}"
        known = _known[series].rows(session, given=number, for_id=id)
        own: set[str] = {row.number for row in known if row.id == id and row.number.startswith(f"{series}-")}
        if own and (free := own - set(in_use(session, series, own))):
            return min(free)
        if all(row.number != number for row in known):
            return number


def in_use(session: Session, series: str, numbers: Collection[str]) -> dict[str, UUID]:
    """Which of these numbers somebody has, and who."""
    holders = _holders[series].subquery()
    rows = session.execute(select(holders.c.number, holders.c.id).where(holders.c.number.in_(list(numbers))))
    return {row.number: row.id for row in rows}


def with_number(session: Session, series: str, ids: Collection[UUID]) -> set[UUID]:
    """Which of these are here; they keep the number that they have."""
    holders = _holders[series].subquery()
    return set(session.scalars(select(holders.c.id).where(holders.c.id.in_(list(ids)))))


def note_base(session: Session) -> None:
    """Remember where the counters stand at the beginning of this server's life, so that no phone drives them away."""
    said = json.dumps({row.name: row.value for row in session.execute(select(Counter.name, Counter.value))})
    statement = insert(session, Fact).values(name=BASE, value=said)
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": said}))


def base(session: Session) -> dict[str, int]:
    """Where each counter began; one that is not named began at nothing."""
    known: dict[str, int] = json.loads(session.scalar(select(Fact.value).where(Fact.name == BASE)) or "{}")
    return known
