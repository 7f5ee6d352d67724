"""What cannot be projected as things stand: kept, with its reason, for `/review` (docs/sync-protocol.md 5)."""

import logging
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

import fieldapp
from fieldapp.accounts import queries as accounts
from fieldapp.accounts.policy import Person
from fieldapp.core.db import Database
from fieldapp.core.passing import passes
from fieldapp.photos import manifest_actions as manifests
from fieldapp.sync import envelope
from fieldapp.sync.actions import changed, open_review
from fieldapp.sync.envelope import Reading
from fieldapp.sync.models import FAILED, UNPLACED, Raw, Record

log = logging.getLogger("fieldapp.records")

HEAD = select(Record).where(Record.id == bindparam("id")).with_for_update()


class SetAside(Exception):
    """A raw that cannot be projected as things stand."""

    def __init__(self, raw_id: int, state: str, reason: str, detail: str = "") -> None:
        super().__init__(raw_id, state, reason, detail)
        self.raw_id, self.state, self.reason, self.detail = raw_id, state, reason, detail


@dataclass(frozen=True)
class Known:
    """What this request has read already: it need not be read again."""

    readings: dict[str, Reading] = field(default_factory=dict)  # by hash
    person: Person | None = None


NOTHING = Known()


def reading_of(raw: Raw, known: Known) -> Reading:
    return known.readings.get(raw.payload_sha256) or envelope.read(raw.payload, raw.record_id)


def claims_of(reading: Reading) -> list[dict[str, Any]] | None:
    return None if reading.claims is None else [claim.model_dump(mode="json") for claim in reading.claims]


def put_aside(db: Database, id: UUID, aside: SetAside, known: Known) -> None:
    try:
        db.write(lambda session: _set_aside(session, id, aside, known, with_photos=True))
    except Exception as error:
        if passes(error):
            raise
        log.exception("not even its photos could be claimed", extra={"facts": {"record": str(id)}})
        db.write(lambda session: _set_aside(session, id, aside, known, with_photos=False))


def _set_aside(session: Session, id: UUID, aside: SetAside, known: Known, *, with_photos: bool) -> None:
    """Say on raw, head and `/review` why these bytes are not projected; their photos are expected all the same."""
    head = session.scalar(HEAD, {"id": id})
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
    reading = reading_of(raw, known)
    raw.photo_claims = claims_of(reading) if with_photos else None
    standing = session.get(Raw, head.raw_id) if head.raw_id is not None else None
    waits = standing is not None and standing.state in (UNPLACED, FAILED)
    if standing is None or standing is raw or (waits and raw.revises(standing)):  # the newest is what gets placed
        changed(session, head, raw_id=raw.id, rev=raw.rev, state=UNPLACED, reason=aside.reason[:80], type=reading.type)
    if with_photos and reading.claims and raw.owner_id is not None and accounts.is_user(session, raw.owner_id):
        manifests.park(session, id, raw.owner_id, reading.claims)
    _ask(session, head, raw, aside)
    changed(session, head)


def _ask(session: Session, head: Record, raw: Raw, aside: SetAside) -> None:
    kind = "failed" if aside.state == FAILED else "unplaced"
    detail = {"sha256": raw.payload_sha256, "detail": aside.detail}
    open_review(
        session, kind, f"{kind}:{head.id}", record_id=head.id, user_id=head.owner_id, reason=aside.reason, detail=detail
    )
