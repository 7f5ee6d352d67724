"""Work after the answer. A nudge says "look now"; it may be lost at any time.

huey deletes a task before it runs, so what must happen is always a row or column written in the domain transaction
(`photo.derivative = wanted`, `notice.state = due`). A job claims such rows with a lease, does them so that twice is as
good as once, and is also run every minute. Deleting jobs.db loses nothing.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from huey import RedisHuey, SqliteHuey, crontab
from huey.api import Huey
from huey.consumer import Consumer

from fieldapp.core import audit
from fieldapp.core.db import Database
from fieldapp.core.files import Files
from fieldapp.settings import Settings

log = logging.getLogger("fieldapp.jobs")


@dataclass(frozen=True)
class Context:
    """What a job works with; `core.web.Surroundings` has the same parts."""

    settings: Settings
    db: Database
    files: Files


Job = Callable[[Context], object]
J = TypeVar("J", bound=Job)
_jobs: dict[str, Job] = {}
_each_minute: dict[str, Job] = {}
_nudge: list[Callable[[str], object]] = []
NUDGE_WAITS = 0.05  # seconds that a request may lose to a busy queue
WORKER_WAITS = 5.0
LONGEST_PAUSE = 1.0  # seconds between two looks of an idle worker at its queue


def job(name: str) -> Callable[[J], J]:
    """Register what `nudge(name)` runs. It is run each minute as well, for nudges that were lost."""

    def registered(do: J) -> J:
        _jobs[name] = do
        _each_minute[name] = do
        return do

    return registered


def every_minute(do: J) -> J:
    """Register a sweep: run at the start of the worker and then each minute."""
    _each_minute[f"{do.__module__}.{do.__qualname__}"] = do
    return do


def connect(settings: Settings) -> None:
    """Tell this process where its nudges go. Before that they go nowhere, which only costs up to a minute."""
    disconnect()
    try:
        _nudge.append(_queue(settings, NUDGE_WAITS).task(name="look")(_only_queued))
    except Exception:
        log.warning("no queue: jobs will wait for the sweep", exc_info=True)


def disconnect() -> None:
    _nudge.clear()


def nudge(name: str) -> None:
    """Ask the worker to look at `name` now. Never fails: whatever goes wrong, the sweep will find the work."""
    for send in _nudge:
        try:
            send(name)
        except Exception:
            log.info("a nudge was lost", extra={"facts": {"job": name}}, exc_info=True)


def _only_queued(_name: str) -> None:
    """What a nudge is called by where it is sent; the worker has the real one."""


def run(name: str, context: Context) -> None:
    """Run one job here and now. What goes wrong in it is logged and left to the next sweep."""
    try:
        _jobs[name](context)
    except Exception:
        log.exception("a job failed", extra={"facts": {"job": name}})


def sweep(context: Context) -> None:
    """Everything that is due each minute; one that fails does not stop the others."""
    for name, do in list(_each_minute.items()):
        try:
            do(context)
        except Exception:
            log.exception("a sweep failed", extra={"facts": {"job": name}})


@every_minute
def seal_audit(context: Context) -> None:
    """Chain the audit rows written since."""
    while context.db.write(audit.seal) == audit.A_BATCH:
        pass


def run_consumer(context: Context) -> None:
    """The worker: look at once at everything, then at each nudge and each minute, until told to stop."""
    consumer = consumer_of(context)
    sweep(context)
    consumer.run()


def consumer_of(context: Context) -> Consumer:
    queue = _queue(context.settings, WORKER_WAITS)

    def look(name: str) -> None:
        run(name, context)

    def minute() -> None:
        sweep(context)

    queue.task(name="look")(look)
    queue.periodic_task(crontab(), name="minute")(minute)
    return Consumer(queue, workers=2, max_delay=LONGEST_PAUSE)


def _queue(settings: Settings, waits: float) -> Huey:
    """Redis where there are several machines, else a file of its own: the domain's file must not wait for nudges."""
    if settings.redis_url:
        return RedisHuey("fieldapp", url=settings.redis_url, results=False, socket_timeout=waits)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return SqliteHuey(
        "fieldapp", filename=str(settings.data_dir / "jobs.db"), results=False, fsync=False, timeout=waits
    )
