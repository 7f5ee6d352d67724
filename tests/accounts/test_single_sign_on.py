"""Single sign-on against a real provider on a real socket: who comes in, and who must not."""

import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from joserfc import jwk
from sqlalchemy import func, select

from fieldapp.accounts import actions, factor_actions
from fieldapp.accounts.models import User
from fieldapp.app import create_app
from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.core.models import Audit
from fieldapp.settings import BadSetting, Settings, read_settings
from tests.accounts.conftest import inside, sign_in
from tests.accounts.issuer import CLIENT, SECRET, Issuer, a_key, opened
from tests.accounts.test_second_factor import SECRET as TOTP
from tests.accounts.test_second_factor import code, second
from tests.cast import Cast

Open = Callable[..., FlaskClient]


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with opened() as found:
        yield found


@pytest.fixture
def house(
    settings: Settings, issuer: Issuer, cast: Cast, compiled_templates: FileSystemBytecodeCache
) -> Callable[..., Flask]:
    """An application that sends people to the issuer."""

    def made(**more: Any) -> Flask:
        said = {"oidc_issuer": issuer.url, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET} | more
        app = create_app(replace(settings, **said))
        app.jinja_env.bytecode_cache = compiled_templates
        return app

    return made


def browser_of(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    return client


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_asked: Any) -> None:
        return None


def at_the_issuer(address: str) -> str:
    """What the browser does between the two of us: it follows to the issuer, and is sent back."""
    try:
        urllib.request.build_opener(Stay).open(address, timeout=10)
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.headers["Location"].removeprefix("http://localhost")
    raise AssertionError("the issuer did not send the browser back")


def go(client: FlaskClient, query: str = "") -> Any:
    """Out and back; our answer to the coming back."""
    out = client.get(f"/login/sso{query}")
    assert out.status_code == 302 and out.headers["Cache-Control"] == "no-store"
    return client.get(at_the_issuer(out.location), headers={"Sec-Fetch-Site": "cross-site"})


def told(db: Database, verb: str) -> Audit:
    with db.reading() as session:
        return session.scalars(select(Audit).where(Audit.verb == verb)).one()


def test_whom_the_issuer_knows_by_an_account_of_ours_is_in(
    house: Any, issuer: Issuer, db: Database, cast: Cast
) -> None:
    client = browser_of(house(oidc_name="滨海统一认证"))
    assert "用滨海统一认证登录" in client.get("/login").text
    issuer.who["preferred_username"] = "Ana"
    answer = go(client, "?next=/projects&own=y")
    assert (answer.status_code, answer.location) == (302, "/projects")
    assert inside(client) and client.get_cookie("fieldapp").expires is not None  # type: ignore[union-attr]
    assert issuer.tokens == 1 and len(issuer.codes) == 0
    found = told(db, "sign-in")
    assert (found.actor_id, found.detail) == (cast.ana, {"how": "sso", "subject": "s-17"})
    assert client.get("/api/v1/me").json["id"] == str(cast.ana)


@pytest.mark.parametrize("who", [{"preferred_username": "nobody-here"}, {"preferred_username": "gone"}])
def test_an_account_is_never_made_and_it_is_said_whom_to_ask(
    house: Any, issuer: Issuer, db: Database, cast: Cast, who: dict[str, str]
) -> None:
    def disabled(session: Any) -> None:
        user = session.get_one(User, cast.dan)
        user.username, user.disabled_at = "gone", clock.now()

    db.write(disabled)
    client = browser_of(house())
    issuer.who |= who
    answer = go(client)
    assert answer.status_code == 403
    assert who["preferred_username"] in answer.text and "系统管理员" in answer.text
    assert not inside(client)
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 9
    assert told(db, "sign-in.unknown").detail["subject"] == "s-17"


@pytest.mark.parametrize("claim", ["employee", "email"])
def test_the_claim_that_is_set_decides(house: Any, issuer: Issuer, claim: str) -> None:
    client = browser_of(house(oidc_claim=claim))
    assert go(client).status_code == 403  # it is not there
    for verified, answer in ((None, 403), (False, 403), ("false", 403), (True, 302)):
        issuer.who |= {claim: "bo", "email_verified": verified}
        assert go(client).status_code == (answer if claim == "email" else 302)
        client.post("/logout")


LIES: tuple[dict[str, Any], ...] = (
    {"iss": "https://evil.example"}, {"aud": "another-application"}, {"aud": ["another-application"]},
    {"azp": "another-application"}, {"nonce": "of another one"}, {"nonce": None}, {"exp": 1_600_000_000}, {"sub": None},
    {"preferred_username": None}, {"preferred_username": ["ana"]}, {"preferred_username": "a\x00na"},
    {"auth_time": 1e300},
)  # fmt: skip


def test_an_id_token_that_is_not_for_us_here_and_now_is_refused(house: Any, issuer: Issuer, db: Database) -> None:
    app = house()
    for lies in LIES:
        client, issuer.lies = browser_of(app), lies
        answer = go(client)
        assert answer.status_code == 403 and "登录未完成" in answer.text, lies
        assert not inside(client), lies
    with db.reading() as session:
        told = session.scalars(select(Audit).where(Audit.verb == "sign-in.failed")).all()
    assert len(told) == len(LIES) and all(row.detail["why"] for row in told)


def test_one_that_others_have_signed_is_refused(house: Any, issuer: Issuer) -> None:
    app = house()
    issuer.signs_with = a_key("somebody else's")
    assert go(browser_of(app)).status_code == 403
    issuer.signs_with, issuer.algorithm = jwk.OctKey.import_key(SECRET * 2), "HS256"
    assert go(browser_of(app)).status_code == 403
    issuer.signs_with, issuer.algorithm = None, "RS256"
    assert go(browser_of(app)).status_code == 302


def test_another_browsers_answer_and_an_answer_twice_are_refused(house: Any, issuer: Issuer) -> None:
    app = house()
    client, victim = browser_of(app), browser_of(app)
    back = at_the_issuer(client.get("/login/sso").location)
    assert victim.get(back).location == "/login"  # it asked for nothing
    at_the_issuer(victim.get("/login/sso").location)
    assert victim.get(back).status_code == 403  # it asked for something else
    assert client.get(back).status_code == 302
    client.post("/logout")
    assert client.get(back).location == "/login"
    assert not inside(client)


def test_it_leads_to_no_other_site_afterwards(house: Any, issuer: Issuer) -> None:
    app = house()
    for away in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        assert go(browser_of(app), f"?next={away}").location == "/"


def test_the_issuer_refuses_or_is_away_and_the_password_still_opens(house: Any, issuer: Issuer) -> None:
    client = browser_of(house())
    client.get("/login/sso")
    assert client.get("/login/sso/back?error=access_denied&state=x").status_code == 403
    away = browser_of(house(oidc_issuer="http://127.0.0.1:9"))
    answer = away.get("/login/sso")
    assert answer.status_code == 503 and "没有响应" in answer.text
    assert sign_in(away, "ana").status_code == 303


def test_an_issuer_that_calls_itself_otherwise_is_not_believed(house: Any, issuer: Issuer) -> None:
    client = browser_of(house(oidc_issuer=issuer.url.replace("127.0.0.1", "localhost")))
    assert client.get("/login/sso").status_code == 403


def test_where_only_admins_have_passwords_others_are_sent_to_the_issuer(house: Any) -> None:
    app = house(local_sign_in="admins")
    client = browser_of(app)
    answer = sign_in(client, "ana")
    assert answer.status_code == 422 and "单点登录" in answer.text
    assert not inside(client)
    assert go(client).status_code == 302
    assert sign_in(browser_of(app), "zoe").status_code == 303


def test_a_second_factor_of_ours_is_asked_for_unless_the_issuer_saw_several(
    house: Any, issuer: Issuer, db: Database, cast: Cast
) -> None:
    db.write(lambda session: factor_actions.add_code_app(session, session.get_one(User, cast.ana), TOTP, step=0))
    app = house()
    client = browser_of(app)
    assert go(client, "?next=/projects").location == "/login/second"
    assert not inside(client)
    assert second(client, code(TOTP)) == (303, "/projects")
    issuer.who["amr"] = ["pwd", "mfa"]
    assert go(browser_of(app)).location == "/"


def test_another_site_cannot_have_a_shared_machine_be_ones_own(house: Any, issuer: Issuer) -> None:
    client = browser_of(house())
    out = client.get("/login/sso?own=y", headers={"Sec-Fetch-Site": "cross-site"})
    assert client.get(at_the_issuer(out.location)).status_code == 302
    assert inside(client) and client.get_cookie("fieldapp").expires is None  # type: ignore[union-attr]


def test_what_is_asked_again_can_be_shown_by_the_issuer_too(house: Any, issuer: Issuer) -> None:
    client = browser_of(house())
    go(client, "?own=y")
    led = client.get("/settings/second-factor/code-app").location
    page = client.get(led).text
    assert 'href="/login/sso?again=1&amp;next=' in page
    issuer.who |= {"preferred_username": "bo", "auth_time": int(time.time())}
    again = "?again=1&next=/settings/second-factor/code-app"
    assert go(client, again).status_code == 403  # somebody else
    issuer.who |= {"preferred_username": "ana", "auth_time": 1_600_000_000}
    assert go(client, again).status_code == 403  # long ago
    with clock.frozen(clock.now().fromtimestamp(time.time(), tz=clock.now().tzinfo)):
        issuer.who["auth_time"] = int(time.time())
        assert go(client, again).location == "/settings/second-factor/code-app"
    assert issuer.asked[-1]["prompt"] == "login" and issuer.asked[-1]["max_age"] == "0"
    assert client.get("/settings/second-factor/code-app").status_code == 200


def test_who_came_so_is_not_asked_to_change_a_password_they_do_not_know(house: Any, db: Database, cast: Cast) -> None:
    new_hash = actions.password_hash("Given-by-zoe-1", "ana")
    db.write(lambda session: actions.set_password(session, session.get_one(User, cast.ana), new_hash, by=cast.zoe))
    client = browser_of(house())
    go(client)
    assert inside(client)


def test_without_the_setting_there_is_no_such_door(app: Flask, cast: Cast) -> None:
    client = browser_of(app)
    assert "/login/sso" not in client.get("/login").text
    assert client.get("/login/sso").status_code == client.get("/login/sso/back").status_code == 404


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ({"OIDC_ISSUER": "http://id.example", "OIDC_CLIENT_ID": "x"}, "FIELDAPP_OIDC_ISSUER"),
        ({"OIDC_ISSUER": "https://id.example"}, "FIELDAPP_OIDC_CLIENT_ID"),
        ({"LOCAL_SIGN_IN": "none"}, "FIELDAPP_LOCAL_SIGN_IN"),
        ({"SECOND_FACTOR": "yes"}, "FIELDAPP_SECOND_FACTOR"),
    ],
)
def test_a_setting_that_cannot_be_is_named(said: dict[str, str], names: str) -> None:
    with pytest.raises(BadSetting, match=names):
        read_settings({f"FIELDAPP_{name}": value for name, value in said.items()})
