"""The stage that officers see on site, and what a lead makes of it. A project's stage changes here only."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select, update
from sqlalchemy.orm import Session

from fieldapp.accounts.policy import Person
from fieldapp.core import audit, clock
from fieldapp.projects import actions as projects
from fieldapp.projects import policy as projects_policy
from fieldapp.projects.models import Project, Stage
from fieldapp.timeline import actions as timeline
from fieldapp.visits import policy
from fieldapp.visits.links import Linked
from fieldapp.visits.models import StageSeen, Visit

KIND = "stage"
CONFIRMED, LEFT, SUPERSEDED = "confirmed", "left", "superseded"


@dataclass(frozen=True)
class Waiting:
    """A stage that was seen and that nobody has decided on, with its visit."""

    seen: StageSeen
    visit: Visit


def see(session: Session, visit_id: UUID, stage: str, main: Linked | None, *, counts: bool = True) -> None:
    """A visit says in which stage its project is. What a lead has decided on stays decided."""
    known = session.scalar(select(StageSeen).where(StageSeen.visit_id == visit_id))
    if known is not None and known.decided_at is not None:
        return
    if main is None or not counts or stage in ("", main.stage) or session.get(Stage, stage) is None:
        if known is not None:
            session.delete(known)
        return
    if known is None:
        occurred_at = session.scalars(select(Visit.occurred_at).where(Visit.id == visit_id)).one()
        known = StageSeen(visit_id=visit_id, seen_at=occurred_at)
        session.add(known)
    known.project_id, known.before, known.stage = main.id, main.stage, stage


def waiting(
    session: Session, person: Person, *, zone_readable: bool, limit: int, project_id: UUID | None = None
) -> list[Waiting]:
    """What this person may decide on, the newest first."""
    query = (
        select(StageSeen, Visit)
        .join(Visit, Visit.id == StageSeen.visit_id)
        .where(StageSeen.decided_at.is_(None), _theirs(person), policy.readable(person, zone_readable=zone_readable))
        .order_by(StageSeen.seen_at.desc(), StageSeen.id.desc())
        .limit(limit)
    )
    if project_id is not None:
        query = query.where(StageSeen.project_id == project_id)
    return [Waiting(seen, visit) for seen, visit in session.execute(query)]


def _theirs(person: Person) -> ColumnElement[bool]:
    """A lead decides on what their team has seen, and on the projects that they serve."""
    if not person.is_lead:
        return false()
    served = select(Project.id).where(projects_policy.assigned(person))
    return or_(Visit.team_id.in_(person.led_team_ids), StageSeen.project_id.in_(served))


def confirm(session: Session, by: Person, id: UUID, *, zone_readable: bool) -> StageSeen | None:
    """The project is in that stage from now on. None: there is no such thing for `by`. Twice is as good as once."""
    seen = _to_decide(session, by, id, zone_readable)
    if seen is None or seen.decided_at is not None:
        return seen
    _decide(seen, by, CONFIRMED)
    older = update(StageSeen).where(StageSeen.project_id == seen.project_id, StageSeen.decided_at.is_(None))
    older = older.where(StageSeen.id != seen.id, StageSeen.seen_at <= seen.seen_at)
    session.execute(older.values(decided_at=seen.decided_at, decided_by=by.id, decision=SUPERSEDED))
    was = projects.enter_stage(session, seen.project_id, seen.stage)
    now = clock.now()
    timeline.append(
        session, projects=[seen.project_id], enterprises=[was.enterprise_id], occurred_at=now, received_at=now,
        kind=KIND, subkind=seen.stage, actor_id=by.id, ref=seen.id, parent=seen.visit_id,
    )  # fmt: skip
    audit.record(
        session, by.id, "project.stage_confirmed", "project", seen.project_id, visit=str(seen.visit_id),
        before=was.stage, stage=seen.stage,
    )  # fmt: skip
    return seen


def leave(session: Session, by: Person, id: UUID, *, zone_readable: bool) -> StageSeen | None:
    """The project stays in the stage on record."""
    seen = _to_decide(session, by, id, zone_readable)
    if seen is None or seen.decided_at is not None:
        return seen
    _decide(seen, by, LEFT)
    projects.touch(session, seen.project_id)
    audit.record(
        session, by.id, "project.stage_left", "project", seen.project_id, visit=str(seen.visit_id), stage=seen.stage
    )
    return seen


def _decide(seen: StageSeen, by: Person, decision: str) -> None:
    seen.decided_at, seen.decided_by, seen.decision = clock.now(), by.id, decision


def _to_decide(session: Session, by: Person, id: UUID, zone_readable: bool) -> StageSeen | None:
    may = select(StageSeen.id).join(Visit, Visit.id == StageSeen.visit_id).where(StageSeen.id == id, _theirs(by))
    if session.scalar(may.where(policy.readable(by, zone_readable=zone_readable))) is None:
        return None
    return session.scalar(select(StageSeen).where(StageSeen.id == id).with_for_update())
