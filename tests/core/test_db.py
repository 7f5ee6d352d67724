"""Transactions on both databases: readers cannot write, writers lose nothing, endings come last and in order."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from fieldapp.core.changes import bump
from fieldapp.core.db import Database, Ending, at_end
from fieldapp.core.models import Counter, Fact

WRITERS, EACH = 8, 50


def at_once(count: int, do: Callable[[int], None]) -> None:
    """Run `do` in this many threads, all starting together; what one of them raises fails the test."""
    start, raised = threading.Barrier(count), []

    def run(number: int) -> None:
        start.wait()
        try:
            do(number)
        except Exception as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert raised == []


def facts(db: Database) -> dict[str, str]:
    with db.reading() as session:
        return {fact.name: fact.value for fact in session.scalars(select(Fact)) if fact.name != "server_epoch"}


def test_a_reading_session_cannot_write(db: Database) -> None:
    with db.reading() as session:
        session.add(Fact(name="sneaked", value="in"))
        with pytest.raises(DBAPIError, match=r"(?i)read-?only"):
            session.flush()
    assert facts(db) == {}


def test_the_connection_of_a_reader_serves_a_writer_next(settings_url: str) -> None:
    one = Database(settings_url, pool_size=1)
    for name in ("first", "second"):
        with one.reading() as session:
            session.scalar(select(Fact.name).limit(1))
        with one.writing() as session:
            session.add(Fact(name=name, value=""))
    assert set(facts(one)) == {"first", "second"}
    one.close()


@pytest.fixture
def settings_url(db: Database, db_url: str) -> str:
    return db_url


def test_writers_at_once_lose_nothing_and_none_is_told_locked(db: Database) -> None:
    def write(writer: int) -> None:
        for number in range(EACH):
            with db.writing() as session:
                session.add(Fact(name=f"{writer}-{number}", value=""))
                at_end(session, Ending.PROJECT_VERSION, "count", lambda session: void(bump(session, "count")))

    at_once(WRITERS, write)
    assert len(facts(db)) == WRITERS * EACH
    with db.reading() as session:
        assert session.get_one(Counter, "count").value == WRITERS * EACH


def void(_value: object) -> None:
    """For an ending whose result nobody needs."""


def test_endings_run_last_and_in_their_order_whatever_order_they_were_asked_for(db: Database) -> None:
    ran: list[str] = []

    def tell(name: str) -> Callable[[Session], None]:
        return lambda _session: ran.append(name)

    with db.writing() as session:
        at_end(session, Ending.REFERENCE_VERSION, "reference", tell("reference"))
        at_end(session, Ending.ISSUE_NUMBER, "b", tell("issue b"))
        at_end(session, Ending.PROJECT_VERSION, "2", tell("project 2"))
        at_end(session, Ending.ISSUE_NUMBER, "a", tell("issue a"))
        at_end(session, Ending.PROJECT_VERSION, "1", tell("project 1"))
        at_end(session, Ending.VISIT_NUMBER, "v", tell("visit"))
        at_end(session, Ending.PROJECT_VERSION, "1", tell("project 1 again"))
        ran.append("the work itself")
    assert ran == ["the work itself", "project 1", "project 2", "visit", "issue a", "issue b", "reference"]


def test_an_ending_may_ask_for_another(db: Database) -> None:
    ran: list[str] = []

    def number(session: Session) -> None:
        ran.append("number")
        at_end(session, Ending.REFERENCE_VERSION, "r", lambda _session: ran.append("reference"))

    with db.writing() as session:
        at_end(session, Ending.VISIT_NUMBER, "v", number)
    assert ran == ["number", "reference"]


def test_an_error_takes_everything_back_and_no_ending_runs(db: Database) -> None:
    ran: list[str] = []
    with pytest.raises(RuntimeError, match="changed my mind"), db.writing() as session:
        session.add(Fact(name="half", value="done"))
        session.flush()
        at_end(session, Ending.VISIT_NUMBER, "v", lambda _session: ran.append("number"))
        raise RuntimeError("changed my mind")
    assert facts(db) == {}
    assert ran == []


def test_an_error_in_an_ending_takes_everything_back(db: Database) -> None:
    def fail(_session: Session) -> None:
        raise RuntimeError("no number left")

    with pytest.raises(RuntimeError, match="no number left"), db.writing() as session:
        session.add(Fact(name="half", value="done"))
        at_end(session, Ending.VISIT_NUMBER, "v", fail)
    assert facts(db) == {}


def test_what_cannot_succeed_is_not_tried_again(db: Database) -> None:
    tries: list[int] = []

    def clash(session: Session) -> None:
        tries.append(1)
        session.add_all([Fact(name="same", value="1"), Fact(name="other", value="2")])
        session.flush()
        session.execute(update(Fact).where(Fact.name == "other").values(name="same"))

    with pytest.raises(IntegrityError):
        db.write(clash)
    assert len(tries) == 1


@pytest.mark.postgres
def test_a_deadlock_is_tried_again_once_and_both_get_through(postgres_url: str) -> None:
    """Two writers each hold the row that the other one wants."""
    db = Database(postgres_url)
    with db.writing() as session:
        session.add_all([Counter(name="left", value=0), Counter(name="right", value=0)])
    orders = [("left", "right"), ("right", "left")]
    both_hold_one, through = threading.Barrier(2), [threading.Event(), threading.Event()]
    tries = [0, 0]

    def write(number: int) -> None:
        def move(session: Session) -> None:
            tries[number] += 1
            if tries[number] == 2:
                through[1 - number].wait()  # the victim must not barge in before the survivor has its second row
            bump(session, orders[number][0])
            if tries[number] == 1:
                both_hold_one.wait()
            bump(session, orders[number][1])

        db.write(move)
        through[number].set()

    at_once(2, write)
    with db.reading() as session:
        assert {c.name: c.value for c in session.scalars(select(Counter))} == {"left": 2, "right": 2}
    assert sorted(tries) == [1, 2]
    db.close()
