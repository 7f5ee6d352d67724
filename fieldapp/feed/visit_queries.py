"""All of a visit, for its page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.accounts import queries as accounts
from fieldapp.accounts.models import Unit
from fieldapp.accounts.policy import Person
from fieldapp.feed.timeline_queries import strips
from fieldapp.issues import queries as issues
from fieldapp.issues.models import Issue
from fieldapp.photos import policy as photos_policy
from fieldapp.photos import queries as photos
from fieldapp.photos.models import STORED, WITHDRAWN, Photo
from fieldapp.projects import policy as projects_policy
from fieldapp.projects import queries as projects
from fieldapp.projects.models import Enterprise, Programme, Project, Stage
from fieldapp.visits import policy as visits_policy
from fieldapp.visits import queries as visits
from fieldapp.visits.models import Supplement, Visit, VisitKind

# Of a position the page tells its distance; the raw numbers are in the record.
UNSAID = ("lat", "lng", "position_raw", "position_crs", "position_age_ms")


@dataclass(frozen=True)
class Said:
    """A supplement, who said it and with which photos."""

    supplement: Supplement
    author: str
    photos: list[Photo]


@dataclass(frozen=True)
class Original:
    """What a supplement replaced: for each field, the words before."""

    supplement: Supplement
    author: str
    before: dict[str, Any]


@dataclass(frozen=True)
class VisitPage:
    visit: Visit
    kind: VisitKind
    author: str
    participants: list[str]
    projects: list[Project]  # the main one first
    openable: set[UUID]  # of the projects
    enterprises: list[Enterprise]
    programmes: list[str]
    stage: Stage | None
    photos: list[Photo]
    issues: list[tuple[Issue, str]]  # and what the visit said of it: opened, progress, ...
    units: dict[UUID, Unit]
    said: list[Said]
    originals: list[Original]
    purged: list[Photo]  # of which only the hash is left
    own_photos: list[Photo]  # those that this person may take back
    may_add: bool
    may_correct: bool
    may_move: bool
    may_withdraw: bool
    may_void: bool

    @property
    def main(self) -> Project | None:
        return self.projects[0] if self.projects else None


def visit_page(session: Session, person: Person, visit: Visit, *, zone_readable: bool) -> VisitPage:
    """All of a visit, as far as this person may see it."""
    said = visits.supplements(session, [visit.id]).get(visit.id, [])
    names = accounts.names(
        session, {visit.owner_id, *(one.owner_id for one in said), *(one.user_id for one in visit.participants)}
    )
    linked = projects.by_ids(session, [link.project_id for link in visit.projects])
    ordered = [linked[link.project_id] for link in visit.projects if link.project_id in linked]
    told = issues.events_of_record(session, visit.id)
    seen = issues.issues_of(session, person, [event.issue_id for event in told], zone_readable=zone_readable)
    of_said = strips(session, person, "supplement", [one.id for one in said])
    used = photos.used_by(session, "visit", [visit.id])[visit.id]
    said_with = photos.used_by(session, "supplement", [one.id for one in said])
    return VisitPage(
        visit=visit,
        kind=session.get_one(VisitKind, visit.kind),
        author=names.get(visit.owner_id, ""),
        participants=sorted(names[one.user_id] for one in visit.participants if one.user_id in names),
        projects=ordered,
        openable=projects.visible_ids(session, person, linked, zone_readable=zone_readable),
        enterprises=enterprises_of(session, person, visit, ordered, zone_readable=zone_readable),
        programmes=_programme_names(session, visit.programmes),
        stage=session.get(Stage, visit.stage) if visit.stage else None,
        photos=_shown_or_awaited(session, person, visit, used),
        issues=[(seen[event.issue_id], event.type) for event in told if event.issue_id in seen and event.applied],
        units={unit.id: unit for unit in accounts.units(session)},
        said=[Said(one, names.get(one.owner_id, ""), of_said[one.id].shown) for one in said],
        originals=_originals(session, person, said, names, zone_readable=zone_readable),
        purged=[one for one in used if one.purged_at is not None and (not one.sensitive or one.owner_id == person.id)],
        own_photos=_own_photos(person, [*used, *(p for photos_of in said_with.values() for p in photos_of)]),
        may_add=visits_policy.may_add(person, is_readable=True) and visit.withdrawn_at is None,
        may_correct=visits_policy.may_amend(person, visit) and visit.withdrawn_at is None,
        may_move=visits_policy.may_move(person, visit) and visit.withdrawn_at is None,
        may_withdraw=visits_policy.may_amend(person, visit) and visit.withdrawn_at is None,
        may_void=visits_policy.may_void(person, visit) and visit.withdrawn_at is None,
    )


def _originals(
    session: Session, person: Person, said: list[Supplement], names: dict[UUID, str], *, zone_readable: bool
) -> list[Original]:
    """What was replaced, in words. Of projects and enterprises only those that this person may know of."""
    replaced = [one for one in said if one.body.get("before")]
    linked = {UUID(id) for one in replaced for id in one.body["before"].get("projects", [])}
    seen = projects.visible_ids(session, person, linked, zone_readable=zone_readable)
    titles = {str(id): one.title for id, one in projects.by_ids(session, seen).items()}
    at = {UUID(id) for one in replaced for id in one.body["before"].get("enterprises", [])}
    known = Enterprise.id.in_(at), projects_policy.readable_enterprise(person, zone_readable=zone_readable)
    titles |= {str(one.id): one.name for one in session.scalars(select(Enterprise).where(*known))} if at else {}
    return [Original(one, names.get(one.owner_id, ""), _in_words(one.body["before"], titles)) for one in replaced]


def _in_words(before: dict[str, Any], titles: dict[str, str]) -> dict[str, Any]:
    words = {name: value for name, value in before.items() if name not in UNSAID}
    for name in ("projects", "enterprises"):
        if name in words:
            words[name] = [titles[id] for id in words[name] if id in titles]
    if "occurred_at" in words:
        words["occurred_at"] = datetime.fromisoformat(words["occurred_at"])
    return words


def _own_photos(person: Person, used: list[Photo]) -> list[Photo]:
    unique = {photo.id: photo for photo in used}.values()
    return [photo for photo in unique if photo.owner_id == person.id and photo.state != WITHDRAWN]


def _shown_or_awaited(session: Session, person: Person, visit: Visit, used: list[Photo]) -> list[Photo]:
    """What this person may see, and the places of what cannot be shown; a withdrawn photo leaves no place."""
    visible = photos_policy.visible(session, person, used)
    own = visit.owner_id == person.id

    def has_place(photo: Photo) -> bool:
        return photo.state not in (STORED, WITHDRAWN) and (own or not photo.sensitive)

    return [photo for photo in used if photo.id in visible or has_place(photo)]


def enterprises_of(
    session: Session, person: Person, visit: Visit, linked: list[Project], *, zone_readable: bool
) -> list[Enterprise]:
    """Those of its projects, and those that took part beside them, as far as this person may know of them."""
    own = list(dict.fromkeys(project.enterprise for project in linked))
    further = [one.enterprise_id for one in visit.enterprises]
    if not further:
        return own
    known = projects_policy.readable_enterprise(person, zone_readable=zone_readable)
    query = select(Enterprise).where(Enterprise.id.in_(further), known).order_by(Enterprise.name)
    return [*own, *(one for one in session.scalars(query) if one not in own)]


def _programme_names(session: Session, codes: list[str]) -> list[str]:
    if not codes:
        return []
    query = select(Programme).where(Programme.code.in_(codes)).order_by(Programme.order, Programme.code)
    known = {one.code: one.name for one in session.scalars(query)}
    return [known.get(code, code) for code in codes]


def accuracy_code(metres: float | None) -> str:
    """In words: precise, usable, poor, unreliable; empty where the phone did not say."""
    if metres is None:
        return ""
    return next(
        (code for code, most in (("precise", 15), ("usable", 50), ("poor", 200)) if metres <= most), "unreliable"
    )
