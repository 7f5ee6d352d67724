"""The three powers: nobody holds two of them, nobody gives one to themselves, and the zone never runs out of them.

| | system administrator | security administrator | auditor |
| --- | --- | --- | --- |
| accounts, teams and units | yes | no | no |
| propose a membership, take the proposal back | yes | no | no |
| grant or refuse a proposal, end a membership | no (*) | yes | no |
| grant oneself anything | no | no | no |
| appoint the first security administrator | yes | | no |
| read all this, with its history | yes | yes | yes |
| visits, projects, issues | no | no | no |

(*) yes where FIELDAPP_THREE_POWERS is off.

What these rules ask of the database. Whoever writes by them holds `alone` first: two acts at once would not see each
other, and each might leave the other's administrator for the next to look after the zone.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from fieldapp.accounts.models import ADMIN, POWERS, SECURITY, Membership, User
from fieldapp.core.db import alone_on

NEEDED = (ADMIN, SECURITY)  # without one of them nobody could mend it but on the server


def alone(session: Session) -> None:
    """One act on who holds what at a time, until this transaction ends."""
    alone_on(session, Membership)


def _lasting(power: str) -> ColumnElement[bool]:
    """Held with no end set. A power begins on the day it is granted, so it is held now."""
    return and_(Membership.role == power, Membership.ends_on.is_(None))


def stands(session: Session, power: str, *, without: UUID | None = None) -> bool:
    """Whether somebody whose account is not disabled holds `power` with no end; `without` this one."""
    query = (
        select(Membership.id)
        .join(User, User.id == Membership.user_id)
        .where(_lasting(power), User.disabled_at.is_(None))
    )
    if without is not None:
        query = query.where(User.id != without)
    return session.scalar(query.limit(1)) is not None


def lost_without(session: Session, user_id: UUID) -> list[str]:
    """The needed powers that this account alone holds."""
    held = session.scalars(
        select(Membership.role)
        .join(User, User.id == Membership.user_id)
        .where(Membership.user_id == user_id, User.disabled_at.is_(None), or_(*(_lasting(one) for one in NEEDED)))
    )
    return [power for power in sorted(set(held)) if not stands(session, power, without=user_id)]


def held_from(session: Session, user_id: UUID, day: date) -> set[str]:
    """The powers that an account holds on that day or later."""
    query = select(Membership.role).where(
        Membership.user_id == user_id,
        Membership.role.in_(POWERS),
        or_(Membership.ends_on.is_(None), and_(Membership.ends_on >= day, Membership.ends_on >= Membership.starts_on)),
    )
    return set(session.scalars(query))
