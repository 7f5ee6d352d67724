"""A write that carries our cookie must come from our own pages; every POST to /login too."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fieldapp.app import create_app
from fieldapp.settings import Settings

OURS, ELSEWHERE = "http://localhost", "https://elsewhere.example"
ENGLISH = {"language": "en"}
TAKEN, REFUSED = 303, 403


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    return sqlite_url


def with_cookie(app: Flask, host: str = "localhost") -> FlaskClient:
    """A browser that sends our cookie; what is in it does not matter to the guard."""
    client = app.test_client()
    client.set_cookie(app.config["SESSION_COOKIE_NAME"], "anything", domain=host)
    return client


@pytest.mark.parametrize(
    ("headers", "outcome"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, TAKEN),
        ({"Sec-Fetch-Site": "same-origin", "Origin": ELSEWHERE}, TAKEN),
        ({"Sec-Fetch-Site": "same-site"}, REFUSED),
        ({"Sec-Fetch-Site": "cross-site"}, REFUSED),
        ({"Sec-Fetch-Site": "none"}, REFUSED),
        ({"Sec-Fetch-Site": ""}, REFUSED),
        ({"Sec-Fetch-Site": "cross-site", "Origin": OURS}, REFUSED),
        ({"Origin": OURS}, TAKEN),
        ({"Origin": ELSEWHERE}, REFUSED),
        ({"Origin": "null"}, REFUSED),
        ({"Origin": f"{OURS}.elsewhere.example"}, REFUSED),
        ({"Origin": "https://localhost"}, REFUSED),
        ({"Origin": f"{OURS}:81"}, REFUSED),
        ({"Referer": f"{OURS}/settings"}, REFUSED),
        ({}, REFUSED),
    ],
)
def test_a_write_with_our_cookie_comes_from_our_pages(app: Flask, headers: dict[str, str], outcome: int) -> None:
    answer = with_cookie(app).post("/settings/language", data=ENGLISH, headers=headers)
    assert answer.status_code == outcome


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": ELSEWHERE}])
def test_without_our_cookie_nobody_is_acted_for(app: Flask, headers: dict[str, str]) -> None:
    assert app.test_client().post("/settings/language", data=ENGLISH, headers=headers).status_code == TAKEN


@pytest.mark.parametrize(
    ("headers", "outcome"),
    [({"Sec-Fetch-Site": "same-origin"}, 422), ({"Sec-Fetch-Site": "cross-site"}, REFUSED), ({}, REFUSED)],
)
def test_nobody_is_signed_in_from_another_site(
    client_of: Callable[..., FlaskClient], app: Flask, headers: dict[str, str], outcome: int
) -> None:
    client_of(None)  # the cast is there, so /login does not lead to the first start
    assert app.test_client().post("/login", data={}, headers=headers).status_code == outcome


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/settings/password", "/api/v1/visits/1", "/nowhere"])
def test_the_guard_stands_before_everything_else(app: Flask, method: str, path: str) -> None:
    answer = with_cookie(app).open(path, method=method, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == REFUSED
    if path.startswith("/api/"):
        assert answer.mimetype == "application/problem+json"
        assert answer.json is not None
        assert answer.json["code"] == "cross-site"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_is_never_refused_by_the_guard(app: Flask, method: str) -> None:
    answer = with_cookie(app).open("/healthz", method=method, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("origin", "outcome"),
    [
        ("https://fieldapp.example", TAKEN),
        ("http://fieldapp.example", REFUSED),
        ("https://fieldapp.example.elsewhere.example", REFUSED),
        (OURS, REFUSED),
    ],
)
def test_a_configured_origin_alone_counts(settings: Settings, origin: str, outcome: int) -> None:
    made = create_app(replace(settings, origin="https://fieldapp.example/"))
    client = made.test_client()
    client.set_cookie("__Host-fieldapp", "anything", domain="fieldapp.example", secure=True)
    answer = client.post(
        "/settings/language", data=ENGLISH, headers={"Origin": origin}, base_url="https://fieldapp.example"
    )
    assert answer.status_code == outcome


@pytest.mark.parametrize(
    ("host", "outcome"),
    [("127.0.0.1:8000", TAKEN), ("[::1]:8000", TAKEN), ("10.0.0.7:8000", REFUSED), ("rebound.example", REFUSED)],
)
def test_without_one_only_this_machine_is_believed(app: Flask, host: str, outcome: int) -> None:
    """A name that an attacker points at this machine sends an Origin that equals its Host."""
    headers = {"Origin": f"http://{host}", "Cookie": f"{app.config['SESSION_COOKIE_NAME']}=anything"}
    answer = app.test_client(use_cookies=False).post(
        "/settings/language", data=ENGLISH, headers=headers, base_url=f"http://{host}"
    )
    assert answer.status_code == outcome


def test_forms_carry_no_token_that_could_age(client_of: Callable[..., FlaskClient]) -> None:
    """The guard replaces it: a form that was open for a month still works."""
    assert "csrf" not in client_of("ana").get("/settings").text.lower()


def test_an_address_with_what_no_database_takes_is_refused(client_of: Callable[..., FlaskClient]) -> None:
    assert client_of("ana").get("/projects?q=a%00b").status_code == 400
    assert client_of("ana").get("/projects?q=a%2500b").status_code == 200
