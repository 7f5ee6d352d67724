"""Accounts and memberships that end: pages close at once, the phone's door stays open for thirty days."""

from collections.abc import Callable
from datetime import date, timedelta

from flask import Flask, jsonify
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.accounts import actions
from fieldapp.accounts.models import Membership, User
from fieldapp.core import clock, login
from fieldapp.core.access import phone_door, role
from fieldapp.core.db import Database
from tests.accounts.conftest import inside, sign_in
from tests.cast import Cast

Browser = Callable[..., FlaskClient]


def disable(db: Database, cast: Cast, name: str = "ana") -> None:
    db.write(lambda session: actions.disable(session, session.get_one(User, getattr(cast, name)), by=None))


def end_membership(db: Database, cast: Cast, name: str, last_day: date) -> None:
    with db.writing() as session:
        for held in session.scalars(select(Membership).where(Membership.user_id == getattr(cast, name))):
            held.ends_on = last_day


def add_door(app: Flask) -> None:
    app.add_url_rule("/api/v1/door", view_func=phone_door(lambda: jsonify(write_only=login.write_only())))


def test_a_disabled_account_is_out_at_once_and_cannot_come_back(browser: Browser, db: Database, cast: Cast) -> None:
    client = browser()
    sign_in(client, "ana")
    disable(db, cast)
    assert not inside(client)
    answer = sign_in(browser(), "ana")
    assert answer.status_code == 422
    assert "不正确" in answer.text  # a stranger learns nothing of it


def test_who_is_out_finds_the_form_and_no_endless_way_round(browser: Browser, db: Database, cast: Cast) -> None:
    client = browser()
    sign_in(client, "ana")
    disable(db, cast)
    assert client.get(client.get("/settings").location).status_code == 200


def test_what_a_disabled_phone_holds_is_taken_for_thirty_days(
    app: Flask, browser: Browser, db: Database, cast: Cast
) -> None:
    add_door(app)
    client = browser()
    sign_in(client, "ana", own_device="y")
    assert client.get("/api/v1/door").json == {"write_only": False}
    disable(db, cast)
    clock.advance(timedelta(days=30))
    assert client.get("/api/v1/door").json == {"write_only": True}
    clock.advance(timedelta(seconds=1))
    assert client.get("/api/v1/door").status_code == 401


def test_when_the_last_membership_ends_it_is_the_same(app: Flask, browser: Browser, db: Database, cast: Cast) -> None:
    add_door(app)
    client = browser()
    sign_in(client, "ana", own_device="y")
    end_membership(db, cast, "ana", date(2026, 11, 20))
    assert inside(client)  # its last day
    clock.advance(timedelta(days=1))
    assert not inside(client)
    assert client.get("/api/v1/door").json == {"write_only": True}
    clock.advance(timedelta(days=30))
    assert client.get("/api/v1/door").status_code == 401


def test_an_account_without_a_role_is_told_whom_to_ask(browser: Browser, db: Database, cast: Cast) -> None:
    end_membership(db, cast, "ana", date(2026, 11, 19))
    answer = sign_in(browser(), "ana")
    assert answer.status_code == 422
    assert "请联系系统管理员" in answer.text
    assert "不正确" not in answer.text


def test_a_membership_counts_from_its_first_day(browser: Browser, db: Database, cast: Cast) -> None:
    with db.writing() as session:
        for held in session.scalars(select(Membership).where(Membership.user_id == cast.ana)):
            held.starts_on = date(2026, 11, 21)
    assert sign_in(browser(), "ana").status_code == 422
    clock.advance(timedelta(hours=12))  # midnight in Shanghai
    assert sign_in(browser(), "ana").status_code == 303


def test_a_page_of_another_role_is_not_there(app: Flask, browser: Browser) -> None:
    app.add_url_rule("/desk-only", view_func=role("desk", "admin")(lambda: "hello"))
    ana, dee = browser(), browser()
    sign_in(ana, "ana")
    sign_in(dee, "dee")
    assert ana.get("/desk-only").status_code == 404
    assert dee.get("/desk-only").status_code == 200


def test_a_view_that_nobody_marked_is_refused_to_everyone(app: Flask, browser: Browser) -> None:
    app.add_url_rule("/forgotten", view_func=lambda: "hello")
    zoe = browser()
    sign_in(zoe, "zoe")
    assert zoe.get("/forgotten").status_code == 404
