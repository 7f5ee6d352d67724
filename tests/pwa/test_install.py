"""How to put the app on the home screen, and what another app hands over before it is there."""

import io
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from fieldapp.pwa.install import WAYS, ways
from tests.cast import Cast

ClientOf = Callable[[str | None], FlaskClient]
AGENTS = {
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36": "android",
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36 EdgA/131.0": "android",
    "Mozilla/5.0 (Linux; Android 12; NOH-AN00) Chrome/114.0 HuaweiBrowser/15.0.4 Mobile Safari/537.36": "makers",
    "Mozilla/5.0 (Linux; U; Android 14; zh-cn) Chrome/119.0 Mobile Safari/537.36 XiaoMi/MiuiBrowser/18.7": "makers",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Safari/604.1": "ios",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605 MicroMessenger/8.0.53": "wechat",
    "Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Mobile Safari/537.36 XWEB/126 MicroMessenger/8.0.53": "wechat",
    "Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0": "firefox",
    "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0": "desktop",
    "": "desktop",
}


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.mark.parametrize(("agent", "own"), AGENTS.items())
def test_ones_own_browser_comes_first_and_no_other_is_missing(agent: str, own: str) -> None:
    found = ways(agent)
    assert found[0] == own
    assert sorted(found) == sorted(WAYS)


@pytest.mark.parametrize(("agent", "own"), list(AGENTS.items())[:1] + list(AGENTS.items())[4:6])
def test_the_page_opens_at_ones_own_way(app: Flask, agent: str, own: str) -> None:
    html = app.test_client().get("/install", headers={"User-Agent": agent}).text
    assert re.findall(r'data-way="(\w+)"', html)[0] == own
    assert html.index(f'data-way="{own}"') < html.index("<details")
    assert html.count('class="install-picture"') == 2 * len(WAYS)


def test_it_knows_nobody_and_withholds_nothing(client_of: ClientOf, cast: Cast) -> None:
    nobody, ana = client_of(None).get("/install"), client_of("ana").get("/install")
    assert nobody.data == ana.data
    assert "在浏览器里功能完全一样" in nobody.text
    assert "请先上传" in nobody.text


def test_it_is_found_from_the_sign_in_and_from_ones_own_page(client_of: ClientOf, cast: Cast) -> None:
    assert 'href="/install"' in client_of(None).get("/login").text
    ana = client_of("ana")
    assert 'href="/install"' in ana.get("/settings").text
    assert "data-install-hint hidden" in ana.get("/").text


@pytest.mark.parametrize("site", ["none", "cross-site"])
def test_pictures_that_no_worker_took_are_refused_in_words(client_of: ClientOf, cast: Cast, site: str) -> None:
    ana = client_of("ana")
    picture = (io.BytesIO(b"\xff\xd8\xff" + b"x" * 100), "crane.jpg", "image/jpeg")
    answer = ana.post(
        "/share",
        data={"photos": picture, "text": "Gate 3"},
        content_type="multipart/form-data",
        headers={"Sec-Fetch-Site": site, "Origin": "null"},
    )
    assert answer.status_code == 200
    assert "请手动选择照片" in answer.text
    assert "Gate 3" not in answer.text
    assert 'href="/capture"' in answer.text
    assert "Set-Cookie" not in answer.headers


def test_a_body_of_any_size_is_no_error_there(app: Flask, db: Session) -> None:
    answer = app.test_client().post("/share", data=b"x" * 5_000_000, content_type="multipart/form-data; boundary=never")
    assert answer.status_code == 200


def test_no_other_address_takes_a_post_from_outside(client_of: ClientOf, cast: Cast) -> None:
    answer = client_of("ana").post("/logout", headers={"Sec-Fetch-Site": "none", "Origin": "null"})
    assert answer.status_code == 403
