"""What a visit, and a supplement to it, say: the bodies of schema 1 (docs/sync-protocol.md 3).

`issue_events` of a visit are read by `issues.body`; they travel inside the visit and are projected with it.
"""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from fieldapp.core.payload import Code, Line, Moment, Payload, Position, Text


class NextStep(Payload):
    """A follow-up (待跟进): personal, never an issue."""

    text: Text = ""
    on: date | None = None
    by: UUID | None = Field(default=None, description="the officer who will do it; the author if absent")
    by_name: Line = ""


class Met(Payload):
    name: Line = ""
    title: Line = ""
    # A number stands with the contact, where who may see it is asked each time: a visit's columns never hold it.
    phone: Line = Field(default="", exclude=True, description="of somebody to be added to the contacts")
    contact: UUID | None = Field(default=None, description="a contact; with a phone, and unknown here: a new one's id")


class Outside(Payload):
    """A unit or person from outside who took part."""

    unit: Line = ""
    name: Line = ""


class Milestone(Payload):
    """A node (时间节点) that the project has reached: its own entry on the timeline. Each node once a visit."""

    node: Code = Field(description="permit, ground_breaking, topping_out, equipment, completion, trial, production")
    on: date | None = Field(default=None, description="the day it was reached; that of the visit if absent")
    photo: UUID | None = Field(default=None, description="from this record's manifest")


class Asked(Payload):
    """A question of the list and its answer, in words: the list may change, what was asked does not."""

    question: Code = ""
    text: Line = ""
    answer: Text = ""


class VisitBody(Payload):
    kind: Code
    project: UUID | None = Field(default=None, description="the main project; none yet = to be filed (待归档)")
    projects: list[UUID] = Field(default_factory=list, description="further projects")
    enterprises: list[UUID] = Field(default_factory=list, description="enterprises apart from those of the projects")
    typed_project: Line = Field(default="", description="a name typed where no project could be chosen")
    said_when: Literal["now", "just_now", "this_morning", "this_afternoon", "yesterday", "time"] = "now"
    ended_at: Moment | None = Field(default=None, description="of a watch (值守) that has an end")
    content: Text = ""
    progress: Text = ""
    needs: Text = ""
    problems: Text = ""
    answers: Text = ""
    stage: Code = Field(default="", description="the stage the officer saw, where it differs; a lead confirms")
    progress_percent: int | None = Field(default=None, ge=0, le=100)
    milestones: list[Milestone] = Field(default_factory=list, description="of the main project")
    asked: list[Asked] = Field(default_factory=list, description="answers to the questions of the stage")
    met: list[Met] = Field(default_factory=list)
    participants: list[UUID] = Field(default_factory=list, description="officers who took part")
    outside: list[Outside] = Field(default_factory=list)
    programmes: list[Code] = Field(default_factory=list)
    policy_items: list[Line] = Field(default_factory=list)
    next_step: NextStep | None = None
    follow_up: UUID | None = Field(default=None, description="one's own follow-up that this visit answers")
    position: Position | None = None
    position_absent: Code = Field(default="", description="denied, unavailable, timeout, not_asked, indoors, ...")
    photos_absent: Code = Field(default="", description="optional chip: indoors, declined, confidential")
    sensitive: bool = False


class SupplementBody(Payload):
    """Something said later about a visit that has left the phone; `visit` is the target."""

    visit: UUID
    type: Literal["addition", "correction", "move", "withdrawal", "void", "photo_withdrawn"]
    text: Text = ""
    reason: Text = ""
    fields: dict[str, Any] = Field(default_factory=dict, description="of a correction: body field -> new value")
    project: UUID | None = None
    projects: list[UUID] = Field(default_factory=list)
    enterprises: list[UUID] = Field(default_factory=list)
    photo: UUID | None = None
    photos: list[UUID] = Field(default_factory=list)
    participants: list[UUID] = Field(
        default_factory=list, description="of an addition: who took part too; of others than the author, oneself"
    )
    next_step: NextStep | None = Field(default=None, description="of an addition: what whoever says it will do")


class FollowUpAct(Payload):
    """One's own follow-up (待跟进), done by hand or put off: a record of its own, whose id is the act's."""

    follow_up: UUID
    visit: UUID | None = Field(default=None, description="whose next step it is: it is found by that, too")
    type: Literal["done", "put_off"]
    on: date | None = Field(default=None, description="of what is put off: the day")
