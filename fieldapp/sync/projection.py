"""T2: what a record's raw bytes say becomes what the record is (docs/sync-protocol.md 4 and 5).

The record's head is locked, every raw of it that waits is judged, and the newest of one hand is projected through
`feed.actions`, where plain forms end as well. A database error is left to the sweep; anything else sets the raw aside.
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

from sqlalchemy import bindparam, null, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from fieldapp.core.db import Database, Ending, at_end, table_of
from fieldapp.core.fixed import Fixed
from fieldapp.core.passing import passes
from fieldapp.core.payload import CannotPlace
from fieldapp.feed import actions as feed
from fieldapp.photos import manifest_actions as manifests
from fieldapp.settings import Settings
from fieldapp.sync import envelope
from fieldapp.sync.actions import changed, close_of_record, open_review
from fieldapp.sync.aside import HEAD, NOTHING, Known, SetAside, claims_of, put_aside, reading_of
from fieldapp.sync.models import (
    EARLIER,
    FAILED,
    HELD,
    NOT_APPLIED,
    PLACED,
    PROJECTED,
    RECEIVED,
    UNPLACED,
    VARIANT,
    Raw,
    Record,
)
from fieldapp.sync.payloads import VisitRecord
from fieldapp.sync.placement import person_at, write

log = logging.getLogger("fieldapp.records")

MOST_RAWS = 50  # of one record, that one run sets aside before it gives up until the next

_RAW = table_of(Raw)
_RECORD = table_of(Record)
# Built once: every accepted record runs these, and building a statement costs more than running it.
RAWS = select(Raw).where(Raw.record_id == bindparam("id")).order_by(Raw.id)
_SET_RAW = Fixed(
    update(_RAW)
    .where(_RAW.c.id == bindparam("raw"))
    .values(state=bindparam("new_state"), reason="", photo_claims=null())
)
_SET_CLAIMS = Fixed(update(_RAW).where(_RAW.c.id == bindparam("raw")).values(photo_claims=bindparam("claims")))
_WAITING_FOR = Fixed(select(_RECORD.c.id).where(_RECORD.c.target == bindparam("sought"), _RECORD.c.state == HELD))
_LOCKED_HEAD = Fixed(select(_RECORD).where(_RECORD.c.id == bindparam("record")).with_for_update())
_ITS_RAWS = Fixed(
    select(*(column for column in _RAW.c if column.name != "payload"))
    .where(_RAW.c.record_id == bindparam("record"))
    .order_by(_RAW.c.id)
)


def run(
    db: Database, settings: Settings, id: UUID, known: Known = NOTHING, then: Callable[[Session], None] | None = None
) -> None:
    """Run T2 for a record until nothing under it waits. Raises the database's error where that must wait itself.

    `then` reads in the same transaction what to answer; it counts where no error is raised."""

    def judge(session: Session) -> list[UUID]:
        if then is not None:
            at_end(session, Ending.ANSWER, str(id), then)
        return settle(session, settings, id, known, judged)

    for _ in range(MOST_RAWS):
        judged: list[int] = []
        try:
            released = db.write(judge)
            break
        except SetAside as aside:
            put_aside(db, id, aside, known)
        except Exception as error:  # at the transaction's end: a number, a version, a row that was still to be written
            if passes(error) or not judged:
                raise
            log.exception("a record could not be finished", extra={"facts": {"record": str(id)}})
            put_aside(db, id, SetAside(judged[-1], FAILED, FAILED, type(error).__name__), known)
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
    if (only := _first_of_all(session, id, known)) is not None:
        judged.append(only[1].id)
        return _guarded(only[1], lambda: project(session, settings, *only, known))
    head = session.scalar(HEAD, {"id": id})
    if head is None:
        return []
    raws = session.scalars(RAWS, {"id": id}).all()
    released: list[UUID] = []
    if head.state == HELD:
        judged += [] if head.raw_id is None else [head.raw_id]
        released += _try_held(session, settings, head)
    for raw in raws:
        if raw.state == RECEIVED:
            judged.append(raw.id)
            released += _guarded(raw, partial(_judge, session, settings, head, raw, raws, known))
    return released


def _first_of_all(session: Session, id: UUID, known: Known) -> tuple[Record, Raw] | None:
    """Lock the head. If nothing but these bytes has ever come under this id, as for nearly every record: both rows,
    read by the shortest way and apart from the session."""
    head, raws = _LOCKED_HEAD.first(session, record=id), _ITS_RAWS.rows(session, record=id)
    if head is None or (head.state, head.raw_id) != (RECEIVED, None) or len(raws) != 1:
        return None
    if raws[0].state != RECEIVED or raws[0].payload_sha256 not in known.readings:
        return None
    return Record(**head._asdict()), Raw(**raws[0]._asdict())


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


def _judge(
    session: Session, settings: Settings, head: Record, raw: Raw, raws: Sequence[Raw], known: Known
) -> list[UUID]:
    """What these bytes are to what is there: the first, a newer revision, an older one, a variant."""
    current = next((one for one in raws if one.id == head.raw_id), None)
    if current is None or current is raw:
        return project(session, settings, head, raw, known)
    same_hand = raw.same_hand(current)
    if raw.revises(current):
        released = project(session, settings, head, raw, known)
        current.state = EARLIER
        _settle_replaced(session, head, raw, raws)
        return released
    if same_hand and raw.rev < current.rev and not any(o is not raw and o.rev == raw.rev for o in raws):
        raw.state = EARLIER
        return []
    _park(session, head, raw, known)
    return []


def _settle_replaced(session: Session, head: Record, raw: Raw, raws: Sequence[Raw]) -> None:
    """The author went on from what we had taken for a variant: that question is answered."""
    for one in raws:
        if one.state == VARIANT and one.payload_sha256 == raw.replaces:
            one.state, one.photo_claims = EARLIER, None
    if not any(one.state == VARIANT for one in raws):
        close_of_record(session, head.id, None, "revised", "variant")


def _park(session: Session, head: Record, raw: Raw, known: Known) -> None:
    """A variant: raw and photos are kept, and the office will choose."""
    reading = reading_of(raw, known)
    raw.state = VARIANT
    raw.photo_claims = claims_of(reading)
    if reading.claims and raw.owner_id is not None:
        manifests.park(session, head.id, raw.owner_id, reading.claims)
    detail = {"rev": raw.rev, "sha256": raw.payload_sha256}
    open_review(session, "variant", f"variant:{head.id}", record_id=head.id, user_id=head.owner_id, detail=detail)


def project(
    session: Session, settings: Settings, head: Record, raw: Raw, known: Known, *, admitted: bool = False
) -> list[UUID]:
    """Make these bytes what the record is. Answers the held records that waited for it."""
    reading = reading_of(raw, known)
    if reading.record is None:
        state = UNPLACED if reading.reason == envelope.DIFFERS else FAILED
        raise SetAside(raw.id, state, reading.reason, reading.detail)
    arrival = reading.arrival(raw.payload_sha256, raw.received_at)
    author = person_at(session, settings, raw.owner_id, arrival.times.recorded, known.person)
    if author is None:
        raise SetAside(raw.id, UNPLACED, "no-owner")
    state, reason, opened = write(session, settings, head, raw, reading, arrival, author, admitted)
    if state == HELD == head.state and head.raw_id == raw.id:
        return []  # it waits on: nothing that its phone should hear of
    _mark(session, raw, HELD if state == HELD else PROJECTED)
    if manifests.claimed_elsewhere(session, head.id):  # the record's own rows do not tell of all that it lists
        set_committed_value(raw, "photo_claims", claims_of(reading))
        _SET_CLAIMS.run(session, raw=raw.id, claims=raw.photo_claims)
    changed(
        session, head, type=reading.type, target=reading.target, state=state, reason=reason, raw_id=raw.id, rev=raw.rev,
        owner_id=author.id, device_id=raw.device_id, seq=reading.seq or head.seq,
    )  # fmt: skip
    if head.needs_review and state != HELD:
        close_of_record(session, head.id, None, "projected", "failed", "unplaced", "held")
    return _waiting_for(session, [head.id, *opened]) if reading.type != "issue_event" or opened else []


def _mark(session: Session, raw: Raw, state: str) -> None:
    """What was set aside before is forgotten."""
    values = {"state": state, "reason": "", "photo_claims": None}
    for name, value in values.items():
        set_committed_value(raw, name, value)
    _SET_RAW.run(session, raw=raw.id, new_state=state)


# -- held events -----------------------------------------------------------------------------------------------------


def _try_held(session: Session, settings: Settings, head: Record) -> list[UUID]:
    """Whether a held record's target has come."""
    raw = session.get(Raw, head.raw_id) if head.raw_id is not None else None
    if raw is None:
        return []
    if raw.record_id == head.id:
        return _guarded(raw, lambda: project(session, settings, head, raw, NOTHING))
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
    return [row.id for sought in targets for row in _WAITING_FOR.rows(session, sought=sought)]
