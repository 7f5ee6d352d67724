"""What changed in the data that phones carry, in commit order."""

from collections.abc import Callable, Iterable
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from fieldapp.core import clock
from fieldapp.core.db import Ending, at_end
from fieldapp.core.models import Change, Counter

REFERENCE = "reference"


def insert(session: Session, table: type) -> sqlite.Insert | postgresql.Insert:
    """An INSERT of the session's dialect, for `on_conflict_do_…`."""
    return sqlite.insert(table) if session.get_bind().dialect.name == "sqlite" else postgresql.insert(table)


def bump(session: Session, counter: str, by: int = 1) -> int:
    """Move a counter on and return its new value. Only from an ending (core.db.at_end)."""
    move = update(Counter).where(Counter.name == counter).values(value=Counter.value + by).returning(Counter.value)
    value = session.execute(move).scalar_one_or_none()
    if value is None:
        session.execute(insert(session, Counter).values(name=counter, value=0).on_conflict_do_nothing())
        value = session.execute(move).scalar_one()
    return value


def note(session: Session, kind: str, row: UUID | str, *, removed: bool = False) -> None:
    """Say that a row of the reference data changed; it gets its version when the transaction ends."""
    noted: dict[tuple[str, str], bool] = session.info.setdefault("changes", {})
    noted[kind, str(row)] = removed
    at_end(session, Ending.REFERENCE_VERSION, REFERENCE, _write_changes)


def at_version(session: Session, do: Callable[[Session, int], None]) -> None:
    """Have `do` run with the transaction's reference version, as its very last statements."""
    session.info.setdefault("at_version", []).append(do)
    at_end(session, Ending.REFERENCE_VERSION, REFERENCE, _write_changes)


def _write_changes(session: Session) -> None:
    noted: dict[tuple[str, str], bool] = session.info.pop("changes", {})
    version = bump(session, REFERENCE)
    for do in session.info.pop("at_version", []):
        do(session, version)
    for (kind, row), removed in noted.items():
        values = {"version": version, "removed": removed, "changed_at": clock.now()}
        statement = insert(session, Change).values(kind=kind, row=row, **values)
        session.execute(statement.on_conflict_do_update(index_elements=["kind", "row"], set_=values))


def current(session: Session) -> int:
    """The version of the reference data as this transaction sees it."""
    return session.scalar(select(Counter.value).where(Counter.name == REFERENCE)) or 0


def since(session: Session, version: int, kinds: Iterable[str]) -> list[Change]:
    """What changed after `version`, oldest first."""
    query = select(Change).where(Change.version > version, Change.kind.in_(list(kinds)))
    return list(session.scalars(query.order_by(Change.version, Change.kind, Change.row)))
