"""Phone and recovery codes are lost: the security administrator takes the second factor away."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.accounts import factor_actions
from fieldapp.accounts.models import User
from fieldapp.core.db import Database
from fieldapp.core.models import Audit
from tests.cast import Cast

Client = Callable[..., FlaskClient]
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def they_have_one(db: Database, cast: Cast) -> None:
    for id in (cast.ana, cast.sia):
        db.write(lambda session, id=id: factor_actions.add_code_app(session, session.get_one(User, id), SECRET, step=0))


def path(id: object) -> str:
    return f"/admin/users/{id}/second-factor/removal"


def test_it_is_taken_away_by_who_grants_roles_and_told(client_of: Client, db: Database, cast: Cast) -> None:
    ana, sia = client_of("ana"), client_of("sia")
    assert "恢复码剩 10 个" in sia.get(f"/admin/users/{cast.ana}").text
    done = sia.post(path(cast.ana))
    assert "两步验证已清除" in sia.get(done.location).text
    assert ana.get("/settings").status_code == 302
    with db.reading() as session:
        told = session.scalars(select(Audit).where(Audit.verb == "factor.reset")).one()
    assert (told.actor_id, told.subject_id) == (cast.sia, str(cast.ana))
    assert sia.post(path(cast.ana)).status_code == 404  # there is none any more


@pytest.mark.parametrize("name", ["zoe", "abe", "ana", "lin"])
def test_nobody_else_can(client_of: Client, cast: Cast, name: str) -> None:
    assert client_of(name).post(path(cast.ana)).status_code == 404


def test_nor_they_for_themselves(client_of: Client, cast: Cast) -> None:
    sia = client_of("sia")
    assert path(cast.sia) not in sia.get(f"/admin/users/{cast.sia}").text
    assert sia.post(path(cast.sia)).status_code == 404
