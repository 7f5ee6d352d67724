"""What phones say of themselves, and what that tells of records that never arrived (docs/sync-protocol.md 11).

A seq is a gap while it is neither received, queued nor voided; after three days it needs a person. What never reached
us and was never counted cannot be known, and the docs say so.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import and_, delete, func, select
from sqlalchemy.orm import Session

from fieldapp.accounts.policy import Person
from fieldapp.core import clock, jobs
from fieldapp.core.changes import insert
from fieldapp.core.payload import Line, Payload
from fieldapp.sync import actions
from fieldapp.sync.models import RECEIVED, Device, Gap, Record, Voided

GAP_AFTER = timedelta(days=3)
SILENT_AFTER = timedelta(days=7)
MOST_QUEUED = 2_000
MOST_SEQ = 10_000_000


class Queued(Payload):
    id: UUID
    seq: int = Field(ge=1, le=MOST_SEQ)


class Lost(Payload):
    """What a phone remembers of an installation whose storage the browser has thrown away."""

    device: UUID
    last_seq: int = Field(default=0, ge=0, le=MOST_SEQ)
    queued: int = Field(ge=1, le=10_000)


class Contact(Payload):
    """What a phone posts at each contact. Without an owner: of a page opened before phones said whose queue it is."""

    owner: UUID | None = None
    last_seq: int = Field(default=0, ge=0, le=MOST_SEQ)
    queued: list[Queued] = Field(default_factory=list, max_length=MOST_QUEUED)
    voided: list[int] = Field(default_factory=list, max_length=MOST_QUEUED)
    persisted: bool | None = None
    app_version: Line = ""
    lost: Lost | None = None


def contact(session: Session, person: Person, device_id: UUID, said: Contact) -> dict[str, Any]:
    """Take note of a phone's state; answers which voided seqs were noted and what its user should be told."""
    now, notices = clock.now(), []
    row = {"id": device_id, "user_id": person.id, "first_seen_at": now, "seen_at": now}
    statement = insert(session, Device).values(**row).on_conflict_do_nothing().returning(Device.id)
    if session.scalar(statement) is not None:  # of two tabs that say hello at once, one is the first
        notices += _replaced(session, person, device_id)
    if (lost := said.lost) is not None:  # of records that were never counted here only the phone can tell
        _ask_after(session, person, lost.device, waiting=lost.queued, new=device_id)
    device = session.get_one(Device, (device_id, person.id), with_for_update=True)
    device.last_seq = max(device.last_seq, said.last_seq)
    device.queued = [{"id": str(item.id), "seq": item.seq} for item in said.queued]
    # No text in PostgreSQL holds U+0000.
    device.app_version = said.app_version.replace("\x00", "")[:40]
    device.persisted, device.seen_at = said.persisted, clock.now()
    session.flush()
    voided = _void(session, device, said.voided)
    missing = _count_gaps(session, device)
    actions.close_review(session, f"silent:{device_id}:{person.id}", by=None, closing="heard-again")
    if missing:
        notices.append({"code": "never-arrived", "n": missing})
    return {"voided_ack": voided, "notices": notices}


def _void(session: Session, device: Device, seqs: Iterable[int]) -> list[int]:
    noted = sorted({seq for seq in seqs if 1 <= seq <= device.last_seq})
    for seq in noted:
        values = {"device_id": device.id, "user_id": device.user_id, "seq": seq, "at": clock.now()}
        session.execute(insert(session, Voided).values(**values).on_conflict_do_nothing())
    return noted


def _seqs(session: Session, device: Device, table: type[Record] | type[Voided], owner: Any) -> set[int]:
    query = select(table.seq).where(
        table.device_id == device.id, owner == device.user_id, table.seq > device.settled_seq
    )
    return {seq for seq in session.scalars(query) if seq is not None}


def _count_gaps(session: Session, device: Device) -> int:
    """Write down what is missing now, forget what has come; the number that has been missing for three days."""
    here = _seqs(session, device, Record, Record.owner_id) | _seqs(session, device, Voided, Voided.user_id)
    while device.settled_seq + 1 in here:
        device.settled_seq += 1
    held = {item["seq"] for item in device.queued}
    top = min(device.last_seq, device.settled_seq + MOST_QUEUED)  # a phone that lies costs no more than this
    missing = set(range(device.settled_seq + 1, top + 1)) - here - held
    of_device = and_(Gap.device_id == device.id, Gap.user_id == device.user_id)
    known = {gap.seq: gap for gap in session.scalars(select(Gap).where(of_device))}
    if gone := set(known) - missing:
        session.execute(delete(Gap).where(of_device, Gap.seq.in_(gone)))
    for seq in missing - set(known):
        session.add(Gap(device_id=device.id, user_id=device.user_id, seq=seq, since=clock.now()))
    if not missing:
        actions.close_review(session, f"gap:{device.id}:{device.user_id}", by=None, closing="all-arrived")
    return sum(1 for seq in missing & set(known) if clock.now() - known[seq].since >= GAP_AFTER)


def _replaced(session: Session, person: Person, new: UUID) -> list[dict[str, Any]]:
    """A new installation of someone whose earlier one still had a queue: tell them, and the office."""
    waiting = select(Device).where(Device.user_id == person.id, Device.id != new)
    left = {device: count for device in session.scalars(waiting) if (count := _still_waiting(session, device))}
    for device, still in left.items():
        _ask_after(session, person, device.id, waiting=still, new=new)
    count = sum(left.values())
    return [{"code": "previous-installation", "n": count}] if count else []


def _ask_after(session: Session, person: Person, device_id: UUID, *, waiting: int, new: UUID) -> None:
    actions.open_review(
        session, "replaced_device", f"replaced:{device_id}:{person.id}", device_id=device_id, user_id=person.id,
        detail={"waiting": waiting, "new_device": str(new)},
    )  # fmt: skip


def _still_waiting(session: Session, device: Device) -> int:
    """How many of the records that a phone last counted as queued have not come since, by whatever way."""
    ids = {UUID(item["id"]) for item in device.queued}
    come = session.scalar(select(func.count()).where(Record.id.in_(ids), Record.state != RECEIVED)) or 0
    return len(ids) - come


def watch(session: Session) -> None:
    """Each minute: gaps older than three days, and devices silent for a week with a queue, need a person."""
    old = (
        select(Gap.device_id, Gap.user_id, func.count(), func.min(Gap.seq))
        .where(Gap.since <= clock.now() - GAP_AFTER)
        .group_by(Gap.device_id, Gap.user_id)
    )
    for device_id, user_id, count, first in session.execute(old).all():
        actions.open_review(
            session, "device_gap", f"gap:{device_id}:{user_id}", device_id=device_id, user_id=user_id,
            detail={"missing": count, "first": first},
        )  # fmt: skip
    silent = select(Device).where(Device.seen_at <= clock.now() - SILENT_AFTER)
    for device in session.scalars(silent):
        if still := _still_waiting(session, device):
            actions.open_review(
                session, "silent_device", f"silent:{device.id}:{device.user_id}", device_id=device.id,
                user_id=device.user_id, detail={"waiting": still},
            )  # fmt: skip


@jobs.every_minute
def watch_devices(context: jobs.Context) -> None:
    context.db.write(watch)
