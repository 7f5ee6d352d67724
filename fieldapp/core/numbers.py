"""Human numbers (ZF-2026-000128): given at the end of a transaction, never reused."""

import json
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, or_, select, union_all
from sqlalchemy.orm import Session

from fieldapp.core import facts
from fieldapp.core.changes import bump
from fieldapp.core.fixed import Fixed
from fieldapp.core.models import Counter, Fact, Reserved
from fieldapp.core.payload import OFFICE

VISIT, ISSUE = "ZF", "XQ"
BASE = "counters_at_epoch"  # a fact: where the counters of this server began, after a restore
LIFT = "lift_at_epoch"  # and how many numbers of a series the lost server can have given since its backup
MOST_A_DAY, MOST_LIFT = 1_000, 10_000
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


def note_base(session: Session, since_backup: timedelta) -> None:
    """Remember where the counters stand at the beginning of this server's life, and how far the lost server can have
    come since the backup, so that no phone drives them away. A day begun counts whole, and one more: clocks differ."""
    counters = {row.name: row.value for row in session.execute(select(Counter.name, Counter.value))}
    lift = min(MOST_LIFT, MOST_A_DAY * (2 + max(0, since_backup.days)))
    for name, value in ((BASE, json.dumps(counters)), (LIFT, str(lift))):
        facts.put_text(session, name, value)


def highest_before(session: Session) -> dict[str, int]:
    """The highest number of each series that the server before this one can have given. A server that was never
    restored has none before it."""
    known = {row.name: row.value for row in session.scalars(select(Fact).where(Fact.name.in_([BASE, LIFT])))}
    began: dict[str, int] = json.loads(known.get(BASE, "{}"))
    lift = int(known.get(LIFT, MOST_LIFT))
    return {counter: value + lift for counter, value in began.items()}
