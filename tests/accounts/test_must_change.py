"""A password that somebody else chose, or that has grown old, is changed first; the phone's queue waits for nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from fieldapp.accounts import actions
from fieldapp.accounts.models import User
from fieldapp.app import create_app
from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.settings import Settings
from tests.accounts.conftest import inside, sign_in
from tests.accounts.test_password import NEW, change
from tests.cast import PASSWORD, Cast

Browser = Callable[..., FlaskClient]
GIVEN = "Given-by-zoe-1"


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def given(db: Database, cast: Cast) -> None:
    """Zoe gives ana a new password."""
    new_hash = actions.password_hash(GIVEN, "ana")
    db.write(lambda session: actions.set_password(session, session.get_one(User, cast.ana), new_hash, by=cast.zoe))


@pytest.mark.usefixtures("given")
def test_every_page_leads_to_the_change_until_it_is_done(browser: Browser) -> None:
    client = browser()
    assert sign_in(client, "ana", GIVEN, next="/projects?q=1").location == "/projects?q=1"
    for path in ("/", "/projects", "/visits/new"):
        assert client.get(path).location.startswith("/settings/password?next=")
    asked = client.get("/projects?q=1")
    assert asked.headers["Cache-Control"] == "no-store"
    form = {"current": GIVEN, "password": NEW, "again": NEW}
    page = client.get(asked.location)
    assert "只有本人知道" in page.text and 'action="/settings/password?next=' in page.text
    assert client.post(asked.location, data=form | {"password": GIVEN, "again": GIVEN}).status_code == 422
    done = client.post(asked.location, data=form)
    assert (done.status_code, done.location) == (303, "/projects?q=1")
    assert client.get("/projects?q=1").status_code == 200
    assert "只有本人知道" not in client.get("/settings/password").text


@pytest.mark.usefixtures("given")
def test_the_phone_hands_in_what_it_holds_and_is_given_nothing_to_read(browser: Browser) -> None:
    phone = browser()
    sign_in(phone, "ana", GIVEN, own_device="y")
    assert phone.get("/capture").status_code == phone.get("/outbox").status_code == 200
    assert phone.get("/api/v1/me").status_code == 200
    assert phone.post(f"/api/v1/devices/{uuid4()}", json={"last_seq": 0}).status_code == 200
    assert phone.put(f"/api/v1/visits/{uuid4()}", json={}).status_code != 401
    answer = phone.get("/api/v1/reference")
    assert (answer.status_code, answer.json["code"]) == (401, "signed-out")  # "please sign in", which leads there
    assert phone.get("/login?next=/projects").location == "/projects"


@pytest.mark.usefixtures("given")
def test_one_can_still_sign_out_and_speak_another_language(browser: Browser) -> None:
    client = browser()
    sign_in(client, "ana", GIVEN)
    assert client.post("/settings/language", data={"language": "en"}).status_code == 303
    assert "only you know" in client.get("/settings/password").text
    assert client.post("/logout").location == "/login"


def test_one_that_was_chosen_by_oneself_is_not_asked_for(browser: Browser) -> None:
    client = browser()
    sign_in(client, "ana")
    assert change(client).location == "/settings?changed=1"
    assert inside(client)


def test_it_grows_old_where_a_setting_says_so_and_what_was_typed_is_not_lost(
    settings: Settings, db: Database, cast: Cast
) -> None:
    client = create_app(replace(settings, password_days=90)).test_client()
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    sign_in(client, "ana", own_device="y")
    assert inside(client)  # the account was made today
    clock.advance(timedelta(days=80))
    assert inside(client)
    clock.advance(timedelta(days=11))
    assert client.get("/").location == "/settings/password?next=%2F"
    answer = client.post("/visits/new", data={"content": "typed while it grew old"})
    assert answer.status_code == 422 and "typed while it grew old" in answer.text
    assert client.post("/settings/password", data={"current": PASSWORD, "password": NEW, "again": NEW}).location == "/"
    assert inside(client)
    clock.advance(timedelta(days=89))
    assert inside(client)


def test_a_password_of_the_earlier_rule_goes_on(browser: Browser, db: Database, cast: Cast) -> None:
    old = actions.hash_of("onlysmall-letters")
    db.write(lambda session: setattr(session.get_one(User, cast.ana), "password_hash", old))
    client = browser()
    sign_in(client, "ana", "onlysmall-letters")
    assert inside(client)
    assert change(client, "other-small-ones", current="onlysmall-letters").status_code == 422


def test_a_whole_office_behind_one_address_changes_its_passwords_in_one_minute(
    browser: Browser, db: Database, cast: Cast
) -> None:
    for name in ("ana", "bo", "lin"):
        client = browser()
        sign_in(client, name)
        for _ in range(4):
            assert change(client, "short").status_code == 422
        assert change(client).status_code == 303
