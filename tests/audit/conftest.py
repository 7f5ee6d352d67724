"""Noon on a Friday; abe, the auditor, at his browser."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from fieldapp.core import audit, clock
from fieldapp.core.db import Database, new_id
from tests.cast import NOON, Cast
from tests.compliance.conftest import at_noon, reader
from tests.feed.pages import Reader

__all__ = ["at_noon", "reader"]
Note = Callable[..., None]


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    """One database is enough for pages; what has SQL of its own asks for both by name."""
    return sqlite_url


@pytest.fixture
def abe(reader: Callable[..., Reader]) -> Reader:
    return reader("abe")


@pytest.fixture
def note(db: Database, cast: Cast) -> Note:
    """`note("ana", "visit.logged", "visit", days_ago=3)`: a row of the log."""

    def write(who: str, verb: str, kind: str = "visit", id: Any = None, *, days_ago: int = 0, **detail: Any) -> None:
        actor = getattr(cast, who) if who else None
        with clock.frozen(NOON - timedelta(days=days_ago)), db.writing() as session:
            audit.record(session, actor, verb, kind, id or new_id(), **detail)

    return write
