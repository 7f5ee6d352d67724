"""Logging a visit, and saying something more about it later.

A visit's row is the fold: what was sealed, with its supplements laid over it in the order of their acceptance. What a
supplement replaced is kept in its `body["before"]`, so that the page can show the original (原记录).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from fieldapp.accounts.models import User
from fieldapp.accounts.policy import Person
from fieldapp.core import audit, changes, clock, numbers
from fieldapp.core.db import Ending, at_end, new_id
from fieldapp.core.payload import Arrival, CannotPlace, Moment, Payload, Position, Times
from fieldapp.photos import actions as photos
from fieldapp.projects import actions as projects
from fieldapp.projects import policy as projects_policy
from fieldapp.projects.coordinates import MIX_FROM_M, MIX_TO_M, distance_m, likely_datum_mix, to_wgs84
from fieldapp.projects.models import Enterprise, Project
from fieldapp.timeline import actions as timeline
from fieldapp.visits import policy, queries
from fieldapp.visits.body import SupplementBody, VisitBody
from fieldapp.visits.models import FollowUp, Participant, Supplement, Visit, VisitEnterprise, VisitKind, VisitProject

PLACED, UNFILED = "placed", "unfiled"
SITE_RADIUS_M = 200.0  # within which a point counts as on the site, where no fence says so

VISITS: Table = Visit.__table__  # type: ignore[assignment]
# Built once: every accepted visit runs these, and building a statement costs more than running it.
_INSERT = insert(VISITS)
_INSERT_LINK = insert(VisitProject.__table__)  # type: ignore[arg-type]
_SET_NUMBER = update(VISITS).where(VISITS.c.id == bindparam("visit")).values(number=bindparam("given"))
_KIND = select(VisitKind.code).where(VisitKind.code == bindparam("code"))
_PROJECTS = select(Project).where(Project.id.in_(bindparam("ids", expanding=True)))
SAME = ("content", "progress", "needs", "problems", "answers", "stage", "progress_percent", "programmes",
        "policy_items", "ended_at", "typed_project", "position_absent", "photos_absent", "sensitive")  # fmt: skip
FIXED = {"project", "projects", "enterprises", "participants", "issue_events", "said_when"}  # `move`, or never


@dataclass(frozen=True)
class Links:
    """What a visit is linked to: the main project first. The enterprises are those apart from the projects'."""

    projects: tuple[Project, ...] = ()
    enterprises: tuple[UUID, ...] = ()

    @property
    def main(self) -> Project | None:
        return self.projects[0] if self.projects else None

    @property
    def state(self) -> str:
        return PLACED if self.projects or self.enterprises else UNFILED

    @property
    def project_ids(self) -> list[UUID]:
        return [project.id for project in self.projects]

    @property
    def all_enterprises(self) -> list[UUID]:
        """On whose timelines the visit shows."""
        return list(dict.fromkeys([*(project.enterprise_id for project in self.projects), *self.enterprises]))


def links_of(
    session: Session, person: Person, projects: Sequence[UUID], enterprises: Sequence[UUID], *, zone_readable: bool
) -> Links:
    """These links, if the person may log against each project. Raises CannotPlace: unknown and forbidden read alike."""
    wanted = list(dict.fromkeys(projects))
    found: dict[UUID, Project] = {}
    if wanted:
        found = {p.id: p for p in session.scalars(_PROJECTS, {"ids": wanted})}
        if not all(id in found for id in wanted):
            raise CannotPlace("no-such-project")
        asked = [id for id in wanted if not projects_policy.plainly_visible(person, found[id], zone_readable)]
        seen = _visible_among(session, person, asked, zone_readable) if asked else set()
        for id in wanted:
            if not projects_policy.may_log(person, found[id], is_visible=id in seen or id not in asked):
                raise CannotPlace("no-such-project")
    known: set[UUID] = set()
    if enterprises:
        known = set(session.scalars(select(Enterprise.id).where(Enterprise.id.in_(list(enterprises)))))
    return Links(tuple(found[id] for id in wanted), tuple(id for id in dict.fromkeys(enterprises) if id in known))


def _visible_among(session: Session, person: Person, ids: Sequence[UUID], zone_readable: bool) -> set[UUID]:
    seen = projects_policy.visible(person, zone_readable=zone_readable)
    return set(session.scalars(select(Project.id).where(Project.id.in_(ids), seen)))


# -- logging ----------------------------------------------------------------------------------------------------


def log(session: Session, author: Person, arrival: Arrival, body: VisitBody, links: Links, *, fresh: bool) -> str:
    """Write a visit, or (not `fresh`) its newer revision, onto the timelines of its links; the number comes at the end.

    Returns its state. What lies beside it (photos, issues) is feed.actions.log_visit's."""
    if session.connection().execute(_KIND, {"code": body.kind}).first() is None:
        raise CannotPlace("unknown-kind", body.kind)
    before: set[UUID] = set()
    values = _sealed(author, arrival, body, links)
    if fresh:
        session.connection().execute(_INSERT, {"id": arrival.id, **values})
        at_end(session, Ending.VISIT_NUMBER, str(arrival.id), partial(_number, arrival.id, arrival.times.received_at))
    else:
        before = set(session.scalars(select(VisitProject.project_id).where(VisitProject.visit_id == arrival.id)))
        _clear(session, arrival.id)
        session.execute(update(VISITS).where(VISITS.c.id == arrival.id), values)
    _link(session, arrival.id, links)
    _take_part(session, arrival.id, author.id, body.participants)
    _follow_up(session, author.id, arrival.id, body, links)
    _show(session, arrival.id, author.id, values["occurred_at"], arrival.times.received_at, body.kind, links)
    for id in links.project_ids:
        projects.visited(session, id, values["occurred_at"])
        changes.note(session, "project", id)
    audit.record(session, author.id, "visit.logged" if fresh else "visit.revised", "visit", arrival.id)
    if not fresh:
        _refold(session, arrival.id, before)
    state: str = values["state"]
    return state


def _number(id: UUID, received_at: datetime, session: Session) -> None:
    number = numbers.give(session, numbers.VISIT, id, received_at)
    session.connection().execute(_SET_NUMBER, {"visit": id, "given": number})


def _sealed(author: Person, arrival: Arrival, body: VisitBody, links: Links) -> dict[str, Any]:
    """The visit's row as its author sealed it."""
    times = arrival.times
    occurred_at = times.occurred(body.said_when)
    later = times.later_entry(occurred_at)
    return {
        "owner_id": author.id,
        "team_id": min(author.team_ids, default=None),
        "state": links.state,
        "occurred_at": occurred_at,
        "occurred_said": times.occurred_said,
        "said_when": body.said_when,
        "recorded_at": times.recorded_at,
        "clock_offset_ms": times.clock_offset_ms,
        "received_at": times.received_at,
        "later_entry": later,
        "late_upload": times.late_upload(occurred_at),
        "clock_doubtful": times.clock_doubtful,
        "schema": arrival.schema,
        "rev": arrival.rev,
        "device_id": arrival.device_id,
        "seq": arrival.seq,
        "payload_sha256": arrival.payload_sha256,
        **_said(body),
        **_stood(body.position, links.main, later=later),
    }


def _said(body: VisitBody) -> dict[str, Any]:
    """The columns that say what the body says."""
    step = body.next_step
    return {
        "kind": body.kind,
        **{name: getattr(body, name) for name in SAME},
        "met": [met.model_dump(mode="json", exclude_defaults=True) for met in body.met],
        "outside": [one.model_dump(mode="json", exclude_defaults=True) for one in body.outside],
        "next_step": step.text if step else "",
        "next_step_on": step.on if step else None,
        "next_step_by": step.by_name[:60] if step else "",
    }


def _stood(position: Position | None, main: Project | None, *, later: bool) -> dict[str, Any]:
    """Where the officer stood, in WGS-84, the raw fix beside it. A later entry keeps no fix of its own."""
    names = ("lat", "lng", "accuracy_m", "altitude_m", "position_age_ms", "position_source", "position_crs",
             "position_raw", "distance_m")  # fmt: skip
    if position is None or (later and position.source != "manual"):
        return {**dict.fromkeys(names), "datum_doubtful": False}
    here = to_wgs84(position.lat, position.lng, position.crs)
    raw = {"lat": position.lat, "lng": position.lng, **({"fix": position.raw} if position.raw else {})}
    values = (here.lat, here.lng, position.accuracy_m, position.altitude_m, position.age_ms, position.source,
              position.crs, raw)  # fmt: skip
    return {**dict(zip(names, values, strict=False)), **_off_site(here, main, suspect=position.crs == "wgs84")}


def _off_site(here: tuple[float, float], main: Project | None, *, suspect: bool) -> dict[str, Any]:
    if main is None or main.lat is None or main.lng is None:
        return {"distance_m": None, "datum_doubtful": False}
    site = (main.lat, main.lng)
    off = distance_m(here, site)
    mixed = suspect and MIX_FROM_M <= off <= MIX_TO_M and likely_datum_mix(here, site, SITE_RADIUS_M)
    return {"distance_m": off, "datum_doubtful": mixed}


def _clear(session: Session, id: UUID) -> None:
    """Take away what the earlier revision was linked to. Its number stays."""
    for child in (VisitProject, VisitEnterprise, Participant):
        session.execute(delete(child).where(child.visit_id == id))
    session.execute(delete(FollowUp).where(FollowUp.visit_id == id, FollowUp.done_at.is_(None)))


def _link(session: Session, id: UUID, links: Links) -> None:
    linked = [
        {"visit_id": id, "project_id": project_id, "main": order == 0, "order": order}
        for order, project_id in enumerate(links.project_ids)
    ]
    if linked:
        session.connection().execute(_INSERT_LINK, linked)
    if links.enterprises:
        rows = [{"visit_id": id, "enterprise_id": enterprise} for enterprise in links.enterprises]
        session.connection().execute(insert(VisitEnterprise.__table__), rows)  # type: ignore[arg-type]


def _take_part(session: Session, id: UUID, author_id: UUID, participants: Iterable[UUID]) -> None:
    named = set(participants) - {author_id}
    if named:
        known = session.scalars(select(User.id).where(User.id.in_(named)))
        session.add_all(Participant(visit_id=id, user_id=user_id) for user_id in known)


def _follow_up(session: Session, author_id: UUID, id: UUID, body: VisitBody, links: Links) -> None:
    """待跟进: for the person named, or for the author."""
    step = body.next_step
    if step is None or not (step.text.strip() or step.on):
        return
    named = session.get(User, step.by) if step.by else None
    if named is not None:
        session.execute(update(VISITS).where(VISITS.c.id == id).values(next_step_by=named.name))
    session.add(
        FollowUp(
            owner_id=named.id if named else author_id,
            visit_id=id,
            project_id=links.main.id if links.main else None,
            text=step.text,
            due_on=step.on,
        )
    )


def _show(
    session: Session, id: UUID, actor: UUID, occurred_at: datetime, received_at: datetime, kind: str, links: Links
) -> None:
    timeline.append(
        session,
        projects=links.project_ids,
        enterprises=links.all_enterprises,
        occurred_at=occurred_at,
        received_at=received_at,
        kind="visit",
        subkind=kind,
        actor_id=actor,
        ref=id,
    )


# -- saying more later ------------------------------------------------------------------------------------------


def supplement(
    session: Session, by: Person, arrival: Arrival, body: SupplementBody, *, zone_readable: bool, is_readable: bool
) -> Supplement:
    """Lay a supplement over its visit. Raises CannotPlace where `by` may not, or where it says nothing we can read."""
    visit = session.scalar(select(Visit).where(Visit.id == body.visit).with_for_update().options(*queries.LINKS))
    if visit is None:
        raise CannotPlace("no-such-visit")
    _allow(by, visit, body, is_readable=is_readable)
    before = set(_project_ids(visit))
    if body.type == "move":
        links_of(session, by, _wanted(body), body.enterprises, zone_readable=zone_readable)  # may they?
    replaced = _apply(session, visit, body)
    one = Supplement(
        id=arrival.id, visit_id=visit.id, type=body.type, owner_id=by.id, occurred_at=arrival.times.acted,
        received_at=arrival.times.received_at, payload_sha256=arrival.payload_sha256,
        body={**body.model_dump(mode="json", exclude_defaults=True), "before": replaced},
    )  # fmt: skip
    session.add(one)
    if body.type == "photo_withdrawn" and body.photo is not None:
        photos.withdraw(session, body.photo, by.id, body.reason or "withdrawn")
    if body.photos:
        photos.use(session, body.photos, "supplement", arrival.id, sensitive=visit.sensitive)
    session.flush()
    _say_again(session, visit, before, arrival.times.received_at)
    _append_supplement(session, visit, one)
    audit.record(session, by.id, f"visit.{body.type}", "visit", visit.id, supplement=str(arrival.id))
    return one


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
    for id in _project_ids(visit):
        projects.touch(session, id)
    audit.record(session, by.id, "visit.supplement_revised", "visit", visit.id, supplement=str(one.id))


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


def _project_ids(visit: Visit) -> list[UUID]:
    return [link.project_id for link in visit.projects]


def _refold(session: Session, id: UUID, before: set[UUID]) -> None:
    """After a revision: lay every supplement over the visit again. `before`: the projects it was linked to."""
    session.flush()
    session.expire_all()
    visit = session.get_one(Visit, id)
    before = before | set(_project_ids(visit))
    for one in queries.supplements(session, [id]).get(id, []):
        _apply(session, visit, SupplementBody.model_validate(one.body))
    session.flush()
    _say_again(session, visit, before, visit.received_at)


def _apply(session: Session, visit: Visit, body: SupplementBody) -> dict[str, Any]:
    """Change the visit's row as the supplement says; answer what was there before."""
    if body.type == "correction":
        return _correct(session, visit, body.fields)
    if body.type == "move":
        return _move(session, visit, _wanted(body), body.enterprises)
    if body.type in ("withdrawal", "void"):
        visit.withdrawn_at = visit.withdrawn_at or clock.now()
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
    new = {name: value for name, value in _said(said).items() if name in known}
    if "next_step" in known:
        new |= {name: value for name, value in _said(said).items() if name.startswith("next_step")}
    if "position" in known:
        new |= _stood(said.position, _main(session, visit), later=visit.later_entry)
    if when is not None:
        new["occurred_at"] = min(when, visit.received_at)
    before = {name: getattr(visit, name) for name in new}
    for name, value in new.items():
        setattr(visit, name, value)
    if "sensitive" in new:
        photos.mark_sensitive(session, "visit", visit.id, visit.sensitive)
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in before.items()}


def _main(session: Session, visit: Visit) -> Project | None:
    main = next((link.project_id for link in visit.projects if link.main), None)
    return session.get(Project, main) if main else None


def _move(session: Session, visit: Visit, project_ids: Sequence[UUID], enterprises: Sequence[UUID]) -> dict[str, Any]:
    before = {
        "projects": [str(id) for id in _project_ids(visit)],
        "enterprises": [str(link.enterprise_id) for link in visit.enterprises],
    }
    wanted = list(dict.fromkeys(project_ids))
    found = {p.id: p for p in session.scalars(select(Project).where(Project.id.in_(wanted)))}
    kept = list(dict.fromkeys(enterprises))
    links = Links(
        tuple(found[id] for id in wanted if id in found),
        tuple(session.scalars(select(Enterprise.id).where(Enterprise.id.in_(kept)))),
    )
    session.execute(delete(VisitProject).where(VisitProject.visit_id == visit.id))
    session.execute(delete(VisitEnterprise).where(VisitEnterprise.visit_id == visit.id))
    _link(session, visit.id, links)
    session.expire(visit, ["projects", "enterprises"])
    visit.state = links.state
    if visit.lat is not None and visit.lng is not None:
        off = _off_site((visit.lat, visit.lng), links.main, suspect=visit.position_crs == "wgs84")
        visit.distance_m, visit.datum_doubtful = off["distance_m"], off["datum_doubtful"]
    undone = update(FollowUp).where(FollowUp.visit_id == visit.id, FollowUp.done_at.is_(None))
    session.execute(undone.values(project_id=links.main.id if links.main else None))
    return before


def _now_linked(session: Session, visit: Visit) -> Links:
    found = {p.id: p for p in session.scalars(select(Project).where(Project.id.in_(_project_ids(visit))))}
    return Links(
        tuple(found[link.project_id] for link in visit.projects),
        tuple(link.enterprise_id for link in visit.enterprises),
    )


def _say_again(session: Session, visit: Visit, before: set[UUID], at: datetime) -> None:
    """Let timelines, last contact and phones follow the fold."""
    links = _now_linked(session, visit)
    _show(session, visit.id, visit.owner_id, visit.occurred_at, visit.received_at, visit.kind, links)
    timeline.amend(session, visit.id, occurred_at=visit.occurred_at, subkind=visit.kind)
    timeline.settle(session, visit.id, projects=links.project_ids, enterprises=links.all_enterprises, at=at)
    for id in before | set(links.project_ids):
        projects.touch(session, id)
        at_end(session, Ending.PROJECT_VERSION, f"{id}:contact", partial(_recontact, id))
        changes.note(session, "project", id)


def _recontact(project_id: UUID, session: Session) -> None:
    latest = queries.last_contact(session, project_id)
    session.execute(update(Project).where(Project.id == project_id).values(last_contact_at=latest))


def _append_supplement(session: Session, visit: Visit, one: Supplement) -> None:
    links = _now_linked(session, visit)
    timeline.append(
        session, projects=links.project_ids, enterprises=links.all_enterprises, occurred_at=one.occurred_at,
        received_at=one.received_at, kind="supplement", subkind=one.type, actor_id=one.owner_id, ref=one.id,
        parent=visit.id,
    )  # fmt: skip


# -- follow-ups -------------------------------------------------------------------------------------------------


def tick_off(session: Session, by: Person, id: UUID) -> bool:
    """Mark one's own follow-up as done. False: there is none."""
    mine = session.scalar(select(FollowUp).where(FollowUp.id == id, FollowUp.owner_id == by.id))
    if mine is None:
        return False
    mine.done_at = mine.done_at or clock.now()
    audit.record(session, by.id, "follow_up.done", "follow_up", id)
    return True


def placing_move(session: Session, by: Person, visit_id: UUID, project_id: UUID, *, zone_readable: bool) -> Supplement:
    """A desk (or the author, on a page) links an unfiled visit to a project: a `move` of our own making."""
    now = clock.now()
    arrival = Arrival(new_id(), Times(now, now, now))
    body = SupplementBody(visit=visit_id, type="move", project=project_id)
    return supplement(session, by, arrival, body, zone_readable=zone_readable, is_readable=True)
