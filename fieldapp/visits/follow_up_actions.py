"""What becomes of a follow-up (待跟进): a visit answers it, it is ticked off by hand, or it waits for another day.

By hand it is done on today's page or, without a network, on the phone: there it is a record, whose id is the act's.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from fieldapp.accounts.models import User
from fieldapp.accounts.policy import Person
from fieldapp.core import audit, clock
from fieldapp.core.models import Audit
from fieldapp.core.payload import Arrival, CannotPlace
from fieldapp.visits import queries
from fieldapp.visits.body import FollowUpAct, NextStep
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


def promise(
    session: Session, by: Person, id: UUID, project: UUID | None, step: NextStep | None, *, fresh: bool = True
) -> None:
    """What whoever joins a colleague's visit will do: theirs, under the id of their addition, whatever becomes of the
    visit. Not `fresh`: the addition is said differently; what was ticked off stays so."""
    before = session.get(FollowUp, id)
    if fresh and before is not None:
        raise CannotPlace("not-allowed")
    wanted = step is not None and bool(step.text.strip() or step.on)
    if before is None and wanted and step is not None:
        named = session.get(User, step.by) if step.by else None
        session.add(FollowUp(id=id, owner_id=named.id if named else by.id, project_id=project, text=step.text,
                             due_on=step.on))  # fmt: skip
    elif before is not None and before.done_at is None:
        if step is None or not wanted:
            session.delete(before)
        else:
            before.text, before.due_on = step.text, step.on


def act(session: Session, by: Person, arrival: Arrival, said: FollowUpAct, *, zone_readable: bool) -> bool | None:
    """What a phone says of one's own follow-up. False: it is gone with its visit's next step; none: not here (yet)."""
    id = _meant(session, by, said)
    if id is None:
        known = said.visit and queries.visible_visit(session, by, said.visit, zone_readable=zone_readable)
        return False if known else None
    if said.type == "done":
        return tick_off(session, by, id, arrival.times.acted)
    return said.on is not None and put_off(session, by, id, said.on, arrival.id, arrival.times.acted)


def _meant(session: Session, by: Person, said: FollowUpAct) -> UUID | None:
    """The one that the phone knows; after a restore, or a revision of its visit, the one that stands in its place."""
    mine = select(FollowUp.id).where(FollowUp.owner_id == by.id)
    known = session.scalar(mine.where(FollowUp.id == said.follow_up))
    if known is not None or said.visit is None:
        return known
    return session.scalar(mine.where(FollowUp.visit_id == said.visit, FollowUp.done_at.is_(None)).limit(1))


def tick_off(session: Session, by: Person, id: UUID, at: datetime | None = None) -> bool:
    """Mark one's own follow-up as done. False: there is none."""
    mine = session.scalar(select(FollowUp).where(FollowUp.id == id, FollowUp.owner_id == by.id).with_for_update())
    if mine is None:
        return False
    if mine.done_at is None:
        mine.done_at = at or clock.now()
        audit.record(session, by.id, "follow_up.done", "follow_up", id)
    return True


def put_off(session: Session, by: Person, id: UUID, on: date, act: UUID, at: datetime | None = None) -> bool:
    """改期, for one's own. `act` was made before sending: the same twice moves it once, and what was said last (`at`)
    stands, in whichever order it comes. False: there is none."""
    mine = session.scalar(select(FollowUp).where(FollowUp.id == id, FollowUp.owner_id == by.id).with_for_update())
    if mine is None:
        return False
    at = at or clock.now()
    before = _put_off_before(session, id)
    if mine.done_at is None and str(act) not in {one["act"] for one in before}:
        audit.record(session, by.id, PUT_OFF, "follow_up", id, act=str(act), on=on.isoformat(), at=at.isoformat())
        if all(datetime.fromisoformat(one["at"]) <= at for one in before if "at" in one):
            mine.due_on = on
    return True


def _put_off_before(session: Session, id: UUID) -> list[dict[str, str]]:
    done = select(Audit.detail).where(
        Audit.subject_type == "follow_up", Audit.subject_id == str(id), Audit.verb == PUT_OFF
    )
    return list(session.scalars(done))
