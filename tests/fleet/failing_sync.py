"""A disk that says no: fsync fails with EIO under the real server, and no receipt says `stored` over it.

    python -m tests.fleet.failing_sync [--seed N] [--visits N]

strace makes the syncs of the web process fail: first all of them, when not one receipt may come; then some, now here,
now there, when the phones go on as ever and everything arrives, once.
"""

import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.fleet import ending
from tests.fleet.check import check
from tests.fleet.disk_full import free_uploads
from tests.fleet.evening import evening
from tests.fleet.people import found
from tests.fleet.phone import Phone
from tests.fleet.power_cut import receipts
from tests.fleet.server import Server, scratch
from tests.processes import until

figures: dict[str, Any] = {}


@contextmanager
def failing(server: Server, when: str) -> Iterator[None]:
    """`when` in strace's words: 1+ each, 3+5 the third of a thread and then every fifth."""
    (web,) = server.web
    told = server.folder / "strace.log"
    told.unlink(missing_ok=True)
    syncs = "fsync,fdatasync"
    tracer = subprocess.Popen(
        ["strace", "-f", "-q", "-o", told, "-p", str(web), "-e", f"trace={syncs}",
         "-e", f"inject={syncs}:error=EIO:when={when}"]
    )  # fmt: skip
    try:
        until("strace holds every thread", lambda: _traced(web))
        yield
        figures["failed"] = figures.get("failed", 0) + told.read_text().count("(INJECTED)")
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait()


def _traced(pid: int) -> bool:
    from pathlib import Path

    tasks = [(task / "status").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    return all("TracerPid:\t0\n" not in status for status in tasks)


def log_visits(phone: Phone, project: str, number: int) -> None:
    for _ in range(number):
        shots = [phone.shot("small") for _ in range(phone.rng.randint(0, 2))]
        phone.visit({"kind": "site_inspection", "project": project, "progress": "磁盘出错"}, shots)


def run(seed: int, visits: int) -> list[str]:
    """What was wrong at the end; nothing, it is to be hoped."""
    folder, rng = scratch("sync"), random.Random(seed)
    try:
        with Server.on("sqlite", folder) as server:
            server.migrate()
            with server.database() as db:
                zone = found(db)
            server.start()
            phone = Phone(server.url, zone.officers[0], seed=seed)
            log_visits(phone, zone.projects[0], 1)
            phone.finish()  # signed in, and sent while the disk was well
            before = receipts([phone])
            log_visits(phone, zone.projects[0], visits)
            with failing(server, "1+"):
                for _ in range(2):
                    phone.flush()
                    phone.now += 3600_000
            wrong = [] if receipts([phone]) == before else [f"{receipts([phone]) - before} receipts without a sync"]
            for _ in range(4):
                log_visits(phone, zone.projects[0], visits)
                with failing(server, f"{rng.randint(1, 4)}+{rng.randint(2, 5)}"):
                    for _ in range(2):
                        phone.flush()
                        phone.now += 3600_000
            free_uploads(server)
            phone.finish()
            figures["receipts"] = receipts([phone])
            evening(server)
            return wrong + check(server.settings, [phone], zone.enterprise_of).faults
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main(argv: list[str] | None = None) -> int:
    parser = ending.options(__doc__)
    parser.add_argument("--visits", type=int, default=2)
    given = parser.parse_args(argv)
    wrong = run(given.seed, given.visits)
    return ending.tell("failing_sync", figures, wrong, proven=figures["failed"])


if __name__ == "__main__":
    sys.exit(main())
