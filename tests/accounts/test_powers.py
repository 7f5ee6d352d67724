"""Three powers: whatever is asked for in whatever order, nobody holds two of them and none is left without a holder."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.accounts import actions, people_actions, powers
from fieldapp.accounts import membership_actions as memberships
from fieldapp.accounts.actions import Refused
from fieldapp.accounts.membership_actions import Wanted
from fieldapp.accounts.models import ADMIN, AUDITOR, DESK, LEAD, OFFICER, POWERS, SECURITY, Membership, Proposal, User
from fieldapp.accounts.policy import Person, person_on
from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from tests.cast import NOON, Cast

TODAY = NOON.date()
A_DAY = timedelta(days=1)


class Undone(Exception):
    """Nothing of an example stays."""


@dataclass
class Zone:
    """Three accounts, one of them the system administrator whom the setup made; time may pass."""

    session: Session
    three_powers: bool
    users: list[UUID] = field(default_factory=list)
    stood: set[str] = field(default_factory=set)
    day: int = 0

    def __post_init__(self) -> None:
        for number in range(3):
            made = actions.make_user(
                self.session, new_id(), username=f"p{number}", name=f"人{number}", password_hash="x", by=None
            )
            self.users.append(made.id)
        self.session.add(Membership(user_id=self.users[0], role=ADMIN, starts_on=TODAY))
        self.session.flush()

    @property
    def today(self) -> date:
        return TODAY + self.day * A_DAY

    def person(self, number: int) -> Person:
        self.session.expire_all()
        return person_on(self.session.get_one(User, self.users[number]), self.today)

    def do(self, act: str, by: int, whom: int, role: str, pick: int) -> None:
        """As the doors do it: first the policy, then the action, which may refuse."""
        asker = self.person(by)
        with suppress(Refused):
            getattr(self, act)(asker, whom, role, pick)
        self.hold()

    def propose(self, asker: Person, whom: int, role: str, pick: int) -> None:
        held = [m.id for m in self.session.get_one(User, self.users[whom]).memberships]
        replaces = held[pick % len(held)] if held and pick % 3 == 0 else None
        wanted = Wanted(role, self.today - (pick % 4) * A_DAY)
        user = self.session.get_one(User, self.users[whom])
        memberships.propose(self.session, user, wanted, id=new_id(), by=asker.id, day=self.today, replaces=replaces)

    def grant(self, asker: Person, whom: int, role: str, pick: int) -> None:
        waiting = self.session.scalars(select(Proposal.id).where(Proposal.outcome == "").order_by(Proposal.id)).all()
        if waiting:
            memberships.grant(
                self.session, waiting[pick % len(waiting)], by=asker, day=self.today, three_powers=self.three_powers
            )

    def give(self, asker: Person, whom: int, role: str, pick: int) -> None:
        """Proposed and granted at once: most sequences of single acts come to nothing."""
        user, id = self.session.get_one(User, self.users[whom]), new_id()
        memberships.propose(self.session, user, Wanted(role, self.today), id=id, by=None, day=self.today)
        memberships.grant(self.session, id, by=asker, day=self.today, three_powers=self.three_powers)

    def end(self, asker: Person, whom: int, role: str, pick: int) -> None:
        held = self.session.scalars(select(Membership.id).order_by(Membership.id)).all()
        last = None if pick % 2 else self.today + (pick % 5) * A_DAY
        memberships.end(self.session, held[pick % len(held)], by=asker.id, day=self.today, last_day=last)

    def disable(self, asker: Person, whom: int, role: str, pick: int) -> None:
        actions.disable(self.session, self.session.get_one(User, self.users[whom]), by=asker.id)

    def enable(self, asker: Person, whom: int, role: str, pick: int) -> None:
        people_actions.enable(self.session, self.session.get_one(User, self.users[whom]), by=asker.id)

    def sleep(self, asker: Person, whom: int, role: str, pick: int) -> None:
        self.day += pick % 3

    def hold(self) -> None:
        """What must be so after every act, on every day from today on."""
        self.session.flush()
        self.session.expire_all()
        rows = self.session.scalars(select(Membership).where(Membership.role.in_(POWERS))).all()
        for day in (self.today + n * A_DAY for n in (0, 1, 2, 6, 400)):
            for user in self.users:
                assert len({m.role for m in rows if m.user_id == user and m.holds_on(day)}) <= 1, (user, day)
        self.stood |= {power for power in (ADMIN, SECURITY) if powers.stands(self.session, power)}
        for power in self.stood:
            enabled = {user for user in self.users if self.session.get_one(User, user).disabled_at is None}
            for day in (self.today, self.today + 400 * A_DAY):
                assert any(m.role == power and m.user_id in enabled and m.holds_on(day) for m in rows), (power, day)
        decided = self.session.scalars(select(Proposal).where(Proposal.outcome != "")).all()
        assert all(proposal.decided_by != proposal.user_id for proposal in decided)


PERSON, PICK = st.integers(0, 2), st.integers(0, 11)
ACTS = st.sampled_from(["give", "give", "give", "propose", "grant", "grant", "end", "disable", "enable", "sleep"])
SEQUENCE = st.lists(
    st.tuples(ACTS, PERSON, PERSON, st.sampled_from([ADMIN, SECURITY, SECURITY, AUDITOR, DESK]), PICK),
    min_size=8,
    max_size=40,
)


@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
@given(sequence=SEQUENCE, three_powers=st.booleans())
@settings(
    max_examples=25, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
def test_no_sequence_gives_one_two_powers_or_leaves_none(
    db: Database, sequence: list[tuple[str, int, int, str, int]], three_powers: bool
) -> None:
    with pytest.raises(Undone), clock.frozen(NOON), db.writing() as session:
        zone = Zone(session, three_powers)
        for act in sequence:
            zone.do(*act)
        raise Undone


def given_role(session: Session, cast: Cast, name: str, wanted: Wanted, by: str, **more: object) -> Membership | None:
    """Proposed by zoe, granted by `by`."""
    id = new_id()
    user = session.get_one(User, getattr(cast, name))
    memberships.propose(session, user, wanted, id=id, by=cast.zoe, day=TODAY, **more)  # type: ignore[arg-type]
    return memberships.grant(session, id, by=cast.person(session, by), day=TODAY)


def refused(db: Database, cast: Cast, name: str, wanted: Wanted, by: str = "sia") -> str:
    with pytest.raises(Refused) as why, clock.frozen(NOON), db.writing() as session:
        given_role(session, cast, name, wanted, by)
    return why.value.code


def test_a_proposal_gives_nothing_until_it_is_granted(db: Database, cast: Cast) -> None:
    with clock.frozen(NOON), db.writing() as session:
        bo, id = session.get_one(User, cast.bo), new_id()
        wanted = Wanted(LEAD, TODAY, team_id=cast.first_team, duty="带队")
        memberships.propose(session, bo, wanted, id=id, by=cast.zoe, day=TODAY)
        memberships.propose(session, bo, wanted, id=id, by=cast.zoe, day=TODAY)  # the form, sent twice
        session.expire_all()
        assert not cast.person(session, "bo").is_lead
        assert memberships.grant(session, id, by=cast.person(session, "sia"), day=TODAY) is not None
        assert memberships.grant(session, id, by=cast.person(session, "sia"), day=TODAY) is None
        session.expire_all()
        bo_now = cast.person(session, "bo")
        assert bo_now.is_lead and bo_now.led_team_ids == {cast.first_team}


@pytest.mark.parametrize(
    ("name", "by", "role", "code"),
    [
        ("zoe", "sia", SECURITY, "second-power"),
        ("abe", "sia", ADMIN, "second-power"),
        ("sia", "sia", OFFICER, "grant-own"),
        ("bo", "zoe", DESK, "grant-not-yours"),
        ("bo", "zoe", SECURITY, "grant-not-yours"),  # there is one: the first has been appointed
        ("bo", "abe", DESK, "grant-not-yours"),
        ("bo", "ana", DESK, "grant-not-yours"),
        ("sia", "sia", SECURITY, "power-held"),
    ],
)
def test_what_nobody_is_given(db: Database, cast: Cast, name: str, by: str, role: str, code: str) -> None:
    team = cast.first_team if role == OFFICER else None
    assert refused(db, cast, name, Wanted(role, TODAY, team_id=team), by) == code


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (Wanted("boss", TODAY), "role-unknown"),
        (Wanted(OFFICER, TODAY), "team-wanted"),
        (Wanted("unit", TODAY), "unit-wanted"),
        (Wanted(DESK, TODAY, duty="王"), "duty-unknown"),
        (Wanted(DESK, TODAY + 400 * A_DAY), "starts-far"),
        (Wanted(DESK, TODAY, ends_on=TODAY - A_DAY), "ends-early"),
        (Wanted(AUDITOR, TODAY, ends_on=TODAY + A_DAY), "power-ends"),
        (Wanted(AUDITOR, TODAY, duty="统筹"), "power-apart"),
        (Wanted(OFFICER, TODAY, team_id=UUID(int=1)), "team-gone"),
    ],
)
def test_what_makes_no_sense_is_not_proposed(db: Database, cast: Cast, wanted: Wanted, code: str) -> None:
    assert refused(db, cast, "bo", wanted) == code


def test_without_a_security_administrator_the_system_administrator_appoints_exactly_the_first(
    db: Database, cast: Cast
) -> None:
    with clock.frozen(NOON), db.writing() as session:
        sias = session.scalars(select(Membership).where(Membership.user_id == cast.sia)).one()
        session.delete(sias)  # as in a zone of the version before
        session.flush()
        assert given_role(session, cast, "dee", Wanted(SECURITY, TODAY), "zoe") is not None
        session.expire_all()
        assert cast.person(session, "dee").is_security
    assert refused(db, cast, "bo", Wanted(SECURITY, TODAY), "zoe") == "grant-not-yours"
    assert refused(db, cast, "bo", Wanted(DESK, TODAY), "zoe") == "grant-not-yours"


def test_a_change_ends_one_row_and_begins_another(db: Database, cast: Cast) -> None:
    with clock.frozen(NOON), db.writing() as session:
        before = session.scalars(select(Membership.id).where(Membership.user_id == cast.lin)).one()
        wanted = Wanted(OFFICER, TODAY - 3 * A_DAY, team_id=cast.second_team)
        held = given_role(session, cast, "lin", wanted, "sia", replaces=before)
        session.expire_all()
        assert held is not None
        rows = {m.id: (m.role, m.starts_on, m.ends_on) for m in session.get_one(User, cast.lin).memberships}
        # What was so until now stays as it was: nothing is dated back over it.
        assert rows[before][0] == LEAD and rows[before][2] == TODAY - A_DAY
        assert rows[held.id] == (OFFICER, TODAY, None)


@pytest.mark.parametrize(("name", "code"), [("zoe", "last-admin"), ("sia", "last-security")])
def test_the_last_one_is_neither_ended_nor_disabled_nor_moved_away(
    db: Database, cast: Cast, name: str, code: str
) -> None:
    with clock.frozen(NOON), db.writing() as session:
        user = session.get_one(User, getattr(cast, name))
        with pytest.raises(Refused, match=code):
            actions.disable(session, user, by=cast.zoe)
        for last_day in (None, TODAY + 30 * A_DAY):
            with pytest.raises(Refused, match=code):
                memberships.end(session, user.memberships[0].id, by=cast.sia, day=TODAY, last_day=last_day)
        other = {"zoe": "sia", "sia": "zoe"}[name]
        memberships.propose(
            session, user, Wanted(DESK, TODAY), id=(id := new_id()), by=cast.zoe, day=TODAY,
            replaces=user.memberships[0].id,
        )  # fmt: skip
        with pytest.raises(Refused, match=code):
            memberships.grant(session, id, by=cast.person(session, other), day=TODAY, three_powers=False)


def test_an_auditor_may_be_ended_and_so_may_who_is_not_the_last(db: Database, cast: Cast) -> None:
    with clock.frozen(NOON), db.writing() as session:
        given_role(session, cast, "dee", Wanted(SECURITY, TODAY), "sia")
        for name in ("sia", "abe"):
            user = session.get_one(User, getattr(cast, name))
            memberships.end(session, user.memberships[0].id, by=cast.dee, day=TODAY)
        session.expire_all()
        assert cast.person(session, "sia").roles == cast.person(session, "abe").roles == frozenset()
        with pytest.raises(Refused, match="last-security"):
            actions.disable(session, session.get_one(User, cast.dee), by=cast.zoe)
