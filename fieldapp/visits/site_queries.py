"""What a phone carries for the site: what was said of the progress last, and what to ask."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from fieldapp.accounts.policy import Person
from fieldapp.projects.models import Project
from fieldapp.visits import policy
from fieldapp.visits.last_queries import newest_at
from fieldapp.visits.models import Question, Visit


@dataclass(frozen=True)
class Progress:
    """The last word on a project's progress."""

    project_id: UUID
    at: datetime
    text: str
    percent: int | None


def last_progress(
    session: Session, person: Person, project_ids: Collection[UUID], *, zone_readable: bool
) -> list[Progress]:
    """Of these projects, as far as this person may read it; one statement."""
    if not project_ids:
        return []
    asked, told = aliased(Project), aliased(Visit)
    newest = newest_at(asked, Visit.progress != "", policy.readable(person, zone_readable=zone_readable))
    query = select(asked.id, told.occurred_at, told.progress, told.progress_percent).join(told, told.id == newest)
    query = query.where(asked.id.in_(list(project_ids))).order_by(asked.id)
    return [Progress(*row) for row in session.execute(query)]


def questions(session: Session) -> list[Question]:
    query = select(Question).where(Question.archived_at.is_(None))
    return list(session.scalars(query.order_by(Question.order, Question.code)))
