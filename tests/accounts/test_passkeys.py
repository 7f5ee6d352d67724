"""Passkeys, with a key made of software: what a browser answers, and what somebody else might."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from flask.testing import FlaskClient
from sqlalchemy import select
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from fieldapp.accounts.factor_models import Passkey
from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.core.models import Audit
from tests.accounts.conftest import inside, sign_in
from tests.cast import Cast

Browser = Callable[..., FlaskClient]
HOST, ORIGIN = "localhost", "http://localhost"
PRESENT, VERIFIED, ATTESTED = 1, 4, 64


@dataclass
class SoftKey:
    """What a phone's authenticator does, in twenty lines."""

    verified: bool = True
    origin: str = ORIGIN
    id: bytes = b"soft-key-number-1"
    count: int = 0
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    user: bytes = b""

    def make(self, asked: dict[str, Any]) -> str:
        self.user = base64url_to_bytes(asked["user"]["id"])
        point = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        credential = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(cose)
        attested = {"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED) + credential}
        return self._said("webauthn.create", asked, lambda _client: {"attestationObject": cbor2.dumps(attested)})

    def use(self, asked: dict[str, Any]) -> str:
        self.count += 1
        data = self._data()

        def signed(client: bytes) -> dict[str, bytes]:
            signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
            return {"authenticatorData": data, "signature": signature, "userHandle": self.user}

        return self._said("webauthn.get", asked, signed)

    def _data(self, flags: int = 0) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verified else 0)
        return hashlib.sha256(HOST.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _said(self, type: str, asked: dict[str, Any], response: Callable[[bytes], dict[str, bytes]]) -> str:
        client = json.dumps({"type": type, "challenge": asked["challenge"], "origin": self.origin}).encode()
        answer = {name: bytes_to_base64url(value) for name, value in response(client).items()}
        id = bytes_to_base64url(self.id)
        answer["clientDataJSON"] = bytes_to_base64url(client)
        return json.dumps({"id": id, "rawId": id, "type": "public-key", "response": answer})


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    return sqlite_url


def asked(client: FlaskClient, path: str) -> dict[str, Any]:
    """What the page asks the browser for."""
    page = client.get(path)
    assert page.headers["Cache-Control"] == "no-store"
    found: dict[str, Any] = json.loads(unescape(re.findall(r'data-asked="([^"]*)"', page.text)[0]))
    return found


def add(client: FlaskClient, key: SoftKey, name: str = "旧手机") -> tuple[int, str]:
    answer = key.make(asked(client, "/settings/passkeys/new"))
    done = client.post("/settings/passkeys/new", data={"name": name, "answer": answer})
    return done.status_code, done.text


def use(client: FlaskClient, key: SoftKey, path: str = "/login/passkey", **more: str) -> tuple[int, str]:
    answer = key.use(asked(client, path))
    done = client.post(path, data={"answer": answer, **more})
    clock.advance(timedelta(seconds=1))
    return done.status_code, done.location or done.text


@pytest.fixture
def key(browser: Browser) -> SoftKey:
    """Ana's passkey."""
    client, made = browser(), SoftKey()
    sign_in(client, "ana")
    assert add(client, made)[0] == 200
    clock.advance(timedelta(seconds=1))
    return made


def test_one_is_made_named_used_without_a_password_and_removed(browser: Browser, db: Database, cast: Cast) -> None:
    client, key = browser(), SoftKey()
    sign_in(client, "ana")
    status, page = add(client, key)
    assert status == 200 and page.count("<code>") == 10  # the recovery codes come with the first factor
    assert 'value="旧手机"' in client.get("/settings/second-factor").text
    phone = browser()
    assert "用通行密钥登录" in phone.get("/login").text
    assert use(phone, key, own_device="y", next="/projects") == (303, "/projects")
    assert inside(phone)
    with db.reading() as session:
        made = session.scalars(select(Passkey)).one()
        told = session.scalars(select(Audit).where(Audit.verb == "sign-in").order_by(Audit.id)).all()[-1]
    assert (made.sign_count, told.actor_id, told.detail["factor"]) == (1, cast.ana, "passkey")
    phone.post(f"/settings/passkeys/{made.id}/name", data={"name": "新手机"})
    assert 'value="新手机"' in phone.get("/settings/second-factor").text
    phone.post(f"/settings/passkeys/{made.id}/removal")
    assert "新手机" not in phone.get("/settings/second-factor").text
    assert use(browser(), key)[0] == 422
    assert sign_in(browser(), "ana").location == "/"


def test_it_is_the_second_step_after_a_password(browser: Browser, key: SoftKey) -> None:
    client = browser()
    assert sign_in(client, "ana", next="/projects").location == "/login/second"
    assert "使用通行密钥" in client.get("/login/second").text
    assert [one["id"] for one in asked(client, "/login/passkey")["allowCredentials"]] == [bytes_to_base64url(key.id)]
    assert use(client, key) == (303, "/projects")
    assert inside(client)


def test_it_is_no_second_step_for_somebody_else(browser: Browser, key: SoftKey) -> None:
    client, other = browser(), SoftKey(id=b"soft-key-number-2")
    sign_in(client, "dan")
    assert add(client, other)[0] == 200
    dans = browser()
    sign_in(dans, "dan")
    assert use(dans, key)[0] == 422
    assert not inside(dans)


def test_a_session_of_before_shows_it(client_of: Callable[..., FlaskClient], key: SoftKey) -> None:
    client = client_of("ana")
    assert use(client, key, "/settings/second-factor/passkey", next="/projects") == (303, "/projects")
    assert "旧手机" in client.get("/settings/second-factor").text


def test_an_answer_counts_once_and_only_to_its_own_question(browser: Browser, key: SoftKey) -> None:
    client, thief = browser(), browser()
    question = asked(client, "/login/passkey")
    cookie = client.get_cookie("fieldapp")
    answer = key.use(question)
    clock.advance(timedelta(seconds=1))
    assert client.post("/login/passkey", data={"answer": answer}).status_code == 303
    assert cookie is not None
    thief.set_cookie("fieldapp", cookie.value)  # who copied the whole exchange
    assert thief.post("/login/passkey", data={"answer": answer}).status_code == 422
    other = browser()
    asked(other, "/login/passkey")
    assert other.post("/login/passkey", data={"answer": answer}).status_code == 422
    assert browser().post("/login/passkey", data={"answer": answer}).status_code == 422


@pytest.mark.parametrize("wrong", [{"origin": "http://localhost.evil.example"}, {"verified": False}, {"count": -1}])
def test_another_site_nobody_there_or_a_copied_key_is_refused(
    browser: Browser, key: SoftKey, wrong: dict[str, Any]
) -> None:
    assert use(browser(), key)[0] == 303
    for name, value in wrong.items():
        setattr(key, name, value)
    assert use(browser(), key)[0] == 422


def test_a_question_lasts_five_minutes(browser: Browser, key: SoftKey) -> None:
    client = browser()
    answer = key.use(asked(client, "/login/passkey"))
    clock.advance(timedelta(minutes=5, seconds=1))
    assert client.post("/login/passkey", data={"answer": answer}).status_code == 422


@pytest.mark.parametrize("answer", ["", "x", "[]", "{}", '{"rawId": "!"}', '{"rawId": 3}', '{"rawId": "AAAA"}'])
def test_what_is_no_answer_is_refused_with_a_page(browser: Browser, answer: str) -> None:
    client = browser()
    asked(client, "/login/passkey")
    assert client.post("/login/passkey", data={"answer": answer}).status_code == 422
    sign_in(client, "ana")
    asked(client, "/settings/passkeys/new")
    assert client.post("/settings/passkeys/new", data={"answer": answer, "name": "x"}).status_code == 422


def test_guessing_locks_it_as_it_does_the_password(browser: Browser, key: SoftKey) -> None:
    liar = SoftKey(id=key.id)  # knows its number, not its secret
    for _ in range(5):
        assert use(browser(), liar)[0] == 422
    assert use(browser(), key)[0] == 422
    clock.advance(timedelta(minutes=15))
    assert use(browser(), key)[0] == 303


def test_somebody_elses_is_not_there(browser: Browser, key: SoftKey, db: Database) -> None:
    dan = browser()
    sign_in(dan, "dan")
    add(dan, SoftKey(id=b"soft-key-number-2"))
    with db.reading() as session:
        ids = {row.id: row.credential_id == key.id for row in session.scalars(select(Passkey))}
    for id, anas in ids.items():
        assert dan.post(f"/settings/passkeys/{id}/name", data={"name": "x"}).status_code == (404 if anas else 303)
        assert dan.post(f"/settings/passkeys/{id}/removal").status_code == (404 if anas else 303)
    assert use(browser(), key)[0] == 303


def test_at_an_address_of_numbers_they_are_not_offered(browser: Browser) -> None:
    client, there = browser(), "http://127.0.0.1"
    assert "/login/passkey" not in client.get("/login", base_url=there).text
    assert client.get("/login/passkey", base_url=there).status_code == 404
