"""Keeping projects, and who serves them."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from fieldapp.accounts.actions import initials
from fieldapp.core import audit, changes
from fieldapp.core.db import new_id
from fieldapp.core.kept import Clash, Kept, Moved, Said, plain
from fieldapp.projects import actions
from fieldapp.projects.models import Area, Assignment, Project, Zone

MAIN, SUPPORTING = "main", "supporting"
ROLES = (MAIN, SUPPORTING)  # 主责, 协同


class Projects(Kept[Project]):
    def made_of(self, said: Said) -> dict[str, Any]:
        made = dict(said)
        if "name" in said:
            made["initials"] = initials(said["name"])[:160]
        return made

    def after(self, session: Session, by: UUID | None, row: Project, was: dict[str, Any] | None) -> None:
        """Its page and all phones learn of it: an archived one leaves them by the next delta."""
        changes.note(session, "project", row.id)
        actions.touch(session, row.id)

    def add(self, session: Session, by: UUID | None, key: UUID | str, said: Said) -> Project:
        """Raises Clash("zone") where there is no zone yet."""
        zone = zone_of(session, said.get("area_id"))
        if zone is None:
            raise Clash("zone")
        return super().add(session, by, key, {**said, "zone_id": zone})

    def change(
        self, session: Session, by: UUID | None, key: UUID | str, said: Said, *, seen: Mapping[str, Any] | None = None
    ) -> Project:
        if said.get("area_id") is not None:
            said = {**said, "zone_id": zone_of(session, said["area_id"])}
        return super().change(session, by, key, said, seen=seen)


def zone_of(session: Session, area_id: UUID | None) -> UUID | None:
    """That of the area; without one the only zone, or the first; none: there is none yet."""
    if area_id is not None:
        return session.get_one(Area, area_id).zone_id
    return session.scalar(select(Zone.id).order_by(Zone.archived_at.is_not(None), Zone.name, Zone.id).limit(1))


class Assignments(Kept[Assignment]):
    """挂点. A row says who served from when to when, for good: a change ends it and begins another."""

    def add(self, session: Session, by: UUID | None, key: UUID | str, said: Said) -> Assignment:
        """Raises Clash("whom") where this officer or team serves the project in that time already."""
        if session.get(Assignment, key) is None:
            session.get_one(Project, said["project_id"], with_for_update=True)  # two at once would not see each other
            self._check_free(session, None, said)
        return super().add(session, by, key, said)

    def change(
        self, session: Session, by: UUID | None, key: UUID | str, said: Said, *, seen: Mapping[str, Any] | None = None
    ) -> Assignment:
        """From `starts_on` it is as `said`; until the day before, as it was. Another last day alone is just that."""
        row = session.get_one(Assignment, key, with_for_update=True)
        if seen is not None and any(plain(getattr(row, name)) != value for name, value in seen.items()):
            raise Moved
        said = {**said, "project_id": row.project_id}
        if all(getattr(row, name) == said[name] for name in ("user_id", "team_id", "role")):
            self._check_free(session, row.id, {**said, "starts_on": row.starts_on})
            return super().change(session, by, key, {"ends_on": said["ends_on"]})
        self._check_free(session, row.id, said)
        self.end(session, by, row.id, said["starts_on"] - timedelta(days=1))
        return super().add(session, by, new_id(), said)

    def end(self, session: Session, by: UUID | None, key: UUID | str, last: date) -> None:
        """`last` is its last day; one before its first takes it back. One that has ended earlier stays so."""
        row = session.get_one(Assignment, key, with_for_update=True)
        if row.ends_on is None or row.ends_on > last:
            last = max(last, row.starts_on - timedelta(days=1))
            was, row.ends_on = row.ends_on, last
            session.flush()
            told = {"ends_on": [plain(was), plain(last)]}
            audit.record(session, by, f"{self.subject}.ended", self.subject, row.id, changes=told)
            self.after(session, by, row, {"ends_on": was})

    def hand_over(self, session: Session, by: UUID | None, old: Said, new: Said, first: date) -> int:
        """What `old` serves on that day or later is `new`'s from then on; how many that were. Where `new` serves the
        project already, it just ends. `old` and `new` are {"user_id": …, "team_id": …}."""
        rows = session.scalars(serving(old, first).order_by(Assignment.project_id, Assignment.id)).all()
        for row in rows:
            begins = max(first, row.starts_on)
            said = {**new, "role": row.role, "starts_on": begins, "ends_on": row.ends_on}
            try:
                self.change(session, by, row.id, said)
            except Clash:
                self.end(session, by, row.id, begins - timedelta(days=1))
        return len(rows)

    def after(self, session: Session, by: UUID | None, row: Assignment, was: dict[str, Any] | None) -> None:
        """Whose project it is stands in the rows that phones carry."""
        changes.note(session, "project", row.project_id)
        actions.touch(session, row.project_id)

    def _check_free(self, session: Session, but: UUID | None, said: Said) -> None:
        """The same officer or team twice at once would be one too many."""
        whom = Assignment.user_id == said["user_id"] if said["user_id"] else Assignment.team_id == said["team_id"]
        query = select(Assignment.id).where(
            Assignment.project_id == said["project_id"], whom,
            or_(Assignment.ends_on.is_(None), Assignment.ends_on >= said["starts_on"]),
            or_(Assignment.ends_on.is_(None), Assignment.ends_on >= Assignment.starts_on),
        )  # fmt: skip
        if said["ends_on"] is not None:
            query = query.where(Assignment.starts_on <= said["ends_on"])
        if but is not None:
            query = query.where(Assignment.id != but)
        if session.scalar(query.limit(1)) is not None:
            raise Clash("whom")


def serving(whose: Said, day: date) -> Select[Assignment]:
    """The assignments of an officer or a team that hold on this day or later."""
    mine = Assignment.user_id == whose["user_id"] if whose["user_id"] else Assignment.team_id == whose["team_id"]
    return select(Assignment).where(mine, holds_from(day))


def holds_from(day: date) -> ColumnElement[bool]:
    last = Assignment.ends_on
    return or_(last.is_(None), and_(last >= day, last >= Assignment.starts_on))


PROJECTS = Projects(
    Project, "project",
    ("name", "phase", "enterprise_id", "area_id", "stage", "key_project", "lat", "lng", "fence", "investment",
     "site_area", "contact_every_days"),
    told_less=frozenset({"fence"}),
)  # fmt: skip
ASSIGNMENTS = Assignments(
    Assignment, "assignment", ("project_id", "user_id", "team_id", "role", "starts_on", "ends_on")
)
