"""Records of phones: stored first, judged later (docs/sync-protocol.md 5).

T1 puts the raw bytes in; from then on they cannot be lost. T2 locks the record's head and projects whatever waits under
it. What goes wrong in T2 never reaches the phone as an error: a database error is left to the sweep, anything else is
set aside for `/review`, and both are answered 202.
"""

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Table, bindparam, exists, null, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

import fieldapp
from fieldapp.accounts.models import User
from fieldapp.accounts.policy import Person, person_on
from fieldapp.core import audit, changes, clock, jobs
from fieldapp.core.db import Database
from fieldapp.core.payload import Arrival, CannotPlace
from fieldapp.feed import actions as feed
from fieldapp.issues.body import IssueEvent
from fieldapp.issues.models import Issue
from fieldapp.photos import actions as photos
from fieldapp.settings import Settings
from fieldapp.sync import envelope, receipts
from fieldapp.sync.actions import changed, close_of_record, open_review
from fieldapp.sync.envelope import Reading
from fieldapp.sync.models import HELD, NOT_APPLIED, PLACED, RECEIVED, UNFILED, UNPLACED, VARIANT, Raw, Record
from fieldapp.sync.payloads import IssueEventRecord, Receipt, SupplementRecord, VisitRecord
from fieldapp.visits import actions as visits
from fieldapp.visits.models import Supplement, Visit

log = logging.getLogger("fieldapp.records")

PROJECTED, EARLIER, FAILED = "projected", "earlier", "failed"  # states of a raw, beside those of a record
SWEEP_AFTER = timedelta(seconds=60)
HELD_TOO_LONG = timedelta(days=5)
SWEEP_AT_ONCE = 500
MOST_RAWS = 50  # of one record, that one run sets aside before it gives up until the next
# SQLite's busy, locked, out of memory, interrupted, disk error, full, cannot open, protocol: they pass.
PASSING = {5, 6, 7, 9, 10, 13, 14, 15}

_RAW: Table = Raw.__table__  # type: ignore[assignment]
_RECORD: Table = Record.__table__  # type: ignore[assignment]
# Built once: every accepted record runs these, and building a statement costs more than running it.
_HEAD = select(Record).where(Record.id == bindparam("id")).with_for_update()
_RAWS = select(Raw).where(Raw.record_id == bindparam("id")).order_by(Raw.id)
_SET_RAW = (
    update(_RAW)
    .where(_RAW.c.id == bindparam("raw"))
    .values(state=bindparam("new_state"), reason="", photo_claims=null())
)
_WAITING_FOR = select(_RECORD.c.id).where(
    _RECORD.c.target.in_(bindparam("targets", expanding=True)), _RECORD.c.state == HELD
)


class NotOwner(Exception):
    """The record says that another user wrote it."""


class SetAside(Exception):
    """A raw that cannot be projected as things stand."""

    def __init__(self, raw_id: int, state: str, reason: str, detail: str = "") -> None:
        super().__init__(raw_id, state, reason, detail)
        self.raw_id, self.state, self.reason, self.detail = raw_id, state, reason, detail


@dataclass(frozen=True)
class Sender:
    """Who is signed in where the bytes come from."""

    id: UUID
    write_only: bool = False  # the account has ended; its phone's queue is still taken
    importing: bool = False  # a desk hands in a phone's export
    person: Person | None = None  # as their memberships make them today, where the request has read that already


@dataclass(frozen=True)
class Answer:
    receipt: Receipt
    status: int


@dataclass(frozen=True)
class Known:
    """What this request has read already: it need not be read again."""

    readings: dict[str, Reading] = field(default_factory=dict)  # by hash
    person: Person | None = None


NOTHING = Known()


# -- the door -----------------------------------------------------------------------------------------------------


def accept(db: Database, settings: Settings, id: UUID, raw: bytes, sender: Sender) -> Answer:
    """Take a record in. Raises envelope.NotJson, NotOwner; the database's own error where not even T1 went through."""
    reading = envelope.read(raw, id)
    if reading.owner is not None and reading.owner != sender.id and not sender.importing:
        raise NotOwner
    sha256 = hashlib.sha256(raw).hexdigest()
    first = db.write(lambda session: _store(session, id, raw, sha256, reading, sender))
    try:
        run(db, settings, id, Known({sha256: reading}, sender.person))
    except (DBAPIError, NoConnection) as error:
        log.warning("left to the sweep", extra={"facts": {"record": str(id), "error": type(error).__name__}})
    with db.reading() as session:
        receipt = receipts.receipt_for(session, id, sha256)
    return Answer(receipt, _status(receipt, first=first))


def _status(receipt: Receipt, *, first: bool) -> int:
    if receipt.state == VARIANT:
        return 409
    if receipt.state in (PLACED, UNFILED):
        return 201 if first else 200
    return 202


def _store(session: Session, id: UUID, raw: bytes, sha256: str, reading: Reading, sender: Sender) -> bool:
    """T1. Whether these bytes are the first of their kind under this id."""
    now = clock.now()
    owner = reading.owner or (None if sender.importing else sender.id)
    known_owner = owner if not sender.importing or _is_user(session, owner) else None
    row = {
        "record_id": id, "payload_sha256": sha256, "payload": raw, "schema": reading.schema, "rev": reading.rev,
        "replaces": reading.replaces, "owner_id": owner, "sender_id": sender.id, "device_id": reading.device,
        "imported_by": sender.id if sender.importing else None, "received_at": now, "state": RECEIVED,
    }  # fmt: skip
    connection = session.connection()
    dialect = session.get_bind().dialect.name
    first = connection.execute(_insert_raw(dialect), row).first() is not None
    if first:
        head = {
            "id": id, "type": reading.type, "owner_id": known_owner, "device_id": reading.device, "seq": reading.seq,
            "state": RECEIVED, "received_at": now, "changed_at": now, "target": reading.target,
        }  # fmt: skip
        connection.execute(_insert_head(dialect), head)
        if sender.importing:
            audit.record(session, sender.id, "record.imported", "record", id, sha256=sha256)
            open_review(session, "imported", f"imported:{id}", record_id=id, user_id=known_owner)
        if sender.write_only:
            open_review(session, "late_author", f"late:{id}", record_id=id, user_id=known_owner)
    return first


@cache
def _insert_raw(dialect: str) -> Any:
    return _dialect(dialect).insert(_RAW).on_conflict_do_nothing().returning(_RAW.c.id)


@cache
def _insert_head(dialect: str) -> Any:
    return _dialect(dialect).insert(_RECORD).on_conflict_do_nothing()


def _dialect(name: str) -> Any:
    return sqlite if name == "sqlite" else postgresql


def _is_user(session: Session, id: UUID | None) -> bool:
    return id is not None and session.scalar(select(User.id).where(User.id == id)) is not None


# -- T2 -----------------------------------------------------------------------------------------------------------


def run(db: Database, settings: Settings, id: UUID, known: Known = NOTHING) -> None:
    """Run T2 for a record until nothing under it waits. Raises the database's error where that must wait itself."""
    for _ in range(MOST_RAWS):
        judged: list[int] = []
        try:
            released = db.write(lambda session: settle(session, settings, id, known, judged))  # noqa: B023
            break
        except SetAside as aside:
            _put_aside(db, id, aside, known)
        except Exception as error:  # at the transaction's end: a number, a version, a row that was still to be written
            if passes(error) or not judged:
                raise
            log.exception("a record could not be finished", extra={"facts": {"record": str(id)}})
            _put_aside(db, id, SetAside(judged[-1], FAILED, FAILED, type(error).__name__), known)
    else:
        return
    for other in released:
        try:
            run(db, settings, other)
        except (DBAPIError, NoConnection):
            log.warning("a held record is left to the sweep", extra={"facts": {"record": str(other)}})


def settle(
    session: Session, settings: Settings, id: UUID, known: Known = NOTHING, judged: list[int] | None = None
) -> list[UUID]:
    """T2: judge every raw that waits, and note in `judged` which. Answers the held records that may go on now."""
    judged = [] if judged is None else judged
    head = session.scalar(_HEAD, {"id": id})
    if head is None:
        return []
    raws = session.scalars(_RAWS, {"id": id}).all()
    released: list[UUID] = []
    if head.state == HELD:
        judged += [] if head.raw_id is None else [head.raw_id]
        released += _try_held(session, settings, head)
    for raw in raws:
        if raw.state == RECEIVED:
            judged.append(raw.id)
            released += _guarded(raw, lambda raw=raw: _judge(session, settings, head, raw, raws, known))  # type: ignore[misc]
    return released


def _guarded(raw: Raw, do: Callable[[], list[UUID]]) -> list[UUID]:
    """Turn what goes wrong with one raw into its being set aside, but for what passes by itself."""
    raw_id = raw.id
    try:
        return do()
    except SetAside:
        raise
    except CannotPlace as error:
        raise SetAside(raw_id, UNPLACED, error.reason, error.detail) from error
    except Exception as error:
        if passes(error):
            raise
        log.exception("a record could not be projected", extra={"facts": {"raw": raw_id}})
        raise SetAside(raw_id, FAILED, FAILED, f"{type(error).__name__}") from error


def passes(error: Exception) -> bool:
    """Whether an error says something of the moment (a lock, a lost connection), not of the record."""
    if isinstance(error, NoConnection):
        return True
    if isinstance(error, DBAPIError) and (error.connection_invalidated or getattr(error.orig, "sqlstate", None)):
        state = str(getattr(error.orig, "sqlstate", None) or "08")
        return state[:2] in {"08", "40", "53", "55", "57", "58"}
    if isinstance(error, OperationalError):
        code = getattr(error.orig, "sqlite_errorcode", None)
        return code is None or code & 0xFF in PASSING
    return isinstance(error, InterfaceError)


def _judge(
    session: Session, settings: Settings, head: Record, raw: Raw, raws: Sequence[Raw], known: Known
) -> list[UUID]:
    """What these bytes are to what is there: the first, a newer revision, an older one, a variant."""
    current = next((one for one in raws if one.id == head.raw_id), None)
    if current is None or current is raw:
        return _project(session, settings, head, raw, known)
    same_hand = _same_hand(raw, current)
    if _revises(raw, current):
        released = _project(session, settings, head, raw, known)
        current.state = EARLIER
        _settle_replaced(session, head, raw, raws)
        return released
    if same_hand and raw.rev < current.rev and not any(o is not raw and o.rev == raw.rev for o in raws):
        raw.state = EARLIER
        return []
    _park(session, head, raw, known)
    return []


def _same_hand(raw: Raw, other: Raw) -> bool:
    return raw.owner_id == other.owner_id and raw.device_id == other.device_id


def _revises(raw: Raw, other: Raw) -> bool:
    return _same_hand(raw, other) and raw.rev > other.rev and bool(raw.replaces)


def _settle_replaced(session: Session, head: Record, raw: Raw, raws: Sequence[Raw]) -> None:
    """The author went on from what we had taken for a variant: that question is answered."""
    for one in raws:
        if one.state == VARIANT and one.payload_sha256 == raw.replaces:
            one.state, one.photo_claims = EARLIER, None
    if not any(one.state == VARIANT for one in raws):
        close_of_record(session, head.id, None, "revised", "variant")


def _park(session: Session, head: Record, raw: Raw, known: Known) -> None:
    """A variant: raw and photos are kept, and the office will choose."""
    reading = _reading(raw, known)
    raw.state = VARIANT
    raw.photo_claims = _dumped(reading)
    if reading.claims and raw.owner_id is not None:
        photos.park(session, head.id, raw.owner_id, reading.claims)
    detail = {"rev": raw.rev, "sha256": raw.payload_sha256}
    open_review(session, "variant", f"variant:{head.id}", record_id=head.id, user_id=head.owner_id, detail=detail)


def _reading(raw: Raw, known: Known) -> Reading:
    return known.readings.get(raw.payload_sha256) or envelope.read(raw.payload, raw.record_id)


def _dumped(reading: Reading) -> list[dict[str, Any]] | None:
    return None if reading.claims is None else [claim.model_dump(mode="json") for claim in reading.claims]


def _project(
    session: Session, settings: Settings, head: Record, raw: Raw, known: Known, *, admitted: bool = False
) -> list[UUID]:
    """Make these bytes what the record is. Answers the held records that waited for it."""
    reading = _reading(raw, known)
    if reading.record is None:
        state = UNPLACED if reading.reason == envelope.DIFFERS else FAILED
        raise SetAside(raw.id, state, reading.reason, reading.detail)
    arrival = reading.arrival(raw.payload_sha256, raw.received_at)
    author = person_at(session, settings, raw.owner_id, arrival.times.recorded, known.person)
    if author is None:
        raise SetAside(raw.id, UNPLACED, "no-owner")
    state, reason, opened = _write(session, settings, head, raw, reading, arrival, author, admitted)
    if state == HELD == head.state and head.raw_id == raw.id:
        return []  # it waits on: nothing that its phone should hear of
    _mark(session, raw, HELD if state == HELD else PROJECTED)
    if photos.claimed_elsewhere(session, head.id):
        raw.photo_claims = _dumped(reading)  # the record's own rows do not tell of all that it lists
    changed(
        session, head, type=reading.type, target=reading.target, state=state, reason=reason, raw_id=raw.id, rev=raw.rev,
        owner_id=author.id, device_id=raw.device_id, seq=reading.seq or head.seq,
    )  # fmt: skip
    if head.needs_review and state != HELD:
        close_of_record(session, head.id, None, "projected", "failed", "unplaced", "held")
    return _waiting_for(session, [head.id, *opened]) if reading.type == "visit" or opened else []


def _mark(session: Session, raw: Raw, state: str) -> None:
    """What was set aside before is forgotten."""
    values = {"state": state, "reason": "", "photo_claims": None}
    for name, value in values.items():
        set_committed_value(raw, name, value)
    session.connection().execute(_SET_RAW, {"raw": raw.id, "new_state": state})


def person_at(
    session: Session, settings: Settings, id: UUID | None, at: datetime, today: Person | None = None
) -> Person | None:
    """The author as their memberships made them at the corrected time of recording."""
    day = at.astimezone(ZoneInfo(settings.timezone)).date()
    if today is not None and today.id == id and today.day == day:
        return today
    user = session.get(User, id) if id is not None else None
    return person_on(user, day) if user is not None else None


def _write(
    session: Session, settings: Settings, head: Record, raw: Raw, reading: Reading, arrival: Arrival,
    author: Person, admitted: bool,
) -> tuple[str, str, list[UUID]]:  # fmt: skip
    """(state of the record, reason, issues opened)."""
    match reading.record:
        case VisitRecord(body=body):
            return _write_visit(session, settings, head, raw, reading, arrival, author, body, admitted)
        case SupplementRecord(body=body):
            if body.type == "photo_withdrawn" and body.photo is not None and not _is_visit(session, body.visit):
                photos.claim(session, arrival.id, author.id, reading.claims or ())
                done = feed.withdraw_own_photo(session, author, body.photo, body.reason)
                return (PLACED if done else HELD), "", []
            zone = settings.zone_readable
            if session.scalar(select(exists().where(Supplement.id == arrival.id))):
                feed.revise_supplement(session, author, arrival, body, claims=reading.claims or ())
                return PLACED, "", []
            said = feed.supplement_visit(
                session, author, arrival, body, claims=reading.claims or (), zone_readable=zone
            )
            return (PLACED if said is not None else HELD), "", []
        case IssueEventRecord(body=event):
            outcome = feed.record_issue_event(
                session, author, arrival, event, claims=reading.claims or (), zone_readable=settings.zone_readable,
                fresh=head.raw_id is None,
            )  # fmt: skip
            opened = [event.issue] if event.type == "opened" and outcome.state == "applied" else []
            return (PLACED if outcome.state == "applied" else outcome.state), outcome.reason, opened
    raise AssertionError("a whole reading is one of the three")


def _is_visit(session: Session, id: UUID) -> bool:
    return session.scalar(select(Visit.id).where(Visit.id == id)) is not None


def _write_visit(
    session: Session, settings: Settings, head: Record, raw: Raw, reading: Reading, arrival: Arrival,
    author: Person, body: Any, admitted: bool,
) -> tuple[str, str, list[UUID]]:  # fmt: skip
    fresh = head.raw_id is None or not _is_visit(session, head.id)
    logged = feed.log_visit(
        session, author, arrival, body, issue_events=body.issue_events, claims=reading.claims or (),
        zone_readable=settings.zone_readable, fresh=fresh, admitted=admitted or (not fresh and _let_in(session, head)),
    )  # fmt: skip
    if not fresh:
        _drop_children(session, raw, {event.id for event in body.issue_events})
    for event in logged.held:
        _hold_child(session, raw, author, reading, event)
    for issue in logged.disputed:
        key = f"revision-issue:{head.id}:{issue}"
        open_review(session, "revision_issue", key, record_id=head.id, user_id=author.id, detail={"issue": str(issue)})
    state = _now(session, head.id) if not fresh else logged.state
    return state, "", logged.opened


def _now(session: Session, visit_id: UUID) -> str:
    """A visit's state after its supplements."""
    return session.scalar(select(Visit.state).where(Visit.id == visit_id)) or PLACED


def _let_in(session: Session, head: Record) -> bool:
    """Whether somebody else has placed this visit already: its revisions follow it there."""
    moved = exists().where(
        Supplement.visit_id == head.id, Supplement.type == "move", Supplement.owner_id != head.owner_id
    )
    return bool(session.scalar(select(moved)))


# -- held events ---------------------------------------------------------------------------------------------------


def _hold_child(session: Session, raw: Raw, author: Person, reading: Reading, event: IssueEvent) -> None:
    """An event inside a visit whose issue is not here: a record of its own, which waits."""
    now = clock.now()
    row = {
        "id": event.id, "type": "issue_event", "owner_id": author.id, "device_id": raw.device_id, "seq": None,
        "target": event.issue, "state": HELD, "raw_id": raw.id, "rev": raw.rev, "received_at": now, "changed_at": now,
    }  # fmt: skip
    statement = changes.insert(session, Record).values(**row)
    again = {"raw_id": raw.id, "state": HELD, "rev": raw.rev, "target": event.issue}
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["id"], set_=again, where=_RECORD.c.reason.in_(["superseded", ""])
        )
    )


def _drop_children(session: Session, raw: Raw, listed: set[UUID]) -> None:
    """Held events that a newer revision of their visit no longer lists wait for nothing."""
    older = select(Raw.id).where(Raw.record_id == raw.record_id, Raw.id != raw.id)
    dropped = update(Record).where(
        Record.raw_id.in_(older), Record.state == HELD, Record.id.not_in(listed), Record.id != raw.record_id
    )
    session.execute(dropped.values(state=NOT_APPLIED, reason="superseded"))


def _try_held(session: Session, settings: Settings, head: Record) -> list[UUID]:
    """Whether a held record's target has come."""
    raw = session.get(Raw, head.raw_id) if head.raw_id is not None else None
    if raw is None:
        return []
    if raw.record_id == head.id:
        return _guarded(raw, lambda: _project(session, settings, head, raw, NOTHING))
    return _guarded(raw, lambda: _project_child(session, settings, head, raw))


def _project_child(session: Session, settings: Settings, head: Record, raw: Raw) -> list[UUID]:
    reading = envelope.read(raw.payload, raw.record_id)
    if not isinstance(reading.record, VisitRecord):
        return []
    event = next((one for one in reading.record.body.issue_events if one.id == head.id), None)
    arrival = reading.arrival(raw.payload_sha256, raw.received_at)
    author = person_at(session, settings, raw.owner_id, arrival.times.recorded)
    if event is None or author is None:
        return []
    outcome = feed.record_issue_event(
        session, author, arrival, event, zone_readable=settings.zone_readable, visit_id=raw.record_id
    )
    if outcome.state == HELD:
        return []
    changed(session, head, state=PLACED if outcome.state == "applied" else NOT_APPLIED, reason=outcome.reason)
    if head.needs_review:
        close_of_record(session, head.id, None, "projected", "held")
    return []


def _waiting_for(session: Session, targets: Sequence[UUID]) -> list[UUID]:
    return list(session.connection().execute(_WAITING_FOR, {"targets": targets}).scalars())


# -- setting aside -------------------------------------------------------------------------------------------------


def _put_aside(db: Database, id: UUID, aside: SetAside, known: Known) -> None:
    try:
        db.write(lambda session: _set_aside(session, id, aside, known, with_photos=True))
    except Exception as error:
        if passes(error):
            raise
        log.exception("not even its photos could be claimed", extra={"facts": {"record": str(id)}})
        db.write(lambda session: _set_aside(session, id, aside, known, with_photos=False))


def _set_aside(session: Session, id: UUID, aside: SetAside, known: Known, *, with_photos: bool) -> None:
    """Say on raw, head and `/review` why these bytes are not projected; their photos are expected all the same."""
    head = session.scalar(_HEAD, {"id": id})
    raw = session.get(Raw, aside.raw_id)
    if head is None or raw is None:
        return
    if raw.record_id != id:  # of a visit's event that was held
        changed(session, head, state=UNPLACED, reason=aside.reason[:80])
        _ask(session, head, raw, aside)
        return
    raw.state = aside.state
    raw.reason = ": ".join(part for part in (aside.reason, aside.detail) if part)[:200]
    raw.failed_version = fieldapp.__version__ if aside.state == FAILED else ""
    reading = _reading(raw, known)
    raw.photo_claims = _dumped(reading) if with_photos else None
    standing = session.get(Raw, head.raw_id) if head.raw_id is not None else None
    waits = standing is not None and standing.state in (UNPLACED, FAILED)
    if standing is None or standing is raw or (waits and _revises(raw, standing)):  # the newest is what gets placed
        changed(session, head, raw_id=raw.id, rev=raw.rev, state=UNPLACED, reason=aside.reason[:80], type=reading.type)
    if with_photos and reading.claims and raw.owner_id is not None and _is_user(session, raw.owner_id):
        photos.park(session, id, raw.owner_id, reading.claims)
    _ask(session, head, raw, aside)
    changed(session, head)


def _ask(session: Session, head: Record, raw: Raw, aside: SetAside) -> None:
    kind = "failed" if aside.state == FAILED else "unplaced"
    detail = {"sha256": raw.payload_sha256, "detail": aside.detail}
    open_review(
        session, kind, f"{kind}:{head.id}", record_id=head.id, user_id=head.owner_id, reason=aside.reason, detail=detail
    )


# -- the sweep -----------------------------------------------------------------------------------------------------


def sweep(db: Database, settings: Settings) -> int:
    """Project what waits: raws whose T2 never ran, held records whose target came, what an older version failed at."""
    db.write(_give_another_try)
    with db.reading() as session:
        waiting = _waiting(session)
    for id in waiting:
        try:
            run(db, settings, id)
        except (DBAPIError, NoConnection):
            log.warning("still waiting", extra={"facts": {"record": str(id)}})
        except Exception:
            log.exception("the sweep goes on without", extra={"facts": {"record": str(id)}})
    db.write(_tell_of_held)
    return len(waiting)


@jobs.every_minute
def sweep_records(context: jobs.Context) -> None:
    sweep(context.db, context.settings)


def _give_another_try(session: Session) -> None:
    """The first sweep of a new version tries again what older ones could not project."""
    old = update(Raw).where(Raw.state == FAILED, Raw.failed_version != fieldapp.__version__)
    session.execute(old.values(state=RECEIVED))


def _waiting(session: Session) -> list[UUID]:
    old = select(Raw.record_id).where(Raw.state == RECEIVED, Raw.received_at <= clock.now() - SWEEP_AFTER)
    here = or_(exists().where(Issue.id == Record.target), exists().where(Visit.id == Record.target))
    held = select(Record.id).where(Record.state == HELD, Record.received_at > clock.now() - 2 * HELD_TOO_LONG, here)
    found = [*session.scalars(old.order_by(Raw.id).limit(SWEEP_AT_ONCE)), *session.scalars(held.limit(SWEEP_AT_ONCE))]
    return list(dict.fromkeys(found))


def _tell_of_held(session: Session) -> None:
    long = select(Record).where(Record.state == HELD, Record.received_at <= clock.now() - HELD_TOO_LONG)
    for head in session.scalars(long.where(~Record.needs_review).limit(SWEEP_AT_ONCE)).all():
        open_review(session, HELD, f"held:{head.id}", record_id=head.id, user_id=head.owner_id)


# -- what a person does about it (the acts of `/review` that project) ---------------------------------------------


def retry(db: Database, settings: Settings, id: UUID, by: UUID) -> None:
    """Judge again whatever of this record is set aside."""

    def ask(session: Session) -> None:
        again = update(Raw).where(Raw.record_id == id, Raw.state.in_([FAILED, UNPLACED]))
        session.execute(again.values(state=RECEIVED))
        audit.record(session, by, "record.retried", "record", id)

    db.write(ask)
    run(db, settings, id)


def place(session: Session, settings: Settings, id: UUID, project_id: UUID, by: Person) -> None:
    """Let a visit in and link it to a project. Raises CannotPlace; the caller's transaction then changes nothing."""
    head = session.scalar(_HEAD, {"id": id})
    raw = session.get(Raw, head.raw_id) if head is not None and head.raw_id is not None else None
    if head is None or raw is None or head.type != "visit":
        raise CannotPlace("not-a-visit")
    try:
        if not _is_visit(session, id):
            _project(session, settings, head, raw, NOTHING, admitted=True)
    except SetAside as aside:
        raise CannotPlace(aside.reason, aside.detail) from aside
    session.flush()
    visits.placing_move(session, by, id, project_id, zone_readable=settings.zone_readable)
    session.flush()
    changed(session, head, state=_now(session, id), reason="")
    close_of_record(session, id, by.id, "placed", "unplaced", "failed")
    audit.record(session, by.id, "record.placed", "record", id, project=str(project_id))


def choose(session: Session, settings: Settings, id: UUID, sha256: str, by: UUID) -> None:
    """Of several variants, let this one be what the record is. Raises CannotPlace."""
    head = session.scalar(_HEAD, {"id": id})
    raws = session.scalars(_RAWS, {"id": id}).all()
    chosen = next((raw for raw in raws if raw.payload_sha256 == sha256), None)
    if head is None or chosen is None:
        raise CannotPlace("no-such-record")
    if chosen.id != head.raw_id:
        try:
            _project(session, settings, head, chosen, NOTHING, admitted=False)
        except SetAside as aside:
            raise CannotPlace(aside.reason, aside.detail) from aside
    for raw in raws:
        if raw is not chosen and raw.state in (PROJECTED, VARIANT):
            _keep_unchosen(session, raw)
    close_of_record(session, id, by, "chosen", "variant")
    audit.record(session, by, "record.chosen", "record", id, sha256=sha256)


def _keep_unchosen(session: Session, raw: Raw) -> None:
    """What was not chosen is kept whole: its photos go on arriving, or choosing otherwise later would come too late."""
    reading = envelope.read(raw.payload, raw.record_id)
    raw.state, raw.photo_claims = EARLIER, _dumped(reading)
    if reading.claims and raw.owner_id is not None:
        photos.park(session, raw.record_id, raw.owner_id, reading.claims)


def match_user(db: Database, settings: Settings, id: UUID, user_id: UUID, by: UUID) -> None:
    """Say whose an imported record is whose author is unknown here; then judge it."""

    def match(session: Session) -> None:
        head = session.scalar(_HEAD, {"id": id})
        if head is None or not _is_user(session, user_id):
            raise CannotPlace("no-owner")
        changed(session, head, owner_id=user_id)
        unknown = or_(Raw.owner_id.is_(None), Raw.owner_id.not_in(select(User.id)))
        theirs = update(Raw).where(Raw.record_id == id, unknown)
        waiting = update(Raw).where(Raw.record_id == id, Raw.state.in_([UNPLACED, FAILED]))
        session.execute(theirs.values(owner_id=user_id))
        session.execute(waiting.values(state=RECEIVED))
        audit.record(session, by, "record.matched", "record", id, user=str(user_id))

    db.write(match)
    run(db, settings, id)
