"""Bringing a database to the schema of this version."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from fieldapp.core.db import Database, new_id
from fieldapp.core.models import Fact

SCRIPTS = Path(__file__).parents[2] / "migrations"
EPOCH = "server_epoch"


def config(connection: Connection) -> Config:
    made = Config()
    made.set_main_option("script_location", str(SCRIPTS))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def upgrade(database: Database) -> None:
    """Run every migration that is still to come, then make sure this server has its epoch."""
    with database.engine.connect() as connection, _keys_unchecked(connection):
        command.upgrade(config(connection), "head")
        connection.commit()
    with database.writing() as session:
        if session.get(Fact, EPOCH) is None:
            session.add(Fact(name=EPOCH, value=new_id().hex))


@contextmanager
def _keys_unchecked(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by rebuilding it, which must not be taken for deleting what others point to.

    Said to the driver itself: inside a transaction, which SQLAlchemy would begin first, SQLite ignores it."""
    if connection.dialect.name != "sqlite":
        yield
        return
    raw: Any = connection.connection.driver_connection
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys=ON")


def pending(database: Database) -> bool:
    """Whether the database is older (or newer) than this version's schema."""
    with database.engine.connect() as connection:
        return revision(connection) != head()


def revision(connection: Connection) -> str | None:
    """The newest migration that this database has had."""
    return MigrationContext.configure(connection).get_current_revision()


def is_known(name: str) -> bool:
    """Whether this version has that migration: else the database comes from a newer one."""
    return name in {script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions()}


@cache
def head() -> str | None:
    """The newest revision that this version knows; read from the scripts once a process."""
    return ScriptDirectory(str(SCRIPTS)).get_current_head()
