"""The door for records: stored first, judged later (docs/sync-protocol.md 5).

T1 puts the raw bytes in; from then on they cannot be lost. T2 (`projection`) makes of them what they say. What goes
wrong there never reaches the phone as an error: the answer is 202, and the sweep or `/review` goes on.
"""

import hashlib
import logging
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm import Session

from fieldapp.accounts.policy import Person
from fieldapp.core import audit, changes, clock
from fieldapp.core.db import Database, table_of
from fieldapp.core.fixed import Fixed
from fieldapp.settings import Settings
from fieldapp.sync import authors, envelope, receipts
from fieldapp.sync.actions import open_review
from fieldapp.sync.aside import Known
from fieldapp.sync.envelope import Reading
from fieldapp.sync.models import PLACED, RECEIVED, UNFILED, VARIANT, Raw, Record
from fieldapp.sync.payloads import Receipt
from fieldapp.sync.projection import run

log = logging.getLogger("fieldapp.records")

_RAW = table_of(Raw)
_RECORD = table_of(Record)


class NotOwner(Exception):
    """The record says that another user wrote it."""


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
    first: bool  # these bytes came for the first time


def accept(db: Database, settings: Settings, id: UUID, raw: bytes, sender: Sender) -> Answer:
    """Take a record in. Raises envelope.NotJson, NotOwner; the database's own error where not even T1 went through."""
    reading = envelope.read(raw, id)
    if reading.owner is not None and reading.owner != sender.id and not sender.importing:
        raise NotOwner
    sha256 = hashlib.sha256(raw).hexdigest()
    first = db.write(lambda session: _store(session, id, raw, sha256, reading, sender))
    seen: list[Receipt] = []
    known = Known({sha256: reading}, sender.person)
    try:
        run(db, settings, id, known, lambda session: seen.append(receipts.receipt_for(session, id, sha256)))
    except (DBAPIError, NoConnection) as error:
        log.warning("left to the sweep", extra={"facts": {"record": str(id), "error": type(error).__name__}})
        seen.clear()  # what was read was not committed
    receipt = seen[-1] if seen else _read_receipt(db, id, sha256)
    return Answer(receipt, _status(receipt, first=first), first)


def _read_receipt(db: Database, id: UUID, sha256: str) -> Receipt:
    with db.reading() as session:
        return receipts.receipt_for(session, id, sha256)


def _status(receipt: Receipt, *, first: bool) -> int:
    if receipt.state == VARIANT:
        return 409
    if receipt.state in (PLACED, UNFILED):
        return 201 if first else 200
    return 202


def _store(session: Session, id: UUID, raw: bytes, sha256: str, reading: Reading, sender: Sender) -> bool:
    """T1. Whether these bytes are the first of their kind under this id."""
    now = clock.now()
    # Of an author unknown here the record has no owner, until a person says who it was.
    owner = authors.known_as(session, reading.owner) if sender.importing else reading.owner or sender.id
    row = {
        "record_id": id, "payload_sha256": sha256, "payload": raw, "schema": reading.schema, "rev": reading.rev,
        "replaces": reading.replaces, "owner_id": owner, "sender_id": sender.id, "device_id": reading.device,
        "imported_by": sender.id if sender.importing else None, "received_at": now, "state": RECEIVED,
    }  # fmt: skip
    first = _INSERT_RAW.first(session, **row) is not None
    if first:
        head = {
            "id": id, "type": reading.type, "owner_id": owner, "device_id": reading.device, "seq": reading.seq,
            "state": RECEIVED, "received_at": now, "changed_at": now, "target": reading.target,
        }  # fmt: skip
        _INSERT_HEAD.run(session, **head)
        if sender.importing:
            audit.record(session, sender.id, "record.imported", "record", id, sha256=sha256)
            open_review(session, "imported", f"imported:{id}", record_id=id, user_id=owner)
        if sender.write_only:
            open_review(session, "late_author", f"late:{id}", record_id=id, user_id=owner)
    return first


_INSERT_RAW = Fixed(
    lambda dialect: changes.insert_for(dialect, _RAW).on_conflict_do_nothing().returning(_RAW.c.id),
    columns=("record_id", "payload_sha256", "payload", "schema", "rev", "replaces", "owner_id", "sender_id",
             "device_id", "imported_by", "received_at", "state"),
)  # fmt: skip
_INSERT_HEAD = Fixed(
    lambda dialect: changes.insert_for(dialect, _RECORD).on_conflict_do_nothing(),
    columns=("id", "type", "owner_id", "device_id", "seq", "state", "received_at", "changed_at", "target"),
)
