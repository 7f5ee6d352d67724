"""The disk fills up while phones send, stays full, and is freed again.

    python -m tests.fleet.disk_full [--seed N] [--visits N]

The data folder, SQLite and all, lies on a small tmpfs. While there is no room, what cannot be kept is refused by a 503
or 507 of ours, and no phone gets a receipt for what is not here; pages are still read. Freed, everything arrives.
"""

import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import update

from fieldapp.core.files import Files
from fieldapp.photos.models import Upload
from tests.fleet import ending
from tests.fleet.check import Held, check
from tests.fleet.evening import evening
from tests.fleet.people import found
from tests.fleet.phone import Phone
from tests.fleet.power_cut import receipted
from tests.fleet.server import Server, scratch
from tests.fleet.wire import Answer, Wire

MEGABYTES = 24
LEFT = (0, 4_096, 20_000, 70_000, 200_000, 600_000)  # bytes left when nobody else may write: nothing, or a little

figures: dict[str, Any] = {}


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    place.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


@dataclass
class Ballast:
    """A file that takes the room from everybody else."""

    disk: Path

    def fill(self, left: int) -> None:
        with (self.disk / "ballast").open("ab", buffering=0) as ballast, suppress(OSError):  # others write as well
            while (room := shutil.disk_usage(self.disk).free - left) > 0:
                ballast.write(bytes(min(room, 65_536)))

    def drop(self) -> None:
        (self.disk / "ballast").unlink(missing_ok=True)


class Listening(Wire):
    """A connection that remembers how it was answered."""

    def __init__(self, url: str, told: "Told") -> None:
        super().__init__(url)
        self._told = told

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
        answer = super().ask(method, path, headers, body)
        self._told.hear(method, path, answer)
        return answer


@dataclass
class Told:
    """The answers that came while the disk was full."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def hear(self, method: str, path: str, answer: Answer) -> None:
        self.statuses[answer.status] += 1
        said = answer.json if isinstance(answer.json, dict) else {}
        ours = bool(said.get("code") and said.get("request_id"))
        if answer.status in (0, 500) or (answer.status in (503, 507) and not (ours and answer.retry_after)):
            self.wrong.append(f"{method} {path.rpartition('/')[0]}: {answer.status} {answer.body[:200]!r}")


def missing(server: Server, phones: list[Phone]) -> list[str]:
    """What a phone holds a receipt of and the server does not have."""
    with server.database() as db, db.reading() as session:
        return receipted(Held(session), Files(server.settings.files), phones)[2]


def free_uploads(server: Server) -> None:
    """Ninety seconds later: the lease of a writer that could not even say that it gave up has run out."""
    with server.database() as db, db.writing() as session:
        session.execute(update(Upload).where(Upload.lease_until.is_not(None)).values(lease=None, lease_until=None))


def run(seed: int, visits: int) -> list[str]:
    folder, rng = scratch("full"), random.Random(seed)
    try:
        with small_disk(folder / "disk", MEGABYTES) as disk:
            database = f"sqlite:///{disk / 'fieldapp.db'}"
            server = Server(folder, database, data_dir=disk / "data")
            try:
                return _run(server, disk, seed, rng, visits)
            finally:
                server.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(server: Server, disk: Path, seed: int, rng: random.Random, visits: int) -> list[str]:
    server.migrate()
    with server.database() as db:
        zone = found(db)
    server.start()
    told, ballast, lost = Told(), Ballast(disk), []
    phones = [Phone(server.url, zone.officers[n], number=n, seed=seed) for n in range(3)]
    for phone in phones:
        log_visits(phone, zone.projects, 1)
        phone.finish()
        phone.wire = Listening(server.url, told)
    order = [*LEFT]
    rng.shuffle(order)
    for left in order:
        ballast.fill(left)
        for phone in phones:
            log_visits(phone, zone.projects, visits)
            for _ in range(3):
                phone.flush()
                phone.now += 3600_000
        phones[0].wire.close()  # idle while the others sent: the server has let go of it after 30 s
        page = phones[0].ask("GET", f"/projects/{rng.choice(zone.projects)}")
        told.wrong += [] if page.status == 200 else [f"a timeline cannot be read: {page.status}"]
        lost += missing(server, phones)
        ballast.drop()
        phones[0].flush()
    figures.update(answers={str(status): n for status, n in sorted(told.statuses.items())})
    free_uploads(server)
    for phone in phones:
        phone.finish()
    evening(server)
    counted = check(server.settings, phones, zone.enterprise_of)
    figures.update(visits=counted.figures["visits"], photos=counted.figures["photos"])
    return [*lost, *told.wrong, *counted.faults]


def log_visits(phone: Phone, projects: list[str], number: int) -> None:
    for _ in range(number):
        body = {"kind": "site_inspection", "project": phone.rng.choice(projects), "progress": "磁盘已满 " * 20}
        phone.visit(body, [phone.shot(phone.rng.choice(["tiny", "middle"])) for _ in range(phone.rng.randint(0, 2))])


def main(argv: list[str] | None = None) -> int:
    parser = ending.options(__doc__)
    parser.add_argument("--visits", type=int, default=3, help="of each phone, each time the disk is full")
    given = parser.parse_args(argv)
    wrong = run(given.seed, given.visits)
    answered = figures["answers"]
    return ending.tell("disk_full", figures, wrong, proven=answered.get("503") or answered.get("507"))


if __name__ == "__main__":
    sys.exit(main())
