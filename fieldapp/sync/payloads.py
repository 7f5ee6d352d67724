"""What a phone sends: the envelope of every record, and the receipt it gets (docs/sync-protocol.md 2).

These models are the published shape (`/api/v1/openapi.json` is made from them) and the reading side of the raw bytes.
Reading is lenient on purpose: a record that does not fit is stored and goes to `/review`, it is never refused
(docs/sync-protocol.md 5), and unknown fields are ignored here because the raw bytes keep them.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from fieldapp.core.payload import Count, Line, Moment, Payload, Sha256
from fieldapp.issues.body import IssueEvent
from fieldapp.photos.body import PhotoClaim
from fieldapp.visits.body import FollowUpAct, SupplementBody, VisitBody

SCHEMA = 1
MAX_RAW_BYTES = 1_000_000


class Envelope(Payload):
    """The outside of every record."""

    id: UUID
    type: Literal["visit", "supplement", "issue_event", "follow_up"]
    schema_: int = Field(alias="schema", ge=1, le=2**31 - 1)
    rev: int = Field(default=1, ge=1, le=2**31 - 1)
    replaces: Sha256 | None = None
    owner: UUID
    device: UUID | None = None
    seq: int | None = Field(default=None, ge=1, le=2**31 - 1)
    occurred_at: Moment
    recorded_at: Moment
    clock_offset_ms: Count | None = Field(default=None, description="server clock minus phone clock")
    clock_measured_at: Moment | None = Field(default=None, description="by the phone's own clock")
    app_version: Line = ""
    photos: list[PhotoClaim] = Field(default_factory=list)


class SentVisit(VisitBody):
    """A visit's body as it travels: with the issues opened or updated on the spot."""

    issue_events: list[IssueEvent] = Field(default_factory=list)


class VisitRecord(Envelope):
    body: SentVisit


class SupplementRecord(Envelope):
    body: SupplementBody


class IssueEventRecord(Envelope):
    body: IssueEvent


class FollowUpRecord(Envelope):
    body: FollowUpAct


class PhotoReceipt(Payload):
    id: UUID
    state: Literal["wanted", "partial", "stored", "unreadable", "refused", "withdrawn"]
    reason: str | None = None


class Receipt(Payload):
    """What every answer to a record's PUT carries, and the last answer of an upload (header `Fieldapp-Receipt`)."""

    id: UUID
    payload_sha256: str
    server_epoch: str
    state: Literal["placed", "unfiled", "unplaced", "held", "not_applied", "variant"]
    needs_review: bool = False
    photos: list[PhotoReceipt] | Literal["unknown"]
    complete: bool
    number: str | None = None
    issue_numbers: dict[UUID, str] = Field(default_factory=dict)
    reason: str | None = None
    received_at: datetime
    server_time: datetime
