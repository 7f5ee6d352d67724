"""联合走访: whoever says something more of a visit may say, too, who else was there."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.accounts.models import User
from fieldapp.visits.models import Participant, Visit


def join(session: Session, visit: Visit, said_by: UUID, participants: Iterable[UUID]) -> None:
    """The author may name any officer; others say it of themselves only. Who is in it already stays so."""
    named = set(participants) if said_by == visit.owner_id else {said_by} & set(participants)
    there = {one.user_id for one in visit.participants} | {visit.owner_id}
    known = session.scalars(select(User.id).where(User.id.in_(named - there))).all() if named - there else ()
    visit.participants.extend(Participant(user_id=id) for id in known)
