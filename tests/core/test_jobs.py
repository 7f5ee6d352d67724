"""A nudge may be lost at any time; the work may not."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from fieldapp.core import jobs
from fieldapp.core.db import Database
from fieldapp.core.files import Files
from fieldapp.settings import Settings


@pytest.fixture
def context(tmp_path: Path) -> Iterator[jobs.Context]:
    settings = Settings(data_dir=tmp_path / "data", database_url=f"sqlite:///{tmp_path}/none.db")
    yield jobs.Context(settings, Database(settings.database), Files(settings.files))
    jobs.disconnect()


@pytest.fixture
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs registered in a test end with it."""
    monkeypatch.setattr(jobs, "_jobs", {})
    monkeypatch.setattr(jobs, "_each_minute", {})


@pytest.mark.usefixtures("own_registry")
def test_a_nudge_makes_the_worker_look(context: jobs.Context) -> None:
    looked = Event()

    @jobs.job("kites")
    def fly(_context: jobs.Context) -> None:
        looked.set()

    jobs.connect(context.settings)
    consumer = jobs.consumer_of(context)
    consumer.start()
    jobs.nudge("kites")
    assert looked.wait(timeout=30)
    consumer.stop(graceful=True)


@pytest.mark.usefixtures("own_registry")
def test_deleting_the_queue_loses_no_work(context: jobs.Context) -> None:
    waiting, done = ["a kite"], []

    @jobs.job("kites")
    def fly(_context: jobs.Context) -> None:
        while waiting:
            done.append(waiting.pop())

    jobs.connect(context.settings)
    jobs.nudge("kites")
    for path in context.settings.data_dir.glob("jobs.db*"):
        path.unlink()
    jobs.nudge("kites")  # into a queue that is gone: no error
    jobs.sweep(context)  # what the worker does at its start and each minute
    assert done == ["a kite"]


def test_a_nudge_never_fails(context: jobs.Context) -> None:
    jobs.nudge("not-connected")
    (context.settings.data_dir / "jobs.db").mkdir(parents=True)
    jobs.connect(context.settings)
    jobs.nudge("no-queue")


def test_a_nudge_does_not_wait_for_a_locked_queue(context: jobs.Context) -> None:
    jobs.connect(context.settings)
    with closing(sqlite3.connect(context.settings.data_dir / "jobs.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        jobs.nudge("locked-out")
        assert other.execute("SELECT count(*) FROM task").fetchone() == (0,)


@pytest.mark.usefixtures("own_registry")
def test_one_job_that_fails_does_not_stop_the_others(context: jobs.Context) -> None:
    done = []

    @jobs.job("broken")
    def broken(_context: jobs.Context) -> None:
        raise RuntimeError("no wind")

    @jobs.every_minute
    def whole(_context: jobs.Context) -> None:
        done.append("whole")

    jobs.sweep(context)
    jobs.run("broken", context)
    assert done == ["whole"]
