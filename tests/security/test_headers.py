"""What every answer says of itself, whatever it is; docs/security.md has the table."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache

from fieldapp.app import create_app
from fieldapp.core.db import Database
from fieldapp.settings import Settings
from tests.cast import PASSWORD, Cast
from tests.security.zone import cookie_of

ALWAYS = {
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",
}  # fmt: skip


@pytest.fixture
def secure(settings: Settings, db: Database, compiled_templates: FileSystemBytecodeCache) -> Iterator[Flask]:
    app = create_app(replace(settings, origin="https://zone.example", second_factor="off"))
    app.jinja_env.bytecode_cache = compiled_templates
    yield app
    app.extensions["fieldapp"].db.close()


def test_every_kind_of_answer_carries_them(secure: Flask, db: Database, cast: Cast) -> None:
    cookie = {"Cookie": cookie_of(secure, db, cast.ana, strong=True), "Sec-Fetch-Site": "same-origin"}
    client = secure.test_client(use_cookies=False)
    paths = ("/", "/capture", "/login", "/map", "/admin", "/nothing", "/api/v1/me", "/api/v1/nothing", "/sw.js",
             "/manifest.webmanifest", "/healthz", "/metrics", "/today/text", "/map/basemap.json")  # fmt: skip
    answers = [client.get(path, headers=cookie) for path in paths]
    answers += [client.get("/projects"), client.post("/settings/data", headers={"Cookie": cookie["Cookie"]})]
    for answer in answers:
        assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'") and "unsafe" not in policy and "frame-ancestors 'none'" in policy


def test_the_cookie_of_a_session_is_for_us_alone(secure: Flask, cast: Cast) -> None:
    client = secure.test_client()
    answer = client.post(
        "/login", data={"username": "ana", "password": PASSWORD}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    said = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith("__Host-fieldapp="))
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(said.split("; ")) and "Domain" not in said


def test_a_session_of_before_the_sign_in_is_not_the_one_after(secure: Flask, cast: Cast) -> None:
    """Whoever planted a cookie in a browser does not hold the session that begins there."""
    client, own = secure.test_client(), {"Sec-Fetch-Site": "same-origin"}
    client.get("/login?next=/x", base_url="https://zone.example")
    with client.session_transaction(base_url="https://zone.example") as planted:
        planted["row"], planted["strong"], planted["own"], planted["proven"] = "00" * 16, True, True, 9e9
    form = {"username": "ana", "password": PASSWORD}
    assert client.post("/login", data=form, headers=own, base_url="https://zone.example").status_code == 303
    with client.session_transaction(base_url="https://zone.example") as begun:
        assert begun["row"] != "00" * 16 and not begun["strong"] and not begun["own"] and begun["proven"] < 9e9
