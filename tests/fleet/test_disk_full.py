"""A database that may not grow, in small: SQLite says "full" in one of the two transactions, or in both."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, event, func, select

from fieldapp.core.db import Database
from fieldapp.sync.models import Raw
from tests.cast import Cast
from tests.sync.phone import Phone

LONG = "磁盘已满" * 2_000  # more than the free pages of a new database hold


class Room:
    """How many more writing transactions of the application find room."""

    def __init__(self, database: Database) -> None:
        self.left = 1_000_000
        event.listen(database._writing_engine, "begin", self._begun)

    def _begun(self, connection: Connection) -> None:
        self.left -= 1
        pages = 2**30 if self.left >= 0 else 1  # SQLite takes less than there are for as many as there are
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def room(app: Flask) -> Room:
    return Room(app.extensions["fieldapp"].db)


def raws(db: Database) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Raw)) or 0


def test_no_room_for_the_bytes_is_no_receipt(
    room: Room, client_of: Callable[..., FlaskClient], db: Database, cast: Cast
) -> None:
    phone = Phone(cast.ana, client_of("ana"))
    visit = phone.visit(cast.sail, {"content": LONG})
    room.left = 0
    answer = phone.send(visit)
    assert answer.json is not None
    assert (answer.status_code, answer.json["code"], answer.headers["Retry-After"]) == (507, "disk-full", "60")
    assert raws(db) == 0
    room.left = 10
    answer = phone.send(visit)
    assert answer.json is not None
    assert (answer.status_code, answer.json["state"]) == (201, "placed")


def test_room_for_the_bytes_only_is_a_receipt_and_the_rest_comes_later(
    room: Room, client_of: Callable[..., FlaskClient], db: Database, cast: Cast
) -> None:
    phone = Phone(cast.ana, client_of("ana"))
    visit = phone.visit(cast.sail, {"content": LONG})
    room.left = 1
    answer = phone.send(visit)
    assert answer.json is not None
    assert (answer.status_code, answer.json["state"], answer.json["reason"]) == (202, "unplaced", "pending")
    assert raws(db) == 1
    room.left = 10
    answer = phone.send(visit)
    assert answer.json is not None
    assert (answer.status_code, answer.json["state"]) == (200, "placed")
    assert raws(db) == 1


def test_a_full_disk_can_be_read(room: Room, client_of: Callable[..., FlaskClient], cast: Cast) -> None:
    """That a project was opened cannot be noted; it opens all the same."""
    client = client_of("ana")
    room.left = 0
    assert client.get(f"/projects/{cast.sail}").status_code == 200
