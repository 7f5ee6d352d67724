"""Redis by setting alone: what it shares while it is there, and that nobody notices when it is not."""

import logging
import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from fieldapp.app import create_app
from fieldapp.core import jobs, queues
from fieldapp.core.db import Database
from fieldapp.core.files import Files
from fieldapp.settings import Settings
from fieldapp.upkeep import setting_checks
from fieldapp.upkeep.examining import Examination, Limits
from tests.deploy.shared import Valkey
from tests.processes import until

NOBODY = "redis://127.0.0.1:1/0"


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def settings(db_url: str, tmp_path: Path) -> Iterator[Settings]:
    yield Settings(data_dir=tmp_path / "data", database_url=db_url, secret_key="only-for-tests-only-for-tests")
    jobs.disconnect()


def context_of(settings: Settings) -> jobs.Context:
    return jobs.Context(settings, Database(settings.database), Files(settings.files))


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> Event:
    """A job that tells when it was run, and is the only one there is."""
    found = Event()
    monkeypatch.setattr(jobs, "_jobs", {"kites": lambda _context: found.set()})
    monkeypatch.setattr(jobs, "_each_minute", {})
    return found


def test_a_nudge_reaches_the_worker_of_another_machine(settings: Settings, valkey: Valkey, looked: Event) -> None:
    here = replace(settings, redis_url=valkey.url)
    there = replace(here, data_dir=settings.data_dir / "of-another-machine")
    jobs.connect(here)
    consumer = jobs.consumer_of(context_of(there))
    consumer.start()
    jobs.nudge("kites")
    assert looked.wait(timeout=30)
    consumer.stop(graceful=True)


def test_a_redis_that_dies_and_comes_back_costs_nudges_only(
    settings: Settings, valkey: Valkey, looked: Event, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(jobs, "NUDGE_RESTS", 0.0)
    caplog.set_level(logging.WARNING, "fieldapp.jobs")
    here = replace(settings, redis_url=valkey.url)
    jobs.connect(here)
    consumer = jobs.consumer_of(context_of(here))
    consumer.start()
    valkey.kill()
    jobs.nudge("kites")
    until("the worker has noticed", lambda: "the queue is away: jobs wait for the sweep" in caplog.messages)
    valkey.start()
    until("the worker has noticed again", lambda: "the queue is back" in caplog.messages)
    assert not looked.is_set()
    jobs.nudge("kites")
    assert looked.wait(timeout=30)
    consumer.stop(graceful=True)
    assert caplog.messages.count("the queue is away: jobs wait for the sweep") <= 2  # once for each of its threads


def test_without_redis_the_sweep_goes_on_by_itself(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    swept: list[int] = []
    monkeypatch.setattr(jobs, "_each_minute", {"kites": lambda _context: swept.append(1)})
    monkeypatch.setattr(jobs, "A_MINUTE", 0.01)
    with jobs.sweeping(context_of(replace(settings, redis_url=NOBODY))):
        until("it was swept three times", lambda: len(swept) >= 3)


def test_a_redis_that_does_not_answer_is_asked_once_in_a_while_only(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "fieldapp.jobs")
    jobs.connect(replace(settings, redis_url=NOBODY))
    for _ in range(50):
        jobs.nudge("kites")
    assert caplog.messages == ["a nudge was lost"]


def test_the_queue_stays_short_when_nobody_works_it_off(settings: Settings, valkey: Valkey) -> None:
    here = replace(settings, redis_url=valkey.url)
    jobs.connect(here)
    for _ in range(queues.MOST + 5):
        jobs.nudge("kites")
    assert queues.waiting(here, 5.0) == queues.MOST


def test_what_somebody_else_put_into_the_queue_is_never_run(
    settings: Settings, valkey: Valkey, looked: Event, tmp_path: Path
) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return Path.touch, (tmp_path / "run",)

    here = replace(settings, redis_url=valkey.url)
    queue = queues.queue(here, 5.0)
    queue.storage.enqueue(pickle.dumps(Evil()) + b":" + b"0" * 40)
    jobs.connect(here)
    consumer = jobs.consumer_of(context_of(here))
    consumer.start()
    jobs.nudge("kites")
    assert looked.wait(timeout=30)
    consumer.stop(graceful=True)
    assert not (tmp_path / "run").exists()


def _statuses(settings: Settings, times: int) -> list[int]:
    """Of as many sign-ins as one machine is asked for."""
    client = create_app(settings).test_client()
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    return [client.post("/setup", data={"code": "0"}).status_code for _ in range(times)]


def test_two_machines_count_a_limit_together(settings: Settings, valkey: Valkey) -> None:
    both = replace(settings, redis_url=valkey.url)
    assert 429 not in _statuses(both, 6)
    assert _statuses(replace(both, data_dir=settings.data_dir / "b"), 6).count(429) == 2  # ten a minute


def test_a_dead_redis_refuses_nobody_and_each_machine_counts_for_itself(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "flask-limiter")
    asked = replace(settings, redis_url=NOBODY)
    said = _statuses(asked, 11)
    assert said.count(429) == 1 and said[-1] == 429
    assert not {status for status in said if status >= 500}
    assert [message for message in caplog.messages if "unreachable" in message]


def test_the_doctor_tells_of_a_redis_that_is_away(settings: Settings, valkey: Valkey) -> None:
    def codes(url: str) -> list[str]:
        asked = replace(settings, redis_url=url)
        this = Examination(asked, Database(asked.database), Files(asked.files), Limits(), deep=False)
        return [finding.code for finding in setting_checks.redis(this)]

    assert codes("") == []
    assert codes(valkey.url) == []
    assert codes(NOBODY) == ["redis-away"]
