"""Noon of a Friday on SQLite, and a worker that looks through workbooks."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from fieldapp.core import clock, jobs
from fieldapp.sheets import jobs as _sheets
from tests.cast import NOON

assert _sheets


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def work(app: Flask) -> Callable[[], None]:
    """What the worker does when it is nudged."""
    around = app.extensions["fieldapp"]
    return lambda: jobs.run("workbooks", jobs.Context(around.settings, around.db, around.files))
