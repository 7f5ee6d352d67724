"""`fieldapp doctor`: what is wrong with an installation, and what to do about it. It changes nothing.

The checks are in `setting_checks`, `record_checks` and `file_checks`; each yields findings. One that cannot be made is
a finding as well, and holds up none of the others.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

from sqlalchemy import text

import fieldapp
from fieldapp.core import clock, migrate
from fieldapp.core.db import Database
from fieldapp.core.files import Files
from fieldapp.settings import Settings
from fieldapp.upkeep import dump, file_checks, record_checks, setting_checks
from fieldapp.upkeep.examining import Examination, Finding, Limits
from fieldapp.upkeep.place import UNDER_WAY, under_way

UNREADABLE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
Check = Callable[[Examination], Iterator[Finding]]


@dataclass
class Examined:
    """What was looked at, and what was found."""

    version: str
    at: str
    findings: list[Finding] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)


def examine(settings: Settings, *, deep: bool = False, limits: Limits | None = None) -> Examined:
    """Look at everything; `deep`: read every photo as well."""
    found = Examined(fieldapp.__version__, clock.now().isoformat())
    with ExitStack() as held:
        database = Database(settings.database)
        held.callback(database.close)
        this = Examination(settings, database, Files(settings.files), limits or Limits(), deep)
        _look(found, this, setting_checks.ALL)
        usable = _look(found, this, (_whole, _database_is_usable))
        if usable:
            _look(found, this, (*record_checks.ALL, *file_checks.ALL))
    return found


def _look(found: Examined, this: Examination, checks: tuple[Check, ...]) -> bool:
    """Whether nothing was found."""
    before = len(found.findings)
    for check in checks:
        name = check.__name__.strip("_").replace("_", "-")
        found.checked.append(name)
        try:
            found.findings += check(this)
        except Exception as error:
            found.findings.append(_not_made(name, error))
    return len(found.findings) == before


def _not_made(name: str, error: Exception) -> Finding:
    why = str(error).strip().splitlines()
    if getattr(getattr(error, "orig", None), "sqlite_errorcode", 0) & 0xFF in UNREADABLE:
        return Finding("database-damaged", "The database file is damaged.", record_checks.RESTORE, why[:1])
    return Finding(
        "check-failed",
        f"The check {name} could not be made: {type(error).__name__}" + (f": {why[0][:300]}" if why else ""),
        "Mend what the message names (a database that does not answer, a folder that may not be read).",
    )


def _whole(this: Examination) -> Iterator[Finding]:
    if under_way(this.settings):
        yield Finding(
            "restore-broken-off",
            f"A restore was broken off ({this.settings.data_dir / UNDER_WAY} is there): what is here is not whole.",
            "Run `fieldapp restore` with the same backup again.",
        )


def _database_is_usable(this: Examination) -> Iterator[Finding]:
    """There, reachable, at this version's schema. Without that, asking it more would only fail."""
    path = dump.file_of(this.settings.database)
    if path is not None and not path.is_file():
        yield Finding(
            "database-missing", f"There is no database at {path}.", "Run `fieldapp init`, or restore a backup."
        )
        return
    with this.database.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        revision = migrate.revision(connection)
    if revision == migrate.head():
        return
    if revision is not None and not migrate.is_known(revision):
        yield Finding(
            "database-newer",
            f"The database is of a newer version (migration {revision}) than this one ({fieldapp.__version__}).",
            "Install the newer version again; an older one cannot read its database.",
        )
        return
    yield Finding(
        "migrations-pending",
        f"The database is at migration {revision or 'none'}; this version needs {migrate.head()}.",
        "Make a backup, then run `fieldapp init`.",
    )
