"""An app with codes beside the password, codes for the day it is lost, and who must have one."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import select

from fieldapp.accounts import factor_actions
from fieldapp.accounts.factor_models import CodeApp, RecoveryCode
from fieldapp.accounts.models import User
from fieldapp.app import create_app
from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.core.models import Audit
from fieldapp.settings import Settings
from tests.accounts.conftest import inside, sign_in
from tests.cast import PASSWORD, Cast

Browser = Callable[..., FlaskClient]
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
ORIGIN = "https://fieldapp.example"


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    return sqlite_url


def code(secret: str = SECRET, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(clock.now(), counter_offset=steps)


@pytest.fixture
def ana_has_one(db: Database, cast: Cast) -> list[str]:
    """Ana's app is set up; her recovery codes."""
    return db.write(
        lambda session: factor_actions.add_code_app(session, session.get_one(User, cast.ana), SECRET, step=0)
    )


def second(client: FlaskClient, typed: str) -> tuple[int, str]:
    answer = client.post("/login/second", data={"code": typed})
    return answer.status_code, answer.location or answer.text


def test_it_is_set_up_with_a_right_code_and_asked_for_from_then_on(browser: Browser, db: Database, cast: Cast) -> None:
    client = browser()
    sign_in(client, "ana")
    page = client.get("/settings/second-factor/code-app").text
    secret = re.search(r'<code class="code-app-key">([A-Z2-7 ]+)</code>', page)
    assert secret and 'src="data:image/svg+xml' in page
    key = secret[1].replace(" ", "")
    address = unescape(re.findall(r'href="(otpauth://[^"]+)"', page)[0])
    assert pyotp.parse_uri(address).secret == key
    wrong = client.post("/settings/second-factor/code-app", data={"code": "000000"})
    assert wrong.status_code == 422 and "验证码不正确" in wrong.text and secret[1] in wrong.text
    done = client.post("/settings/second-factor/code-app", data={"code": f" {code(key)[:3]} {code(key)[3:]} "})
    codes = re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", done.text)
    assert len(codes) == 10 and done.headers["Cache-Control"] == "no-store"
    assert not any(one in client.get("/settings/second-factor").text for one in codes)
    with db.reading() as session:
        kept = session.scalars(select(RecoveryCode.code_sha256)).all()
        assert len(kept) == 10 and not set(codes) & set(kept)
        assert session.scalars(select(Audit.verb).where(Audit.verb == "factor.added")).one()
    assert inside(client)
    clock.advance(timedelta(seconds=30))
    other = browser()
    assert sign_in(other, "ana", next="/projects").location == "/login/second"
    assert not inside(other) and other.get("/api/v1/me").status_code == 401
    assert "安娜" in other.get("/login/second").text
    assert second(other, code(key)) == (303, "/projects")
    assert inside(other)
    with db.reading() as session:
        told = session.scalars(select(Audit).where(Audit.verb == "sign-in").order_by(Audit.id)).all()[-1]
    assert told.detail == {"how": "password", "factor": "code-app"}


@pytest.mark.usefixtures("ana_has_one")
def test_a_code_is_taken_once_and_so_is_an_older_one(browser: Browser) -> None:
    first, thief = browser(), browser()
    for client in (first, thief):
        sign_in(client, "ana")
    seen, before = code(), code(steps=-1)
    assert second(first, seen)[0] == 303
    assert "用过" in second(thief, seen)[1]
    assert second(thief, before)[0] == 422
    assert second(thief, code(steps=2))[0] == 422  # of a clock a minute ahead
    assert second(thief, code(steps=1))[0] == 303  # half a minute is forgiven


def test_a_recovery_code_opens_once(browser: Browser, db: Database, ana_has_one: list[str]) -> None:
    for client, status in ((browser(), 303), (browser(), 422)):
        sign_in(client, "ana")
        assert second(client, ana_has_one[3].upper().replace("-", " "))[0] == status
    with db.reading() as session:
        assert len(session.scalars(select(RecoveryCode).where(RecoveryCode.used_at.is_not(None))).all()) == 1


@pytest.mark.usefixtures("ana_has_one")
def test_guessing_codes_is_locked_out_and_the_password_buys_no_more_guesses(browser: Browser, db: Database) -> None:
    client = browser()
    for _ in range(4):
        sign_in(client, "ana")  # right each time
        assert second(client, "123456")[0] == 422
    sign_in(client, "ana")
    assert "15 分钟后" in second(client, "123456")[1]
    assert second(client, code())[0] == 422
    assert sign_in(client, "ana").status_code == 422
    with db.reading() as session:
        assert len(session.scalars(select(Audit).where(Audit.verb == "second-factor.failed")).all()) == 5
    clock.advance(timedelta(minutes=15))
    sign_in(client, "ana")
    assert second(client, code())[0] == 303


@pytest.mark.usefixtures("ana_has_one")
def test_between_the_two_nothing_opens_and_it_does_not_last(browser: Browser, db: Database, cast: Cast) -> None:
    client = browser()
    sign_in(client, "ana", own_device="y")
    for path in ("/", "/settings", "/settings/second-factor", "/settings/second-factor/code-app"):
        assert client.get(path).location.startswith("/login?next=")
    clock.advance(timedelta(minutes=10, seconds=1))
    assert second(client, code()) == (303, "/login?late=1")
    sign_in(client, "ana")
    db.write(lambda session: setattr(session.get_one(User, cast.ana), "session_epoch", 7))  # signed out everywhere
    assert second(client, code()) == (303, "/login?late=1")


@pytest.mark.usefixtures("ana_has_one")
def test_a_session_without_it_cannot_put_another_in_its_place(client_of: Callable[..., FlaskClient]) -> None:
    client = client_of("ana")  # begun before
    assert "请完成第二步验证" in client.get("/settings/second-factor").text
    assert client.get("/settings/second-factor/code-app").location == "/settings/second-factor"
    for path in ("code-app/removal", "recovery-codes"):
        assert client.post(f"/settings/second-factor/{path}").status_code == 404
    assert client.post("/settings/second-factor/shown", data={"code": code()}).status_code == 303
    assert client.post("/settings/second-factor/code-app/removal").status_code == 303
    assert client.post("/settings/second-factor/recovery-codes").status_code == 404


@pytest.mark.usefixtures("ana_has_one")
def test_removed_it_is_not_asked_for_and_its_recovery_codes_are_gone(browser: Browser, db: Database) -> None:
    client = browser()
    sign_in(client, "ana")
    second(client, code())
    assert "10" in client.get("/settings/second-factor").text
    client.post("/settings/second-factor/code-app/removal")
    assert sign_in(browser(), "ana").location == "/"
    with db.reading() as session:
        assert session.scalars(select(CodeApp)).all() == session.scalars(select(RecoveryCode)).all() == []


def test_new_recovery_codes_take_the_place_of_the_old(browser: Browser, ana_has_one: list[str]) -> None:
    client, other = browser(), browser()
    sign_in(client, "ana")
    second(client, code())
    assert client.post("/settings/second-factor/recovery-codes").text.count("<code>") == 10
    sign_in(other, "ana")
    assert second(other, ana_has_one[0])[0] == 422


@pytest.mark.usefixtures("ana_has_one")
def test_a_code_does_instead_of_the_password_that_is_asked_for_again(browser: Browser) -> None:
    client = browser()
    sign_in(client, "ana")
    second(client, code())
    clock.advance(timedelta(minutes=11))
    assert client.get("/settings/second-factor/code-app").status_code == 302
    typed = code()
    assert client.post("/password-again", data={"next": "/settings", "_proof": typed}).status_code == 303
    clock.advance(timedelta(minutes=11))
    assert client.post("/password-again", data={"_proof": typed}).status_code == 422


def test_taken_away_by_the_security_administrator_everything_ends_and_is_told(
    browser: Browser, db: Database, cast: Cast, ana_has_one: list[str]
) -> None:
    client = browser()
    sign_in(client, "ana")
    second(client, code())
    db.write(lambda session: factor_actions.reset(session, session.get_one(User, cast.ana), by=cast.sia))
    assert not inside(client)
    assert sign_in(client, "ana").location == "/"
    with db.reading() as session:
        told = session.scalars(select(Audit).where(Audit.verb == "factor.reset")).one()
    assert (told.actor_id, told.subject_id) == (cast.sia, str(cast.ana))


@pytest.fixture
def reachable(settings: Settings, cast: Cast, compiled_templates: FileSystemBytecodeCache) -> Callable[..., Flask]:
    """The same application where others can reach it."""

    def made(**more: str) -> Flask:
        app = create_app(replace(settings, origin=ORIGIN, **more))
        app.jinja_env.bytecode_cache = compiled_templates
        return app

    return made


def over_there(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    return client


def post(client: FlaskClient, path: str, **form: str) -> tuple[int, str]:
    answer = client.post(path, data=form, base_url=ORIGIN)
    return answer.status_code, answer.location or answer.text


@pytest.mark.parametrize(
    ("whom", "name", "must"),
    [
        ("admins", "zoe", True), ("admins", "sia", True), ("admins", "abe", True), ("admins", "ana", False),
        ("all", "ana", True), ("off", "zoe", False),
    ],
)  # fmt: skip
def test_who_must_have_one_is_led_to_setting_it_up(
    reachable: Callable[..., Flask], whom: str, name: str, must: bool
) -> None:
    client = over_there(reachable(second_factor=whom))
    assert post(client, "/login", username=name, password=PASSWORD)[0] == 303
    answer = client.get("/settings/devices", base_url=ORIGIN)
    assert (answer.status_code, answer.location) == (
        (302, "/settings/second-factor?next=%2Fsettings%2Fdevices") if must else (200, None)
    )
    if not must:
        return
    assert post(client, "/settings/sessions", proof=PASSWORD)[0] == 403
    assert post(client, "/notice")[0] != 403  # it stands on that page, too
    assert client.get("/api/v1/reference", base_url=ORIGIN).status_code == 401
    page = client.get("/settings/second-factor/code-app", base_url=ORIGIN).text
    key = re.findall(r'<code class="code-app-key">([A-Z2-7 ]+)</code>', page)[0].replace(" ", "")
    assert post(client, "/settings/second-factor/code-app", code=code(key))[0] == 200
    assert client.get("/settings/devices", base_url=ORIGIN).status_code == 200


def test_the_phones_door_stays_open_to_who_must_still_set_it_up(reachable: Callable[..., Flask]) -> None:
    client = over_there(reachable(second_factor="all"))
    post(client, "/login", username="ana", password=PASSWORD)
    assert client.get("/api/v1/me", base_url=ORIGIN).status_code == 200
    assert client.get("/capture", base_url=ORIGIN).status_code == 200


def test_a_session_of_before_it_was_asked_is_asked_for_it(
    reachable: Callable[..., Flask], cast: Cast, ana_has_one: list[str]
) -> None:
    """It shows the factor in the session that it has: nobody's phone is signed out by a setting."""
    app = reachable(second_factor="all")
    client = over_there(app)
    with client.session_transaction(base_url=ORIGIN) as stored:
        stored.update(_user_id=str(cast.ana), epoch=0, own=True, used=clock.now().timestamp(), _fresh=True)
        stored.permanent = True
    led = client.get("/projects", base_url=ORIGIN).location
    assert led == "/settings/second-factor?next=%2Fprojects"
    page = client.get(led, base_url=ORIGIN).text
    assert 'action="/settings/second-factor/shown?next=%2Fprojects"' in page
    assert post(client, "/settings/second-factor/shown?next=%2Fprojects", code=code()) == (303, "/projects")
    assert client.get("/projects", base_url=ORIGIN).status_code == 200
