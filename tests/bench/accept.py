"""Accepting visits: without photos, with two of 305 KB, with two of 2 MB; one connection and eight."""

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from fieldapp.core.db import Database
from fieldapp.photos.models import Photo
from fieldapp.sync.models import PLACED, Record
from tests.bench.phones import Phone, phones
from tests.bench.server import Server, serving
from tests.bench.zone import Zones, say

LOADS: dict[str, tuple[int, ...]] = {"0": (), "2x305": (305_000, 305_000), "2x2000": (2_000_000, 2_000_000)}
WARM = 25  # visits of each run that are not counted
TRACED = 10  # visits while the syncs are counted
IN_ZONE = 0  # visits that are there before


@dataclass
class Taken:
    """What one run saw."""

    milliseconds: list[float] = field(default_factory=list)
    seconds: float = 0.0
    client_ms: float = 0.0


def run(
    zones: Zones, backends: Sequence[str], loads: Sequence[str], connections: Sequence[int], seconds: float, *,
    workers: int | None, count_fsync: bool,
) -> list[dict[str, Any]]:  # fmt: skip
    """Each combination against a server of its own, so that none pays for what another left behind."""
    found = []
    for backend in backends:
        for load in loads:
            for count in connections:
                zone = zones.fresh(backend, IN_ZONE)
                with serving(zone, workers) as server:
                    result = _measure(server, load, count, seconds, count_fsync=count_fsync and count == 1)
                zones.drop(zone)
                said = {"backend": backend, "photos": load, "concurrency": count, **result}
                found.append(said)
                say(f"{backend} {load} x{count}: {said['per_second']}/s, {said['ms']}, CPU ms {said['cpu_ms']}")
    return found


def _measure(server: Server, load: str, count: int, seconds: float, *, count_fsync: bool) -> dict[str, Any]:
    senders = phones(server.port, count, LOADS[load])
    for number in range(WARM):
        senders[number % count].send_one()
    before = server.spent()
    taken = _send_all(senders, seconds)
    spent = server.spent().since(before)
    visits = len(taken.milliseconds)
    result = {
        "visits": visits,
        "per_second": round(visits / taken.seconds, 1),
        "ms": {name: _percentile(taken.milliseconds, part) for name, part in (("p50", 50), ("p95", 95), ("p99", 99))},
        "cpu_ms": {"web": round(spent.web / visits, 2), "database": round(spent.database / visits, 2),
                   "client": round(taken.client_ms / visits, 2)},
        "jobs_cpu_ms": round(spent.jobs),
        "web_peak_mb": server.peak_mb(),
    }  # fmt: skip
    if count_fsync:
        counted = server.syncs(lambda: [senders[0].send_one() for _ in range(TRACED)])
        result["fsync_per_visit"] = None if counted is None else counted / TRACED
    for sender in senders:
        sender.wire.close()
    _check(server, sum(sender.seq for sender in senders), len(LOADS[load]))
    return result


def _send_all(senders: list[Phone], seconds: float) -> Taken:
    """Every phone sends one visit after the other until the time is over."""
    taken, ready, failed = Taken(), threading.Barrier(len(senders) + 1), list[BaseException]()

    def send(phone: Phone) -> None:
        try:
            ready.wait()
            while time.perf_counter() < ends[0]:
                begun = time.perf_counter()
                phone.send_one()
                taken.milliseconds.append((time.perf_counter() - begun) * 1000)
        except BaseException as error:
            failed.append(error)

    ends = [time.perf_counter() + 3600]
    threads = [threading.Thread(target=send, args=(phone,)) for phone in senders]
    for thread in threads:
        thread.start()
    client, begun = time.process_time(), time.perf_counter()
    ends[0] = begun + seconds
    with suppress(threading.BrokenBarrierError):
        ready.wait()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    taken.seconds = time.perf_counter() - begun
    taken.client_ms = (time.process_time() - client) * 1000
    return taken


def _check(server: Server, visits: int, photos_each: int) -> None:
    """Nothing measured was lost: every visit is placed, every photo stored."""
    database = Database(server.zone.settings.database)
    with database.reading() as session:
        placed = session.scalar(select(func.count()).select_from(Record).where(Record.state == PLACED))
        stored = session.scalar(select(func.count()).select_from(Photo).where(Photo.stored_at.is_not(None)))
    database.close()
    if (placed, stored) != (visits, visits * photos_each):
        raise AssertionError(f"{visits} visits were sent; {placed} are placed, {stored} photos stored")


def _percentile(values: list[float], part: int) -> float:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, len(ordered) * part // 100)], 1)
