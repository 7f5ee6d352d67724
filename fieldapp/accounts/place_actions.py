"""Keeping teams and handling units. What ends takes the memberships in it along: nobody serves in what is no more."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.accounts import membership_actions as memberships
from fieldapp.accounts.models import Membership, Team, Unit
from fieldapp.core import changes, clock
from fieldapp.core.kept import Kept


class Teams(Kept[Team]):
    def after(self, session: Session, by: UUID | None, row: Team, was: dict[str, Any] | None) -> None:
        if was is None:
            return
        if row.archived_at is not None or (row.ends_on is not None and "ends_on" in was):
            memberships.end_in(session, Membership.team_id == row.id, _last_day(row), by=by)
        for id in session.scalars(select(Membership.user_id).where(Membership.team_id == row.id)):
            changes.note(session, "officer", id)  # phones carry the team's name with its people


class Units(Kept[Unit]):
    def after(self, session: Session, by: UUID | None, row: Unit, was: dict[str, Any] | None) -> None:
        super().after(session, by, row, was)
        if row.archived_at is not None:
            memberships.end_in(session, Membership.unit_id == row.id, _last_day(row), by=by)


def _last_day(row: Any) -> date:
    """The day that was set, or the one on which it is archived; never one that has gone by, for records are judged by
    the memberships of their own day."""
    today = clock.now().date()  # in UTC: not after the office's day, and not before its yesterday
    ends_on: date | None = getattr(row, "ends_on", None)
    return today if row.archived_at is not None or ends_on is None else max(ends_on, today)


TEAMS = Teams(Team, "team", ("name", "kind", "ends_on", "order"), unique=("name",))
UNITS = Units(Unit, "unit", ("name", "order"), unique=("name",), phones="unit")
