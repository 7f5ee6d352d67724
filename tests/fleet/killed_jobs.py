"""The process that draws thumbnails is killed, again and again, while it draws them; then its queue is deleted.

    python -m tests.fleet.killed_jobs [--seed N] [--photos N] [--kills N] [--backend sqlite|postgres]

Nobody waits here for the leases of the dead: after each kill they are taken back, as five minutes would do it, so that
the next process meets the same photos. In the end every photo has its copies, once, and nothing else lies about.
"""

import random
import shutil
import sys
import threading
import time
from typing import Any

from sqlalchemy import func, select, update

from fieldapp.core.db import Database
from fieldapp.photos.models import Photo
from tests.fleet import ending
from tests.fleet.check import check
from tests.fleet.evening import time_passes
from tests.fleet.people import found
from tests.fleet.phone import Phone
from tests.fleet.server import Server, scratch
from tests.processes import until

PICTURES = {"small": 5, "middle": 4, "large": 3, "heic": 1, "phone": 2, "camera": 1}
MOST = 0.5  # seconds that it gets to draw in before it is killed
PATIENCE = 600.0  # seconds
WAITING = ("wanted", "making", "again")

figures: dict[str, Any] = {}


def left(db: Database) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).where(Photo.derivative.in_(WAITING))) or 0


def take_back(db: Database) -> None:
    """The leases of the dead have run out."""
    with db.writing() as session:
        session.execute(update(Photo).where(Photo.derivative_lease.is_not(None)).values(derivative_lease=None))


def drawing(db: Database) -> bool:
    with db.reading() as session:
        busy = select(func.count()).where(Photo.derivative_lease.is_not(None), Photo.derivative != "made")
        return bool(session.scalar(busy)) or left(db) == 0


def run(backend: str, seed: int, photos: int, kills: int) -> list[str]:
    folder, rng, pause = scratch("killed"), random.Random(seed), threading.Event()
    try:
        with Server.on(backend, folder) as server:
            server.migrate()
            with server.database() as db:
                zone = found(db)
            server.start()
            phone = Phone(server.url, zone.officers[0], seed=seed)
            for _ in range(photos // 2):
                shots = [phone.shot(rng.choices(list(PICTURES), list(PICTURES.values()))[0]) for _ in range(2)]
                phone.visit({"kind": "site_inspection", "project": zone.projects[0]}, shots)
            phone.finish()
            with server.database() as db:
                for _ in range(kills):
                    until("it draws", lambda: drawing(db))
                    pause.wait(rng.uniform(0, MOST))
                    figures["in_the_middle"] = figures.get("in_the_middle", 0) + (left(db) > 0)
                    server.kill_jobs()
                    take_back(db)
                server.kill()
                for queue in server.settings.data_dir.glob("jobs.db*"):
                    queue.unlink()
                take_back(db)
                server.start()
                begun = time.monotonic()
                while left(db) and time.monotonic() - begun < PATIENCE:
                    pause.wait(0.5)
                server.kill()
                time_passes(server.settings, db)
            counted = check(server.settings, [phone], zone.enterprise_of)
            figures.update(photos=counted.figures["photos"], kills=kills)
            return counted.faults
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main(argv: list[str] | None = None) -> int:
    parser = ending.options(__doc__)
    parser.add_argument("--photos", type=int, default=120)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--backend", choices=["sqlite", "postgres"], default="sqlite")
    given = parser.parse_args(argv)
    wrong = run(given.backend, given.seed, given.photos, given.kills)
    return ending.tell("killed_jobs", figures, wrong, proven=figures["in_the_middle"])


if __name__ == "__main__":
    sys.exit(main())
