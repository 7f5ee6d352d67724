"""How rows of a register, and their history, are found."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, not_, or_, select
from sqlalchemy.orm import Session

from fieldapp.accounts import queries as accounts
from fieldapp.admin.registers.register import Register
from fieldapp.core.models import Audit
from fieldapp.core.paging import Page, by_time, pack, page, unpack

LIST_SIZE, HISTORY_SIZE = 30, 15


def listed(
    session: Session, register: Register, today: date, *, search: str = "", aside: bool = False,
    narrowed: dict[str, Any] | None = None, after: str | None = None,
) -> Page[Any]:  # fmt: skip
    """A page of the register, in its order; `aside`: those that are archived instead."""
    model: Any = register.kept.model
    query = select(model).options(*register.load)
    put_aside = register.aside(today)
    query = query.where(put_aside if aside else not_(put_aside))
    if search:
        query = query.where(register.search(search))
    for name, value in (narrowed or {}).items():
        query = query.where(getattr(model, name) == value)
    start = unpack(after, *(_type_of(column) for column in register.order))
    if start is not None:
        values = [_typed(column, value) for column, value in zip(register.order, start, strict=True)]
        query = query.where(_beyond(register.order, values, descending=register.newest_first))
    order = [column.desc() if register.newest_first else column for column in register.order]
    found = list(session.scalars(query.order_by(*order).limit(LIST_SIZE + 1)))
    return page(found, LIST_SIZE, lambda row: pack(*(_packed(getattr(row, c.key)) for c in register.order)))


def _type_of(column: Any) -> type:
    kind: type = column.type.python_type
    return str if kind is date else kind


def _typed(column: Any, value: Any) -> Any:
    return date.fromisoformat(value) if column.type.python_type is date else value


def _packed(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value


def _beyond(columns: tuple[Any, ...], values: list[Any], *, descending: bool) -> ColumnElement[bool]:
    """Rows after the one with these values."""
    ways = []
    for place, (column, value) in enumerate(zip(columns, values, strict=True)):
        same = [c == v for c, v in zip(columns[:place], values[:place], strict=True)]
        ways.append(and_(*same, column < value if descending else column > value))
    return or_(*ways)


def one(session: Session, register: Register, key: UUID | str | None) -> Any:
    """The row; none: there is no such thing."""
    if not key:
        return None
    model: Any = register.kept.model
    query = select(model).options(*register.load).where(getattr(model, register.kept.key) == key)
    return session.scalar(query)


@dataclass(frozen=True)
class Turn:
    """Something that was done to a row."""

    at: datetime
    by: str
    verb: str
    changes: dict[str, list[Any]]


def history(session: Session, register: Register, key: UUID | str, after: str | None = None) -> Page[Turn]:
    """What was done to a row, newest first, from the audit log."""
    subject = register.kept.subject
    query = select(Audit).where(Audit.subject_type == subject, Audit.subject_id == str(key))
    query = query.where(Audit.verb.in_([f"{subject}.{verb}" for verb in VERBS]))
    rows = by_time(session, query, Audit.at, Audit.id, after=after, limit=HISTORY_SIZE)
    names = accounts.names(session, {row.actor_id for row in rows.items if row.actor_id})
    turns = [
        Turn(row.at, names.get(row.actor_id, "") if row.actor_id else "", row.verb.split(".")[1], _changes(row.detail))
        for row in rows.items
    ]
    return Page(turns, rows.next)


VERBS = ("added", "changed", "archived", "restored", "ended", "confirmed", "merged", "stage_confirmed", "imported")


def _changes(detail: dict[str, Any]) -> dict[str, list[Any]]:
    said = dict(detail.get("changes") or {})
    if "before" in detail and "stage" in detail:  # a lead has confirmed it
        said["stage"] = [detail["before"], detail["stage"]]
    return {name: both for name, both in said.items() if isinstance(both, list) and len(both) == 2}
