"""Bringing a database to the schema of this version."""

from pathlib import Path

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
    with database.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")  # table rebuilds; no-op inside a transaction
            connection.rollback()
        command.upgrade(config(connection), "head")
        connection.commit()
    with database.writing() as session:
        if session.get(Fact, EPOCH) is None:
            session.add(Fact(name=EPOCH, value=new_id().hex))


def pending(database: Database) -> bool:
    """Whether the database is older (or newer) than this version's schema."""
    with database.engine.connect() as connection:
        head = ScriptDirectory.from_config(config(connection)).get_current_head()
        return MigrationContext.configure(connection).get_current_revision() != head
