"""Two machines behind a real Caddy, one PostgreSQL, one S3 store, one Redis; each is killed and comes back.

    python -m tests.fleet.two_machines [--visits N] [--photos N] [--seed N] [--kills N]

The phones' day is the fleet's. Caddy runs the lines that docs/deploy.md shows for several machines; of the stores, the
S3 gateway and the Redis are killed as well, on the way.
"""

import os
import re
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fieldapp.settings import Settings
from tests.deploy.shared import Bucket, Process, Valkey
from tests.fleet import ending
from tests.fleet.run import Fleet, Plan
from tests.fleet.server import SECRET, Postgres, Server

DEPLOY = Path(__file__).parents[2] / "docs" / "deploy.md"
STICKY = "lb_policy header Cookie"
NAMES = ("fieldapp-1:8000", "fieldapp-2:8000")


class Caddy(Process):
    """In front of both."""

    def __init__(self, folder: Path, ports: list[int], *, spread: bool) -> None:
        super().__init__(folder)
        shown = caddyfile(DEPLOY.read_text(encoding="utf-8"), self.port, ports)
        (folder / "Caddyfile").write_text(shown.replace(STICKY, "lb_policy random") if spread else shown)

    @property
    def command(self) -> list[str]:
        caddy = str(Path(sys.executable).parent / "caddy")
        return [caddy, "run", "--config", str(self.folder / "Caddyfile"), "--adapter", "caddyfile"]

    @property
    def environ(self) -> dict[str, str]:
        return {**os.environ, "XDG_DATA_HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder)}

    @property
    def answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2).close()
        except OSError:
            return False
        return True


def caddyfile(docs: str, port: int, ports: list[int]) -> str:
    """What the docs show for several machines, on this one and without a certificate."""
    (shown,) = [
        block for block in re.findall(r"^```\n(.*?)^```", docs, re.M | re.S) if f"reverse_proxy {NAMES[0]}" in block
    ]
    for name, own in zip(NAMES, ports, strict=True):
        shown = shown.replace(name, f"127.0.0.1:{own}")
    assert "fieldapp.example {" in shown and STICKY in shown
    shown = shown.replace("fieldapp.example {", f"http://:{port} {{")
    return "{\n\tadmin off\n\tauto_https off\n}\n" + shown


class Machines(Server):
    """Two of them, taken for one server: whatever is done to it is done to one machine, then to the other."""

    def __init__(
        self, folder: Path, database_url: str, postgres: Postgres, bucket: Bucket, valkey: Valkey, *, spread: bool
    ) -> None:
        super().__init__(folder, database_url, postgres=postgres)
        self.bucket, self.valkey = bucket, valkey
        shared = {"files_url": bucket.url, "redis_url": valkey.url}
        self.each = [
            Server(folder / name, database_url, data_dir=folder / name / "data", threads=32, **shared)
            for name in ("one", "two")
        ]
        self.settings = Settings(
            data_dir=self.each[0].settings.data_dir, database_url=database_url, secret_key=SECRET, threads=64, **shared
        )
        self.caddy = Caddy(folder / "caddy", [machine.port for machine in self.each], spread=spread)
        self.port = self.caddy.port
        self._turn = 0

    @property
    def everywhere(self) -> list[Settings]:
        return [self.settings, self.each[1].settings]

    def migrate(self) -> None:
        super().migrate()
        for machine in self.each:
            machine.settings.parts_dir.mkdir(parents=True, exist_ok=True)

    def start(self) -> None:
        with self._changing:
            for machine in self.each:
                if machine.live is None or machine.live.process.poll() is not None:
                    machine.start()
            if self.caddy.process is None:
                self.caddy.start()

    def _next(self) -> Server:
        self._turn += 1
        return self.each[self._turn % 2]

    def kill(self) -> None:
        """One machine; the other goes on serving."""
        with self._changing:
            self._next().kill()
            self.kills += 1

    def kill_web(self) -> None:
        with self._changing:
            self._next().kill_web()
            self.kills += 1

    def kill_jobs(self) -> None:
        with self._changing:
            self._next().kill_jobs()
            self.kills += 1

    def restart_stores(self) -> None:
        """The S3 gateway and the Redis go and come back; the machines go on running."""
        with self._changing:
            for store in (self.bucket, self.valkey):
                store.kill()
                store.start()
            self.kills += 1

    def stop(self) -> None:
        for machine in self.each:
            machine.stop()

    def end(self) -> None:
        for machine in self.each:
            machine.kill()
        self.caddy.kill()


@contextmanager
def machines(folder: Path, *, spread: bool = False) -> Iterator[Machines]:
    """With all that they share, stopped at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    bucket, valkey = Bucket(folder / "bucket"), Valkey(folder / "valkey")
    before = dict(os.environ)
    os.environ.update(bucket.settings_of())
    postgres = Postgres(folder / "postgres")
    try:
        bucket.start()
        valkey.start()
        made = Machines(folder, postgres.database("fleet"), postgres, bucket, valkey, spread=spread)
        try:
            yield made
        finally:
            made.end()
    finally:
        bucket.kill()
        valkey.kill()
        postgres.stop()
        os.environ.clear()
        os.environ.update(before)


class Day(Fleet):
    """The fleet's, on two machines."""

    server: Machines

    def acts(self) -> list[Callable[[], None]]:
        return [*super().acts(), self.server.restart_stores]


def main() -> int:
    parser = ending.options(__doc__, seed=7)
    parser.add_argument("--visits", type=int, default=300)
    parser.add_argument("--photos", type=int, default=600)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--spread", action="store_true", help="each request to either machine, as it falls")
    ending.may_keep(parser)
    asked = parser.parse_args()
    plan = Plan(asked.visits, asked.photos, asked.seed, kills=asked.kills)
    with (
        ending.folder_of(f"machines-{asked.seed}", keep=asked.keep) as folder,
        machines(folder, spread=asked.spread) as server,
    ):
        result = Day(server, plan, ending.saying()).run()
        left = [path.name for path in server.each[1].settings.parts_dir.iterdir()]
    if result.findings.faults or left:
        print(result.findings.tell(), *left)
    print(result.line(), flush=True)
    return 0 if result.ok and not left else 1


if __name__ == "__main__":
    sys.exit(main())
