"""Statements that every accepted visit runs: compiled once, then run on the driver itself.

A statement stays one of SQLAlchemy Core, so both databases and all column types are served; what is left out at each
run is what Core does around the driver's own call, which costs ten times that call (docs/decisions/0015). The session's
transaction is used, its pending objects are flushed, and errors are those that the session itself would raise.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Dialect, Executable, Float
from sqlalchemy.orm import Session

Convert = Callable[[Any], Any] | None
Values = dict[str, Any]


class Fixed:
    """One statement with its parameters left open. `write` makes it, where its text differs by database."""

    def __init__(self, statement: Executable | Callable[[str], Executable], *, columns: Iterable[str] = ()) -> None:
        """`columns`: those that an INSERT is given values for, beside those with a default."""
        self._statement, self._columns = statement, list(columns) or None
        self._made: dict[str, _Compiled] = {}

    def rows(self, session: Session, **values: Any) -> list[Any]:
        """What it finds, as named tuples."""
        connection, made = self._ready(session)
        return made.found(execute(connection, made.text, made.given(values)))

    def first(self, session: Session, **values: Any) -> Any:
        """Its first row, or none."""
        found = self.rows(session, **values)
        return found[0] if found else None

    def scalar(self, session: Session, **values: Any) -> Any:
        """The first column of its first row, or none."""
        found = self.rows(session, **values)
        return found[0][0] if found else None

    def run(self, session: Session, **values: Any) -> int:
        """Run it for its effect; how many rows that met."""
        connection, made = self._ready(session)
        cursor = execute(connection, made.text, made.given(values))
        met: int = cursor.rowcount
        cursor.close()
        return met

    def run_each(self, session: Session, rows: Iterable[Values]) -> None:
        """Run it for each of these rows."""
        connection, made = self._ready(session)
        for values in rows:
            execute(connection, made.text, made.given(values)).close()

    def _ready(self, session: Session) -> "tuple[Connection, _Compiled]":
        if session.autoflush:
            session.flush()
        connection = session.connection()
        dialect = connection.dialect
        made = self._made.get(dialect.name)
        if made is None:
            statement = self._statement(dialect.name) if callable(self._statement) else self._statement
            made = self._made[dialect.name] = _Compiled(statement, dialect, self._columns)
        return connection, made


def execute(connection: Connection, text: str, given: Any) -> Any:
    """The driver's cursor after its call. Its errors are told as SQLAlchemy tells them, lost connections too."""
    cursor = None
    try:
        cursor = connection.connection.cursor()  # a closed connection says so here
        cursor.execute(text, given)
    except Exception as error:
        connection._handle_dbapi_exception(error, text, given, cursor, None)
        raise
    return cursor


@dataclass
class _Compiled:
    """The text for one database, and how values go in and come out."""

    statement: Any
    dialect: Dialect
    columns: list[str] | None

    def __post_init__(self) -> None:
        self._compiled: Any = self.statement.compile(dialect=self.dialect, column_keys=self.columns)
        self.text = str(self._compiled)
        self._base: Values = {name: bind.effective_value for name, bind in self._compiled.binds.items()}
        self._defaults = {column.key: column.default for column in self._compiled.insert_prefetch}
        self._open = {name for name, bind in self._compiled.binds.items() if bind.required} - self._defaults.keys()
        self._order: list[str] | None = self._compiled.positiontup
        self._in = {
            name: convert for name, bind in self._compiled.binds.items() if (convert := self._binding(bind.type))
        }

    def given(self, values: Values) -> Any:
        """The parameters as the driver takes them. Raises TypeError where one is missing or none of the statement's:
        it would be NULL, or be left out, without a word."""
        if not (self._open <= values.keys() <= self._base.keys()):
            wrong = sorted(self._open - values.keys() or values.keys() - self._base.keys())
            raise TypeError(f"missing or unknown parameters: {', '.join(wrong)}")
        all_of = self._base | values
        for name, default in self._defaults.items():
            if name not in values:
                all_of[name] = default.arg(None) if default.is_callable else default.arg
        for name, convert in self._in.items():
            all_of[name] = convert(all_of[name])
        return all_of if self._order is None else [all_of[name] for name in self._order]

    def found(self, cursor: Any) -> list[Any]:
        made, converts = self._row, self._out
        found = [
            made(*[c(v) if c is not None else v for c, v in zip(converts, row, strict=True)])
            for row in cursor.fetchall()
        ]
        cursor.close()
        return found

    @cached_property
    def _row(self) -> Any:
        return namedtuple("Row", [column.key for column in self._exported], rename=True)

    @cached_property
    def _out(self) -> list[Convert]:
        return [self._result(column.type) for column in self._exported]

    @cached_property
    def _exported(self) -> list[Any]:
        return list(self.statement.exported_columns)

    def _binding(self, type_: Any) -> Convert:
        convert: Convert = type_.dialect_impl(self.dialect).bind_processor(self.dialect)
        return convert

    def _result(self, type_: Any) -> Convert:
        if isinstance(type_, Float):
            return None  # every driver gives them as they are; psycopg's processor would ask for the column's number
        convert: Convert = type_.dialect_impl(self.dialect).result_processor(self.dialect, None)
        return convert
