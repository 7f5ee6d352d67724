"""Phones that fall silent in mid-sentence: a hundred sockets say half of what they announced, and nothing more.

    python -m tests.fleet.silence [--seed N] [--sockets N] [--where bodies|records|uploads|headers|idle|forms]

A real `fieldapp serve` with its default settings must go on answering everybody else in under a second, and have its
threads back once the silence has lasted long enough. Prints what others saw meanwhile.
"""

import json
import random
import socket
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from shutil import rmtree
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fieldapp.accounts.models import Membership, User
from fieldapp.connections import SILENCE
from fieldapp.core.db import Database, new_id
from tests.cast import NOON, PASSWORD, PASSWORD_HASH, Cast, settle
from tests.fleet import ending
from tests.fleet.server import Server, scratch
from tests.fleet.wire import Wire
from tests.sync.bringing import TYPE, Brought, listed
from tests.sync.phone import Phone

A_PAGE_MAY_TAKE = 1.0  # seconds
WATCHED = 10.0  # seconds for which the others are watched while nobody says a word
WARM = 2.0  # seconds in which templates are compiled, before
GRACE = 6.0
SIZE = 300_000
SAID = 20_000  # bytes of a body before the silence
KINDS = {
    "bodies": ("record", "created", "patched"),
    "records": ("record",), "uploads": ("created", "patched"),
    "forms": ("form",), "headers": ("headers",), "idle": ("idle",),
}  # fmt: skip

figures: dict[str, Any] = {}


@dataclass
class Others:
    """What everybody else asks meanwhile, and how long each answer took."""

    url: str
    cast: Cast
    cookie: str
    took: dict[str, list[float]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def watch(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.look()

    def look(self) -> None:
        """Ask for everything once, each over a connection of its own, as phones that come and go."""
        sealed = Phone(self.cast.bo).visit(self.cast.sail)
        self._ask("/healthz", "GET", "/healthz", b"", 200)
        self._ask("/login", "GET", "/login", b"", 302)
        self._ask("timeline", "GET", f"/projects/{self.cast.sail}", b"", 200)
        self._ask("PUT", "PUT", sealed.url, sealed.raw, 201)

    def _ask(self, name: str, method: str, path: str, body: bytes, right: int) -> None:
        wire, begun = Wire(self.url), time.monotonic()
        answer = wire.ask(method, path, {"Cookie": self.cookie, "Content-Type": "application/json"}, body)
        wire.close()
        self.took.setdefault(name, []).append(time.monotonic() - begun)
        if answer.status != right:
            self.wrong.append(f"{name}: {answer.status}")

    @property
    def worst(self) -> float:
        return max(max(times) for times in self.took.values())

    @property
    def middle(self) -> float:
        return statistics.median(one for times in self.took.values() for one in times)


def cookie_of(url: str, username: str) -> str:
    """Signed in by the form, as a browser does it."""
    form = urlencode({"username": username, "password": PASSWORD, "own_device": "y"}).encode()
    wire = Wire(url)
    answer = wire.ask("POST", "/login", {"Content-Type": "application/x-www-form-urlencoded"}, form)
    wire.close()
    assert answer.status == 303, f"{username} could not sign in: {answer.status}"
    return answer.headers["set-cookie"].partition(";")[0]


def more_officers(database: Database, cast: Cast, number: int) -> list[tuple[str, UUID]]:
    found = [(f"silent{n}", new_id()) for n in range(number)]
    with database.writing() as session:
        for username, id in found:
            session.add(User(id=id, username=username, name=username, password_hash=PASSWORD_HASH, created_at=NOON))
            session.flush()
            session.add(Membership(user_id=id, role="officer", team_id=cast.first_team, starts_on=date(2026, 1, 1)))
    return found


@dataclass
class Silent:
    """One phone's connection: what it says before it falls silent."""

    owner: UUID
    cookie: str
    photo: Brought
    at: str = ""  # where its upload stands, once it was created

    def says(self, kind: str) -> bytes:
        """The beginning of a request that will never be finished."""
        if kind == "idle":
            return b""
        if kind == "headers":
            return f"GET / HTTP/1.1\r\nHost: x\r\nCookie: {self.cookie}\r\nX-Half".encode()
        if kind == "form":
            return self._begun("POST", "/login", SAID, {"Content-Type": "application/x-www-form-urlencoded"})
        if kind == "record":
            return self._begun("PUT", f"/api/v1/visits/{new_id()}", SIZE, {"Content-Type": "application/json"})
        if kind == "created":
            return self._begun("POST", "/api/v1/uploads", SIZE, {**self.photo.creation, "Content-Type": TYPE})
        headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": TYPE}
        return self._begun("PATCH", self.at, SIZE, headers)

    def _begun(self, method: str, path: str, length: int, headers: dict[str, str]) -> bytes:
        said = {
            "Host": "x",
            "Sec-Fetch-Site": "same-origin",
            "Cookie": self.cookie,
            "Content-Length": length,
            **headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + self.photo.data[: min(SAID, length // 2)]


def silent_phones(server: Server, cast: Cast, sockets: int) -> list[Silent]:
    """A phone each, of half as many people: one may have two uploads running."""
    rng, phones = random.Random(4), []
    with server.database() as database:
        for username, id in more_officers(database, cast, (sockets + 1) // 2):
            cookie = cookie_of(server.url, username)
            photos = listed(database, id, rng.randbytes(SIZE), rng.randbytes(SIZE))
            phones += [Silent(id, cookie, photo) for photo in photos]
    return phones[:sockets]


def create_upload(url: str, phone: Silent) -> None:
    wire = Wire(url)
    answer = wire.ask("POST", "/api/v1/uploads", {**phone.photo.creation, "Cookie": phone.cookie})
    wire.close()
    assert answer.status == 201, answer
    phone.at = answer.headers["location"]


@contextmanager
def fallen_silent(url: str, phones: list[Silent], kinds: list[str]) -> Iterator[list[socket.socket]]:
    """All of them, connected and silent."""
    host, port = url.removeprefix("http://").split(":")
    for phone, kind in zip(phones, kinds, strict=True):
        if kind == "patched":
            create_upload(url, phone)
    with ExitStack() as open_sockets:
        wires = []
        for phone, kind in zip(phones, kinds, strict=True):
            wire = open_sockets.enter_context(socket.create_connection((host, int(port)), timeout=10))
            wire.sendall(phone.says(kind))
            wires.append(wire)
        yield wires


def let_go(wires: list[socket.socket], until: float) -> int:
    """How many the server has answered or hung up on by then: their threads serve others again."""
    ended = 0
    for wire in wires:
        wire.settimeout(max(0.01, until - time.monotonic()))
        with suppress(TimeoutError):
            wire.recv(1)
            ended += 1
    return ended


def run(seed: int, sockets: int, where: str, watched: float = WATCHED, *, to_the_end: bool = True) -> dict[str, Any]:
    """What the others saw, and whether the server let everybody go in the end."""
    folder = scratch("silence")
    try:
        with Server.on("sqlite", folder) as server:
            server.migrate()
            with server.database() as database, database.writing() as session:
                cast = settle(session)
            server.start()
            others = Others(server.url, cast, cookie_of(server.url, "bo"))
            phones = silent_phones(server, cast, sockets)
            rng = random.Random(seed)
            kinds = [KINDS[where][n % len(KINDS[where])] for n in range(sockets)]
            rng.shuffle(kinds)
            others.watch(WARM)
            with fallen_silent(server.url, phones[:1], ["form"]):
                pass  # an error page is compiled as well
            others.watch(WARM)
            others.took.clear()
            with fallen_silent(server.url, phones, kinds) as wires:
                begun = time.monotonic()
                others.watch(watched)
                free = let_go(wires, begun + SILENCE + GRACE) if to_the_end else None
            return told(others, where, sockets, free)
    finally:
        rmtree(folder, ignore_errors=True)


def told(others: Others, where: str, sockets: int, free: int | None) -> dict[str, Any]:
    return {
        "where": where, "sockets": sockets, "let_go": free, "asked": sum(map(len, others.took.values())),
        "wrong": others.wrong, "p50_ms": round(others.middle * 1000, 1), "max_ms": round(others.worst * 1000, 1),
        "max_of": {name: round(max(times) * 1000, 1) for name, times in others.took.items()},
    }  # fmt: skip


def right(one: dict[str, Any]) -> bool:
    return not one["wrong"] and one["max_ms"] < A_PAGE_MAY_TAKE * 1000 and one["let_go"] == one["sockets"]


def main(argv: list[str] | None = None) -> int:
    parser = ending.options(__doc__)
    parser.add_argument("--sockets", type=int, default=100)
    parser.add_argument("--where", choices=[*KINDS], action="append")
    parser.add_argument("--seconds", type=float, default=WATCHED)
    given = parser.parse_args(argv)
    runs = [run(given.seed, given.sockets, where, given.seconds) for where in given.where or KINDS]
    for one in runs:
        print(one, flush=True)
    figures.update(
        sockets=sum(one["sockets"] for one in runs), let_go=sum(one["let_go"] for one in runs),
        asked=sum(one["asked"] for one in runs), wrong=sum(len(one["wrong"]) for one in runs),
        p50_ms=statistics.median(one["p50_ms"] for one in runs), max_ms=max(one["max_ms"] for one in runs),
    )  # fmt: skip
    print("silence", json.dumps(figures))
    return 0 if all(map(right, runs)) else 1


if __name__ == "__main__":
    sys.exit(main())
