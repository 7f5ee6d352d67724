"""A system administrator tries to come by another power: by the passwords, the registers, a workbook."""

import io
import re
from collections.abc import Callable
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.accounts import actions
from fieldapp.accounts.models import Membership, User
from fieldapp.core.db import Database, new_id
from tests.cast import NOON, Cast
from tests.sheets.book import book

ClientOf = Callable[..., FlaskClient]
ONCE = re.compile(r'<p class="once"><code>([^<]+)</code>')


@pytest.fixture
def zoe(client_of: ClientOf) -> FlaskClient:
    return client_of("zoe")


def add(zoe: FlaskClient, id: UUID, username: str = "max", name: str = "马新") -> str:
    """The form of a new account; what its answer shows of a password."""
    answer = zoe.post("/admin/users", data={"id": str(id), "username": username, "name": name})
    assert answer.status_code == 200
    return shown(answer.text)


def shown(html: str) -> str:
    found = ONCE.search(html)
    return found[1] if found else ""


def becomes(db: Database, id: UUID, role: str) -> None:
    """Granted by somebody, before they have signed in for the first time."""
    with db.writing() as session:
        session.add(Membership(user_id=id, role=role, starts_on=NOON.date()))


def test_the_first_password_of_a_new_security_administrator_is_shown_to_nobody_again(
    zoe: FlaskClient, db: Database
) -> None:
    id = new_id()
    first = add(zoe, id)
    assert first and add(zoe, id) == first  # the same form, sent twice
    becomes(db, id, "security")
    assert add(zoe, id) == ""


def test_nor_by_the_form_that_resets_the_password_of_somebody_else(zoe: FlaskClient, db: Database, cast: Cast) -> None:
    id = new_id()
    first = add(zoe, id)
    becomes(db, id, "security")
    other = shown(zoe.post(f"/admin/users/{cast.bo}/password", data={"id": str(id)}).text)
    assert other and other != first
    with db.reading() as session:
        assert not actions.verify(session.get_one(User, id), other)


def test_nor_with_the_passwords_of_a_workbook(zoe: FlaskClient, db: Database, work: Callable[[], None]) -> None:
    users = [{"username": "gao", "name": "高远", "role": "话务"}, {"username": "max", "name": "马新", "role": "话务"}]
    sent = zoe.post("/admin/workbooks", data={"id": str(new_id()), "file": (io.BytesIO(book(users=users)), "a.xlsx")})
    work()
    zoe.post(f"{sent.location}/bring")
    work()
    with db.reading() as session:
        max_ = session.scalars(select(User.id).where(User.username == "max")).one()
    becomes(db, max_, "auditor")
    lists = zoe.post(f"{sent.location}/passwords").text
    assert "gao" in lists and "max" not in lists


def test_what_was_set_once_is_not_read_again_by_the_accounts_own_id(zoe: FlaskClient, db: Database, cast: Cast) -> None:
    """A reset makes a new password, whatever id the form brings, and stands in the log."""
    id = new_id()
    first = add(zoe, id)
    again = shown(zoe.post(f"/admin/users/{id}/password", data={"id": str(id)}).text)
    assert again and again != first


def test_a_team_that_is_archived_takes_no_power_along(zoe: FlaskClient, db: Database, cast: Cast) -> None:
    """The server's own command may have put one into a team; without security zoe would appoint the next."""
    with db.writing() as session:
        held = session.scalars(select(Membership).where(Membership.user_id == cast.sia)).one()
        held.team_id = cast.second_team
    assert zoe.post(f"/admin/teams/{cast.second_team}/archive").status_code == 303
    with db.reading() as session:
        mine = session.scalars(select(Membership).where(Membership.user_id.in_([cast.sia, cast.dan])))
        assert {one.user_id: one.ends_on is None for one in mine} == {cast.sia: True, cast.dan: False}
