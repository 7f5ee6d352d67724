"""Noon on a Friday, and ana at her browser."""

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient

from fieldapp.core import clock
from tests.cast import NOON
from tests.feed.pages import Reader


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def reader(client_of: Callable[..., FlaskClient]) -> Callable[..., Reader]:
    """`reader("ana")`: ana at her browser; `reader(None)`: nobody's."""
    return lambda name: Reader(client_of(name))
