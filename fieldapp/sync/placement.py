"""What a readable record becomes: a visit, something said of one, an issue event; through `feed.actions`, where plain
forms end as well. An event inside a visit whose issue is not here waits as a record of its own."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, exists, false, or_, select, update
from sqlalchemy.orm import Session

from fieldapp.accounts.models import User
from fieldapp.accounts.policy import Person, person_on
from fieldapp.core import changes, clock
from fieldapp.core.db import table_of
from fieldapp.core.payload import Arrival
from fieldapp.feed import actions as feed
from fieldapp.issues.body import IssueEvent
from fieldapp.photos import manifest_actions as manifests
from fieldapp.settings import Settings
from fieldapp.sync import envelope
from fieldapp.sync.actions import changed, open_review
from fieldapp.sync.aside import HEAD, SetAside
from fieldapp.sync.envelope import Reading
from fieldapp.sync.models import HELD, NOT_APPLIED, PLACED, UNPLACED, Raw, Record
from fieldapp.sync.payloads import FollowUpRecord, IssueEventRecord, SupplementRecord, VisitRecord
from fieldapp.visits import follow_up_actions as follow_ups
from fieldapp.visits.actions import AlreadyHere
from fieldapp.visits.models import Supplement, Visit

_RECORD = table_of(Record)


def person_at(
    session: Session, settings: Settings, id: UUID | None, at: datetime, today: Person | None = None
) -> Person | None:
    """The author as their memberships made them at the corrected time of recording."""
    day = at.astimezone(ZoneInfo(settings.timezone)).date()
    if today is not None and today.id == id and today.day == day:
        return today
    user = session.get(User, id) if id is not None else None
    return person_on(user, day) if user is not None else None


def write(
    session: Session, settings: Settings, head: Record, raw: Raw, reading: Reading, arrival: Arrival,
    author: Person, admitted: bool,
) -> tuple[str, str, list[UUID]]:  # fmt: skip
    """(state of the record, reason, issues opened)."""
    if _is_taken(session, reading, author):
        raise SetAside(raw.id, UNPLACED, envelope.DIFFERS, str(arrival.id))
    match reading.record:
        case VisitRecord(body=body):
            return _write_visit(session, settings, head, raw, reading, arrival, author, body, admitted)
        case SupplementRecord(body=body):
            if body.type == "photo_withdrawn" and body.photo is not None and not is_visit(session, body.visit):
                manifests.claim(session, arrival.id, author.id, reading.claims or ())
                done = feed.withdraw_own_photo(session, author, body.photo, body.reason)
                return (PLACED if done else HELD), "", []
            zone = settings.zone_readable
            if session.scalar(select(exists().where(Supplement.id == arrival.id))):
                feed.revise_supplement(session, author, arrival, body, claims=reading.claims or ())
                return PLACED, "", []
            visit = _head_of(session, body.visit) if body.type == "move" else None
            said = feed.supplement_visit(
                session, author, arrival, body, claims=reading.claims or (), zone_readable=zone
            )
            if visit is not None and said is not None:  # it was unfiled, perhaps: its author's phone hears of it
                changed(session, visit, state=state_of(session, visit.id))
            return (PLACED if said is not None else HELD), "", []
        case IssueEventRecord(body=event):
            outcome = feed.record_issue_event(
                session, author, arrival, event, claims=reading.claims or (), zone_readable=settings.zone_readable,
                fresh=head.raw_id is None,
            )  # fmt: skip
            opened = [event.issue] if event.type == "opened" and outcome.state == "applied" else []
            return (PLACED if outcome.state == "applied" else outcome.state), outcome.reason, opened
        case FollowUpRecord(body=act):
            applied = follow_ups.act(session, author, arrival, act, zone_readable=settings.zone_readable)
            return {True: (PLACED, "", []), False: (NOT_APPLIED, "gone", []), None: (HELD, "", [])}[applied]
    raise AssertionError("a whole reading is one of the four")


def _is_taken(session: Session, reading: Reading, author: Person) -> bool:
    """Whether this is the id of something else: of a visit or a supplement that was logged on a page there are no bytes
    here, and what is kept by the record's id (photos, events) would become that of whoever sends some."""
    record = reading.record
    if record is None or isinstance(record, VisitRecord):
        return False  # a visit has its own answer below
    own = Supplement.owner_id == author.id if isinstance(record, SupplementRecord) else false()
    taken = or_(exists().where(Visit.id == record.id), exists().where(and_(Supplement.id == record.id, ~own)))
    return bool(session.scalar(select(taken)))


def _head_of(session: Session, visit_id: UUID) -> Record | None:
    """A visit's head, locked before its row, as everybody does who judges it."""
    head: Record | None = session.scalar(HEAD, {"id": visit_id})
    return head if head is not None and is_visit(session, visit_id) else None


def is_visit(session: Session, id: UUID) -> bool:
    return session.scalar(select(Visit.id).where(Visit.id == id)) is not None


def _write_visit(
    session: Session, settings: Settings, head: Record, raw: Raw, reading: Reading, arrival: Arrival,
    author: Person, body: Any, admitted: bool,
) -> tuple[str, str, list[UUID]]:  # fmt: skip
    fresh = head.raw_id is None or not is_visit(session, head.id)
    if not fresh and not is_ours(session, head.id):
        raise SetAside(raw.id, UNPLACED, envelope.DIFFERS, str(head.id))
    admitted = admitted or (not fresh and _let_in(session, head))
    try:
        logged = feed.log_visit(
            session, author, arrival, body, issue_events=body.issue_events, claims=reading.claims or (),
            zone_readable=settings.zone_readable, fresh=fresh, admitted=admitted,
        )  # fmt: skip
    except AlreadyHere as error:  # the same end as for one that was logged on a page long ago
        raise SetAside(raw.id, UNPLACED, envelope.DIFFERS, str(head.id)) from error
    if not fresh:
        _drop_children(session, raw, {event.id for event in body.issue_events})
    for event in logged.held:
        _hold_child(session, raw, author, reading, event)
    for issue in logged.disputed:
        key = f"revision-issue:{head.id}:{issue}"
        open_review(session, "revision_issue", key, record_id=head.id, user_id=author.id, detail={"issue": str(issue)})
    state = state_of(session, head.id) if not fresh else logged.state
    return state, "", logged.opened


def is_ours(session: Session, visit_id: UUID) -> bool:
    """Whether a visit that is here came by this door. One logged on a page has no bytes here, and whoever sends some
    under its id must not become its author."""
    sealed = select(Visit.payload_sha256).where(Visit.id == visit_id).scalar_subquery()
    return bool(session.scalar(select(exists().where(Raw.record_id == visit_id, Raw.payload_sha256 == sealed))))


def state_of(session: Session, visit_id: UUID) -> str:
    """A visit's state after its supplements."""
    return session.scalar(select(Visit.state).where(Visit.id == visit_id)) or PLACED


def _let_in(session: Session, head: Record) -> bool:
    """Whether somebody else has placed this visit already: its revisions follow it there."""
    moved = exists().where(
        Supplement.visit_id == head.id, Supplement.type == "move", Supplement.owner_id != head.owner_id
    )
    return bool(session.scalar(select(moved)))


def _hold_child(session: Session, raw: Raw, author: Person, reading: Reading, event: IssueEvent) -> None:
    """An event inside a visit whose issue is not here: a record of its own, which waits."""
    now = clock.now()
    row = {
        "id": event.id, "type": "issue_event", "owner_id": author.id, "device_id": raw.device_id, "seq": None,
        "target": event.issue, "state": HELD, "raw_id": raw.id, "rev": raw.rev, "received_at": now, "changed_at": now,
    }  # fmt: skip
    statement = changes.insert(session, Record).values(**row)
    again = {"raw_id": raw.id, "state": HELD, "rev": raw.rev, "target": event.issue}
    of_visit = select(Raw.id).where(Raw.record_id == raw.record_id)
    ours = and_(_RECORD.c.raw_id.in_(of_visit), _RECORD.c.reason.in_(["superseded", ""]))  # or the id is another's
    session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=again, where=ours))


def _drop_children(session: Session, raw: Raw, listed: set[UUID]) -> None:
    """Held events that a newer revision of their visit no longer lists wait for nothing."""
    older = select(Raw.id).where(Raw.record_id == raw.record_id, Raw.id != raw.id)
    dropped = update(Record).where(
        Record.raw_id.in_(older), Record.state == HELD, Record.id.not_in(listed), Record.id != raw.record_id
    )
    session.execute(dropped.values(state=NOT_APPLIED, reason="superseded"))
