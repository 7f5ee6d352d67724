"""A database as one file, and back: SQLite by its online backup, PostgreSQL by pg_dump and pg_restore."""

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from psycopg.conninfo import make_conninfo
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.orm import Session

from fieldapp.core.db import BUSY_SECONDS, Database
from fieldapp.core.disk import sync
from fieldapp.upkeep.place import Trouble

STEP = 1_000  # pages a step: between two, a stop is heard
PASSWORDS = {"password": "PGPASSWORD", "sslpassword": "PGSSLPASSWORD"}


@dataclass(frozen=True)
class Dumped:
    """A dump, and a session that reads exactly what went into it."""

    session: Session
    with_version: str = ""  # of pg_dump


def file_of(url: str) -> Path | None:
    """The file of an SQLite database; none: it is another's."""
    known = make_url(url)
    if known.get_backend_name() != "sqlite":
        return None
    if not known.database or known.database == ":memory:":
        raise Trouble("a database in memory can be neither backed up nor restored")
    return Path(known.database)


@contextmanager
def dumped(url: str, pg_bin: str, target: Path) -> Iterator[Dumped]:
    """Write the database, as it is at this moment, to `target`, while others go on writing to it."""
    source = file_of(url)
    if source is None:
        with _dumped_postgres(url, pg_bin, target) as done:
            yield done
        return
    _copy(source, target)
    sync(target)
    engine = create_engine(f"sqlite:///file:{quote(str(target))}?mode=ro&immutable=1&uri=true")
    try:
        with Session(engine) as session:
            yield Dumped(session)
    finally:
        engine.dispose()


def _copy(source: Path, target: Path) -> None:
    if not source.is_file():
        raise Trouble(f"there is no database at {source}")
    target.touch(mode=0o600)
    with (
        closing(sqlite3.connect(f"file:{quote(str(source))}?mode=rw", uri=True, timeout=BUSY_SECONDS)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        live.isolation_level = copy.isolation_level = None
        # A held snapshot: without it each write of another process would begin the copy anew, for ever under load.
        # In WAL mode it holds no writer up.
        live.execute("BEGIN")
        live.execute("SELECT count(*) FROM sqlite_master").fetchone()
        live.backup(copy, pages=STEP)
        live.execute("ROLLBACK")
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, whole in itself
        said = [row[0] for row in copy.execute("PRAGMA quick_check(3)")]
        if said != ["ok"]:
            raise Trouble(f"the database is damaged: {'; '.join(said)}. No backup was made; keep the earlier ones")


@contextmanager
def _dumped_postgres(url: str, pg_bin: str, target: Path) -> Iterator[Dumped]:
    engine = create_engine(url).execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    try:
        with Session(engine) as session:
            tool, version = _tool("pg_dump", pg_bin)
            server = int(session.scalar(text("SHOW server_version_num")) or 0) // 10_000
            if version < server:
                raise Trouble(
                    f"{tool} is of version {version}, the server of version {server}, and an older pg_dump cannot "
                    f"read a newer server: install its client programs (Debian: postgresql-client-{server}), or set "
                    "FIELDAPP_PG_BIN to the folder where they are"
                )
            snapshot = session.scalar(text("SELECT pg_export_snapshot()"))
            target.touch(mode=0o600)
            how = ("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={target}")
            _run(tool, url, *how)
            sync(target)
            yield Dumped(session, str(version))
    finally:
        engine.dispose()


def load_postgres(url: str, pg_bin: str, source: Path, dumped_with: str) -> None:
    """Put a dump into an empty PostgreSQL database, whole or not at all."""
    tool, version = _tool("pg_restore", pg_bin)
    if version < int(dumped_with or 0):
        raise Trouble(
            f"{tool} is of version {version}, this backup was made with pg_dump {dumped_with}: install client programs "
            f"of version {dumped_with} or later, or set FIELDAPP_PG_BIN to the folder where they are"
        )
    _run(tool, url, "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", str(source))


def is_empty(url: str) -> bool:
    """Whether nothing lies in the database yet, not even a table."""
    path = file_of(url)
    if path is not None:
        # The log of a database that was moved away would be taken for the new one's, and undo it without a word.
        return not any(path.with_name(path.name + more).exists() for more in ("", "-wal", "-journal"))
    database = Database(url)
    try:
        with database.reading() as session:
            found = "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
            return not session.scalar(text(found))
    finally:
        database.close()


def _tool(name: str, pg_bin: str) -> tuple[str, int]:
    """A PostgreSQL program and its major version."""
    path = shutil.which(name, path=pg_bin or None)
    if path is None:
        where = f"in FIELDAPP_PG_BIN ({pg_bin})" if pg_bin else "on the PATH"
        raise Trouble(
            f"{name} was not found {where}: install PostgreSQL's client programs (Debian: postgresql-client), or set "
            "FIELDAPP_PG_BIN to the folder where they are"
        )
    told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"(\d+)", told)
    if version is None:
        raise Trouble(f"{path} does not say its version")
    return path, int(version[1])


def _run(tool: str, url: str, *arguments: str) -> None:
    """Run a PostgreSQL program on our database. A password goes by the environment: anyone may read arguments."""
    known: dict[str, Any] = make_url(url).translate_connect_args(username="user", database="dbname")
    known |= {name: value if isinstance(value, str) else value[-1] for name, value in make_url(url).query.items()}
    environ = os.environ | {PASSWORDS[name]: known.pop(name) for name in PASSWORDS if name in known}
    done = subprocess.run(
        [tool, "--no-password", f"--dbname={make_conninfo(**known)}", *arguments],
        env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise Trouble(f"{tool} failed: {done.stderr.strip()[-2000:]}")
