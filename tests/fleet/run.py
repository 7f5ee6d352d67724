"""One fleet: many hands at once, weather, a server that is killed at seeded points, and the check at the end."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import update

from fieldapp.core import clock
from fieldapp.photos.models import Photo, Upload
from tests.fleet import pictures
from tests.fleet.check import Findings, check
from tests.fleet.evening import evening
from tests.fleet.hand import Hand, Quota
from tests.fleet.people import Zone, found
from tests.fleet.phone import Phone
from tests.fleet.server import Server
from tests.fleet.story import DECK, STORIES
from tests.fleet.weather import Weather

ROOM = 6  # visits left below which a hand tells plain stories only


@dataclass
class Plan:
    """What one number and two sizes make."""

    visits: int
    photos: int
    seed: int
    hands: int = 0
    at_once: int = 16
    share: float = 0.2  # of requests that meet a fault
    kills: int = 4
    minutes: float = 0  # after which nobody saves anything new; 0: until all is done

    def __post_init__(self) -> None:
        self.hands = self.hands or max(6, min(100, self.visits // 60))


@dataclass
class Result:
    findings: Findings
    plan: Plan
    backend: str
    faults: int
    requests: int
    kills: int
    seconds: float
    met: dict[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        counted = self.findings.figures
        if self.plan.minutes:
            return not self.findings.faults
        enough = counted["visits"] >= self.plan.visits and counted["photos"] >= self.plan.photos
        return not self.findings.faults and enough

    def line(self) -> str:
        counted, bad = self.findings.figures, self.findings.kinds
        return (
            f"fleet: {counted['visits']} visits, {counted['photos']} photos ({counted['megabytes']} MB), "
            f"{counted['issues']} issues, {counted['supplements']} supplements, {self.requests} requests, "
            f"{self.faults} faults, {self.kills} kills; "
            f"lost {bad['lost']}, doubled {bad['doubled']}, foreign {bad['foreign']}, wrong {bad['wrong']}; "
            f"{counted['on /review']} on /review and {counted['gaps']} gaps, as they should be; "
            f"seed {self.plan.seed}, {self.backend}, {self.seconds:.0f} s"
        )


class Fleet:
    def __init__(self, server: Server, plan: Plan, say: Callable[[str], object] = lambda _line: None) -> None:
        self.server, self.plan, self.say = server, plan, say
        self.rng = random.Random(f"{plan.seed}:fleet")
        self.hands: list[Hand] = []
        self.troubles: list[BaseException] = []
        self.kills = 0

    # -- before --

    def prepare(self) -> None:
        self.server.migrate()
        with self.server.database() as db:
            self.zone = found(db, officers=3 * self.plan.hands)
        for name in (*pictures.SIZES, "heic", "broken"):
            pictures.base(name)
        self.server.start()
        self.weather = Weather(self.server.port, self.plan.seed, self.plan.share)
        self.hands = list(self._hands(self.zone))
        deck = [name for name, weight in DECK.items() for _ in range(weight)]
        every = self.rng.sample(list(STORIES), len(STORIES))
        for place, name in enumerate(every):  # each at least once, where the fleet is large enough
            self.hands[place % len(self.hands)].stories.append(name)
        for hand in self.hands:
            hand.deck = deck

    def _hands(self, zone: Zone) -> Iterator[Hand]:
        cast, rest = zone.officers[:4], zone.officers[4:]
        visits, photos = self.plan.visits, self.plan.photos
        for number in range(self.plan.hands):
            left = self.plan.hands - number
            quota = Quota(visits // left, photos // left)
            visits, photos = visits - quota.visits, photos - quota.photos
            # Every fourth main phone belongs to somebody who has another one in the next hand.
            person = rest[3 * (number - 1)] if number % 4 == 1 else rest[3 * number]
            person = cast[number] if number < len(cast) and number % 4 != 1 else person
            others = rest[3 * number + 1 : 3 * number + 3]
            yield Hand(number, self.plan.seed, self.weather.url, self.server.url, zone, quota, person, *others)

    # -- the day --

    def run(self) -> Result:
        begun = time.monotonic()
        self.prepare()
        self.say(f"{len(self.hands)} hands, {self.plan.at_once} at once")
        with ThreadPoolExecutor(self.plan.at_once) as pool:
            # Before anybody has a queue: a second phone of somebody is no new installation then.
            list(pool.map(self._safely(_greet), self.hands))
            with self._fate(), self._evening():
                list(pool.map(self._safely(_live), self.hands))
        self.weather.deliver_late()
        if self.troubles:
            raise self.troubles[0]
        self.say(f"all sent after {time.monotonic() - begun:.0f} s; {dict(self.weather.met)}")
        evening(self.server, photos=self.plan.photos, say=self.say)
        findings = check(self.server.settings, self.phones, self.zone.enterprise_of, archived=self.zone.archived)
        self.weather.close()
        return Result(
            findings,
            self.plan,
            backend="sqlite" if self.server.postgres is None else "postgres",
            faults=self.weather.faults,
            requests=self.weather.passed + self.weather.faults,
            kills=self.kills,
            seconds=time.monotonic() - begun,
            met=dict(self.weather.met),
        )

    @property
    def phones(self) -> list[Phone]:
        return [phone for hand in self.hands for phone in hand.phones]

    def _safely(self, do: Callable[[Hand], None]) -> Callable[[Hand], None]:
        def safely(hand: Hand) -> None:
            try:
                do(hand)
            except BaseException as error:
                error.add_note(f"hand {hand.number}, after {hand.told[-1:]}, seed {self.plan.seed}")
                self.troubles.append(error)
                for phone in self.phones:
                    phone.halt.set()

        return safely

    def progress(self) -> float:
        return sum(hand.quota.logged for hand in self.hands) / max(1, self.plan.visits)

    def acts(self) -> list[Callable[[], None]]:
        """What fate may do."""
        acts = [self.restart, self.server.kill_web, self.server.kill_jobs]
        return acts if self.server.postgres is None else [*acts, self.server.restart_database]

    @contextmanager
    def _fate(self) -> Iterator[None]:
        """At seeded points of progress the server, or a part of it, is killed."""
        over = threading.Event()
        points = sorted(self.rng.uniform(0.1, 0.85) for _ in range(self.plan.kills))
        acts = self.acts()
        order = [self.restart, *(act for _ in range(self.plan.kills) for act in self.rng.sample(acts, len(acts)))]

        def watch() -> None:
            last = 0.0
            while points:
                late = over.wait(0.05)  # all is sent already: it is killed all the same
                if self.progress() - last >= 0.05:
                    last = self.progress()
                    self.say(f"{last:.0%}, {self.weather.faults} faults")
                if late and self.plan.minutes:
                    return
                if self.progress() < points[0] and not late:
                    continue
                points.pop(0)
                act = order.pop(0)
                self.say(f"{act.__name__} at {self.progress():.0%}")
                try:
                    act()
                    self.kills += 1
                except BaseException as error:
                    self.troubles.append(error)
                    for phone in self.phones:
                        phone.halt.set()

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    @contextmanager
    def _evening(self) -> Iterator[None]:
        """Where there is a time at which to stop saving, it comes."""
        timer = threading.Timer(self.plan.minutes * 60, lambda: [hand.enough.set() for hand in self.hands])
        if self.plan.minutes:
            timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def restart(self) -> None:
        """Killed and started again, ninety seconds later by its own clock: the leases of the dead have run out."""
        self.server.kill()
        with self.server.database() as db, db.writing() as session:
            session.execute(update(Upload).where(Upload.lease_until.is_not(None)).values(lease_until=clock.now()))
            session.execute(update(Photo).where(Photo.derivative_lease.is_not(None)).values(derivative_lease=None))
        self.server.start()


def _greet(hand: Hand) -> None:
    hand.greet(hand.main)
    hand.greet(hand.second)


def _live(hand: Hand) -> None:
    """Its stories, until the quota is full; then everything is sent, and each phone says so."""
    while hand.stories or hand.quota.logged < hand.quota.visits or hand.quota.shot < hand.quota.photos:
        if hand.main.halt.is_set():
            return
        if hand.enough.is_set():
            break
        left = hand.quota.visits - hand.quota.logged
        name = hand.stories.pop(0) if hand.stories else hand.rng.choice(hand.deck) if left >= ROOM else "plain"
        hand.told.append(name)
        STORIES[name](hand)
    for phone in hand.phones:
        phone.finish()
    for phone in hand.phones:
        while not phone.ended and not phone.halt.is_set():
            hand.greet(phone)
            if not phone.voided:
                break
