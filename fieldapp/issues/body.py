"""An issue event as a phone sends it: inside a visit's body, or as the body of a record of its own."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from fieldapp.core.payload import Code, Line, Moment, Payload, Position, Text


class IssueEvent(Payload):
    """One event of an issue: inside a visit's body, or as the body of a record of its own."""

    id: UUID
    issue: UUID
    type: Code = Field(description="opened, progress, solved, no_change, ... ; others are kept as not_applied")
    base: UUID | None = Field(default=None, description="the last event of this issue that the author had seen")
    occurred_at: Moment | None = None
    photos: list[UUID] = Field(default_factory=list, description="ids from this record's manifest")
    text: Text = ""
    # what `opened` says
    title: Line = ""
    nature: Literal["request", "inquiry", "suggestion", "complaint", "found"] = "request"
    category: Code = ""
    urgency: Literal["normal", "urgent", "critical"] = "normal"
    channel: Code = "visit"
    raised_by: Line = ""
    enterprise_deadline: Moment | None = None
    lead_unit: UUID | None = None
    assisting_units: list[UUID] = Field(default_factory=list)
    enterprises: list[UUID] = Field(default_factory=list)
    projects: list[UUID] = Field(default_factory=list)
    pin: Position | None = None
    place: Line = ""
    sensitive: bool = False
    reason: Text = ""
