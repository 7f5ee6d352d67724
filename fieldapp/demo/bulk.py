"""Many rows at once: what a synthetic zone is written with. SQLite takes executemany, PostgreSQL COPY."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.orm import Session

Row = dict[str, Any]
Convert = Callable[[Any], Any] | None


class Bulk:
    """Writes rows of any table within the session's transaction; what a row leaves out is the column's default."""

    def __init__(self, session: Session) -> None:
        connection = session.connection()
        self._dialect = connection.dialect
        self._driver: Any = connection.connection.driver_connection
        self._converts: dict[str, Sequence[Convert]] = {}

    def insert(self, table: Table, rows: list[Row]) -> None:
        if not rows:
            return
        converts = self._converts.get(table.name) or self._prepare(table)
        names = [column.name for column in table.columns if column.name in rows[0]]
        wanted = [convert for column, convert in zip(table.columns, converts, strict=True) if column.name in rows[0]]
        self._write(table.name, names, ([_said(row[n], c) for n, c in zip(names, wanted, strict=True)] for row in rows))

    def _prepare(self, table: Table) -> Sequence[Convert]:
        made = [column.type.dialect_impl(self._dialect).bind_processor(self._dialect) for column in table.columns]
        self._converts[table.name] = made
        return made

    def _write(self, table: str, names: list[str], rows: Iterable[list[Any]]) -> None:
        listed = ", ".join(f'"{name}"' for name in names)
        if self._dialect.name == "sqlite":
            marks = ", ".join("?" * len(names))
            self._driver.executemany(f'INSERT INTO "{table}" ({listed}) VALUES ({marks})', rows)  # noqa: S608
            return
        with self._driver.cursor() as cursor, cursor.copy(f'COPY "{table}" ({listed}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)


def _said(value: Any, convert: Convert) -> Any:
    return convert(value) if convert is not None else value
