"""Noon of a Friday, and zoe's browser."""

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient

from fieldapp.core import clock
from tests.cast import NOON


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    """What has SQL of its own is tested on both: test_lists.py."""
    return sqlite_url


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def zoe(client_of: Callable[..., FlaskClient]) -> FlaskClient:
    """The system administrator, who has given her password just now."""
    return client_of("zoe")
