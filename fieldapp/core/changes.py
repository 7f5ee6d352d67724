"""What changed in the data that phones carry, in commit order."""

from collections.abc import Callable, Iterable
from uuid import UUID

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from fieldapp.core import clock
from fieldapp.core.db import Ending, at_end, table_of
from fieldapp.core.fixed import Fixed
from fieldapp.core.models import Change, Counter

REFERENCE = "reference"

_COUNTERS = table_of(Counter)
_CHANGES = table_of(Change)
_MOVE = Fixed(
    update(_COUNTERS)
    .where(_COUNTERS.c.name == bindparam("counter"))
    .values(value=_COUNTERS.c.value + bindparam("by"))
    .returning(_COUNTERS.c.value)
)


def insert(session: Session, table: type) -> sqlite.Insert | postgresql.Insert:
    """An INSERT of the session's dialect, for `on_conflict_do_…`."""
    return insert_for(session.get_bind().dialect.name, table)


def insert_for(dialect: str, table: type | Table) -> sqlite.Insert | postgresql.Insert:
    made: sqlite.Insert | postgresql.Insert = (sqlite if dialect == "sqlite" else postgresql).insert(table)
    return made


def bump(session: Session, counter: str, by: int = 1) -> int:
    """Move a counter on and return its new value. Only from an ending (core.db.at_end)."""
    value: int | None = _MOVE.scalar(session, counter=counter, by=by)
    if value is None:
        new = insert(session, Counter).values(name=counter, value=0)
        session.connection().execute(new.on_conflict_do_nothing())
        value = int(_MOVE.scalar(session, counter=counter, by=by))
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
    said = {"version": version, "changed_at": clock.now()}
    rows = ({"kind": kind, "row": row, "removed": removed, **said} for (kind, row), removed in noted.items())
    _WRITE.run_each(session, rows)


def _write(dialect: str) -> sqlite.Insert | postgresql.Insert:
    statement = insert_for(dialect, _CHANGES)
    new = {name: statement.excluded[name] for name in ("version", "removed", "changed_at")}
    made: sqlite.Insert | postgresql.Insert = statement.on_conflict_do_update(index_elements=["kind", "row"], set_=new)
    return made


_WRITE = Fixed(_write)


def current(session: Session) -> int:
    """The version of the reference data as this transaction sees it."""
    return session.scalar(select(Counter.value).where(Counter.name == REFERENCE)) or 0


def since(session: Session, version: int, kinds: Iterable[str]) -> list[Change]:
    """What changed after `version`, oldest first."""
    query = select(Change).where(Change.version > version, Change.kind.in_(list(kinds)))
    return list(session.scalars(query.order_by(Change.version, Change.kind, Change.row)))
