"""Visits of colleagues that may be one and the same (联合走访)."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from fieldapp.accounts.models import User
from fieldapp.accounts.policy import Person
from fieldapp.visits import policy
from fieldapp.visits.models import Participant, Visit, VisitKind, VisitProject

WITHIN = timedelta(hours=1)
MET_THERE = ("site", "meeting", "office")  # groups of kinds where two can have been in one place
MOST = 3


def at_the_same_time(
    session: Session, person: Person, project_id: UUID, at: datetime, *, zone_readable: bool
) -> list[tuple[UUID, str]]:
    """Others' visits to this project within an hour of `at`, and whose they are; not those that one is in already."""
    here = exists().where(VisitProject.visit_id == Visit.id, VisitProject.project_id == project_id)
    in_it = exists().where(Participant.visit_id == Visit.id, Participant.user_id == person.id).correlate(Visit)
    query = (
        select(Visit.id, User.name)
        .join(User, User.id == Visit.owner_id)
        .join(VisitKind, VisitKind.code == Visit.kind)
        .where(
            Visit.occurred_at.between(at - WITHIN, at + WITHIN),
            Visit.owner_id != person.id,
            Visit.withdrawn_at.is_(None),
            VisitKind.group.in_(MET_THERE),
            here.correlate(Visit),
            ~in_it,
            policy.readable(person, zone_readable=zone_readable),
        )
        .order_by(Visit.occurred_at.desc(), Visit.id.desc())
        .limit(MOST)
    )
    return [(row.id, row.name) for row in session.execute(query)]
