"""The receipt: what the server says it holds of a record (docs/sync-protocol.md 6). Given only after the commit."""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from fieldapp.core import clock
from fieldapp.core.fixed import Fixed
from fieldapp.core.models import Fact
from fieldapp.issues.models import Issue, IssueEvent
from fieldapp.photos import queries as photos
from fieldapp.photos.body import PhotoClaim
from fieldapp.photos.models import Photo
from fieldapp.photos.queries import PhotoState
from fieldapp.sync import envelope
from fieldapp.sync.models import NOT_APPLIED, PLACED, RECEIVED, UNFILED, UNPLACED, VARIANT, Raw, Record
from fieldapp.sync.payloads import PhotoReceipt, Receipt
from fieldapp.visits.models import Visit

PENDING = "pending"
_MANIFEST = TypeAdapter(list[PhotoClaim])
_EPOCH = select(Fact.value).where(Fact.name == "server_epoch").scalar_subquery()
_SERVER_EPOCH = Fixed(select(_EPOCH.label("epoch")))


def server_epoch(session: Session) -> str:
    """Random, new at init and at every restore."""
    return _SERVER_EPOCH.scalar(session) or ""


_OF_RECORD = (
    select(
        Record.id, Record.type, Record.state, Record.reason, Record.needs_review, Record.raw_id,
        Raw.id.label("raw"), Raw.payload_sha256, Raw.state.label("raw_state"), Raw.reason.label("raw_reason"),
        Raw.photo_claims, Raw.received_at, Raw.owner_id, Raw.sender_id, Visit.number, _EPOCH.label("epoch"),
        exists().where(Photo.record_id == Record.id).label("has_photos"),
        exists().where(Issue.visit_id == Record.id).label("has_issues"),
    )
    .join(Raw, Raw.record_id == Record.id)
    .outerjoin(Visit, Visit.id == Record.id)
    .where(Record.id == bindparam("id"))
    .order_by(Raw.id.desc())
    .limit(1)
)  # fmt: skip
_OF_NEWEST = Fixed(_OF_RECORD)
_OF_BYTES = Fixed(_OF_RECORD.where(Raw.payload_sha256 == bindparam("sha256")))


def receipt_for(session: Session, record_id: UUID, sha256: str | None = None) -> Receipt:
    """The receipt of these bytes; without a hash, of the newest that came under this id. Raises LookupError."""
    if sha256 is None:
        row = _OF_NEWEST.first(session, id=record_id)
    else:
        row = _OF_BYTES.first(session, id=record_id, sha256=sha256)
    if row is None:
        raise LookupError(record_id)
    return _receipt(session, row)


def _receipt(session: Session, row: Any) -> Receipt:
    state, reason = _state_of(row)
    lines = _photos_of(session, row)
    shown: list[PhotoReceipt] | Literal["unknown"] = "unknown"
    if lines is not None:
        shown = [PhotoReceipt.model_validate(line, from_attributes=True) for line in lines]
    number, of_issues = _numbers_of(session, row) if state in (PLACED, UNFILED) else (None, {})
    return Receipt.model_construct(
        id=row.id,
        payload_sha256=row.payload_sha256,
        server_epoch=row.epoch or "",
        state=state,  # type: ignore[arg-type]  # words of the table; `Receipt` names each
        needs_review=row.needs_review,
        photos=shown,
        complete=lines is not None and all(p.settled for p in lines),
        number=number,
        issue_numbers=of_issues,
        reason=reason or None,
        received_at=row.received_at,
        server_time=clock.now(),
    )


_OPENED_IN = Fixed(select(Issue.id, Issue.number).where(Issue.visit_id == bindparam("visit")))
_OF_EVENT = Fixed(
    select(Issue.id, Issue.number)
    .join(IssueEvent, IssueEvent.issue_id == Issue.id)
    .where(IssueEvent.id == bindparam("event"))
)


def _numbers_of(session: Session, row: Any) -> tuple[str | None, dict[UUID, str]]:
    """The record's own number, and those of the issues that it opened: a phone tells them to a restored server."""
    if row.type == "issue_event":
        issue = _OF_EVENT.first(session, event=row.id)
        return (issue.number, {issue.id: issue.number}) if issue is not None and issue.number else (None, {})
    issues = _OPENED_IN.rows(session, visit=row.id) if row.has_issues else []
    return row.number, {issue.id: issue.number for issue in issues if issue.number}


def _state_of(row: Any) -> tuple[str, str]:
    """What these very bytes are, which is not always what their record is."""
    if row.raw_state == RECEIVED:
        return UNPLACED, PENDING
    if row.raw_state == "failed":
        return UNPLACED, row.raw_reason.partition(":")[0]
    if row.raw_state == VARIANT:
        return VARIANT, ""
    if row.raw_state == UNPLACED and row.raw_id != row.raw:
        return UNPLACED, row.raw_reason.partition(":")[0]
    return row.state, row.reason if row.state in (UNPLACED, NOT_APPLIED) else ""


def _photos_of(session: Session, row: Any) -> Sequence[PhotoState] | None:
    # Claims stand beside a judged record whose rows do not tell: it lists another's photo, or was not chosen.
    if row.raw_state in ("projected", "earlier", "held") and row.photo_claims is None:
        return photos.receipt_of(session, row.id) if row.has_photos else []
    claims = _claims_of(session, row)
    if claims is None:
        return None
    return photos.receipt_of_claims(session, row.owner_id or row.sender_id, claims) if claims else []


def _claims_of(session: Session, row: Any) -> list[PhotoClaim] | None:
    if row.raw_state == RECEIVED:  # nothing was judged yet: the bytes themselves say
        payload = session.scalar(select(Raw.payload).where(Raw.id == row.raw))
        return envelope.read(payload, row.id).claims if payload is not None else None
    return None if row.photo_claims is None else _MANIFEST.validate_python(row.photo_claims)
