"""A project, a day or a week in a few lines: for a chat group, or for whoever holds a link.

Everything here leaves the house, so it is read under a person's own policies and, on top of them, without what is
sensitive, withdrawn or before signing (feed.policy).
"""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from fieldapp.accounts import queries as accounts
from fieldapp.accounts.policy import Person
from fieldapp.core import clock
from fieldapp.feed import policy
from fieldapp.feed.timeline_queries import said_first, strips
from fieldapp.issues import queries as issues
from fieldapp.issues.models import Issue, IssueProject
from fieldapp.photos.models import Photo, PhotoUse
from fieldapp.projects import queries as projects
from fieldapp.projects.models import Project, Stage
from fieldapp.visits import queries as visits
from fieldapp.visits.models import Supplement, Visit, VisitKind, VisitProject

MOST_VISITS, MOST_ISSUES, MOST_OF_A_WEEK = 10, 20, 200
WEEK = 7
_MOBILE = re.compile(r"(?<!\d)(1[3-9]\d)[ -]?\d{4}[ -]?(\d{4})(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)(0\d{2,3})[ -]?\d{4,5}(\d{3})(?!\d)")


def phones_masked(text: str) -> str:
    """Telephones that somebody wrote into a text: enough to recognise, not to call."""
    return _LANDLINE.sub(r"\1-****\2", _MOBILE.sub(r"\1****\2", text))


@dataclass(frozen=True)
class Told:
    """A visit as it is told to people outside: no coordinates, nobody who was met."""

    visit: Visit
    kind: VisitKind
    people: list[str]  # the author first
    projects: list[Project]
    additions: list[str]
    photos: list[Photo]

    @property
    def first(self) -> str:
        return said_first(self.visit)


@dataclass(frozen=True)
class ProjectSummary:
    """基本情况 · 建设进度 · 问题诉求 · 下一步."""

    project: Project
    stage: Stage | None
    officers: list[str]
    visits: list[Told]  # newest first
    issues: list[Issue]  # open ones, due first

    def last(self, field: str) -> Visit | None:
        """The last visit that said something of this."""
        return next((told.visit for told in self.visits if getattr(told.visit, field).strip()), None)


@dataclass(frozen=True)
class DaysSummary:
    """What one person, or a lead's team, logged, by day."""

    team: bool
    begins: date
    ends: date
    kinds: list[tuple[VisitKind, int]]
    days: list[tuple[date, list[Told]]]

    @property
    def count(self) -> int:
        return sum(count for _kind, count in self.kinds)


def project_summary(session: Session, person: Person, project: Project, *, zone_readable: bool) -> ProjectSummary:
    linked = select(VisitProject.visit_id).where(VisitProject.project_id == project.id)
    here = Visit.id.in_(linked) & ~_of_another_enterprise(project) & policy.visit_goes_out()
    found = visits.listed(session, person, here, zone_readable=zone_readable, limit=MOST_VISITS).items
    own = Issue.id.in_(select(IssueProject.issue_id).where(IssueProject.project_id == project.id))
    open_ones = issues.by_due(
        session, person, own & policy.issue_goes_out(), zone_readable=zone_readable, limit=MOST_ISSUES
    )
    officers = projects.officers_of(session, [project.id], person.day).get(project.id, [])
    return ProjectSummary(
        project=project,
        stage=session.get(Stage, project.stage),
        officers=[name for _role, name in officers],
        visits=told(session, person, found),
        issues=open_ones.items,
    )


def _of_another_enterprise(project: Project) -> ColumnElement[bool]:
    """Visits that also tell of another enterprise's project: whoever asks for this one need not read of that."""
    linked = select(VisitProject.visit_id).where(VisitProject.visit_id == Visit.id).correlate(Visit)
    other = Project.enterprise_id != project.enterprise_id
    return linked.join(Project, Project.id == VisitProject.project_id).where(other).exists()


def days_summary(session: Session, person: Person, days: int, *, zone: str, team: bool = False) -> DaysSummary:
    """Today, or the week from Monday on, as this person logged it; or as the teams did that they lead."""
    begins = person.day - timedelta(days=person.day.weekday()) if days == WEEK else person.day
    ends = person.day + timedelta(days=1)
    span = (clock.day_begins(begins, zone), clock.day_begins(ends, zone))
    whose = Visit.team_id.in_(person.led_team_ids) if team else Visit.owner_id == person.id
    found = _logged(session, whose, *span)
    kinds = {one.code: one for one in visits.kinds(session)}
    there = ZoneInfo(zone)
    by_day = groupby(told(session, person, found), key=lambda one: one.visit.occurred_at.astimezone(there).date())
    counted = Counter(visit.kind for visit in found)
    return DaysSummary(
        team=team,
        begins=begins,
        ends=person.day,
        kinds=[(kinds[code], count) for code, count in counted.most_common()],
        days=[(day, list(some)) for day, some in by_day],
    )


def _logged(session: Session, whose: ColumnElement[bool], begins: datetime, ends: datetime) -> list[Visit]:
    query = (
        select(Visit)
        .where(whose, Visit.occurred_at >= begins, Visit.occurred_at < ends)
        .where(policy.visit_goes_out())
        .options(*visits.LINKS)
        .order_by(Visit.occurred_at, Visit.id)
        .limit(MOST_OF_A_WEEK)
    )
    return list(session.scalars(query))


def told(session: Session, person: Person, found: list[Visit]) -> list[Told]:
    """These visits, in a fixed number of statements however many."""
    ids = [visit.id for visit in found]
    names = accounts.names(
        session, {v.owner_id for v in found} | {one.user_id for v in found for one in v.participants}
    )
    linked = projects.by_ids(session, {link.project_id for visit in found for link in visit.projects})
    kinds = {one.code: one for one in visits.kinds(session)}
    shown = photos_that_go_out(session, person, ids)
    added = _additions(session, ids)
    return [
        Told(
            visit=visit,
            kind=kinds[visit.kind],
            people=[names.get(id, "") for id in (visit.owner_id, *(one.user_id for one in visit.participants))],
            projects=[linked[link.project_id] for link in visit.projects if link.project_id in linked],
            additions=added.get(visit.id, []),
            photos=shown[visit.id],
        )
        for visit in found
    ]


def _additions(session: Session, visit_ids: list[UUID]) -> dict[UUID, list[str]]:
    added: dict[UUID, list[str]] = {}
    if not visit_ids:
        return added
    query = select(Supplement).where(Supplement.visit_id.in_(visit_ids), Supplement.type == "addition")
    for one in session.scalars(query.order_by(Supplement.received_at, Supplement.id)):
        # A visit that joined this one was made to words on the phone, and those name whom it met.
        joined = bool(one.body.get("participants"))
        if not joined and (text := str(one.body.get("text", "")).strip()):
            added.setdefault(one.visit_id, []).append(text)
    return added


def photos_that_go_out(session: Session, person: Person, visit_ids: list[UUID]) -> dict[UUID, list[Photo]]:
    """Of each visit the photos that this person may see and nobody has marked, here or where else they are used."""
    strips_of = strips(session, person, "visit", visit_ids)
    seen = {photo.id for strip in strips_of.values() for photo in strip.shown}
    marked: set[UUID] = set()
    if seen:
        of_issue = select(Issue.id).where(Issue.id == PhotoUse.user_id, Issue.sensitive)
        of_visit = select(Visit.id).where(Visit.id == PhotoUse.user_id, Visit.sensitive)
        hidden = PhotoUse.sensitive | of_issue.exists() | of_visit.exists()
        marked = set(session.scalars(select(PhotoUse.photo_id).where(PhotoUse.photo_id.in_(seen), hidden)))
    return {
        id: [p for p in strip.shown if p.has_copies and not p.sensitive and p.id not in marked]
        for id, strip in strips_of.items()
    }
