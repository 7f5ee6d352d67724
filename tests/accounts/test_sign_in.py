"""Signing in and out."""

from collections.abc import Callable

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.accounts import actions
from fieldapp.accounts.models import User
from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.core.login import safe_next
from fieldapp.core.models import Audit
from tests.accounts.conftest import inside, sign_in
from tests.cast import PASSWORD, Cast

Browser = Callable[..., FlaskClient]


def test_ana_signs_in_and_is_where_she_wanted_to_go(browser: Browser) -> None:
    client = browser()
    asked = client.get("/settings?tab=1")
    assert asked.status_code == 302
    assert asked.location == "/login?next=%2Fsettings%3Ftab%3D1"
    answer = sign_in(client, "ana", next="/settings?tab=1")
    assert (answer.status_code, answer.location) == (303, "/settings?tab=1")
    assert inside(client)


def test_an_account_name_is_taken_as_people_type_it(browser: Browser) -> None:
    client = browser()
    assert sign_in(client, " Ana ").status_code == 303


@pytest.mark.parametrize(
    ("name", "password"), [("ana", "Fieldapp-demo2"), ("nobody", PASSWORD), ("ana", PASSWORD.lower())]
)
def test_a_wrong_name_and_a_wrong_password_sound_the_same(browser: Browser, name: str, password: str) -> None:
    client = browser()
    answer = sign_in(client, name, password)
    assert answer.status_code == 422
    assert "账号或密码不正确" in answer.text
    assert name in answer.text  # what was typed stays
    assert password not in answer.text
    assert not inside(client)


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("", PASSWORD),
        ("ana", ""),
        ("a" * 61, PASSWORD),
        ("ana", "x" * 201),
        ("ana\x00", "x\x00y"),
        ("\x00", "x"),
        ("张三😀", "密码"),
        ("\u202eana", "x"),
        ("<b>ana</b>", "x"),
        ("' OR 1=1 --", "x"),
        ("a" * 10_000, "x" * 10_000),
    ],
)
def test_whatever_is_typed_gets_an_answer(browser: Browser, name: str, password: str) -> None:
    answer = sign_in(browser(), name, password)
    assert answer.status_code == 422
    assert "<b>ana" not in answer.text


def test_signing_out_ends_it_here(browser: Browser) -> None:
    client = browser()
    sign_in(client, "ana")
    assert client.post("/logout").location == "/login"
    assert not inside(client)


def test_who_is_signed_in_already_is_not_asked_again(browser: Browser) -> None:
    client = browser()
    sign_in(client, "ana")
    assert client.get("/login?next=/outbox").location == "/outbox"


def test_the_next_one_on_a_shared_computer_starts_anew(browser: Browser) -> None:
    client = browser()
    sign_in(client, "ana")
    sign_in(client, "bo")
    page = client.get("/settings").text
    assert "柏宁" in page
    assert "安娜" not in page


@pytest.mark.parametrize(
    "target",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "///elsewhere.example",
        "/\\elsewhere.example",
        "\\/elsewhere.example",
        "javascript:alert(1)",
        "/\tx",
        "/\nLocation: x",
        "elsewhere",
        "",
        None,
    ],
)
def test_nobody_is_sent_elsewhere(target: str | None) -> None:
    assert safe_next(target) == "/"


@pytest.mark.parametrize("target", ["/", "/projects/1?kind=visit#top", "/visits/new"])
def test_a_page_of_ours_is_gone_on_to(target: str) -> None:
    assert safe_next(target) == target


def test_the_form_does_not_send_elsewhere_either(browser: Browser) -> None:
    assert sign_in(browser(), "ana", next="//elsewhere.example/").location == "/"


def test_a_phone_is_told_401_and_never_led_to_a_page(browser: Browser) -> None:
    """A queue that follows a redirect to a page with status 200 would take it for a success."""
    for method in ("GET", "PUT", "POST"):
        answer = browser().open("/api/v1/visits/0193", method=method)
        assert answer.status_code in {401, 404, 405}
        assert answer.mimetype == "application/problem+json"


def test_htmx_is_led_to_the_page_as_a_whole(browser: Browser) -> None:
    answer = browser().get("/settings", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login"


def test_sign_ins_are_audited_with_their_request(browser: Browser, db: Database, cast: Cast) -> None:
    client = browser("10.2.2.2")
    sign_in(client, "ana", "wrong")
    answer = sign_in(client, "ana")
    with db.reading() as session:
        rows = list(session.scalars(select(Audit).where(Audit.verb.startswith("sign-in")).order_by(Audit.id)))
        assert [(row.verb, row.actor_id, row.address) for row in rows] == [
            ("sign-in.failed", cast.ana, "10.2.2.2"),
            ("sign-in", cast.ana, "10.2.2.2"),
        ]
        assert rows[1].request_id == answer.headers["X-Request-ID"]
        assert rows[1].at == clock.now()


def test_passwords_are_kept_as_argon2id(
    db: Database, quick_passwords: PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "_hasher", quick_passwords)  # the slow one, that users have
    with db.writing() as session:
        actions.add_user(
            session, username="new", name="新人", password="Walking-shoes-7", role="officer",
            starts_on=clock.today("Asia/Shanghai"),
        )  # fmt: skip
    with db.reading() as session:
        kept = session.scalars(select(User.password_hash).where(User.username == "new")).one()
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert "Walking" not in kept
