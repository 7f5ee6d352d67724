"""Changing one's password."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.accounts.conftest import inside, sign_in
from tests.cast import PASSWORD

Browser = Callable[..., FlaskClient]
NEW = "Rubber-boots-4"


def change(client: FlaskClient, password: str = NEW, again: str | None = None, current: str = PASSWORD) -> TestResponse:
    form = {"current": current, "password": password, "again": password if again is None else again}
    return client.post("/settings/password", data=form)


def test_the_new_one_counts_and_the_old_one_no_longer(browser: Browser) -> None:
    client = browser()
    sign_in(client, "ana")
    answer = change(client)
    assert (answer.status_code, answer.location) == (303, "/settings?changed=1")
    assert "密码已修改" in client.get(answer.location).text
    assert sign_in(browser(), "ana", PASSWORD).status_code == 422
    assert sign_in(browser(), "ana", NEW).status_code == 303


def test_other_devices_must_sign_in_again_and_this_one_need_not(browser: Browser) -> None:
    phone, desk = browser(), browser()
    sign_in(phone, "ana", own_device="y")
    sign_in(desk, "ana")
    change(desk)
    assert inside(desk)
    assert not inside(phone)


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("Short-1", "至少需要 10 个字符"),
        ("x" * 201, "最多 200 个字符"),
        ("abcdefghijkl", "三类以上字符"),
        ("abcdefghij-1".replace("-", ""), "三类以上字符"),
        ("My-ana-password-1", "不能包含姓名或账号名"),
        ("My-ANA-password-1", "不能包含姓名或账号名"),
        ("我是安 娜的密码-2026", "不能包含姓名或账号名"),
    ],
)
def test_a_weak_one_is_refused_with_the_reason_at_its_field(browser: Browser, password: str, says: str) -> None:
    client = browser()
    sign_in(client, "ana")
    answer = change(client, password)
    assert answer.status_code == 422
    assert says in answer.text
    assert sign_in(browser(), "ana").status_code == 303


def test_two_different_entries_are_refused(browser: Browser) -> None:
    client = browser()
    sign_in(client, "ana")
    answer = change(client, NEW, "Rubber-boots-5")
    assert answer.status_code == 422
    assert "两次输入的新密码不一致" in answer.text


def test_the_current_one_is_asked_for(browser: Browser) -> None:
    client = browser()
    sign_in(client, "ana")
    answer = change(client, current="not-it-at-all")
    assert answer.status_code == 422
    assert "当前密码不正确" in answer.text
    assert inside(client)


@pytest.mark.parametrize("password", ["安全的密码-2026", "Boots 😀 and umbrella", "aB1" * 66])
def test_any_characters_will_do(browser: Browser, password: str) -> None:
    client = browser()
    sign_in(client, "ana")
    assert change(client, password).status_code == 303
    assert sign_in(browser(), "ana", password).status_code == 303
