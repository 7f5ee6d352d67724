"""The list of one's own devices, and signing out one of them."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, event, select

from fieldapp.accounts.device_models import SignedIn
from fieldapp.accounts.entering import browser_of
from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.core.models import Audit
from tests.accounts.conftest import inside, sign_in
from tests.cast import Cast

Browser = Callable[..., FlaskClient]
PHONE = "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


def on(client: FlaskClient, agent: str) -> FlaskClient:
    client.environ_base["HTTP_USER_AGENT"] = agent
    return client


def listed(client: FlaskClient) -> list[UUID]:
    """The devices that the page offers to sign out."""
    return [UUID(id) for id in re.findall(r'action="/settings/devices/([0-9a-f-]{36})/end"', page(client))]


def page(client: FlaskClient) -> str:
    return client.get("/settings/devices").text


def test_one_device_is_signed_out_and_the_others_stay(browser: Browser, db: Database, cast: Cast) -> None:
    phone, desk, third = on(browser(), PHONE), on(browser(), DESK), browser()
    for client in (phone, desk, third):
        sign_in(client, "ana", own_device="y")
        clock.advance(timedelta(minutes=1))
    text = page(desk)
    assert "Chrome · Android" in text and text.count("本机</span>") == 1
    assert len(listed(desk)) == 2
    with db.reading() as session:
        of_phone = session.scalars(select(SignedIn.id).where(SignedIn.browser == "Chrome · Android")).one()
    answer = desk.post(f"/settings/devices/{of_phone}/end")
    assert (answer.status_code, answer.location) == (303, "/settings/devices?ended=one")
    assert "该设备已退出登录" in desk.get(answer.location).text
    assert [inside(client) for client in (phone, desk, third)] == [False, True, True]
    assert phone.get("/api/v1/me").status_code == 401  # what it holds waits there for the next sign-in
    assert of_phone not in listed(desk)
    with db.reading() as session:
        told = session.scalars(select(Audit).where(Audit.verb == "device.signed-out")).one()
    assert (told.actor_id, told.detail["signed_in"]) == (cast.ana, str(of_phone))


def test_a_device_of_somebody_else_is_not_there(browser: Browser, db: Database) -> None:
    ana, dan = browser(), browser()
    sign_in(ana, "ana")
    sign_in(dan, "dan")
    with db.reading() as session:
        ids = list(session.scalars(select(SignedIn.id)))
    assert len(ids) == 2 and listed(dan) == []
    assert sorted(dan.post(f"/settings/devices/{id}/end").status_code for id in ids) == [303, 404]
    assert inside(ana)


def test_signing_out_here_ends_a_copy_of_the_cookie(browser: Browser) -> None:
    desk, thief = browser(), browser()
    sign_in(desk, "ana")
    cookie = desk.get_cookie("fieldapp")
    assert cookie is not None
    thief.set_cookie("fieldapp", cookie.value)
    assert inside(thief)
    desk.post("/logout")
    assert not inside(thief)


def test_a_cookie_whose_row_was_lost_with_a_restore_goes_on_and_is_listed_again(browser: Browser, db: Database) -> None:
    phone = browser()
    sign_in(phone, "ana", own_device="y")
    db.write(lambda session: session.execute(delete(SignedIn)))
    assert phone.get("/api/v1/me").status_code == 200
    assert inside(phone)
    with db.reading() as session:
        assert session.scalars(select(SignedIn.own_device)).one()


def test_a_session_of_before_the_list_gets_its_row_when_it_is_used(
    client_of: Callable[..., FlaskClient], db: Database
) -> None:
    phone = client_of("ana")  # its cookie names no row
    assert inside(phone)
    clock.advance(timedelta(days=1, seconds=1))
    assert inside(phone)
    with db.reading() as session:
        row = session.scalars(select(SignedIn)).one()
    other = client_of("ana")
    other.post(f"/settings/devices/{row.id}/end")
    assert not inside(phone)


def test_what_the_phone_says_of_itself_is_shown_where_it_could_be_signed_out(browser: Browser, db: Database) -> None:
    phone, desk = on(browser(), PHONE), browser()
    sign_in(phone, "ana", own_device="y")
    sign_in(desk, "ana")
    queued = [{"id": str(uuid4()), "seq": n} for n in (1, 2)]
    phone.post(f"/api/v1/devices/{uuid4()}", json={"last_seq": 2, "queued": queued})
    assert "其上还有 2 条记录待上传" in page(desk)
    with db.reading() as session:
        assert session.scalars(select(SignedIn.device_id).where(SignedIn.own_device)).one() is not None


def test_a_desk_that_ran_out_is_no_longer_listed(browser: Browser) -> None:
    desk, phone = browser(), browser()
    sign_in(desk, "ana")
    sign_in(phone, "ana", own_device="y")
    assert len(listed(phone)) == 1
    clock.advance(timedelta(minutes=41))
    assert listed(phone) == []


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    from fieldapp.core import fixed

    said: list[str] = []
    engine = app.extensions["fieldapp"].db.engine

    def hear(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        said.append(statement)

    run = fixed.execute

    def heard(connection: object, text: str, given: object) -> object:
        if "BEGIN" not in text:
            said.append(text)
        return run(connection, text, given)  # type: ignore[arg-type]

    event.listen(engine, "before_cursor_execute", hear)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fixed, "execute", heard)
        yield said
    event.remove(engine, "before_cursor_execute", hear)


def test_the_list_costs_two_statements_however_long_and_a_session_is_asked_for_by_one(
    app: Flask, browser: Browser
) -> None:
    desk = browser()
    for _ in range(5):
        sign_in(desk, "ana", own_device="y")
    with statements(app) as said:
        page(desk)
    about_us = [text for text in said if "signed_in" in text]
    assert len(about_us) == 2
    with statements(app) as said:
        assert desk.get("/api/v1/me").status_code == 200
    assert len([text for text in said if "user" in text]) == 1, (
        "who is asking and whether the sign-in still counts are one question"
    )


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (PHONE, "Chrome · Android"),
        (DESK, "Firefox · Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Mobile/15E Safari/604.1",
            "Safari · iPhone",
        ),
        (PHONE + " MicroMessenger/8.0.50", "WeChat · Android"),
        ("curl/8.5", ""),
    ],
)
def test_a_browser_is_named_so_that_one_knows_it_again(agent: str, name: str) -> None:
    assert browser_of(agent) == name
