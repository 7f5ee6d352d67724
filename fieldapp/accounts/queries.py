"""How accounts are found."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import Session

from fieldapp.accounts.device_models import SignedIn
from fieldapp.accounts.models import OFFICER, Membership, Team, Unit, User
from fieldapp.core.fixed import Fixed


@dataclass(frozen=True)
class TeamName:
    name: str


@dataclass(frozen=True)
class Held:
    """A membership, as far as it says who somebody is on a day."""

    role: str
    team_id: UUID | None
    unit_id: UUID | None
    starts_on: date
    ends_on: date | None
    team: TeamName | None

    def holds_on(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


@dataclass(frozen=True)
class Account:
    """A user with their memberships, read at each request by one statement."""

    id: UUID
    name: str
    locale: str | None
    session_epoch: int
    disabled_at: datetime | None
    must_change_password: bool
    password_set_at: datetime
    seen_at: datetime | None  # of the sign-in that was asked for; none: it has no row
    ended: bool  # that sign-in
    memberships: list[Held]


_ACCOUNT = Fixed(
    select(
        User.name, User.locale, User.session_epoch, User.disabled_at, User.must_change_password,
        User.password_changed_at, User.created_at, Membership.role, Membership.team_id, Membership.unit_id,
        Membership.starts_on, Membership.ends_on, Team.name.label("team"), SignedIn.seen_at, SignedIn.ended_at,
    )
    .outerjoin(Membership, Membership.user_id == User.id)
    .outerjoin(Team, Team.id == Membership.team_id)
    .outerjoin(SignedIn, and_(SignedIn.id == bindparam("signed_in"), SignedIn.user_id == User.id))
    .where(User.id == bindparam("user"))
    .order_by(Membership.id)
)  # fmt: skip


def account(session: Session, id: UUID, signed_in: UUID | None = None) -> Account | None:
    """The user of this id, as `policy.person_on` reads one, and what has become of one of their sign-ins."""
    rows = _ACCOUNT.rows(session, user=id, signed_in=signed_in)
    if not rows:
        return None
    held = [
        Held(r.role, r.team_id, r.unit_id, r.starts_on, r.ends_on, TeamName(r.team) if r.team is not None else None)
        for r in rows
        if r.role is not None
    ]
    one = rows[0]
    return Account(
        id, one.name, one.locale, one.session_epoch, one.disabled_at, one.must_change_password,
        one.password_changed_at or one.created_at, one.seen_at, one.ended_at is not None, held,
    )  # fmt: skip


def by_username(session: Session, username: str) -> User | None:
    return session.scalar(select(User).where(User.username == username.strip().lower()))


def any_user(session: Session) -> bool:
    return session.scalar(select(User.id).limit(1)) is not None


def demo_user(session: Session) -> bool:
    return session.scalar(select(User.id).where(User.demo).limit(1)) is not None


def is_user(session: Session, id: UUID | None) -> bool:
    return id is not None and session.scalar(select(User.id).where(User.id == id)) is not None


def names(session: Session, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names of users by id."""
    wanted = set(ids)
    if not wanted:
        return {}
    return dict(session.execute(select(User.id, User.name).where(User.id.in_(wanted))).all())


def officers(session: Session, day: date) -> list[tuple[User, Team]]:
    """Who logs visits today, with their team, in the order of teams and names."""
    held = or_(Membership.ends_on.is_(None), Membership.ends_on >= day)
    query = (
        select(User, Team)
        .join(Membership, Membership.user_id == User.id)
        .join(Team, Team.id == Membership.team_id)
        .where(Membership.role.in_([OFFICER, "lead"]), Membership.starts_on <= day, held, User.disabled_at.is_(None))
        .order_by(Team.order, User.name)
    )
    return [(user, team) for user, team in session.execute(query)]


def units(session: Session) -> list[Unit]:
    return list(session.scalars(select(Unit).where(Unit.archived_at.is_(None)).order_by(Unit.order, Unit.name)))


def teams(session: Session) -> list[Team]:
    return list(session.scalars(select(Team).where(Team.archived_at.is_(None)).order_by(Team.order, Team.name)))


def teams_by_id(session: Session, ids: Iterable[UUID]) -> list[Team]:
    return list(session.scalars(select(Team).where(Team.id.in_(list(ids)))))


def units_by_id(session: Session, ids: Iterable[UUID]) -> list[Unit]:
    return list(session.scalars(select(Unit).where(Unit.id.in_(list(ids)))))
