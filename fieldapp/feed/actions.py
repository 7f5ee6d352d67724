"""One verb, two doors: a visit with its issues and photos, written in the caller's one transaction.

The phone's records come through sync, the form of `/visits/new` through feed's own view; both end here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, select, union
from sqlalchemy.orm import Session

from fieldapp.accounts.policy import Person
from fieldapp.core.db import Base
from fieldapp.core.fixed import Fixed
from fieldapp.core.payload import Arrival, CannotPlace
from fieldapp.feed import enterprise_actions as enterprises
from fieldapp.issues import actions as issues
from fieldapp.issues import revision_actions as revisions
from fieldapp.issues.body import IssueEvent
from fieldapp.issues.events import Outcome, Source
from fieldapp.issues.models import IssueProject
from fieldapp.photos import actions as photos
from fieldapp.photos import manifest_actions as manifests
from fieldapp.photos.body import PhotoClaim
from fieldapp.photos.models import Photo, PhotoUse
from fieldapp.projects import actions as projects
from fieldapp.projects.models import Project
from fieldapp.visits import actions as visits
from fieldapp.visits import queries as visits_queries
from fieldapp.visits import supplement_actions as supplements
from fieldapp.visits.body import SupplementBody, VisitBody
from fieldapp.visits.links import Links, links_of
from fieldapp.visits.models import Supplement, Visit, VisitEnterprise, VisitProject


@dataclass
class LoggedVisit:
    """What became of a visit, and of what it carries."""

    state: str  # placed, unfiled
    held: list[IssueEvent] = field(default_factory=list)  # their issues are unknown here, or not to be seen
    disputed: list[UUID] = field(default_factory=list)  # issues that a revision dropped and others have acted on
    opened: list[UUID] = field(default_factory=list)


def log_visit(
    session: Session,
    author: Person,
    arrival: Arrival,
    body: VisitBody,
    *,
    issue_events: Sequence[IssueEvent] = (),
    claims: Sequence[PhotoClaim] = (),
    zone_readable: bool,
    fresh: bool = True,
    admitted: bool = False,
) -> LoggedVisit:
    """Visit, issue events, photo rows, timeline entries, follow-up, numbers and audit.

    Not `fresh`: a newer revision of what is here. `admitted`: a person has let it in; it then goes without the
    projects that its author may not log against. Raises CannotPlace before anything is written."""
    if body.typed_project and body.enterprises:
        enterprises.add_named(session, author, body)
    links = _links(session, author, body, issue_events, zone_readable=zone_readable, admitted=admitted)
    state = visits.log(session, author, arrival, body, links, fresh=fresh)
    if body.met or not fresh:
        enterprises.add_met(session, author, arrival.id, body, links, fresh=fresh)
    own: list[UUID] = []
    if claims or not fresh:
        own = manifests.claim(session, arrival.id, author.id, claims, fresh=fresh)
        if not fresh:
            photos.unuse(session, "visit", arrival.id, keep=own)
        # What was corrected since goes on lying over a newer revision.
        sensitive = body.sensitive if fresh else visits_queries.is_sensitive(session, arrival.id)
        photos.use(session, own, "visit", arrival.id, sensitive=sensitive)
    logged = LoggedVisit(state)
    source = _source(arrival, body, links, own)
    if not fresh:
        logged.disputed = revisions.drop_unlisted(session, author, source, {event.id for event in issue_events})
    for event in sorted(issue_events, key=lambda one: one.issue) if len(issue_events) > 1 else issue_events:
        outcome = issues.record_event(session, author, event, source, zone_readable=zone_readable)
        if outcome.state == "held":
            logged.held.append(event)
        elif event.type == "opened" and outcome.state == "applied":
            logged.opened.append(event.issue)
    if not fresh:
        file_issues(session, arrival.id)  # a revision lies under the moves that were said since
    return logged


def _links(
    session: Session,
    author: Person,
    body: VisitBody,
    events: Sequence[IssueEvent],
    *,
    zone_readable: bool,
    admitted: bool,
) -> Links:
    """The visit's links; everything that its author must be allowed to do is checked here, before the first write."""
    if not author.is_staff and not admitted:
        raise CannotPlace("not-allowed")
    main = [id for id in (body.project, *body.projects) if id is not None]
    further = [id for event in events if event.type == "opened" for id in event.projects]
    try:
        everything = links_of(session, author, [*main, *further], body.enterprises, zone_readable=zone_readable)
    except CannotPlace:
        if not admitted:
            raise
        return links_of(session, author, [], body.enterprises, zone_readable=zone_readable)
    wanted = set(main)
    return Links(tuple(p for p in everything.projects if p.id in wanted), everything.enterprises)


def _source(arrival: Arrival, body: VisitBody, links: Links, photo_ids: Collection[UUID]) -> Source:
    return Source(
        record_id=arrival.id,
        visit_id=arrival.id,
        occurred_at=arrival.times.occurred(body.said_when),
        received_at=arrival.times.received_at,
        project_ids=(links.main.id,) if links.main else (),
        enterprise_ids=tuple(links.all_enterprises[:1]) if links.main else links.enterprises,
        photo_ids=frozenset(photo_ids),
    )


def record_issue_event(
    session: Session,
    author: Person,
    arrival: Arrival,
    event: IssueEvent,
    *,
    claims: Sequence[PhotoClaim] = (),
    zone_readable: bool,
    visit_id: UUID | None = None,
    fresh: bool = True,
) -> Outcome:
    """An event outside a visit, or one of a visit that had to wait for its issue (then `visit_id` says which)."""
    if event.type == "opened":
        if not author.is_staff:
            raise CannotPlace("not-allowed")
        links_of(session, author, event.projects, event.enterprises, zone_readable=zone_readable)
    if visit_id is None and (claims or not fresh):
        manifests.claim(session, arrival.id, author.id, claims)
    source = Source(
        record_id=visit_id or arrival.id,
        visit_id=visit_id,
        occurred_at=arrival.times.acted,
        received_at=arrival.times.received_at,
        photo_ids=frozenset(_own_photos(session, author.id, event.photos)),
    )
    return issues.record_event(session, author, event, source, zone_readable=zone_readable)


def supplement_visit(
    session: Session,
    author: Person,
    arrival: Arrival,
    body: SupplementBody,
    *,
    claims: Sequence[PhotoClaim] = (),
    zone_readable: bool,
) -> Supplement | None:
    """Something said later about a visit. None: its visit is unknown here, or not to be seen by `author`; its photos
    are expected all the same, or their phone would let go of them."""
    if claims:
        manifests.claim(session, arrival.id, author.id, claims)
    seen = visits_queries.visible_visit(session, author, body.visit, zone_readable=zone_readable)
    own = session.scalar(select(Visit.owner_id).where(Visit.id == body.visit)) == author.id
    if seen is None and not own:
        return None
    if body.photo is not None and not _may_withdraw(session, author, body.photo):
        raise CannotPlace("not-allowed")
    said = body.model_copy(update={"photos": _own_photos(session, author.id, body.photos)})
    made = supplements.supplement(
        session, author, arrival, said, zone_readable=zone_readable, is_readable=seen is not None
    )
    if said.type == "move":
        file_issues(session, said.visit)
    return made


def file_issues(session: Session, visit_id: UUID) -> None:
    """A visit was linked to a project: what it brought along without one follows; contacts also to an enterprise."""
    main = select(VisitProject.project_id).where(VisitProject.visit_id == visit_id, VisitProject.main)
    project = session.scalar(select(Project).where(Project.id.in_(main)))
    if project is not None:
        revisions.follow_visit(session, visit_id, project)
        enterprises.follow_visit(session, visit_id, project.enterprise_id)
        return
    alone = select(VisitEnterprise.enterprise_id).where(VisitEnterprise.visit_id == visit_id)
    enterprises.follow_visit(session, visit_id, session.scalar(alone.order_by(VisitEnterprise.enterprise_id).limit(1)))


def revise_supplement(
    session: Session, author: Person, arrival: Arrival, body: SupplementBody, *, claims: Sequence[PhotoClaim] = ()
) -> None:
    """A newer revision of what was said about a visit, edited before its phone heard that the older one had come."""
    manifests.claim(session, arrival.id, author.id, claims)
    said = body.model_copy(update={"photos": _own_photos(session, author.id, body.photos)})
    supplements.revise_supplement(session, author, arrival, said)


def withdraw_own_photo(session: Session, author: Person, photo_id: UUID, reason: str) -> bool:
    """A photo's bytes are lost or wrong on the phone, whatever has become of its record. False: it is not theirs."""
    owner = session.scalar(select(Photo.owner_id).where(Photo.id == photo_id))
    if owner != author.id:
        return False
    photos.withdraw(session, photo_id, author.id, reason or "withdrawn")
    return True


def _may_withdraw(session: Session, author: Person, photo_id: UUID) -> bool:
    """One's own photo; or one that never came here, of which the visit then only says so."""
    return session.scalar(select(Photo.owner_id).where(Photo.id == photo_id)) in (author.id, None)


def _own_photos(session: Session, owner_id: UUID, ids: Collection[UUID]) -> list[UUID]:
    """Photos that one may show: one's own. Showing another's would say that they exist."""
    if not ids:
        return []
    return list(session.scalars(select(Photo.id).where(Photo.id.in_(list(ids)), Photo.owner_id == owner_id)))


def _used_by(kind: str, *joins: tuple[type[Base], ColumnElement[bool]], project: Any) -> Select[Any]:
    query = select(project.label("project")).select_from(PhotoUse)
    for target, on in joins:
        query = query.join(target, on)
    return query.where(PhotoUse.photo_id == bindparam("photo"), PhotoUse.user_type == kind)


# The projects on whose timelines a photo shows.
_SHOWN_ON = Fixed(
    union(
        _used_by(
            "visit", (VisitProject, VisitProject.visit_id == PhotoUse.user_id), project=VisitProject.project_id
        ),
        _used_by(
            "supplement", (Supplement, Supplement.id == PhotoUse.user_id),
            (VisitProject, VisitProject.visit_id == Supplement.visit_id), project=VisitProject.project_id,
        ),
        _used_by("issue", (IssueProject, IssueProject.issue_id == PhotoUse.user_id), project=IssueProject.project_id),
    )
)  # fmt: skip


@photos.on_change
def _photos_changed(session: Session, changed: Sequence[Photo]) -> None:
    """A photo arrived, or was withdrawn: the timelines that show it have news."""
    for id in {row.project for photo in changed for row in _SHOWN_ON.rows(session, photo=photo.id)}:
        projects.touch(session, id)
