"""Milestones (时间节点) that a visit says its project has reached. Each is an entry of its own on the timeline.

What a milestone says stays in the visit's row and follows its fold; the timeline knows ids and kinds only.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.core.payload import OFFICE
from fieldapp.timeline import actions as timeline
from fieldapp.timeline.models import Entry
from fieldapp.visits.links import Linked
from fieldapp.visits.models import Visit

KIND = "milestone"
NOON = time(12)  # of a day whose hour nobody knows

Said = Mapping[str, Any]  # body.Milestone as the visit's row keeps it


def ref_of(visit_id: UUID, node: str) -> UUID:
    """What a timeline calls it: of this visit and no other, whatever a phone may say."""
    return uuid5(visit_id, node)


def reached_at(one: Said, occurred_at: datetime, received_at: datetime) -> datetime:
    """The visit's own time where it was reached that day; noon of another day, never later than it was told."""
    on = date.fromisoformat(one["on"]) if one.get("on") else None
    if on is None or on == occurred_at.astimezone(OFFICE).date():
        return occurred_at
    return min(datetime.combine(on, NOON, OFFICE).astimezone(received_at.tzinfo), received_at)


def show(
    session: Session, id: UUID, actor: UUID, said: Sequence[Said], main: Linked | None, *,
    occurred_at: datetime, received_at: datetime,
) -> None:  # fmt: skip
    """Put the milestones of a visit on the timelines of its main project."""
    if main is None:
        return
    for one in said:
        timeline.append(
            session, projects=[main.id], enterprises=[main.enterprise_id], kind=KIND, subkind=one["node"],
            occurred_at=reached_at(one, occurred_at, received_at), received_at=received_at, actor_id=actor,
            ref=ref_of(id, one["node"]), parent=id,
        )  # fmt: skip


def follow(session: Session, visit: Visit, main: Linked | None, before: Collection[UUID], at: datetime) -> None:
    """After a supplement or a revision: the entries show what the visit says now, where it is linked now."""
    session.flush()
    said = {ref_of(visit.id, one["node"]): one for one in reversed(visit.milestones)}
    shown = select(Entry.ref).where(Entry.project_id.in_(list(before)), Entry.kind == KIND, Entry.parent == visit.id)
    known = set(session.scalars(shown))
    when = {"occurred_at": visit.occurred_at, "received_at": visit.received_at}
    show(session, visit.id, visit.owner_id, visit.milestones, main, **when)
    for ref in known | set(said):
        here = [main] if main is not None and ref in said else []
        timeline.settle(
            session,
            KIND,
            ref,
            projects=[one.id for one in here],
            enterprises=[one.enterprise_id for one in here],
            at=at,
        )
        if ref in said:
            timeline.amend(session, KIND, ref, occurred_at=reached_at(said[ref], **when), subkind=said[ref]["node"])
