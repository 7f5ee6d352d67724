"""An event as it comes: what carries it, what it says of its issue, and what became of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from fieldapp.accounts.models import Unit
from fieldapp.core.db import table_of
from fieldapp.issues import body
from fieldapp.issues.models import Category
from fieldapp.projects.coordinates import to_wgs84
from fieldapp.projects.enterprise_queries import standing
from fieldapp.projects.models import Enterprise


@dataclass(frozen=True)
class Source:
    """The record that carries an event: a visit, or an event record of its own."""

    record_id: UUID
    occurred_at: datetime
    received_at: datetime
    visit_id: UUID | None = None
    project_ids: tuple[UUID, ...] = ()  # of the visit: what an issue opened in it belongs to unless it says otherwise
    enterprise_ids: tuple[UUID, ...] = ()
    photo_ids: frozenset[UUID] = frozenset()  # what its events may show: its manifest, or its author's photos


@dataclass(frozen=True)
class Outcome:
    state: Literal["applied", "held", "not_applied"]
    reason: str = ""


APPLIED, HELD = Outcome("applied"), Outcome("held")


def happened_at(event: body.IssueEvent, source: Source) -> datetime:
    return min(event.occurred_at or source.occurred_at, source.received_at)


def body_of(event: body.IssueEvent) -> dict[str, Any]:
    return event.model_dump(mode="json", exclude_defaults=True, exclude={"id", "issue", "type", "base"})


def described(session: Session, event: body.IssueEvent) -> dict[str, Any]:
    """What the opening event says of the issue. Without a unit the category's is suggested; nothing is dispatched."""
    category = session.get(Category, event.category) if event.category else None
    named = existing(session, Unit, [event.lead_unit] if event.lead_unit else [])
    pin = to_wgs84(event.pin.lat, event.pin.lng, event.pin.crs) if event.pin else None
    return {
        "title": event.title, "description": event.text, "nature": event.nature, "urgency": event.urgency,
        "category": category.code if category else None, "channel": event.channel, "raised_by": event.raised_by,
        "place": event.place, "lat": pin.lat if pin else None, "lng": pin.lng if pin else None,
        "lead_unit_id": named[0] if named else (category.unit_id if category else None),
        "enterprise_deadline": event.enterprise_deadline, "sensitive": event.sensitive,
    }  # fmt: skip


def existing(session: Session, model: type[Any], ids: Iterable[UUID]) -> list[UUID]:
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return []
    if model is Enterprise:  # a phone may know one by an id that was merged since
        stands = standing(session, wanted)
        return list(dict.fromkeys(stands[id] for id in wanted if id in stands))
    found = set(session.scalars(select(model.id).where(model.id.in_(wanted))))
    return [id for id in wanted if id in found]


def insert_rows(session: Session, model: type[Any], rows: list[dict[str, Any]]) -> None:
    if rows:
        session.connection().execute(insert(table_of(model)), rows)
