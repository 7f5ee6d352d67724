"""How the last visit to a project was: whom one met there, and what was to come next (同上次)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, select
from sqlalchemy.orm import Session, aliased

from fieldapp.accounts.policy import Person
from fieldapp.projects.models import Project
from fieldapp.timeline.models import Entry
from fieldapp.visits import policy
from fieldapp.visits.models import Visit


@dataclass(frozen=True)
class Last:
    project_id: UUID
    at: datetime
    met: list[dict[str, Any]]
    next_step: str
    kind: str


def newest_at(project: type[Project], *where: ColumnElement[bool]) -> ScalarSelect[UUID]:
    """The newest such visit to a project: its timeline is walked back until one is met."""
    return (
        select(Visit.id)
        .join(Entry, Entry.ref == Visit.id)
        .where(Entry.project_id == project.id, Entry.kind == "visit", Entry.left_at.is_(None))
        .where(Visit.withdrawn_at.is_(None), *where)
        .order_by(Entry.occurred_at.desc(), Entry.id.desc())
        .limit(1)
        .correlate(project)
        .scalar_subquery()
    )


def last_visits(session: Session, person: Person, project_ids: Collection[UUID], *, zone_readable: bool) -> list[Last]:
    """The last visit to each of these projects that this person may read; one statement."""
    if not project_ids:
        return []
    asked, told = aliased(Project), aliased(Visit)
    newest = newest_at(asked, policy.readable(person, zone_readable=zone_readable))
    query = select(asked.id, told.occurred_at, told.met, told.next_step, told.kind).join(told, told.id == newest)
    return [Last(*row) for row in session.execute(query.where(asked.id.in_(list(project_ids))).order_by(asked.id))]
