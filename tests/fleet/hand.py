"""One officer's pocket: the phones that a thread of the fleet looks after, and what all stories need of them."""

import random
import threading
from dataclasses import dataclass, field
from typing import Any

from tests.fleet import hello
from tests.fleet.desk import Desk
from tests.fleet.outbox import Item, Shot, Someone
from tests.fleet.people import Zone
from tests.fleet.phone import Phone, Stuck
from tests.fleet.wire import Wire

#          a photo's size            how often
PICTURES = {"tiny": 260, "small": 360, "middle": 240, "large": 120, "phone": 10, "heic": 7, "camera": 3}
HELLOS = 500


@dataclass
class Quota:
    """How many visits with how many photos a hand is to log."""

    visits: int
    photos: int
    logged: int = 0
    shot: int = 0


@dataclass
class Hand:
    number: int
    seed: int
    url: str  # through the weather
    plain_url: str  # past it
    zone: Zone
    quota: Quota
    person: Someone  # perhaps another hand's as well: two phones of one person
    other: Someone  # two more people that only this hand plays
    third: Someone
    phones: list[Phone] = field(default_factory=list)
    stories: list[str] = field(default_factory=list)  # still to be told
    told: list[str] = field(default_factory=list)
    deck: list[str] = field(default_factory=list)
    enough: threading.Event = field(default_factory=threading.Event)  # nothing new is saved any more

    def __post_init__(self) -> None:
        self.rng = random.Random(f"{self.seed}:hand:{self.number}")
        days = self.rng.choice([0, 0, 0, 0, -3, 2, 4, -1]) * 86_400_000
        self.main = self.phone(self.person, skew_ms=days + self.rng.randint(-240_000, 240_000))
        self.main.shuffles = self.rng.random() < 0.3
        self.second = self.phone(self.other)
        self.desk = Desk(self.url, self.zone.people["dee"], f"desk-{self.number}")

    def phone(self, person: Someone, *, device: str | None = None, skew_ms: int = 0) -> Phone:
        number = self.number * 1000 + len(self.phones)
        made = Phone(self.url, person, number=number, seed=self.seed, device=device, skew_ms=skew_ms)
        self.phones.append(made)
        return made

    def greet(self, phone: Phone) -> None:
        """Its first contact, or its last: until the server has heard it."""
        for _ in range(HELLOS):
            if phone.halt.is_set() or hello.contact(phone):
                return
        raise Stuck(f"phone {phone.number} cannot say hello")

    # -- what is saved --

    def shots(self, phone: Phone, least: int = 0, most: int = 5) -> list[Shot]:
        """As many photos as the quota wants by now, more or less."""
        due = round(self.quota.photos * (self.quota.logged + 1) / max(1, self.quota.visits)) - self.quota.shot
        last = self.quota.logged + 1 >= self.quota.visits
        count = due if last else due + self.rng.choice([-1, 0, 0, 1])
        count = min(max(count, least), 19 if last else most)
        self.quota.shot += count
        return [phone.shot(self.picture()) for _ in range(count)]

    def picture(self) -> str:
        return self.rng.choices(list(PICTURES), list(PICTURES.values()))[0]

    def body(self, **more: Any) -> dict[str, Any]:
        said: dict[str, Any] = {"kind": "site_inspection", "project": self.rng.choice(self.zone.projects)}
        said["progress"] = f"{self.rng.choice(['基础', '主体', '屋面', '装修'])}完成 {self.rng.randint(1, 99)}%"
        if self.rng.random() < 0.2:
            said["projects"] = self.rng.sample(self.zone.projects, 2)
        if self.rng.random() < 0.05:
            said["enterprises"] = [self.rng.choice(self.zone.enterprises)]
        if self.rng.random() < 0.3:
            said["next_step"] = {"text": "复看", "on": "2026-12-01"}
        if self.rng.random() < 0.3:
            said["position"] = {"lat": 37.1, "lng": 119.9, "accuracy_m": 8, "source": "gps"}
        if self.rng.random() < 0.1:
            said["of_tomorrow"] = {"a field": ["that no server knows yet"]}
        return {**said, **more}

    def visit(
        self, phone: Phone, body: dict[str, Any] | None = None, shots: list[Shot] | None = None, **more: Any
    ) -> Item:
        """A visit that counts."""
        photos = self.shots(phone) if shots is None else shots
        self.quota.logged += 1
        return phone.visit(self.body() if body is None else body, photos, **more)

    def opened(self, phone: Phone, **more: Any) -> dict[str, Any]:
        """The line of a visit that opens an issue."""
        ids = {"id": phone.ids.new(phone.now), "issue": phone.ids.new(phone.now)}
        return {**ids, "type": "opened", "title": "临时用电容量不足", "urgency": "normal", **more}

    # -- what happens on the way --

    def unanswered(self, phone: Phone, item: Item, times: int = 1) -> None:
        """Attempts whose answers never come: not received at all, received and unanswered, received much later."""
        for _ in range(times):
            phone.wire.force = self.rng.choice(["refuse", "cut", "drop", "drop", "late"])
            item.seal()
            item.version.sent = True
            answer = phone.ask("PUT", item.path, {"Content-Type": "application/json"}, item.version.raw)
            phone.wire.force = ""
            assert answer.status == 0, "no answer was to come"

    def past_the_weather(self, person: Someone) -> Phone:
        """Somebody's desk browser on a good line."""
        browser = Phone(self.plain_url, person)
        browser.wire = Wire(self.plain_url, source=f"127.0.9.{self.rng.randint(2, 250)}")
        return browser
