"""A person at a moment: the roles, teams and units that their memberships gave them then."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from fieldapp.accounts.models import ADMIN, AUDITOR, DESK, LEAD, OFFICER, POWERS, SECURITY, UNIT, User

if TYPE_CHECKING:
    from fieldapp.accounts.queries import Account

DOOR_STAYS_OPEN = timedelta(days=30)  # for what a phone still holds when its account ends (docs/sync-protocol.md 11)


@dataclass(frozen=True)
class Person:
    """Who asks, as policies see them. `day` is the day, in the office's zone, that the memberships were read for."""

    id: UUID
    name: str
    locale: str | None
    day: date
    disabled_at: datetime | None = None
    roles: frozenset[str] = frozenset()
    team_ids: frozenset[UUID] = frozenset()
    unit_ids: frozenset[UUID] = frozenset()
    led_team_ids: frozenset[UUID] = frozenset()
    team_names: tuple[str, ...] = field(default=())

    @property
    def is_lead(self) -> bool:
        return LEAD in self.roles

    @property
    def is_desk(self) -> bool:
        return DESK in self.roles

    @property
    def is_unit(self) -> bool:
        return UNIT in self.roles

    @property
    def is_admin(self) -> bool:
        """系统管理员: accounts, teams, units, registers."""
        return ADMIN in self.roles

    @property
    def is_security(self) -> bool:
        """安全管理员: who holds which role, what policy allows."""
        return SECURITY in self.roles

    @property
    def has_power(self) -> bool:
        """One of the three. None of them reads visits by it."""
        return bool(self.roles & set(POWERS))

    @property
    def is_staff(self) -> bool:
        """Of the zone's own service: may log visits and read what the zone shares. A handling unit is not."""
        return bool(self.roles & {OFFICER, LEAD, DESK})

    @property
    def role(self) -> str:
        """The one that the bottom bar follows."""
        for name in (LEAD, DESK, OFFICER, ADMIN, SECURITY, AUDITOR, UNIT):
            if name in self.roles:
                return name
        return ""


def person_on(user: "User | Account", day: date) -> Person:
    """`user` with the memberships that hold on `day`."""
    held = [m for m in user.memberships if m.holds_on(day)]
    return Person(
        id=user.id,
        name=user.name,
        locale=user.locale,
        day=day,
        disabled_at=user.disabled_at,
        roles=frozenset(m.role for m in held),
        team_ids=frozenset(m.team_id for m in held if m.team_id),
        unit_ids=frozenset(m.unit_id for m in held if m.unit_id),
        led_team_ids=frozenset(m.team_id for m in held if m.team_id and m.role == LEAD),
        team_names=tuple(m.team.name for m in held if m.team),
    )


def may_keep_people(person: Person) -> bool:
    """Make and disable accounts, teams and units; propose memberships."""
    return person.is_admin


def may_grant(person: Person, *, three_powers: bool) -> bool:
    """Grant what was proposed, end what is held; of whom, `membership_actions` says (`powers` has the table)."""
    return person.is_security or (person.is_admin and not three_powers)


def may_sign_in(person: Person) -> bool:
    """An account that is not disabled and holds a role today."""
    return person.disabled_at is None and bool(person.roles)


def needs_second_factor(person: Person, whom: str) -> bool:
    """Whether the password alone opens nothing to this person; `whom` it is asked of is a setting."""
    return whom == "all" or (whom == "admins" and person.has_power)


def door_open(person: Person, user: "User | Account", now: datetime) -> bool:
    """Whether the phone's door still takes records: for 30 days after the account or its last membership ended."""
    if may_sign_in(person):
        return True
    if user.disabled_at is not None:
        return now - user.disabled_at <= DOOR_STAYS_OPEN
    ends = [m.ends_on for m in user.memberships if m.ends_on is not None]
    return bool(ends) and person.day - max(ends) <= DOOR_STAYS_OPEN
