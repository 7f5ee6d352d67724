"""Chinese first, English second: by the account, else by the browser's choice, else by the setting."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from fieldapp.app import create_app
from fieldapp.settings import Settings
from tests.accounts.conftest import sign_in
from tests.cast import Cast

Browser = Callable[..., FlaskClient]


def test_chinese_comes_first(browser: Browser) -> None:
    page = browser().get("/login").text
    assert "<h1>登录</h1>" in page
    assert 'lang="zh-Hans-CN"' in page


def test_a_browser_may_choose_english_before_anyone_signs_in(browser: Browser) -> None:
    client = browser()
    answer = client.post("/settings/language", data={"language": "en", "next": "/login"})
    assert (answer.status_code, answer.location) == (303, "/login")
    page = client.get("/login").text
    assert "<h1>Sign in</h1>" in page
    assert '<html lang="en"' in page
    assert "<h1>登录</h1>" in browser().get("/login").text


def test_an_account_takes_its_language_to_every_device(browser: Browser) -> None:
    phone, desk = browser(), browser()
    sign_in(phone, "ana")
    phone.post("/settings/language", data={"language": "en"})
    sign_in(desk, "ana")
    assert "Change the password" in desk.get("/settings").text


def test_the_setting_decides_where_nobody_has_chosen(settings: Settings, cast: Cast) -> None:
    assert "<h1>Sign in</h1>" in create_app(replace(settings, locale="en")).test_client().get("/login").text


@pytest.mark.parametrize("language", ["fr", "", "zh", "../en", "en\x00"])
def test_there_are_only_two(browser: Browser, language: str) -> None:
    assert browser().post("/settings/language", data={"language": language}).status_code == 400


@pytest.mark.parametrize("page", ["/login", "/settings"])
def test_one_comes_back_to_the_page_where_one_chose(browser: Browser, page: str) -> None:
    client = browser()
    sign_in(client, "ana") if page == "/settings" else None
    assert 'name="next" value="' + page in client.get(page).text


def test_errors_are_told_in_the_chosen_language(browser: Browser) -> None:
    client = browser()
    client.post("/settings/language", data={"language": "en"})
    assert "There is nothing here" in client.get("/nowhere").text
