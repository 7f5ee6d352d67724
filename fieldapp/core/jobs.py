"""Work after the answer. A nudge says "look now"; it may be lost at any time.

huey deletes a task before it runs, so what must happen is always a row or column written in the domain transaction
(`photo.derivative = wanted`, `notice.state = due`). A job claims such rows with a lease, does them so that twice is as
good as once, and is also run every minute, by a thread that asks no queue. Deleting jobs.db loses nothing, nor does a
Redis that is away.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import TypeVar

from huey.consumer import Consumer

from fieldapp.core import audit, passing, queues, reports
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
A_MINUTE = 60.0
NUDGE_WAITS = 0.05  # seconds that a request may lose to a busy queue
NUDGE_RESTS = 5.0  # seconds in which nobody asks a Redis that did not answer
WORKER_WAITS = 5.0
SWEEP_ENDS_WITHIN = 8.0  # seconds that one under way gets when the worker is told to stop


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


@dataclass
class _Line:
    """Where the nudges of this process go."""

    send: Callable[[str], object]
    shared: bool
    rests_until: float = 0.0

    def bring(self, name: str) -> None:
        if time.monotonic() < self.rests_until:
            return
        try:
            self.send(name)
        except Exception as error:
            log.warning("a nudge was lost", extra={"facts": {"job": name, "why": str(error)}})
            if self.shared:
                self.rests_until = time.monotonic() + NUDGE_RESTS


_lines: list[_Line] = []


def connect(settings: Settings) -> None:
    """Tell this process where its nudges go. Before that they go nowhere, which only costs up to a minute."""
    disconnect()
    try:
        send = queues.queue(settings, NUDGE_WAITS).task(name="look")(_only_queued)
        _lines.append(_Line(send, shared=bool(settings.redis_url)))
    except Exception:
        log.warning("no queue: jobs will wait for the sweep", exc_info=True)


def disconnect() -> None:
    _lines.clear()


def nudge(name: str) -> None:
    """Ask the worker to look at `name` now. Never fails: whatever goes wrong, the sweep will find the work."""
    for line in _lines:
        line.bring(name)


def _only_queued(_name: str) -> None:
    """What a nudge is called by where it is sent; the worker has the real one."""


def run(name: str, context: Context) -> None:
    """Run one job here and now. What goes wrong in it is logged and left to the next sweep."""
    try:
        _jobs[name](context)
    except Exception as error:
        _failed("a job failed", name, error)


def sweep(context: Context) -> None:
    """Everything that is due each minute; one that fails does not stop the others."""
    for name, do in list(_each_minute.items()):
        try:
            do(context)
        except Exception as error:
            _failed("a sweep failed", name, error)


def _failed(what: str, name: str, error: Exception) -> None:
    log.error(what, exc_info=error, extra={"facts": {"job": name}})
    if not passing.passes(error):
        reports.tell(error, job=name)


@every_minute
def seal_audit(context: Context) -> None:
    """Chain the audit rows written since."""
    while context.db.write(audit.seal) == audit.A_BATCH:
        pass


def run_consumer(context: Context) -> None:
    """The worker: look at once at everything, then at each nudge and each minute, until told to stop."""
    consumer = consumer_of(context)
    with sweeping(context):
        consumer.run()


@contextmanager
def sweeping(context: Context) -> Iterator[None]:
    """Sweep now and then each minute, whatever becomes of the queue."""
    over = Event()

    def go_on() -> None:
        while True:
            begun = time.monotonic()
            sweep(context)
            if over.wait(max(0.0, begun + A_MINUTE - time.monotonic())):
                return

    thread = Thread(target=go_on, name="sweep", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(SWEEP_ENDS_WITHIN)


def consumer_of(context: Context) -> Consumer:
    queue = queues.queue(context.settings, WORKER_WAITS)

    def look(name: str) -> None:
        run(name, context)

    queue.task(name="look")(look)
    return Consumer(queue, workers=2, periodic=False, max_delay=queues.LONGEST_PAUSE)
