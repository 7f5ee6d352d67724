"""One simulated phone: it keeps what it was given and hands it in by the laws of docs/sync-protocol.md 7.

    phone = Phone(url, someone, number=1, seed=7)
    visit = phone.visit({"kind": …, "project": …}, shots=[phone.shot("small")])
    phone.flush()            one run, as the page makes it; `most` requests at most
    phone.finish()           until nothing waits; raises Stuck where it does not get on

Its clock is its own: it stands still while it works and jumps to where the next thing is due, so that half an hour of
backing off costs milliseconds. What the real phone does is fieldapp/static/js/outbox; this must do the same.
"""

import random
import threading
import time
from typing import Any

from tests.fleet import hello, upload
from tests.fleet.outbox import Ids, Item, Shot, Someone
from tests.fleet.pictures import Picture
from tests.fleet.wire import LOST, Answer, Wire

BACK_OFF_FIRST, BACK_OFF_MOST = 5_000, 30 * 60_000
NEEDS_YOU_AGAIN = 6 * 3600_000
STRIKES = 3
HOLDS_UP = 3
STATES = ("placed", "unfiled", "unplaced", "held", "not_applied", "variant")
PATIENCE = 600.0  # real seconds without anything getting on


class Stuck(Exception):
    """A phone that cannot get rid of what it holds."""


class Phone:
    def __init__(
        self, url: str, owner: Someone, *, number: int = 0, seed: int = 0, device: str | None = None, skew_ms: int = 0
    ) -> None:
        self.owner, self.number, self.url = owner, number, url
        self.rng = random.Random(f"{seed}:phone:{number}")
        self.ids = Ids(random.Random(f"{seed}:ids:{number}"))
        self.now = int(time.time() * 1000) + skew_ms  # what its clock shows
        self.device = device or self.ids.new(self.now)
        self.wire = Wire(url, str(number))
        self.cookie = ""
        self.items: list[Item] = []
        self.queue: list[Item] = []
        self.seq = 0
        self.voided: list[int] = []
        self.all_voided: list[int] = []
        self.lost_seqs: list[int] = []  # given, and gone with their records: gaps
        self.epoch: str | None = None
        self.epoch_seen: str | None = None
        self.clock: tuple[int, int] | None = None  # offset, when measured
        self.notices: list[dict[str, Any]] = []
        self.contacted_at = 0
        self.shuffles = False  # photos in any order
        self.ended = False  # wiped, or another phone speaks for its device: it says nothing more of itself
        self.replaced = False  # by a new installation, while it had a queue
        self.strikes = 0
        self.bad = 0  # answers in a row that brought nothing
        self.refusals: list[str] = []  # what no table foresees; must stay empty
        self.halt = threading.Event()  # somebody wants this phone to stop where it stands
        self._signed_in_as: Someone | None = None

    # -- saving --

    def shot(self, base: str = "small", *, mark: bytes | None = None, **over: Any) -> Shot:
        """A photo taken now. The same `mark` makes the same bytes."""
        picture = Picture(base, mark if mark is not None else self.rng.randbytes(16))
        size = len(picture.bytes())
        return Shot(
            **{"id": self.ids.new(self.now), "picture": picture, "sha256": picture.sha256(), "size": size, **over}
        )

    def save(
        self, type: str, body: dict[str, Any], shots: list[Shot] | None = None, *, id: str | None = None,
        story: str = "", becomes: str = "placed", reviews: set[str] | None = None, **over: Any,
    ) -> Item:  # fmt: skip
        """Put a record into the outbox. `over` are fields of the envelope."""
        self.now += self.rng.randint(1_000, 90_000)
        self.seq += 1
        id = id or self.ids.new(self.now)
        times: dict[str, Any] = {"occurred_at": hello.iso(self.now), "recorded_at": hello.iso(self.now - 5_000)}
        if self.clock is not None:
            times |= {"clock_offset_ms": self.clock[0], "clock_measured_at": hello.iso(self.clock[1])}
        item = Item(
            id, type, self.owner.id, self.device, self.seq, body, list(shots or ()), times, over, story=story,
            becomes=becomes, reviews=set(reviews or ()),
        )  # fmt: skip
        self.items.append(item)
        self.queue.append(item)
        return item

    def visit(self, body: dict[str, Any], shots: list[Shot] | None = None, **more: Any) -> Item:
        return self.save("visit", body, shots, **more)

    def supplement(
        self, visit: str, type: str, body: dict[str, Any] | None = None, shots: list[Shot] | None = None, **more: Any
    ) -> Item:
        return self.save("supplement", {"visit": visit, "type": type, **(body or {})}, shots, **more)

    def event(
        self, issue: str, type: str, body: dict[str, Any] | None = None, shots: list[Shot] | None = None, **more: Any
    ) -> Item:
        id = self.ids.new(self.now)
        return self.save("issue_event", {"id": id, "issue": issue, "type": type, **(body or {})}, shots, id=id, **more)

    def drop(self, item: Item) -> None:
        """The officer gives up a record that has never been sealed: its seq is told as voided."""
        assert item.seq is not None and not item.versions
        self.items.remove(item)
        self.queue.remove(item)
        self.voided.append(item.seq)
        self.all_voided.append(item.seq)

    def lose(self, item: Item) -> None:
        """The store has lost it before anything was sent: nobody can bring it back, but its seq tells."""
        assert item.seq is not None and not item.versions
        self.items.remove(item)
        self.queue.remove(item)
        self.lost_seqs.append(item.seq)

    def withdraw_photo(self, item: Item, shot: Shot, reason: str) -> Item:
        """Its bytes are lost or no longer right: the server is told by a record of its own."""
        shot.state, shot.reason, shot.becomes = "withdrawn", reason, "withdrawn"
        body = {"photo": shot.id, "reason": reason}
        return self.supplement(item.id, "photo_withdrawn", body, story="photo-withdrawn")

    # -- asking --

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
        """Every request: with the cookie; the answer tells the server's clock and which server it is."""
        if self.halt.is_set():
            return LOST
        said = {"Cookie": self.cookie, **(headers or {})} if self.cookie else headers or {}
        answer = self.wire.ask(method, path, said, body)
        hello.learn(self, answer)
        self._pause(answer)
        return answer

    def _pause(self, answer: Answer) -> None:
        """A moment of real time where the server is away or busy, far less than a real phone would wait."""
        if answer.status and answer.status < 500 and answer.status not in (423, 429):
            self.bad = 0
            return
        self.bad += 1
        self.halt.wait(min(0.4, 0.002 * 2 ** min(self.bad, 9) + answer.retry_after / 100))

    def back_off(self, tries: int, answer: Answer | None = None) -> int:
        """When it is due again."""
        most = min(BACK_OFF_MOST, BACK_OFF_FIRST * 2 ** min(tries - 1, 20))
        asked = int((answer.retry_after if answer else 0) * 1000)
        return self.now + max(1_000, self.rng.randint(0, most), asked)

    # -- sending --

    def finish(self) -> None:
        """Until nothing waits that could ever go."""
        begun, left = time.monotonic(), -1
        while waiting := self.waiting():
            if self.halt.is_set():
                return
            self.now = max(self.now, min(self._due_at(item) for item in waiting if not self._held_up(item)))
            self.flush()
            size = sum(1 + sum(shot.state == "wanted" for shot in item.shots) for item in self.waiting())
            if size != left:
                begun, left = time.monotonic(), size
            elif time.monotonic() - begun > PATIENCE:
                raise Stuck(f"phone {self.number}: {[(i.id, i.story, i.state, i.problem) for i in waiting][:5]}")

    def waiting(self) -> list[Item]:
        """What is still to be seen through. A record whose manifest nobody can read stays, its photos sent."""
        return [item for item in self.queue if not _kept_for_good(item)]

    def _due_at(self, item: Item) -> int:
        if item.needs_put():
            return item.next_at
        return min(shot.next_at for shot in item.shots if item.may_upload(shot))

    def flush(self, most: int | None = None) -> None:
        """One run. With `most` the network goes away after so many requests."""
        until = None if most is None else self.wire.asked + most
        hello.contact_if_due(self)
        if not hello.heal_if_seen(self):
            return
        while not self.halt.is_set() and self._pass(until):
            pass

    def _over(self, until: int | None) -> bool:
        return self.halt.is_set() or (until is not None and self.wire.asked >= until)

    def _pass(self, until: int | None) -> bool:
        tried = False
        for item in sorted(self.queue, key=lambda item: item.seq or 0):
            if self._over(until):
                return False
            if item.next_at <= self.now and item.needs_put() and not _kept_for_good(item) and not self._held_up(item):
                self._put(item)
                tried = True
        wanted = [(item, shot) for item in self.queue for shot in item.shots if item.may_upload(shot)]
        due = [pair for pair in wanted if pair[1].next_at <= self.now]
        if self.shuffles:
            self.rng.shuffle(due)
        else:
            due.sort(key=lambda pair: pair[1].size)
        for item, shot in due:
            if self._over(until):
                return False
            if item.may_upload(shot):
                self._upload(item, shot)
                tried = True
        return tried

    def _held_up(self, item: Item) -> bool:
        """Events of one issue, and supplements of one visit, keep their order."""
        own = item.subjects()
        return any(
            (earlier.seq or 0) < (item.seq or 0)
            and not earlier.ever_2xx
            and earlier.state != "needs_you"
            and not (earlier.problem and earlier.tries >= HOLDS_UP)
            and own & earlier.subjects()
            for earlier in self.queue
        )

    def _put(self, item: Item) -> None:
        item.seal()
        item.version.sent = True
        answer = self.ask("PUT", item.path, {"Content-Type": "application/json"}, item.version.raw)
        self.judge(item, answer)

    def judge(self, item: Item, answer: Answer) -> None:
        """The records' table of outcomes."""
        if answer.status in (200, 201, 202, 409) and is_receipt(answer.json, item):
            self.strikes = 0
            self.received(item, answer.json)
        elif answer.status == 401 or (answer.status == 403 and answer.code == "not-owner"):
            hello.sign_in(self)
        elif answer.status < 400 or answer.status == 409:
            self.put_back(item, None, answer)
            self.strike()
        elif answer.passes:
            self.put_back(item, "busy", answer)
        elif answer.code or answer.status in (403, 410, 413, 422):
            self._needs_you(item, answer)
        else:
            self.put_back(item, "unexpected", answer)

    def _needs_you(self, item: Item, answer: Answer) -> None:
        if answer.code:  # a proxy's page passes; our own refusal of a record is what must never happen
            self.refusals.append(f"{item.type} {item.id} ({item.story}): {answer.status} {answer.code}")
        item.state, item.problem, item.tries = "needs_you", answer.code or "refused", item.tries + 1
        item.next_at = self.now + NEEDS_YOU_AGAIN

    def received(self, item: Item, receipt: dict[str, Any]) -> None:
        """A receipt is the only thing that lets go."""
        told = {} if receipt["photos"] == "unknown" else {line["id"]: line for line in receipt["photos"]}
        for shot in item.shots:
            self._learn(item, shot, told.get(shot.id), receipt)
        item.receipt, item.ever_2xx, item.recheck, item.problem = receipt, True, False, None
        item.issue_numbers |= receipt["issue_numbers"]
        item.version.told = True
        item.tries = item.next_at = 0
        item.state = "sent" if receipt["complete"] else "sealed"
        if item.state == "sent":
            self.queue.remove(item)
        elif not any(item.may_upload(shot) for shot in item.shots):
            self.put_back(item, None, None)
        if item.body.get("type") == "photo_withdrawn":
            for visit in self.queue:
                visit.next_at = 0 if visit.id == item.body["visit"] else visit.next_at

    def _learn(self, item: Item, shot: Shot, line: dict[str, Any] | None, receipt: dict[str, Any]) -> None:
        if line is None:
            if receipt["photos"] == "unknown" and shot.state == "kept":
                shot.state = "wanted"
            return
        if line["state"] not in ("wanted", "partial"):
            shot.state, shot.reason = line["state"], line.get("reason")
            return
        if shot.state in ("withdrawn", "refused"):
            return
        if shot.gone:
            self.withdraw_photo(item, shot, "lost")
            return
        if shot.state in ("stored", "unreadable"):
            shot.url, shot.offset, shot.tries, shot.next_at = None, None, 0, 0
        shot.state = "wanted"

    def _upload(self, item: Item, shot: Shot) -> None:
        end, receipt = upload.bring(self, item, shot)
        if end == "offline":
            self.strike()
            return
        if end in ("signed-out", "not-owner"):
            hello.sign_in(self)
        elif end == "record-unknown":
            item.receipt, item.next_at = None, 0
        elif end == "done" and receipt is not None:
            self.received(item, receipt)
        elif end == "done" and item.state == "sealed":
            item.recheck, item.next_at = True, 0

    def put_back(self, item: Item, problem: str | None, answer: Answer | None) -> None:
        item.tries += 1
        item.next_at = self.back_off(item.tries, answer)
        item.problem = problem or item.problem

    def strike(self) -> None:
        """Three in a row without an answer: is it the network, or these three?"""
        self.strikes += 1
        if self.strikes >= STRIKES:
            self.strikes = 0
            hello.who_is_here(self)


def is_receipt(said: Any, item: Item) -> bool:
    """For these very bytes? A captive portal's 200 is not, nor is one for another revision."""
    return (
        isinstance(said, dict)
        and said.get("id") == item.id
        and said.get("payload_sha256") == item.version.sha256
        and isinstance(said.get("server_epoch"), str)
        and said.get("state") in STATES
        and (isinstance(said.get("photos"), list) or said.get("photos") == "unknown")
        and isinstance(said.get("complete"), bool)
    )


def _kept_for_good(item: Item) -> bool:
    """Not even its manifest can be read here: all its photos are sent, and it waits for a newer server."""
    told = item.receipt is not None and item.receipt["photos"] == "unknown"
    return (
        told and not item.recheck and all(shot.arrived or shot.state in ("withdrawn", "refused") for shot in item.shots)
    )
