"""The lists of people, roles and proposals: found by name, paged, and as cheap however long."""

from collections.abc import Callable
from datetime import date

import pytest
from flask.testing import FlaskClient

from fieldapp.accounts.models import Membership, Proposal, User
from fieldapp.admin.people import queries
from fieldapp.admin.people.queries import Narrowed
from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from tests.cast import NOON, PASSWORD_HASH, Cast
from tests.feed.pages import parse
from tests.statements import statements_of

TODAY = NOON.date()


@pytest.fixture
def db_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_url")
    return url


def fill(db: Database, cast: Cast, count: int) -> None:
    with db.writing() as session:
        for number in range(count):
            one = User(
                id=new_id(),
                username=f"q{number:03}",
                name=f"队员{number}",
                password_hash=PASSWORD_HASH,
                created_at=NOON,
            )
            session.add(one)
            session.flush()
            session.add(
                Membership(user_id=one.id, team_id=cast.second_team, role="officer", starts_on=date(2026, 2, 1))
            )
            session.add(Proposal(user_id=one.id, role="desk", starts_on=TODAY, proposed_by=cast.zoe, proposed_at=NOON))


BOTH = pytest.mark.parametrize(
    "db_url", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


@BOTH
def test_pages_follow_each_other_without_gap_or_repetition(db: Database, cast: Cast) -> None:
    fill(db, cast, 70)
    with db.reading() as session:
        ways = {
            "users": lambda after: queries.users(session, TODAY, after=after),
            "memberships": lambda after: queries.memberships(session, TODAY, Narrowed(), after),
            "proposals": lambda after: queries.waiting(session, after),
        }
        for name, page_of in ways.items():
            found, after = [], None
            while (page := page_of(after)).next is not None:
                found, after = found + [one.id for one in page.items], page.next
            found += [one.id for one in page.items]
            assert len(found) == len(set(found)) == {"users": 79, "memberships": 79, "proposals": 70}[name]


@BOTH
def test_people_are_found_by_name_account_and_initials_and_roles_by_place(db: Database, cast: Cast) -> None:
    with db.writing() as session:
        session.get_one(User, cast.bo).initials = "bn"
    with db.reading() as session:

        def users(search: str, show: str = "") -> list[str]:
            return [one.username for one in queries.users(session, TODAY, search=search, show=show).items]

        assert (users("柏"), users("BN"), users("lin"), users("%")) == (["bo"], ["bo"], ["lin"], [])
        assert users("", "powers") == ["abe", "sia", "zoe"]
        assert users("", "roleless") == users("", "disabled") == []
        held = queries.memberships(session, TODAY, Narrowed(team=cast.first_team)).items
        assert {one.user.username for one in held} == {"ana", "bo", "lin"}
        assert [one.user.username for one in queries.memberships(session, TODAY, Narrowed(role="unit")).items] == [
            "uma"
        ]
        assert queries.memberships(session, TODAY, Narrowed(aside=True)).items == []


@pytest.mark.parametrize(
    "path", ["/admin/users", "/admin/memberships", "/admin/proposals", "/admin/memberships?role=officer"]
)
def test_a_list_costs_the_same_however_long(
    db: Database, cast: Cast, client_of: Callable[..., FlaskClient], path: str
) -> None:
    def statements() -> int:
        with statements_of(sia) as asked:
            assert sia.get(path).status_code == 200
        return len(asked)

    with clock.frozen(NOON):
        sia = client_of("sia")
        sia.get(path)
        fill(db, cast, 2)
        few = statements()
        with db.writing() as session:
            for number in range(40):
                one = User(id=new_id(), username=f"r{number:03}", name="甲", password_hash="x", created_at=NOON)
                session.add(one)
                session.flush()
                session.add(Membership(user_id=one.id, team_id=cast.second_team, role="officer", starts_on=TODAY))
                session.add(Proposal(user_id=one.id, role="desk", starts_on=TODAY, proposed_at=NOON))
        assert statements() <= few + 1


def test_a_long_history_is_read_on(db: Database, cast: Cast, client_of: Callable[..., FlaskClient]) -> None:
    from fieldapp.accounts import people_actions

    with clock.frozen(NOON), db.writing() as session:
        bo = session.get_one(User, cast.bo)
        for number in range(20):
            people_actions.rename(session, bo, f"柏宁{number}", by=cast.zoe)
    with clock.frozen(NOON):
        page = parse(client_of("abe").get(f"/admin/users/{cast.bo}").text)
        more = page.one("li", hx_trigger="revealed").attrs["hx-get"]
        assert len(parse(client_of("abe").get(more).text).all("li")) == 5
