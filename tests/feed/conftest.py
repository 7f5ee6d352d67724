"""Pages are read at NOON of the cast's day."""

from collections.abc import Iterator

import pytest

from fieldapp.core import clock
from fieldapp.core.db import Database
from tests.cast import NOON, Cast
from tests.feed.story import Story


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def story(db: Database, cast: Cast) -> Story:
    return Story(db, cast)
