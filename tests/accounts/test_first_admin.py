"""The first start without an account leads to making the admin, with the code that the server printed."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.accounts.models import User
from fieldapp.core.db import Database
from fieldapp.settings import Settings
from tests.accounts.conftest import inside

FORM = {"username": "boss", "name": "负责人", "password": "Rubber-boots-4"}


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser in front of a server without an account."""
    made = app.test_client()
    made.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    return made


def code(settings: Settings) -> str:
    return (settings.data_dir / "setup.code").read_text()


def test_without_an_account_every_way_leads_to_the_set_up(client: FlaskClient) -> None:
    assert client.get("/settings").location == "/login?next=%2Fsettings"
    assert client.get("/login").location == "/setup"
    assert client.get("/setup").status_code == 200


def test_the_printed_code_makes_the_admin_and_signs_them_in(
    client: FlaskClient, settings: Settings, db: Database
) -> None:
    client.get("/setup")
    assert (settings.data_dir / "setup.code").stat().st_mode & 0o777 == 0o600
    answer = client.post("/setup", data={**FORM, "code": f" {code(settings).upper()} "})
    assert (answer.status_code, answer.location) == (303, "/")
    assert inside(client)
    with db.reading() as session:
        user = session.scalars(select(User)).one()
        assert (user.username, [held.role for held in user.memberships]) == ("boss", ["admin"])


@pytest.mark.parametrize("typed", ["00000000", "", "验证码", "\x00"])
def test_any_other_code_makes_nothing(client: FlaskClient, db: Database, typed: str) -> None:
    client.get("/setup")
    assert client.post("/setup", data={**FORM, "code": typed}).status_code == 422
    with db.reading() as session:
        assert session.scalars(select(User)).all() == []


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("username", "9lives", "以字母开头"),
        ("username", "", "请输入账号"),
        ("name", " ", "请填写姓名"),
        ("password", "short", "至少需要 10 个字符"),
    ],
)
def test_a_bad_answer_is_told_at_its_field(
    client: FlaskClient, settings: Settings, field: str, typed: str, says: str
) -> None:
    client.get("/setup")
    answer = client.post("/setup", data={**FORM, "code": code(settings), field: typed})
    assert answer.status_code == 422
    assert says in answer.text


def test_once_there_is_an_account_the_page_is_gone(client_of: Callable[..., FlaskClient], settings: Settings) -> None:
    client = client_of(None)
    assert client.get("/setup").status_code == 404
    assert client.post("/setup", data={**FORM, "code": "anything"}).status_code == 404


def test_the_code_cannot_be_guessed_at_speed(client: FlaskClient, settings: Settings) -> None:
    client.get("/setup")
    for _ in range(10):
        assert client.post("/setup", data={**FORM, "code": "00000000"}).status_code == 422
    answer = client.post("/setup", data={**FORM, "code": code(settings)})
    assert answer.status_code == 429
    assert "<h1" in answer.text
