"""How long a sign-in lasts: ninety days on one's own device, thirty idle minutes at a desk."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask, jsonify
from flask.testing import FlaskClient

from fieldapp.app import create_app
from fieldapp.core import clock
from fieldapp.core.access import phone_door, polled
from fieldapp.settings import Settings
from tests.accounts.conftest import inside, sign_in
from tests.cast import Cast

Browser = Callable[..., FlaskClient]
OWN = {"own_device": "y"}


def test_on_ones_own_device_it_lasts_ninety_days_after_the_last_use(browser: Browser) -> None:
    client = browser()
    sign_in(client, "ana", **OWN)
    clock.advance(timedelta(days=89))
    assert inside(client)
    clock.advance(timedelta(days=89))
    assert inside(client)
    clock.advance(timedelta(days=90, seconds=1))
    assert not inside(client)


def test_at_a_desk_it_ends_after_thirty_idle_minutes(browser: Browser) -> None:
    client = browser()
    sign_in(client, "dee")
    for _ in range(3):
        clock.advance(timedelta(minutes=29))
        assert inside(client)
    clock.advance(timedelta(minutes=30, seconds=1))
    assert not inside(client)


def test_an_ended_session_is_never_called_a_wrong_password(browser: Browser) -> None:
    client = browser()
    sign_in(client, "dee")
    clock.advance(timedelta(minutes=31))
    asked = client.get("/settings")
    assert asked.status_code == 302
    page = client.get(asked.location).text
    assert "请重新登录" in page
    assert "不正确" not in page
    assert sign_in(client, "dee", next="/settings").location == "/settings"


def test_who_never_signed_in_is_not_told_to_do_so_again(browser: Browser) -> None:
    client = browser()
    assert "请重新登录" not in client.get(client.get("/settings").location).text


@pytest.mark.parametrize("mark", [polled, phone_door])
def test_what_a_page_asks_by_itself_is_no_use(app: Flask, browser: Browser, mark: Callable[..., object]) -> None:
    app.add_url_rule("/news", view_func=mark(lambda: jsonify(1)))  # type: ignore[arg-type]
    client = browser()
    sign_in(client, "dee")
    for _ in range(3):
        clock.advance(timedelta(minutes=10))
        assert client.get("/news").status_code == 200
    clock.advance(timedelta(seconds=1))
    assert client.get("/news").status_code == 401
    assert not inside(client)


def test_the_settings_say_how_long(settings: Settings, cast: Cast) -> None:
    client = create_app(replace(settings, session_desk_idle=5)).test_client()
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    sign_in(client, "dee")
    clock.advance(timedelta(minutes=5, seconds=1))
    assert not inside(client)


def test_a_phone_that_changes_its_address_stays_signed_in(browser: Browser) -> None:
    """A mobile network gives another one at each mast."""
    client = browser("10.1.1.1")
    sign_in(client, "ana", **OWN)
    client.environ_base["REMOTE_ADDR"] = "10.200.3.4"
    client.environ_base["HTTP_USER_AGENT"] = "an updated browser"
    assert inside(client)


def test_the_cookie_of_ones_own_device_outlives_the_browser(browser: Browser) -> None:
    own, shared = browser(), browser()
    kept = sign_in(own, "ana", **OWN).headers["Set-Cookie"]
    passing = sign_in(shared, "ana").headers["Set-Cookie"]
    assert "Expires=" in kept
    assert "Expires=" not in passing
    for cookie in (kept, passing):
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Path=/" in cookie
        assert "Secure" not in cookie


def test_over_https_the_cookie_is_bound_to_the_host(settings: Settings, cast: Cast) -> None:
    client = create_app(replace(settings, origin="https://fieldapp.example")).test_client()
    answer = client.post(
        "/login", data={"username": "ana", "password": "Fieldapp-demo1"}, base_url="https://fieldapp.example",
        headers={"Origin": "https://fieldapp.example"},
    )  # fmt: skip
    assert answer.status_code == 303
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-fieldapp=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_a_cookie_that_was_tampered_with_is_none(browser: Browser) -> None:
    client = browser()
    sign_in(client, "ana")
    cookie = client.get_cookie("fieldapp")
    assert cookie is not None
    client.set_cookie("fieldapp", cookie.value[:-2] + "xx")
    assert not inside(client)


def test_most_answers_carry_no_cookie(browser: Browser) -> None:
    client = browser()
    sign_in(client, "ana", **OWN)
    assert "Set-Cookie" not in client.get("/settings").headers
    clock.advance(timedelta(days=1, seconds=1))
    assert "Set-Cookie" in client.get("/settings").headers
    assert "Set-Cookie" not in client.get("/settings").headers


def test_a_phone_can_tell_the_session_it_has_just_left_from_the_next(browser: Browser) -> None:
    def session(client: FlaskClient) -> str:
        found: str = client.get("/api/v1/me").json["session"]
        return found

    client = browser()
    sign_in(client, "ana", **OWN)
    first = session(client)
    assert session(client) == first
    client.post("/logout")
    sign_in(client, "ana", **OWN)
    assert session(client) not in {first, None}
