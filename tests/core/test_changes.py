"""Versions of the reference data are given in commit order: a phone that asks "what came after?" misses nothing."""

import threading

import pytest
from sqlalchemy import select

from fieldapp.core import changes
from fieldapp.core.db import Database
from fieldapp.core.models import Change
from tests.core.test_db import at_once

WRITERS, EACH = 8, 25


def test_a_reader_with_a_cursor_misses_nothing_of_eight_writers(db: Database) -> None:
    """Ids and times as cursors lost 414 of 2,400 rows when this was measured."""
    seen: list[str] = []
    written = threading.Event()
    cursor = 0

    def look() -> None:
        nonlocal cursor
        with db.reading() as session:
            found = changes.since(session, cursor, ["project"])
            seen.extend(change.row for change in found)
            cursor = max((change.version for change in found), default=cursor)

    def read_until_written() -> None:
        while not written.is_set():
            look()

    def write(writer: int) -> None:
        for number in range(EACH):
            db.write(lambda session, row=f"{writer}-{number}": changes.note(session, "project", row))  # type: ignore[misc]

    reader = threading.Thread(target=read_until_written)
    reader.start()
    try:
        at_once(WRITERS, write)
    finally:
        written.set()
        reader.join()
    look()
    assert len(seen) == WRITERS * EACH
    assert len(set(seen)) == WRITERS * EACH
    assert cursor == WRITERS * EACH


def test_all_changes_of_one_transaction_have_one_version(db: Database) -> None:
    with db.writing() as session:
        changes.note(session, "project", "a")
        changes.note(session, "unit", "b")
    with db.reading() as session:
        assert {(c.kind, c.row, c.version) for c in session.scalars(select(Change))} == {
            ("project", "a", 1),
            ("unit", "b", 1),
        }
        assert changes.current(session) == 1


def test_a_row_stands_at_its_last_change_and_what_is_gone_leaves_a_tombstone(db: Database) -> None:
    for removed in (False, False, True):
        with db.writing() as session:
            changes.note(session, "project", "a", removed=removed)
    with db.reading() as session:
        (change,) = changes.since(session, 0, ["project"])
        assert (change.version, change.removed) == (3, True)
        assert changes.since(session, 3, ["project"]) == []
        assert changes.since(session, 0, ["unit"]) == []


def test_what_depends_on_the_version_runs_with_it(db: Database) -> None:
    given: list[int] = []
    for _ in range(2):
        with db.writing() as session:
            changes.at_version(session, lambda _session, version: given.append(version))
    assert given == [1, 2]


def test_a_transaction_that_fails_leaves_no_version_behind(db: Database) -> None:
    with pytest.raises(RuntimeError), db.writing() as session:
        changes.note(session, "project", "a")
        raise RuntimeError
    with db.writing() as session:
        changes.note(session, "project", "b")
    with db.reading() as session:
        assert changes.current(session) == 1
