"""A phone that lies open is no place to guess its owner's password: each door counts, and all count together."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.core.db import Database
from fieldapp.core.limits import limiter
from fieldapp.core.models import Audit
from tests.cast import PASSWORD, Cast

ClientOf = Callable[..., FlaskClient]
NEW = "Another-one-22"
DOORS: dict[str, Callable[[str], dict[str, str]]] = {
    "/settings/password": lambda said: {"current": said, "password": NEW, "again": NEW},
    "/settings/sessions": lambda said: {"proof": said},
    "/settings/data": lambda said: {"password": said},
    "/password-again": lambda said: {"_proof": said, "next": "/"},
}


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the lockout that stops them, not the limit of an address."""
    monkeypatch.setattr(limiter, "enabled", False)


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("door", DOORS)
def test_after_five_guesses_even_the_right_one_is_not_heard(client_of: ClientOf, db: Database, door: str) -> None:
    client, form = client_of("ana"), DOORS[door]
    for number in range(5):
        assert client.post(door, data=form(f"guess {number}")).status_code == 422
    answer = client.post(door, data=form(PASSWORD))
    assert answer.status_code == 422 and "15 分钟后" in answer.text
    with db.reading() as session:
        failed = [verb for verb in session.scalars(select(Audit.verb)) if verb.endswith((".failed", "refused"))]
    assert len(failed) >= 5


@pytest.mark.usefixtures("unhurried")
def test_the_doors_count_together(client_of: ClientOf, cast: Cast) -> None:
    client = client_of("ana")
    for door in ("/settings/password", "/settings/sessions", "/settings/data", "/password-again", "/settings/password"):
        client.post(door, data=DOORS[door]("guess"))
    for door, form in DOORS.items():
        assert "15 分钟后" in client.post(door, data=form(PASSWORD)).text, door


@pytest.mark.parametrize("door", DOORS)
def test_the_right_one_is_heard(client_of: ClientOf, door: str) -> None:
    assert client_of("ana").post(door, data=DOORS[door](PASSWORD)).status_code in (200, 303)
