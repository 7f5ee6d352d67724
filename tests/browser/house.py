"""A served application that stands for many tests; between two of them its tables are emptied."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from fieldapp.settings import Settings
from tests.conftest import SECRET, LiveServer, free_port, launch, until_ready


class House:
    def __init__(self, template: Path, folder: Path) -> None:
        self._base, self._fresh = folder / "fieldapp.db", folder / "fresh.db"
        self._log = folder / "serve.log"
        shutil.copyfile(template, self._base)
        url = f"sqlite:///{self._base}"
        self.settings = Settings(data_dir=folder / "data", database_url=url, secret_key=SECRET, threads=16)
        self._server: LiveServer | None = None
        self.open()
        with closing(sqlite3.connect(self._base)) as base:
            base.execute("VACUUM INTO ?", (str(self._fresh),))

    def open(self) -> LiveServer:
        """The server; a new one where a test has killed it."""
        if self._server is None or self._server.process.poll() is not None:
            self._server = launch(self.settings, free_port(), self._log)
            until_ready(self._server)
        return self._server

    def clear(self) -> None:
        """Every table as when the first server had just started. Files stay: they are found by their hash only."""
        with closing(sqlite3.connect(self._base, timeout=60, isolation_level=None)) as base:
            base.execute("PRAGMA foreign_keys = OFF")
            base.execute("ATTACH ? AS fresh", (str(self._fresh),))
            base.execute("BEGIN IMMEDIATE")
            found = base.execute(
                "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                " AND name NOT LIKE 'search_gram%'"  # the index of search: emptied below, its own way
            )
            for (name,) in found.fetchall():
                base.execute(f'DELETE FROM main."{name}"')
                base.execute(f'INSERT INTO main."{name}" SELECT * FROM fresh."{name}"')
            base.execute("INSERT INTO main.search_gram (search_gram) VALUES ('delete-all')")
            base.execute("COMMIT")

    def close(self) -> None:
        if self._server is not None:
            self._server.kill()
