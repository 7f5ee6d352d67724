"""How accounts are found."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from fieldapp.accounts.models import OFFICER, Membership, Team, Unit, User


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
    return list(session.scalars(select(Team).order_by(Team.order, Team.name)))
