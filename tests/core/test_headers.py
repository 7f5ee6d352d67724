"""The headers of every answer, whatever kind of answer it is."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fieldapp.app import create_app
from fieldapp.core.access import public
from fieldapp.settings import Settings

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' blob: data:",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def client(app: Flask, client_of: Callable[..., FlaskClient]) -> FlaskClient:
    app.add_url_rule("/crash", view_func=public(lambda: 1 / 0))
    return client_of(None)


def policy_of(header: str) -> dict[str, str]:
    return dict(rule.split(" ", 1) for rule in header.split("; "))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/login", 200),
        ("/settings", 302),
        ("/nowhere", 404),
        ("/api/v1/nowhere", 404),
        ("/settings/sessions", 405),
        ("/crash", 500),
        ("/healthz", 200),
        ("/capture", 200),
        ("/sw.js", 200),
        ("/manifest.webmanifest", 200),
        ("/s/x/css/base.css", 200),
    ],
)
def test_every_kind_of_answer_is_armoured(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert policy_of(answer.headers["Content-Security-Policy"]) == POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["X-Request-ID"]
    assert answer.headers["Cache-Control"]
    assert "Clear-Site-Data" not in answer.headers
    assert "Strict-Transport-Security" not in answer.headers


def test_signing_out_leaves_the_phone_its_records(client_of: Callable[..., FlaskClient]) -> None:
    """`Clear-Site-Data: "storage"` emptied the outbox when it was tried."""
    answer = client_of("ana").post("/logout")
    assert answer.status_code == 303
    assert "Clear-Site-Data" not in answer.headers


@pytest.mark.parametrize("path", ["/login", "/settings", "/nowhere"])
def test_pages_vary_by_who_asks_and_how(client_of: Callable[..., FlaskClient], path: str) -> None:
    vary = client_of("ana").get(path).vary
    assert {"Cookie", "HX-Request", "HX-Request-Type", "HX-History-Restore-Request"} <= set(vary)


def test_form_pages_are_never_kept(client_of: Callable[..., FlaskClient]) -> None:
    assert client_of(None).get("/login").headers["Cache-Control"] == "no-store"


def test_over_https_the_cookie_is_bound_to_the_host(settings: Settings) -> None:
    client = create_app(replace(settings, origin="https://fieldapp.example")).test_client()
    answer = client.get("/healthz", base_url="https://fieldapp.example")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_not_even_the_tile_host_is_let_into_a_page_without_a_map(settings: Settings) -> None:
    tiles = replace(settings, tile_url="https://{s}.tiles.example/{z}/{x}/{y}.png?key=k")
    answer = create_app(tiles).test_client().get("/healthz")
    assert policy_of(answer.headers["Content-Security-Policy"]) == POLICY


@pytest.mark.parametrize(
    ("given", "kept"),
    [("abc-123", True), ("a" * 61, False), ("<script>", False), ("", False), ("名", False)],
)
def test_a_proxys_request_id_is_taken_over_if_it_looks_like_one(client: FlaskClient, given: str, kept: bool) -> None:
    answered = client.get("/healthz", environ_base={"HTTP_X_REQUEST_ID": given}).headers["X-Request-ID"]
    assert (answered == given) is kept
    assert len(answered) >= 7
