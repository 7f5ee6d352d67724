"""The database: one engine, `reading()` and `writing()`, and the things that must come last in a transaction.

SQLite takes its write lock at BEGIN (IMMEDIATE): a deferred one lost 1,418 of 1,600 writes to "database is locked".
Counters move at the very end of a transaction and always in the order of `Ending`, so that commit order is version
order and no two writers can deadlock on them (docs/decisions/0003).
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any, TypeVar, cast
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, Table, TypeDecorator, create_engine, event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from fieldapp.core.fixed import execute

T = TypeVar("T")
BUSY_SECONDS = 15
PRAGMAS = (
    "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16000", "temp_store=MEMORY",
    "wal_autocheckpoint=4000",  # pages, 16 MB: a page that many visits write is carried over once for all of them
)  # fmt: skip
ASK_AFTER = 2.0  # seconds unused, after which a PostgreSQL connection is asked whether it still lives
RETRYABLE = {"40001", "40P01"}  # PostgreSQL: serialization failure, deadlock


def new_id() -> UUID:
    """A UUIDv7: made by whoever creates the row, sortable by its time of making."""
    made: UUID = uuid_utils.compat.uuid7()
    return made


def uuid_of(text: str | None) -> UUID | None:
    """The id that this says; none where it is none."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC on our side, whatever the database keeps. Naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime}


class Archivable(Base):
    """A row that leaves the lists to choose from, and is never deleted."""

    __abstract__ = True
    archived_at: Mapped[datetime | None] = mapped_column(sort_order=1)


class Ending(IntEnum):
    """What comes at the end of a transaction, in this order."""

    WORDS = 0  # of the search: before the counters, which nobody should hold for long
    PROJECT_VERSION = 1
    VISIT_NUMBER = 2
    ISSUE_NUMBER = 3
    REFERENCE_VERSION = 4
    ANSWER = 5  # only reads: what will be answered once this is committed


def table_of(model: type["Base"]) -> Table:
    """The model's table, for statements of Core: `__table__` is declared as less than it is."""
    return cast(Table, model.__table__)


def alone_on(session: Session, table: type["Base"]) -> None:
    """Until this transaction ends nobody else writes to the table; who was writing has come to an end. SQLite has one
    writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"LOCK TABLE {table.__tablename__} IN SHARE ROW EXCLUSIVE MODE"))


def at_end(session: Session, ending: Ending, key: str, do: Callable[[Session], None]) -> None:
    """Have `do` run just before the commit, once a `key`, after every ending that ranks before it."""
    session.info.setdefault("endings", {}).setdefault((ending, key), do)


def _run_endings(session: Session) -> None:
    session.flush()
    endings: dict[tuple[Ending, str], Callable[[Session], None]] = session.info.get("endings", {})
    while endings:
        rank = min(endings)
        endings.pop(rank)(session)
    session.flush()


class Database:
    """`engine` reads and, on PostgreSQL, writes; SQLite has one connection that writes, and all writers wait for it."""

    def __init__(self, url: str, *, pool_size: int = 20) -> None:
        sqlite = url.startswith("sqlite")
        self.engine = _sqlite(url, pool_size) if sqlite else _postgresql(url, pool_size)
        self._writing_engine = _sqlite_writer(url) if sqlite else self.engine
        self._writers = sessionmaker(self._writing_engine, expire_on_commit=False)
        # PostgreSQL enforces the read-only half itself, SQLite by query_only.
        reader = self.engine.execution_options(fieldapp_reading=True, postgresql_readonly=True)
        self._readers = sessionmaker(reader, expire_on_commit=False, autoflush=False)

    @property
    def dialect(self) -> str:
        return self.engine.dialect.name

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that cannot write."""
        with self._readers() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction: committed at the end of the block, rolled back on any error."""
        with self._writers() as session:
            try:
                yield session
                _run_endings(session)
                session.commit()
            except BaseException:
                session.rollback()
                raise

    def write(self, do: Callable[[Session], T]) -> T:
        """Run `do` in one transaction; once more after a serialization failure or a deadlock."""
        try:
            with self.writing() as session:
                return do(session)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in RETRYABLE:
                raise
        with self.writing() as session:
            return do(session)

    def write_once(self, do: Callable[[Session], T]) -> T:
        """As `write`, for a form that may come twice at once: where the other one was first, `do` finds its row."""
        try:
            return self.write(do)
        except IntegrityError:
            return self.write(do)

    def close(self) -> None:
        self.engine.dispose()
        self._writing_engine.dispose()


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _postgresql(url: str, pool_size: int) -> Engine:
    engine = create_engine(url, pool_size=pool_size, max_overflow=50, pool_use_lifo=True, json_serializer=_dumps)

    def returned(_driver: Any, record: Any) -> None:
        record.info["returned"] = time.monotonic()

    def asked_after_a_pause(driver: Any, record: Any, _proxy: Any) -> None:
        """A connection just used is taken to live: asking it each time costs more than most statements."""
        if time.monotonic() - record.info.get("returned", time.monotonic()) < ASK_AFTER:
            return
        try:
            engine.dialect.do_ping(driver)
        except Exception as error:
            raise DisconnectionError from error

    event.listen(engine, "checkin", returned)
    event.listen(engine, "checkout", asked_after_a_pause)
    return engine


def _sqlite(url: str, pool_size: int) -> Engine:
    """Connections that were used last are used next: their pages and statements are still at hand."""
    engine = create_engine(url, pool_size=pool_size, max_overflow=50, pool_use_lifo=True, **_OF_SQLITE)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "connect", _only_queries)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _sqlite_writer(url: str) -> Engine:
    """One connection, which its threads take in turn: SQLite itself lets them wait by sleeping, and in no order. It
    also keeps what it has read: nobody else of this process writes."""
    engine = create_engine(url, pool_size=1, max_overflow=0, pool_timeout=BUSY_SECONDS, **_OF_SQLITE)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


_OF_SQLITE: dict[str, Any] = {
    "json_serializer": _dumps,
    "connect_args": {"timeout": BUSY_SECONDS, "check_same_thread": False},
}


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _only_queries(connection: Any, record: Any) -> None:
    connection.execute("PRAGMA query_only=ON")
    record.info["query_only"] = True


def _begin_sqlite(connection: Connection) -> None:
    """A connection of `engine` reads, unless somebody (a migration) uses the engine itself."""
    reading = connection.get_execution_options().get("fieldapp_reading", False)
    if connection.info["query_only"] != reading:
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
        connection.info["query_only"] = reading
    if reading:
        execute(connection, "BEGIN", ())
    else:
        _begin_immediate(connection)


def _begin_immediate(connection: Connection) -> None:
    execute(connection, "BEGIN IMMEDIATE", ())
