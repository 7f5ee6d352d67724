"""Errors are told to a Sentry of one's own by setting: what broke and where, and nothing that anybody wrote."""

import gzip
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import brotli
import pytest

from fieldapp.app import create_app
from fieldapp.core import jobs, reports
from fieldapp.core.access import public
from fieldapp.core.db import Database
from fieldapp.core.files import Files
from fieldapp.settings import Settings
from tests.processes import until

UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}
SECRET_WORDS = "王工说北门漏水 13800000000"


@dataclass
class Sentry:
    port: int = 0
    came: list[str] = field(default_factory=list)

    @property
    def dsn(self) -> str:
        return f"http://public@127.0.0.1:{self.port}/7"

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(text.splitlines()[2]) for text in self.came]


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    told = Sentry()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.came.append(UNPACK[self.headers.get("Content-Encoding", "")](body).decode())
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    told.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield told
    reports.configure(Settings())
    server.shutdown()
    server.server_close()


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    return sqlite_url


def crash() -> str:
    words = SECRET_WORDS
    raise ValueError(f"cannot read {words}")


def test_a_crash_is_told_without_a_word_of_what_anybody_wrote(settings: Settings, sentry: Sentry) -> None:
    app = create_app(replace(settings, sentry_dsn=sentry.dsn))
    app.add_url_rule("/crash/<word>", view_func=public(lambda word: crash()), methods=["POST"])
    client = app.test_client()
    client.set_cookie("fieldapp", "a-session")
    headers = {"Sec-Fetch-Site": "same-origin", "X-Request-ID": "abc123"}
    answer = client.post("/crash/lihua?q=13900000000", data={"text": SECRET_WORDS}, headers=headers)
    assert answer.status_code == 500
    until("it was told", lambda: bool(sentry.came))
    (event,) = sentry.events()
    (error,) = event["exception"]["values"]
    assert error["type"] == "ValueError"
    assert error["stacktrace"]["frames"][-1]["function"] == "crash"
    assert event["tags"] == {"request_id": "abc123", "route": "/crash/<word>"}
    for word in ("王工", "13800000000", "13900000000", "lihua", "a-session", "127.0.0.1", "vars", "context_line"):
        assert word not in json.dumps(event, ensure_ascii=False), word


def test_a_job_that_fails_is_told(settings: Settings, sentry: Sentry, monkeypatch: pytest.MonkeyPatch) -> None:
    reports.configure(replace(settings, sentry_dsn=sentry.dsn))
    monkeypatch.setattr(jobs, "_jobs", {"kites": lambda _context: crash()})
    jobs.run("kites", jobs.Context(settings, Database(settings.database), Files(settings.files)))
    until("it was told", lambda: bool(sentry.came))
    assert sentry.events()[0]["tags"] == {"job": "kites"}


def test_where_nobody_listens_or_nothing_is_set_an_error_is_an_error(settings: Settings, sentry: Sentry) -> None:
    for dsn in ("http://public@127.0.0.1:1/7", "http://no-key-at-all/", ""):
        app = create_app(replace(settings, sentry_dsn=dsn))
        app.add_url_rule("/crash", view_func=public(crash))
        assert app.test_client().get("/crash").status_code == 500
    assert sentry.came == []
