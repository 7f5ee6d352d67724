"""How people, what they hold, what is proposed for them and what was done to them are found."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select
from sqlalchemy.orm import Session, joinedload

from fieldapp.accounts import queries as accounts
from fieldapp.accounts.models import POWERS, Membership, Proposal, Team, Unit, User
from fieldapp.admin.people.words import TURNS
from fieldapp.core.models import Audit
from fieldapp.core.paging import Page, by_time, pack, page, unpack
from fieldapp.projects.enterprise_queries import like

LIST_SIZE, PROPOSALS, HISTORY_SIZE = 30, 50, 15
MOST_COUNTED = 99


def _called(text: str) -> ColumnElement[bool]:
    what = like(text)
    columns = (User.name, User.username, User.initials)
    return or_(*(column.ilike(what, escape="\\") for column in columns))


def _over(day: date) -> ColumnElement[bool]:
    """Ended, or taken back on the day it began."""
    return and_(
        Membership.ends_on.is_not(None), or_(Membership.ends_on < day, Membership.ends_on < Membership.starts_on)
    )


def users(session: Session, day: date, *, search: str = "", show: str = "", after: str | None = None) -> Page[User]:
    """Accounts by their account name."""
    held = exists().where(Membership.user_id == User.id, not_(_over(day))).correlate(User)
    shown = {
        "": User.disabled_at.is_(None),
        "roleless": and_(User.disabled_at.is_(None), ~held),
        "powers": and_(User.disabled_at.is_(None), held.where(Membership.role.in_(POWERS))),
        "disabled": User.disabled_at.is_not(None),
    }
    query = select(User).where(shown.get(show, shown[""]))
    if search:
        query = query.where(_called(search))
    if (start := unpack(after, str)) is not None:
        query = query.where(User.username > start[0])
    found = list(session.scalars(query.order_by(User.username).limit(LIST_SIZE + 1)))
    return page(found, LIST_SIZE, lambda row: pack(row.username))


@dataclass(frozen=True)
class Narrowed:
    """What a list of memberships is of."""

    search: str = ""
    team: UUID | None = None
    unit: UUID | None = None
    role: str = ""
    aside: bool = False  # those that have ended instead


def memberships(session: Session, day: date, asked: Narrowed, after: str | None = None) -> Page[Membership]:
    """Roles as they are held, the latest first."""
    query = select(Membership).join(User, User.id == Membership.user_id).options(joinedload(Membership.user))
    query = query.where(_over(day) if asked.aside else not_(_over(day)))
    if asked.search:
        query = query.where(_called(asked.search))
    for column, value in ((Membership.team_id, asked.team), (Membership.unit_id, asked.unit)):
        if value is not None:
            query = query.where(column == value)
    if asked.role:
        query = query.where(Membership.role == asked.role)
    if (start := unpack(after, str, UUID)) is not None and (first := day_of(start[0])) is not None:
        same = and_(Membership.starts_on == first, Membership.id < start[1])
        query = query.where(or_(Membership.starts_on < first, same))
    query = query.order_by(Membership.starts_on.desc(), Membership.id.desc()).limit(LIST_SIZE + 1)
    found = list(session.scalars(query))
    return page(found, LIST_SIZE, lambda row: pack(row.starts_on.isoformat(), row.id))


def day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def waiting(session: Session, after: str | None = None, *, of: UUID | None = None) -> Page[Proposal]:
    """What nobody has decided on, the oldest first."""
    query = select(Proposal).where(Proposal.outcome == "")
    if of is not None:
        query = query.where(Proposal.user_id == of)
    return by_time(session, query, Proposal.proposed_at, Proposal.id, after=after, limit=PROPOSALS, oldest_first=True)


def waiting_count(session: Session) -> int:
    """Capped."""
    some = select(Proposal.id).where(Proposal.outcome == "").limit(MOST_COUNTED + 1).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


@dataclass(frozen=True)
class Turn:
    """Something that was done to an account or to what it holds."""

    at: datetime
    by: str
    verb: str
    said: list[tuple[str, Any, Any]]  # fact, before, after


def made_by(session: Session, user_id: UUID, by: UUID) -> bool:
    """Whether it was this administrator who made the account."""
    query = select(Audit.id).where(Audit.subject_type == "user", Audit.subject_id == str(user_id))
    return session.scalar(query.where(Audit.verb == "user.add", Audit.actor_id == by).limit(1)) is not None


def history(session: Session, user_id: UUID, after: str | None = None) -> Page[Turn]:
    """From the audit log, newest first."""
    query = select(Audit).where(Audit.subject_type == "user", Audit.subject_id == str(user_id), Audit.verb.in_(TURNS))
    rows = by_time(session, query, Audit.at, Audit.id, after=after, limit=HISTORY_SIZE)
    names = accounts.names(session, {row.actor_id for row in rows.items if row.actor_id})
    places = _places(session, rows.items)
    turns = [
        Turn(row.at, names.get(row.actor_id, "") if row.actor_id else "", row.verb, _said(row, places))
        for row in rows.items
    ]
    return Page(turns, rows.next)


def _said(row: Audit, places: dict[str, str]) -> list[tuple[str, Any, Any]]:
    changes = dict(row.detail.get("changes") or {})
    if "role" in row.detail and "role" not in changes:
        changes = {"role": [None, row.detail["role"]], **changes}
    return [
        (name, *(places.get(str(one), one) if name in ("team", "unit") else one for one in both))
        for name, both in changes.items()
    ]


def _places(session: Session, rows: list[Audit]) -> dict[str, str]:
    """The names of the teams and units that these rows tell of."""
    found: dict[str, str] = {}
    for name, model in (("team", Team), ("unit", Unit)):
        said = {one for row in rows for one in (row.detail.get("changes") or {}).get(name, []) if one}
        ids = [UUID(one) for one in said]
        if ids:
            query = select(model.id, model.name).where(model.id.in_(ids))
            found |= {str(id): title for id, title in session.execute(query)}
    return found
