"""Browsers killed at random moments while visits are being saved: whatever was said to be saved is there afterwards.

    python -m tests.engines.kills --engine firefox --times 200 --seed 7

A page saves visits with photos as fast as it can, by the outbox's own modules, and says so of each; at a moment drawn
from the seed every process of the browser gets SIGKILL. The next browser on that profile first tells what it holds, and
that is compared with all that was said in the last rounds, byte for byte. Every tenth round is done in the real form.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from re import search
from typing import Any
from uuid import UUID

from fieldapp.core import migrate
from fieldapp.core.db import Database
from tests.browser.deeds import snapshot
from tests.browser.faults import Message, Wire, _read_exactly
from tests.browser.house import House
from tests.cast import settle
from tests.engines import chromium
from tests.engines.deeds import get_ready, held, new_visit, save, take
from tests.engines.device import Device
from tests.engines.installed import STARTS, Start
from tests.processes import until

PAGE = Path(__file__).with_name("kills_page.js")
OWNER = str(UUID(int=0xA1))
POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; worker-src 'self'"
HTML = b'<!doctype html><html lang="zh"><title>Kills</title><script type="module" src="/_t/kills_page.js"></script>'
MOST, LONGEST = 9, 0.2  # a kill comes after so many visits at most, and so many seconds after the last one heard of
ROUNDS_KEPT = 2  # what was said before these is dropped, as an officer would, so that the disk does not fill
BY_FORM = 10
TELL = 25
KEPT = {"saved", "sealed", "sent"}  # what was written by hand may be on its way when the browser dies


@dataclass
class Said:
    """A visit of which the page has said "saved on this phone"."""

    id: str
    form: dict[str, Any]
    photos: dict[str, str]


class Ear(Wire):
    """A wire that serves the page of the kills, and hears what it says."""

    def __init__(self, upstream: int) -> None:
        super().__init__(upstream)
        self.said: list[Said] = []
        self.failed: list[str] = []
        self.judge: Callable[[dict[str, Any]], list[str]] = lambda held: []  # of what is held; what the page may drop
        self.told = threading.Event()

    def _pass_on(self, client: Any, request: Message) -> bool:
        method, path = request.first[0], request.first[1].split("?")[0]
        if not path.startswith("/_t/"):
            return super()._pass_on(client, request)
        body = request.body + _read_exactly(client, int(request.header("Content-Length") or 0) - len(request.body))
        kind, answer = self._answer_of(method, path, body)
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(answer)}\r\nCache-Control: no-store\r\n"
        )
        client.sendall(f"{head}Content-Security-Policy: {POLICY}\r\n\r\n".encode() + answer)
        return True

    def _answer_of(self, method: str, path: str, body: bytes) -> tuple[str, bytes]:
        if method == "GET":
            return ("text/javascript", PAGE.read_bytes()) if path.endswith(".js") else ("text/html", HTML)
        content, drop = json.loads(body), list[str]()
        if path == "/_t/said":
            self.said.append(Said(**content))
        elif path == "/_t/held":
            drop = self.judge(content)
            self.told.set()
        else:
            self.failed.append(content)
            self.told.set()
        return "application/json", json.dumps({"drop": drop}).encode()

    def saves(self) -> None:
        """The page has told what it holds, and begins to save."""
        until("the page tells what it holds", self.told.is_set)
        self.told.clear()
        if self.failed:
            raise AssertionError(self.failed)

    def quiet(self) -> None:
        """Whatever was on its way when the browser died has been heard: it stood in line before this request."""
        with urllib.request.urlopen(f"{self.url}/_t/kills.html"):
            pass
        until("the last words of the browser", lambda: not self._open)


@dataclass
class Killing:
    """Figures, and what must be there."""

    engine: str
    seed: int
    kills: int = 0
    by_form: int = 0
    visits: int = 0
    photos: int = 0
    unsaid: int = 0  # rounds in which the browser died before its first save
    lost: list[str] = field(default_factory=list)
    rounds: list[list[Said]] = field(default_factory=list)

    def heard(self, said: list[Said], *, by_form: bool) -> None:
        self.kills += 1
        self.by_form += by_form
        self.visits += len(said)
        self.photos += sum(len(one.photos) for one in said)
        self.unsaid += not said
        self.rounds.append(said)

    def judge(self, held: dict[str, Any]) -> list[str]:
        """All that was said and not dropped since is there, and no number was given twice. What may be dropped now."""
        records = {row["id"]: row for row in held["records"]}
        for one in [said for round_ in self.rounds[-ROUNDS_KEPT:] for said in round_]:
            found = records.get(one.id)
            if found is None or found["state"] not in KEPT:
                self.lost.append(f"visit {one.id} is {found and found['state']}")
            elif {key: found["form"].get(key) for key in one.form} != one.form:
                self.lost.append(f"visit {one.id} has other words")
            elif set(found["photo_ids"]) != set(one.photos):
                self.lost.append(f"visit {one.id} lists other photos")
            self.lost += [f"photo {id} of {one.id}" for id, sha in one.photos.items() if held["bytes"].get(id) != sha]
        numbers = [(row["owner"], row["seq"]) for row in records.values() if row["seq"] is not None]
        if len(numbers) != len(set(numbers)):
            self.lost.append("a number was given twice")
        if held["loss"] is not None:
            self.lost.append(f"told a loss that there was not: {held['loss']}")
        # Drafts too, that a kill has left half done.
        kept = {said.id for round_ in self.rounds[-(ROUNDS_KEPT - 1) :] for said in round_}
        return [row["id"] for row in held["records"] if row["id"] not in kept]

    def line(self, seconds: float) -> str:
        return (
            f"{self.engine}: {self.kills} kills ({self.by_form} in the form), {self.visits} visits said to be saved "
            f"with {self.photos} photos, {len(self.lost)} lost, {self.unsaid} died before the first save, "
            f"seed {self.seed}, {seconds:.0f} s"
        )


def kill_again_and_again(device: Device, ear: Ear, times: int, seed: int, folder: Path, *, form: bool) -> Killing:
    """`device` stands at the ear's address; `form`: ana is signed in there and every tenth round is done by hand."""
    random, killing, began = Random(seed), Killing(device.engine, seed), time.monotonic()
    with urllib.request.urlopen(f"{ear.url}/login") as answer:
        root = search(r"/s/\w+/js/", answer.read().decode())
    assert root is not None
    ear.judge = killing.judge
    path = f"/_t/kills.html?js={root.group()}&owner={OWNER}"
    device.open(path)
    for number in range(1, times + 1):
        ear.saves()
        wished, pause = random.randint(0, MOST), threading.Event()
        until(f"{wished} visits saved", lambda n=wished: len(ear.said) >= n or bool(ear.failed))  # type: ignore[misc]
        pause.wait(random.uniform(0, LONGEST))
        by_hand = form and number % BY_FORM == 0
        more = [write_by_hand(device, folder, number)] if by_hand else []
        pause.wait(random.uniform(0, 0.05) if by_hand else 0)
        device.kill()
        ear.quiet()
        killing.heard([*ear.said, *more], by_form=by_hand)
        if number % TELL == 0:
            print(killing.line(time.monotonic() - began), file=sys.stderr, flush=True)
        ear.said = []
        device.reopen(path)
    ear.saves()
    device.open("/healthz")
    return killing


def write_by_hand(device: Device, folder: Path, number: int) -> Said:
    """As an officer does, without a network; the page has said "saved on this phone" when this is back."""
    known = {row["id"] for row in held(device, "records")}
    device.offline()
    words = f"手写第{number}次"
    new_visit(device, progress=words)
    take(device, snapshot(folder, f"photo {number}", size=(900, 600 + number)))
    said = save(device)
    assert "已保存" in said
    [record] = [
        row for row in held(device, "records") if row["id"] not in known and row["form"].get("progress") == words
    ]
    lying = {row["id"]: row["buf"]["sha256"] for row in held(device, "bytes", hashes=True)}
    device.online()
    return Said(record["id"], {"progress": words}, {id: lying[id] for id in record["photo_ids"]})


def starts() -> dict[str, Start]:
    return {"chromium": chromium.Chromium, **{name: start for name, start in STARTS.items() if "ephemeral" not in name}}


@contextmanager
def served(folder: Path) -> Iterator[House]:
    """A server of its own, with the cast in it."""
    template = folder / "template.db"
    database = Database(f"sqlite:///{template}")
    migrate.upgrade(database)
    database.close()
    (folder / "house").mkdir()
    stands = House(template, folder / "house")
    database = Database(stands.settings.database_url)
    with database.writing() as session:
        settle(session)
    database.close()
    try:
        yield stands
    finally:
        stands.close()


def main() -> int:
    known = starts()
    said = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    said.add_argument("--engine", choices=known, required=True)
    said.add_argument("--times", type=int, default=200)
    said.add_argument("--seed", type=int, default=1)
    wished = said.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fieldapp-kills-") as name, served(Path(name)) as house:
        folder = Path(name)
        ear = Ear(int(house.open().url.rpartition(":")[2]))
        device = known[wished.engine](folder / "profile", ear.url)
        try:
            get_ready(device)
            killing = kill_again_and_again(device, ear, wished.times, wished.seed, folder, form=True)
        finally:
            device.kill()
            ear.close()
    print(*killing.lost, sep="\n", end="\n" if killing.lost else "")
    print(killing.line(time.monotonic() - began))
    return 1 if killing.lost else 0


if __name__ == "__main__":
    sys.exit(main())
