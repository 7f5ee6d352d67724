"""How links are found, and what is behind one today."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from fieldapp.accounts import queries as accounts
from fieldapp.accounts.policy import Person, may_sign_in, person_on
from fieldapp.core.paging import Page, by_time
from fieldapp.core.tokens import hashed
from fieldapp.feed import policy
from fieldapp.feed.models import PROJECT, VISIT, Link
from fieldapp.feed.summary_queries import ProjectSummary, Told, project_summary, told
from fieldapp.issues import queries as issues
from fieldapp.issues.models import Issue
from fieldapp.photos.models import Photo
from fieldapp.projects import queries as projects
from fieldapp.projects.models import Project
from fieldapp.visits import queries as visits
from fieldapp.visits.models import Visit

SIZE = 30


@dataclass(frozen=True)
class Behind:
    """What a link shows: a visit with its issues, or a project."""

    link: Link
    maker: Person
    visit: Told | None = None
    issues: tuple[Issue, ...] = ()
    project: ProjectSummary | None = None

    @property
    def photos(self) -> dict[UUID, Photo]:
        shown = [self.visit] if self.visit else self.project.visits if self.project else []
        return {photo.id: photo for one in shown for photo in one.photos}


def visit_to_share(session: Session, person: Person, id: UUID, *, zone_readable: bool) -> Visit | None:
    """The visit, if this person may read it and it may go out."""
    found = visits.visible_visit(session, person, id, zone_readable=zone_readable)
    goes_out = select(Visit.id).where(Visit.id == id, policy.visit_goes_out())
    return found if found is not None and session.scalar(goes_out) is not None else None


def project_to_share(session: Session, person: Person, id: UUID, *, zone_readable: bool) -> Project | None:
    found = projects.visible_project(session, person, id, zone_readable=zone_readable)
    return found if found is not None and policy.project_goes_out(found) else None


def behind(session: Session, token: str, now: datetime, day: date, *, zone_readable: bool) -> Behind | None:
    """What this token opens; None once it has ended, was taken back, or its maker may no longer read that."""
    link = session.scalar(select(Link).where(Link.token_sha256 == hashed(token)))
    if link is None or not link.lives_at(now):
        return None
    account = accounts.account(session, link.maker_id)
    maker = person_on(account, day) if account is not None else None
    if maker is None or not may_sign_in(maker) or not policy.may_make(maker):
        return None
    if link.target_type == VISIT:
        visit = visit_to_share(session, maker, link.target_id, zone_readable=zone_readable)
        if visit is None:
            return None
        said = _issues_of(session, maker, visit, zone_readable)
        return Behind(link, maker, visit=told(session, maker, [visit])[0], issues=said)
    project = project_to_share(session, maker, link.target_id, zone_readable=zone_readable)
    if project is None:
        return None
    return Behind(link, maker, project=project_summary(session, maker, project, zone_readable=zone_readable))


def _issues_of(session: Session, maker: Person, visit: Visit, zone_readable: bool) -> tuple[Issue, ...]:
    opened = session.scalars(select(Issue.id).where(Issue.visit_id == visit.id, policy.issue_goes_out()))
    seen = issues.issues_of(session, maker, opened, zone_readable=zone_readable)
    return tuple(sorted(seen.values(), key=lambda issue: (issue.opened_at, issue.id)))


@dataclass(frozen=True)
class Line:
    link: Link
    maker: str
    title: str


def listed(session: Session, person: Person, *where: ColumnElement[bool], after: str | None = None) -> Page[Line]:
    """Links, newest first, with whose they are and what they show."""
    query = select(Link).where(policy.listed(person), *where)
    found = by_time(session, query, Link.made_at, Link.id, after=after, limit=SIZE)
    return Page(_lines(session, person, found.items), found.next)


def _lines(session: Session, person: Person, links: Sequence[Link]) -> list[Line]:
    names = accounts.names(session, {link.maker_id for link in links})
    titles = {p.id: p.title for p in projects.by_ids(session, _ids(links, PROJECT)).values()}
    numbers = dict(session.execute(select(Visit.id, Visit.number).where(Visit.id.in_(_ids(links, VISIT)))).all())
    return [
        Line(link, names.get(link.maker_id, ""), titles.get(link.target_id) or numbers.get(link.target_id) or "")
        for link in links
    ]


def _ids(links: Sequence[Link], type: str) -> set[UUID]:
    return {link.target_id for link in links if link.target_type == type}
