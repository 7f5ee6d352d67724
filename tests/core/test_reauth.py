"""The password asked for again: what waits for it goes on afterwards, exactly as it was sent."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from io import BytesIO

import pytest
from flask import Flask, jsonify, request
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from fieldapp.core import clock
from fieldapp.core.access import signed_in
from fieldapp.core.db import Database
from fieldapp.core.models import Audit
from fieldapp.core.reauth import PROOF, recent_password
from tests.cast import NOON, PASSWORD, Cast

LATER = timedelta(minutes=10, seconds=1)
Client = Callable[..., FlaskClient]


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def zoe(app: Flask, client_of: Client) -> FlaskClient:
    """Zoe, and an act that matters."""

    @app.route("/act", methods=["GET", "POST"])
    @signed_in
    @recent_password
    def act() -> object:
        return jsonify(fields=list(request.form.items(multi=True)), query=request.args.get("a"))

    app.add_url_rule("/api/v1/act", "act_of_a_phone", app.view_functions["act"], methods=["POST"])
    return client_of("zoe")


def hidden(page: str) -> "MultiDict[str, str]":
    """What the page would send along, read as a browser does."""
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    return MultiDict([(unescape(name), unescape(value)) for name, value in found])


def test_who_has_just_signed_in_is_not_asked(zoe: FlaskClient) -> None:
    clock.advance(timedelta(minutes=10))
    assert zoe.get("/act").status_code == 200
    assert zoe.post("/act", data={"a": "1"}).json["fields"] == [["a", "1"]]


def test_a_page_is_opened_after_the_password_where_it_was_asked_for(zoe: FlaskClient) -> None:
    clock.advance(LATER)
    asked = zoe.get("/act?a=1&b=2")
    assert (asked.status_code, asked.location) == (302, "/password-again?next=%2Fact%3Fa%3D1%26b%3D2")
    page = zoe.get(asked.location)
    assert page.status_code == 200 and page.headers["Cache-Control"] == "no-store"
    answer = zoe.post("/password-again", data=hidden(page.text) | {PROOF: PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/act?a=1&b=2")
    assert zoe.get(answer.location).json["query"] == "1"
    assert zoe.get(asked.location).location == "/act?a=1&b=2"  # Back to it, and nothing is asked


def test_a_form_is_kept_through_a_wrong_password_and_sent_as_it_was(zoe: FlaskClient) -> None:
    clock.advance(LATER)
    sent = MultiDict([("text", "两行\"<b>\r\n'&amp;"), ("many", "1"), ("many", "2"), ("empty", "")])
    page = zoe.post("/act?a=7", data=sent)
    assert page.status_code == 403 and 'action="/act?a=7"' in page.text
    assert list(hidden(page.text).items(multi=True)) == list(sent.items(multi=True))
    page = zoe.post("/act?a=7", data=MultiDict([*hidden(page.text).items(multi=True), (PROOF, "not-it")]))
    assert page.status_code == 422 and "当前密码不正确" in page.text and "not-it" not in page.text
    done = zoe.post("/act?a=7", data=MultiDict([*hidden(page.text).items(multi=True), (PROOF, PASSWORD)]))
    assert done.json == {"fields": [list(pair) for pair in sent.items(multi=True)], "query": "7"}


def test_it_says_that_files_must_be_chosen_again(zoe: FlaskClient) -> None:
    clock.advance(LATER)
    with_file = zoe.post("/act", data={"a": "1", "file": (BytesIO(b"x"), "x.txt")})
    assert "重新选择" in with_file.text
    assert "重新选择" not in zoe.post("/act", data={"a": "1", "file": (BytesIO(b""), "")}).text


def test_no_password_is_no_proof(zoe: FlaskClient) -> None:
    clock.advance(LATER)
    assert zoe.post("/act", data={PROOF: ""}).status_code == 422
    assert zoe.post("/password-again", data={"next": "/act"}).status_code == 422
    assert zoe.get("/act").status_code == 302


@pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_it_leads_to_no_other_site(zoe: FlaskClient, away: str) -> None:
    assert zoe.get("/password-again", query_string={"next": away}).location == "/"
    clock.advance(LATER)
    page = zoe.get("/password-again", query_string={"next": away})
    assert hidden(page.text)["next"] == "/"
    assert zoe.post("/password-again", data={"next": away, PROOF: PASSWORD}).location == "/"


def test_a_form_of_another_site_does_not_come_so_far(zoe: FlaskClient) -> None:
    clock.advance(LATER)
    foreign = {"Sec-Fetch-Site": "cross-site"}
    for path in ("/act", "/password-again"):
        answer = zoe.post(path, data={"a": "1", PROOF: PASSWORD}, headers=foreign)
        assert answer.status_code == 403 and PROOF not in answer.text
    assert zoe.get("/act").status_code == 302


def test_the_proof_belongs_to_one_sign_in(zoe: FlaskClient, client_of: Client) -> None:
    elsewhere = client_of("zoe")
    clock.advance(LATER)
    zoe.post("/password-again", data={PROOF: PASSWORD})
    assert zoe.get("/act").status_code == 200
    assert elsewhere.get("/act").status_code == 302
    clock.advance(LATER)
    assert zoe.get("/act").status_code == 302


def test_guessing_is_counted_and_locked_out_as_at_the_sign_in(zoe: FlaskClient, db: Database, cast: Cast) -> None:
    clock.advance(LATER)
    for _ in range(5):
        answer = zoe.post("/act", data={PROOF: "a guess"})
    assert answer.status_code == 422 and "15 分钟后" in answer.text
    assert zoe.post("/act", data={PROOF: PASSWORD}).status_code == 422
    with db.reading() as session:
        tries = session.scalars(select(Audit).where(Audit.verb == "password-again.failed")).all()
    assert {(row.actor_id, row.subject_id) for row in tries} == {(cast.zoe, str(cast.zoe))} and len(tries) == 5
    clock.advance(timedelta(minutes=15))
    assert zoe.post("/act", data={PROOF: PASSWORD}).status_code == 200


def test_a_program_is_told_so(zoe: FlaskClient) -> None:
    clock.advance(LATER)
    answer = zoe.post("/api/v1/act", json={"a": 1})
    assert (answer.status_code, answer.json["code"]) == (403, "password-again")
    fragment = {"HX-Request": "true", "HX-Current-URL": "http://localhost/admin/users?q=1"}
    answer = zoe.post("/act", data={"a": "1"}, headers=fragment)
    assert answer.headers["HX-Redirect"] == "/password-again?next=%2Fadmin%2Fusers%3Fq%3D1"
