"""Lines of a timeline that tell how a project gets on: milestones reached, and a stage that a lead has confirmed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.accounts import queries as accounts
from fieldapp.photos.models import Photo
from fieldapp.projects import queries as projects
from fieldapp.projects.models import Project, Stage
from fieldapp.timeline.models import Entry
from fieldapp.visits import milestones, stages
from fieldapp.visits.models import StageSeen, Visit

KINDS = (milestones.KIND, stages.KIND)


@dataclass(frozen=True)
class MilestoneLine:
    """A node that was reached, as the visit says that is told of here."""

    entry: Entry
    visit: Visit
    node: str
    on: date | None
    author: str
    photos: list[Photo]
    template = "milestone"


@dataclass(frozen=True)
class StageLine:
    """A lead has confirmed that the project is in another stage."""

    entry: Entry
    seen: StageSeen
    before: Stage
    stage: Stage
    by: str
    template = "stage"


def milestone(entry: Entry, visit: Visit, author: str, shown: Iterable[Photo]) -> MilestoneLine | None:
    """None: the visit says so no longer."""
    said = next((one for one in visit.milestones if milestones.ref_of(visit.id, one["node"]) == entry.ref), None)
    if said is None:
        return None
    on = date.fromisoformat(said["on"]) if said.get("on") else None
    return MilestoneLine(entry, visit, said["node"], on, author, photos_of(said, shown))


def photos_of(said: Mapping[str, Any], shown: Iterable[Photo]) -> list[Photo]:
    """The photo that proves it, if this person may see it."""
    return [photo for photo in shown if str(photo.id) == said.get("photo")]


def stage_lines(session: Session, entries: Sequence[Entry]) -> dict[UUID, StageLine]:
    """Keyed by their entry; three statements however many, none where there are none."""
    if not entries:
        return {}
    seen = {one.id: one for one in session.scalars(select(StageSeen).where(StageSeen.id.in_([e.ref for e in entries])))}
    known = {stage.code: stage for stage in projects.stages(session)}
    names = accounts.names(session, {entry.actor_id for entry in entries if entry.actor_id})
    return {
        entry.id: StageLine(
            entry, seen[entry.ref], known[seen[entry.ref].before], known[seen[entry.ref].stage],
            names.get(entry.actor_id, "") if entry.actor_id else "",
        )
        for entry in entries if entry.ref in seen
    }  # fmt: skip


@dataclass(frozen=True)
class StageCard:
    """What an officer saw, for the lead who decides on it."""

    seen: StageSeen
    visit: Visit
    project: Project
    before: Stage
    stage: Stage
    author: str


def stage_cards(session: Session, found: Sequence[stages.Waiting]) -> list[StageCard]:
    """With the words that a page needs; three statements however many, none where there are none."""
    if not found:
        return []
    known = {stage.code: stage for stage in projects.stages(session)}
    linked = projects.by_ids(session, {one.seen.project_id for one in found})
    names = accounts.names(session, {one.visit.owner_id for one in found})
    return [
        StageCard(
            one.seen, one.visit, linked[one.seen.project_id], known[linked[one.seen.project_id].stage],
            known[one.seen.stage], names.get(one.visit.owner_id, ""),
        )
        for one in found
    ]  # fmt: skip
