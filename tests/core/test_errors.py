"""When something goes wrong: a page that needs no database, and an id that leads to the log."""

import errno
import json
import logging
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO, StringIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as NoConnection

from fieldapp.app import create_app
from fieldapp.core import logs
from fieldapp.core.access import public
from fieldapp.core.problems import GENERIC, TITLES
from fieldapp.settings import Settings


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def log() -> Iterator[Callable[[], list[dict[str, object]]]]:
    """The lines that were logged, each parsed."""
    stream, logger = StringIO(), logging.getLogger("fieldapp")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.Lines())
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.removeHandler(handler)
    logger.setLevel(before)


Log = Callable[[], list[dict[str, object]]]


@pytest.fixture
def crashing(app: Flask) -> FlaskClient:
    app.add_url_rule("/crash", view_func=public(lambda: 1 / 0))
    app.add_url_rule("/api/v1/crash", "api_crash", view_func=public(lambda: 1 / 0))
    return app.test_client()


def test_a_crash_shows_the_id_under_which_it_is_logged(crashing: FlaskClient, log: Log) -> None:
    answer = crashing.get("/crash")
    reference = answer.headers["X-Request-ID"]
    assert answer.status_code == 500
    assert reference in answer.text
    assert "ZeroDivisionError" not in answer.text
    unhandled = [line for line in log() if line.get("message") == "unhandled"]
    assert [line["request_id"] for line in unhandled] == [reference]
    assert "ZeroDivisionError" in str(unhandled[0]["error"])


def _of_sqlite(code: int) -> OperationalError:
    cause = sqlite3.OperationalError("said by SQLite")
    cause.sqlite_errorcode = code
    return OperationalError("insert", {}, cause)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (_of_sqlite(sqlite3.SQLITE_BUSY), 503, "busy"),
        (_of_sqlite(sqlite3.SQLITE_IOERR_FSYNC), 503, "busy"),
        (_of_sqlite(sqlite3.SQLITE_FULL), 507, "disk-full"),
        (NoConnection(), 503, "busy"),
        (PendingRollbackError(), 503, "busy"),
        (OSError(errno.ENOSPC, "No space left on device"), 507, "disk-full"),
        (_of_sqlite(sqlite3.SQLITE_CONSTRAINT), 500, "server"),
        (OSError(errno.EACCES, "Permission denied"), 500, "server"),
    ],
)
def test_what_passes_is_told_as_such_and_when_to_come_again(
    app: Flask, error: Exception, status: int, code: str
) -> None:
    def fail() -> None:
        raise error

    app.add_url_rule("/api/v1/fail", view_func=public(fail))
    answer = app.test_client().get("/api/v1/fail")
    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert ("Retry-After" in answer.headers) == (status != 500)
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]


def test_a_phone_is_told_in_its_own_language(crashing: FlaskClient) -> None:
    answer = crashing.get("/api/v1/crash")
    assert answer.status_code == 500
    assert answer.mimetype == "application/problem+json"
    assert answer.json is not None
    assert answer.json["code"] == "server"
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_error_page_needs_no_database(settings: Settings, client_of: Callable[..., FlaskClient]) -> None:
    """Ana's cookie would have her looked up; the page still comes, with its looks and its id."""
    cookie = client_of("ana").get_cookie("fieldapp")
    assert cookie is not None
    broken = create_app(replace(settings, database_url="sqlite:////nowhere/at/all.db")).test_client()
    broken.set_cookie("fieldapp", cookie.value)
    for path, status in (("/settings", 503), ("/nowhere", 404)):
        answer = broken.get(path)
        assert answer.status_code == status
        assert answer.headers["X-Request-ID"] in answer.text
        assert '<link rel="stylesheet"' in answer.text
        assert "<h1>" in answer.text


def test_an_error_page_that_fails_is_still_an_answer(app: Flask, log: Log) -> None:
    del app.jinja_env.globals["static_url"]
    answer = app.test_client().get("/nowhere")
    assert answer.status_code == 404
    assert answer.headers["X-Request-ID"] in answer.text
    assert [line["message"] for line in log() if line["level"] == "ERROR"] == ["the error page failed"]


def test_what_is_not_ready_is_named(settings: Settings) -> None:
    answer = create_app(replace(settings, database_url="sqlite:////nowhere/at/all.db")).test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"status": "failing", "failed": ["database"]}


def test_every_bare_status_has_its_sentence() -> None:
    assert set(GENERIC.values()) <= set(TITLES)


def test_a_refused_method_says_which_are_taken(app: Flask) -> None:
    answer = app.test_client().put("/healthz")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_each_request_is_one_line_of_json(client_of: Callable[..., FlaskClient], log: Log) -> None:
    client = client_of("ana")
    answer = client.get("/settings?secret=1", headers={"X-Request-ID": "from-the-proxy"})
    lines = [line for line in log() if line["log"] == "fieldapp.access"]
    assert len(lines) == 1
    line = lines[0]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/settings", answer.status_code)
    assert line["request_id"] == "from-the-proxy"
    assert line["user"]
    assert "安娜" not in json.dumps(line, ensure_ascii=False)
    assert isinstance(line["ms"], float)


def test_nobody_fills_the_disk_through_a_form_that_takes_no_photos(client_of: Callable[..., FlaskClient]) -> None:
    answer = client_of(None).post("/login", data={"username": "x", "photo": (BytesIO(bytes(5_000_000)), "x.jpg")})
    assert answer.status_code == 413
