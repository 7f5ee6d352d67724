"""What becomes of a follow-up (待跟进): a visit answers it, or it waits for another day."""

from datetime import date
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from fieldapp.accounts.policy import Person
from fieldapp.core import audit, clock
from fieldapp.core.models import Audit
from fieldapp.visits.models import FollowUp

PUT_OFF = "follow_up.put_off"


def answer(session: Session, author_id: UUID, visit_id: UUID, follow_up: UUID | None, *, fresh: bool) -> None:
    """A visit was logged against one's own follow-up: it is done. A revision that no longer says so takes it back."""
    if not fresh:
        dropped = (
            FollowUp.done_by_visit == visit_id,
            FollowUp.id != follow_up if follow_up else FollowUp.id.is_not(None),
        )
        session.execute(update(FollowUp).where(*dropped).values(done_at=None, done_by_visit=None))
    if follow_up is None:
        return
    waits = (FollowUp.id == follow_up, FollowUp.owner_id == author_id, FollowUp.done_at.is_(None))
    session.execute(update(FollowUp).where(*waits).values(done_at=clock.now(), done_by_visit=visit_id))


def put_off(session: Session, by: Person, id: UUID, on: date, act: UUID) -> bool:
    """改期, for one's own. `act` was made before sending: the same form twice moves it once. False: there is none."""
    mine = session.scalar(select(FollowUp).where(FollowUp.id == id, FollowUp.owner_id == by.id).with_for_update())
    if mine is None:
        return False
    if mine.done_at is None and not _has_been(session, id, act):
        audit.record(session, by.id, PUT_OFF, "follow_up", id, act=str(act), on=on.isoformat())
        mine.due_on = on
    return True


def _has_been(session: Session, id: UUID, act: UUID) -> bool:
    done = select(Audit.detail).where(
        Audit.subject_type == "follow_up", Audit.subject_id == str(id), Audit.verb == PUT_OFF
    )
    return any(detail.get("act") == str(act) for detail in session.scalars(done))
