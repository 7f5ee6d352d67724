"""A real `fieldapp serve` on a zone, and what its processes use."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.bench.cost import cpu_ms, family, peak_mb, syncs
from tests.bench.zone import Zone, environ
from tests.conftest import free_port
from tests.processes import children_of, until


@dataclass(frozen=True)
class Spent:
    """CPU milliseconds of each part."""

    web: float
    jobs: float
    database: float

    def since(self, before: "Spent") -> "Spent":
        return Spent(self.web - before.web, self.jobs - before.jobs, self.database - before.database)


@dataclass(frozen=True)
class Server:
    port: int
    pid: int
    zone: Zone

    def _jobs(self) -> set[int]:
        return set().union(*(family(pid) for pid in children_of(self.pid, "worker")))

    def _web(self) -> set[int]:
        return family(self.pid) - self._jobs()

    def _database(self) -> set[int]:
        return family(self.zone.postmaster) if self.zone.postmaster else set()

    def spent(self) -> Spent:
        return Spent(cpu_ms(self._web()), cpu_ms(self._jobs()), cpu_ms(self._database()))

    def peak_mb(self) -> float:
        return peak_mb(self._web())

    def syncs(self, do: Callable[[], object]) -> int | None:
        return syncs(self._web() | self._database(), do, self.zone.settings.data_dir)


@contextmanager
def serving(zone: Zone, workers: int | None) -> Iterator[Server]:
    """Started with the defaults that an installation has."""
    port = free_port()
    more = ["--workers", str(workers)] if workers else []
    with (zone.settings.data_dir / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "fieldapp", "serve", "--port", str(port), *more],
            env=environ(zone), stdout=log, stderr=log,
        )  # fmt: skip
    try:
        server = Server(port, process.pid, zone)
        until("the server's jobs run", lambda: process.poll() is not None or bool(children_of(process.pid, "worker")))
        yield server
    finally:
        process.terminate()
        process.wait()
