"""PostgreSQL is restarted under phones that send: politely, as by a crash, and by SIGKILL of its postmaster.

    python -m tests.fleet.postgres_restart [--seed N] [--rounds N] [--phones N]

The server goes on running. While its database is away it says 503 to what it cannot keep, so that the phone keeps it,
never 500; afterwards its connections are good again without anybody's help, and everything arrives once.
"""

import os
import random
import shutil
import signal
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.fleet import ending
from tests.fleet.check import check
from tests.fleet.disk_full import Listening, Told
from tests.fleet.evening import evening
from tests.fleet.people import found
from tests.fleet.phone import Phone
from tests.fleet.server import Postgres, Server, scratch
from tests.processes import children_of, running, until

HOW = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT, "killed": signal.SIGKILL}
PATIENCE = 180.0  # seconds in which the pool must have recovered, on a busy machine
AWAY = 0.5  # seconds at most, apart from the time that it takes to stop and start

figures: dict[str, Any] = {}


def stop(postgres: Postgres, how: str) -> None:
    pid = postgres.pid
    backends = children_of(pid)
    os.kill(pid, HOW[how])
    until("PostgreSQL has stopped, each of its processes", lambda: not any(map(running, {pid, *backends})))
    for mark in (postgres.home / "postmaster.pid", *postgres.home.glob(".s.PGSQL.*")):
        mark.unlink(missing_ok=True)  # of a process that nobody may have reaped yet


def until_more(told: Told, number: int) -> None:
    """So many records and photos have come in since."""
    before, pause = told.statuses[201], threading.Event()
    begun = time.monotonic()
    while told.statuses[201] < before + number:
        if time.monotonic() - begun > PATIENCE:
            raise AssertionError(f"nothing comes in any more: {told.statuses}")
        pause.wait(0.05)


def live(phone: Phone, projects: list[str], over: threading.Event) -> None:
    while not over.is_set():
        body = {"kind": "site_inspection", "project": phone.rng.choice(projects), "progress": "数据库重启"}
        phone.visit(body, [phone.shot(phone.rng.choice(["tiny", "small"])) for _ in range(phone.rng.randint(0, 2))])
        phone.flush()
        phone.now += 3600_000


def run(seed: int, rounds: int, phones: int) -> list[str]:
    folder, rng, pause = scratch("pg"), random.Random(seed), threading.Event()
    try:
        with Server.on("postgres", folder) as server:
            server.migrate()
            with server.database() as db:
                zone = found(db)
            server.start()
            assert server.postgres is not None
            told, over = Told(), threading.Event()
            fleet = [Phone(server.url, zone.officers[n], number=n, seed=seed) for n in range(phones)]
            for phone in fleet:
                phone.wire = Listening(server.url, told)
            with ThreadPoolExecutor(phones) as pool:
                living = [pool.submit(live, phone, zone.projects, over) for phone in fleet]
                restarts = [how for _ in range(rounds) for how in rng.sample(list(HOW), len(HOW))]
                try:
                    for how in restarts:
                        until_more(told, 2 * phones)
                        stop(server.postgres, how)
                        pause.wait(rng.uniform(0, AWAY))
                        server.postgres.start()
                    until_more(told, 2 * phones)
                finally:
                    over.set()
                for one in living:
                    one.result()
                list(pool.map(lambda phone: phone.finish(), fleet))
            figures.update(restarts=dict(Counter(restarts)), answers=_answers(told))
            evening(server)
            counted = check(server.settings, fleet, zone.enterprise_of)
            figures.update(visits=counted.figures["visits"], photos=counted.figures["photos"])
            return [*told.wrong, *counted.faults]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _answers(told: Told) -> dict[str, int]:
    return {str(status): number for status, number in sorted(told.statuses.items())}


def main(argv: list[str] | None = None) -> int:
    parser = ending.options(__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="of one restart of each kind")
    parser.add_argument("--phones", type=int, default=6)
    given = parser.parse_args(argv)
    wrong = run(given.seed, given.rounds, given.phones)
    return ending.tell("postgres_restart", figures, wrong, proven=figures["answers"].get("503"))


if __name__ == "__main__":
    sys.exit(main())
