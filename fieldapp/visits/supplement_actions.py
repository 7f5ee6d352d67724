"""Saying something more about a visit later.

A visit's row is the fold: what was sealed, with its supplements laid over it in the order of their acceptance. What a
supplement replaced is kept in its `body["before"]`, so that the page can show the original (原记录).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from fieldapp.accounts.models import User
from fieldapp.accounts.policy import Person
from fieldapp.core import audit, changes, clock
from fieldapp.core.db import Ending, at_end, new_id
from fieldapp.core.payload import Arrival, CannotPlace, Moment, Payload, Times
from fieldapp.photos import actions as photos
from fieldapp.projects import actions as projects
from fieldapp.projects import enterprise_queries
from fieldapp.projects.models import Project
from fieldapp.timeline import actions as timeline
from fieldapp.visits import follow_up_actions, milestones, policy, queries, stages, words
from fieldapp.visits.body import NextStep, SupplementBody, VisitBody
from fieldapp.visits.columns import FIXED, off_site, said_columns, stood
from fieldapp.visits.joint_actions import join
from fieldapp.visits.links import Linked, Links, link, linked, linked_projects, links_of, now_linked, show
from fieldapp.visits.models import FollowUp, Supplement, Visit, VisitEnterprise, VisitKind, VisitProject


def supplement(
    session: Session, by: Person, arrival: Arrival, body: SupplementBody, *, zone_readable: bool, is_readable: bool
) -> Supplement:
    """Lay a supplement over its visit. Raises CannotPlace where `by` may not, or where it says nothing we can read."""
    visit = session.scalar(select(Visit).where(Visit.id == body.visit).with_for_update().options(*queries.LINKS))
    if visit is None:
        raise CannotPlace("no-such-visit")
    _allow(by, visit, body, is_readable=is_readable)
    before = set(linked_projects(visit))
    if body.type == "move":
        new = [id for id in _wanted(body) if id not in before]  # what it is linked to already, it may keep
        links_of(session, by, new, body.enterprises, zone_readable=zone_readable)  # may they?
    accepted_at = _next_in_turn(session, visit.id, arrival.times.received_at)
    replaced = _apply(session, visit, by.id, body, accepted_at)
    one = Supplement(
        id=arrival.id, visit_id=visit.id, type=body.type, owner_id=by.id, occurred_at=arrival.times.acted,
        received_at=accepted_at, payload_sha256=arrival.payload_sha256,
        body={**body.model_dump(mode="json", exclude_defaults=True), "before": replaced},
    )  # fmt: skip
    session.add(one)
    if body.type == "photo_withdrawn" and body.photo is not None:
        photos.withdraw(session, body.photo, by.id, body.reason or "withdrawn")
    if body.photos:
        photos.use(session, body.photos, "supplement", arrival.id, sensitive=visit.sensitive)
    if body.type == "addition" and visit.withdrawn_at is None:
        follow_up_actions.promise(session, by, one.id, _main_id(visit), body.next_step)
    session.flush()
    _say_again(session, visit, before, arrival.times.received_at)
    _append_supplement(session, visit, one)
    why = {"reason": body.reason[:200]} if body.reason else {}  # of a withdrawal: the auditor sees why
    audit.record(session, by.id, f"visit.{body.type}", "visit", visit.id, supplement=str(arrival.id), **why)
    return one


def _next_in_turn(session: Session, visit_id: UUID, received_at: datetime) -> datetime:
    """The order of acceptance is the order of the fold, for one that waited for its visit too: never before another."""
    last = session.scalar(select(func.max(Supplement.received_at)).where(Supplement.visit_id == visit_id))
    return received_at if last is None or last < received_at else last + timedelta(microseconds=1)


def revise_supplement(session: Session, by: Person, arrival: Arrival, body: SupplementBody) -> None:
    """Say an addition differently. What has changed the visit's row is not taken apart again: CannotPlace."""
    one = session.get_one(Supplement, arrival.id)
    said = body.model_dump(mode="json", exclude_defaults=True)
    if {name: value for name, value in one.body.items() if name != "before"} == said:
        return
    if (one.owner_id, one.visit_id, one.type, "addition") != (by.id, body.visit, body.type, body.type):
        raise CannotPlace("already-said")
    visit = session.scalars(select(Visit).where(Visit.id == one.visit_id).options(*queries.LINKS)).one()
    one.body = {**said, "before": one.body.get("before", {})}
    one.payload_sha256 = arrival.payload_sha256
    photos.unuse(session, "supplement", one.id, keep=body.photos)
    photos.use(session, body.photos, "supplement", one.id, sensitive=visit.sensitive)
    follow_up_actions.promise(session, by, one.id, _main_id(visit), body.next_step, fresh=False)
    words.say_again(session, visit)
    for id in linked_projects(visit):
        projects.touch(session, id)
    audit.record(session, by.id, "visit.supplement_revised", "visit", visit.id, supplement=str(one.id))


def placing_move(session: Session, by: Person, visit_id: UUID, project_id: UUID, *, zone_readable: bool) -> Supplement:
    """A desk (or the author, on a page) links an unfiled visit to a project: a `move` of our own making."""
    now = clock.now()
    arrival = Arrival(new_id(), Times(now, now, now))
    body = SupplementBody(visit=visit_id, type="move", project=project_id)
    return supplement(session, by, arrival, body, zone_readable=zone_readable, is_readable=True)


def _allow(by: Person, visit: Visit, body: SupplementBody, *, is_readable: bool) -> None:
    allowed = {
        "addition": policy.may_add(by, is_readable=is_readable),
        "move": policy.may_move(by, visit),
        "void": policy.may_void(by, visit),
    }.get(body.type, policy.may_amend(by, visit))
    if not allowed:
        raise CannotPlace("not-allowed")


def _wanted(body: SupplementBody) -> list[UUID]:
    return [id for id in (body.project, *body.projects) if id is not None]


def refold(session: Session, id: UUID, before: set[UUID]) -> None:
    """After a revision: lay every supplement over the visit again. `before`: the projects it was linked to."""
    session.flush()
    session.expire_all()
    visit = session.get_one(Visit, id)
    before = before | set(linked_projects(visit))
    for one in queries.supplements(session, [id]).get(id, []):
        said = SupplementBody.model_validate(one.body)
        if said.type != "correction" or said.fields:  # of a position that was let go since nothing is left to say
            _apply(session, visit, one.owner_id, said, one.received_at)
    session.flush()
    _say_again(session, visit, before, visit.received_at)


def _apply(session: Session, visit: Visit, by: UUID, body: SupplementBody, at: datetime) -> dict[str, Any]:
    """Change the visit's row as the supplement of `by`, accepted `at`, says; answer what was there before.

    Supplements that say nothing of the same field come to the same, whichever was first; a withdrawn visit stays so."""
    if body.type == "addition" and body.participants:
        join(session, visit, by, body.participants)
    if body.type == "correction":
        return _correct(session, visit, body.fields)
    if body.type == "move":
        return _move(session, visit, _wanted(body), body.enterprises)
    if body.type in ("withdrawal", "void"):
        visit.withdrawn_at = min(visit.withdrawn_at or at, at)
        session.execute(delete(FollowUp).where(FollowUp.visit_id == visit.id, FollowUp.done_at.is_(None)))
    return {}


class _OccurredAt(Payload):
    """The one column that a correction may change although the body does not carry it."""

    occurred_at: Moment


def _correct(session: Session, visit: Visit, fields: dict[str, Any]) -> dict[str, Any]:
    """Lay the fields of a correction over the visit. Fields we do not know are left alone."""
    known = {name: value for name, value in fields.items() if name in VisitBody.model_fields and name not in FIXED}
    try:
        said = VisitBody.model_validate({"kind": visit.kind, **known})
        when = _OccurredAt.model_validate(fields).occurred_at if "occurred_at" in fields else None
    except ValidationError as error:
        raise CannotPlace("unreadable", str(error.errors()[0]["loc"])) from error
    if not known and when is None:
        raise CannotPlace("unreadable", "no field that can be corrected")
    if session.scalar(select(VisitKind.code).where(VisitKind.code == said.kind)) is None:
        raise CannotPlace("unknown-kind", said.kind)
    new = {name: value for name, value in said_columns(said).items() if name in known}
    if "next_step" in known:
        new |= {name: value for name, value in said_columns(said).items() if name.startswith("next_step")}
    if "position" in known:
        new |= stood(said.position, _main(session, visit), later=visit.later_entry)
    if when is not None:
        new["occurred_at"] = min(when, visit.received_at)
    before = {name: getattr(visit, name) for name in new}
    for name, value in new.items():
        setattr(visit, name, value)
    if "sensitive" in new:
        _mark_photos(session, visit)
    if "next_step" in known and visit.withdrawn_at is None:
        _follow_anew(session, visit, said.next_step)
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in before.items()}


def _mark_photos(session: Session, visit: Visit) -> None:
    photos.mark_sensitive(session, "visit", visit.id, visit.sensitive)
    for id in session.scalars(select(Supplement.id).where(Supplement.visit_id == visit.id)).all():
        photos.mark_sensitive(session, "supplement", id, visit.sensitive)


def _follow_anew(session: Session, visit: Visit, step: NextStep | None) -> None:
    """What is still to be done follows the corrected next step; what was ticked off stays so."""
    still = FollowUp.visit_id == visit.id, FollowUp.done_at.is_(None)
    if step is None or not (step.text.strip() or step.on):
        session.execute(delete(FollowUp).where(*still))
        return
    named = session.get(User, step.by) if step.by else None
    if named is not None:
        visit.next_step_by = named.name
    values = {"text": step.text, "due_on": step.on, **({"owner_id": named.id} if named else {})}
    changed = session.execute(update(FollowUp).where(*still).values(**values).returning(FollowUp.id)).all()
    if not changed and not _ticked_off(session, visit.id, step):
        main = _main(session, visit)
        values = {"owner_id": visit.owner_id, "project_id": main.id if main else None, **values}
        session.add(FollowUp(visit_id=visit.id, **values))


def _ticked_off(session: Session, visit_id: UUID, step: NextStep) -> bool:
    done = select(FollowUp.text, FollowUp.due_on).where(FollowUp.visit_id == visit_id, FollowUp.done_at.is_not(None))
    return (step.text, step.on) in {(row.text, row.due_on) for row in session.execute(done)}


def _main_id(visit: Visit) -> UUID | None:
    return next((link.project_id for link in visit.projects if link.main), None)


def _main(session: Session, visit: Visit) -> Linked | None:
    main = _main_id(visit)
    return linked(session, [main]).get(main) if main else None


def _move(session: Session, visit: Visit, project_ids: Sequence[UUID], enterprises: Sequence[UUID]) -> dict[str, Any]:
    before = {
        "projects": [str(id) for id in linked_projects(visit)],
        "enterprises": [str(link.enterprise_id) for link in visit.enterprises],
    }
    wanted = list(dict.fromkeys(project_ids))
    found = linked(session, wanted)
    kept = list(dict.fromkeys(enterprises))
    links = Links(
        tuple(found[id] for id in wanted if id in found),
        tuple(dict.fromkeys(enterprise_queries.standing(session, kept).values())),
    )
    session.execute(delete(VisitProject).where(VisitProject.visit_id == visit.id))
    session.execute(delete(VisitEnterprise).where(VisitEnterprise.visit_id == visit.id))
    link(session, visit.id, links)
    session.expire(visit, ["projects", "enterprises"])
    visit.state = links.state
    if visit.lat is not None and visit.lng is not None:
        off = off_site((visit.lat, visit.lng), links.main, suspect=visit.position_crs == "wgs84")
        visit.distance_m, visit.datum_doubtful = off["distance_m"], off["datum_doubtful"]
    undone = update(FollowUp).where(FollowUp.visit_id == visit.id, FollowUp.done_at.is_(None))
    session.execute(undone.values(project_id=links.main.id if links.main else None))
    return before


def _say_again(session: Session, visit: Visit, before: set[UUID], at: datetime) -> None:
    """Let timelines, last contact and phones follow the fold."""
    links = now_linked(session, visit)
    words.say_again(session, visit)
    show(session, visit.id, visit.owner_id, visit.occurred_at, visit.received_at, visit.kind, links)
    timeline.amend(session, "visit", visit.id, occurred_at=visit.occurred_at, subkind=visit.kind)
    timeline.settle(session, "visit", visit.id, projects=links.project_ids, enterprises=links.all_enterprises, at=at)
    milestones.follow(session, visit, links.main, before | set(links.project_ids), at)
    stages.see(session, visit.id, visit.stage, links.main, counts=visit.withdrawn_at is None)
    for id in before | set(links.project_ids):
        projects.touch(session, id)
        at_end(session, Ending.PROJECT_VERSION, f"{id}:contact", partial(_recontact, id))
        changes.note(session, "project", id)


def _recontact(project_id: UUID, session: Session) -> None:
    latest = queries.last_contact(session, project_id)
    session.execute(update(Project).where(Project.id == project_id).values(last_contact_at=latest))


def _append_supplement(session: Session, visit: Visit, one: Supplement) -> None:
    links = now_linked(session, visit)
    timeline.append(
        session, projects=links.project_ids, enterprises=links.all_enterprises, occurred_at=one.occurred_at,
        received_at=one.received_at, kind="supplement", subkind=one.type, actor_id=one.owner_id, ref=one.id,
        parent=visit.id,
    )  # fmt: skip
