"""Pages are read at NOON of the cast's day."""

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient

from fieldapp.core import clock
from fieldapp.core.db import Database
from tests.cast import NOON, Cast
from tests.feed.pages import Reader
from tests.feed.story import Story


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def story(db: Database, cast: Cast) -> Story:
    return Story(db, cast)


@pytest.fixture
def reader(client_of: Callable[..., FlaskClient]) -> Callable[..., Reader]:
    """`reader("ana")`: ana at her browser."""
    return lambda name: Reader(client_of(name))
