"""Guessing is slowed by account and address together: a mobile network hides thousands behind one address."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from fieldapp.accounts import attempts
from fieldapp.core import clock
from fieldapp.core.db import Database
from tests.accounts.conftest import inside, sign_in
from tests.cast import Cast
from tests.core.test_db import at_once

Browser = Callable[..., FlaskClient]
LIMITS = attempts.Limits(failures=5, lockout=timedelta(minutes=15))


def fail(client: FlaskClient, name: str, times: int) -> str:
    return [sign_in(client, name, "wrong").text for _ in range(times)][-1]


def test_after_five_failures_one_is_told_when_to_try_again(browser: Browser) -> None:
    client = browser()
    assert "不正确" in fail(client, "ana", 4)
    told = fail(client, "ana", 1)
    assert "15 分钟后（12:15）" in told
    assert "不正确" not in told


def test_while_locked_even_the_right_password_is_not_heard(browser: Browser) -> None:
    client = browser()
    fail(client, "ana", 5)
    clock.advance(timedelta(minutes=14, seconds=1))
    answer = sign_in(client, "ana")
    assert answer.status_code == 422
    assert "1 分钟后（12:15）" in answer.text
    assert not inside(client)


def test_the_lockout_ends_at_the_time_that_was_told(browser: Browser) -> None:
    client = browser()
    fail(client, "ana", 5)
    clock.advance(timedelta(minutes=15))
    assert sign_in(client, "ana").status_code == 303


def test_trying_while_locked_does_not_make_it_longer(browser: Browser) -> None:
    client = browser()
    fail(client, "ana", 9)
    clock.advance(timedelta(minutes=15))
    assert sign_in(client, "ana").status_code == 303


def test_a_success_forgets_the_failures_before_it(browser: Browser) -> None:
    client = browser()
    fail(client, "ana", 4)
    assert sign_in(client, "ana").status_code == 303
    assert "不正确" in fail(client, "ana", 4)


def test_old_failures_are_forgotten(browser: Browser) -> None:
    client = browser()
    fail(client, "ana", 4)
    clock.advance(timedelta(hours=24, seconds=1))
    assert "不正确" in fail(client, "ana", 4)


def test_another_address_and_another_account_are_not_touched(browser: Browser) -> None:
    fail(browser("10.1.1.1"), "ana", 5)
    assert sign_in(browser("10.1.1.2"), "ana").status_code == 303
    assert sign_in(browser("10.1.1.1"), "bo").status_code == 303


def test_a_name_that_does_not_exist_is_locked_all_the_same(browser: Browser) -> None:
    """Otherwise the lockout would tell which accounts there are."""
    assert "15 分钟后" in fail(browser(), "nobody", 5)


def test_an_account_guessed_from_many_addresses_is_locked_everywhere(browser: Browser, db: Database) -> None:
    def guess(session: Session, number: int) -> attempts.SignIn:
        return attempts.conclude(session, attempts.attempt(session, "ana", f"10.9.{number}.1"), False, LIMITS)

    with db.writing() as session:
        told = [guess(session, number).locked_until for number in range(100)]
    assert told == [None] * 99 + [clock.now() + LIMITS.lockout]
    assert "15 分钟后" in sign_in(browser("10.1.1.1"), "ana").text


@pytest.mark.usefixtures("cast")
def test_guesses_made_at_once_count_as_many(db: Database) -> None:
    told = []
    lock = threading.Lock()

    def guess(_number: int) -> None:
        with db.reading() as session:
            tried = attempts.attempt(session, "ana", "10.1.1.1")
        done = db.write(lambda session: attempts.conclude(session, tried, False, LIMITS))
        with lock:
            told.append(done.locked_until is not None)

    at_once(8, guess)
    assert sorted(told) == [False] * 4 + [True] * 4


def test_a_right_guess_that_comes_too_late_is_not_heard(db: Database, cast: Cast) -> None:
    with db.reading() as session:
        tried = attempts.attempt(session, "ana", "10.1.1.1")
    for _ in range(5):
        db.write(lambda session: attempts.conclude(session, tried, False, LIMITS))
    done = db.write(lambda session: attempts.conclude(session, tried, True, LIMITS))
    assert done.user is None
    assert done.locked_until == clock.now() + LIMITS.lockout
