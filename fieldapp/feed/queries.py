"""The cards that the composed pages show: each feature is asked once for a whole page of them, however long it is.

A timeline's entries are ids and kinds; what they say, and whether this person may see it, is found here at the moment
of reading (sync-contract 9).
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from fieldapp.accounts import queries as accounts
from fieldapp.accounts.models import Unit
from fieldapp.accounts.policy import Person
from fieldapp.core import clock
from fieldapp.core.paging import unpack
from fieldapp.issues import policy as issues_policy
from fieldapp.issues import queries as issues
from fieldapp.issues.models import Issue, IssueEvent
from fieldapp.photos import policy as photos_policy
from fieldapp.photos import queries as photos
from fieldapp.photos.models import PARTIAL, STORED, WANTED, WITHDRAWN, Photo
from fieldapp.projects import policy as projects_policy
from fieldapp.projects import queries as projects
from fieldapp.projects.models import Enterprise, Opened, Programme, Project, Stage
from fieldapp.timeline import queries as timeline
from fieldapp.timeline.models import Entry
from fieldapp.visits import policy as visits_policy
from fieldapp.visits import queries as visits
from fieldapp.visits.models import FollowUp, Supplement, Visit, VisitKind

STRIP = 4  # photos on a card; the rest is a number
GROUPS = ("site", "phone", "office", "meeting", "away")  # of visit kinds, in the order of the chips


# -- a timeline ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Strip:
    """Photos of a card: those this person may see, and how many the phone has still to send."""

    shown: list[Photo] = field(default_factory=list)
    waiting: int = 0

    @property
    def first(self) -> list[Photo]:
        return self.shown[:STRIP]

    @property
    def more(self) -> int:
        return max(0, len(self.shown) - STRIP)


@dataclass(frozen=True)
class VisitLine:
    entry: Entry
    visit: Visit
    kind: VisitKind
    author: str
    photos: Strip
    issues: int
    template = "visit"

    @property
    def text(self) -> str:
        return said_first(self.visit)


@dataclass(frozen=True)
class SupplementLine:
    entry: Entry
    supplement: Supplement
    visit: Visit
    kind: VisitKind
    author: str
    template = "supplement"


@dataclass(frozen=True)
class IssueLine:
    """What happened to one issue on one day, oldest first."""

    entry: Entry  # the newest of them
    issue: Issue
    events: list[IssueEvent]
    template = "issue"

    @property
    def counted(self) -> list[tuple[str, int]]:
        """Each kind of event and how often it came, in the order of their first."""
        return list(Counter(event.type for event in self.events).items())


Line = VisitLine | SupplementLine | IssueLine


@dataclass(frozen=True)
class Timeline:
    """A page of a timeline. `begun` is the day that the page before ended in: its heading stands already."""

    lines: list[Line]
    next: str | None
    begun: date | None
    zone: str

    @property
    def days(self) -> list[tuple[date, list[Line]]]:
        there = ZoneInfo(self.zone)
        days = groupby(self.lines, key=lambda line: line.entry.occurred_at.astimezone(there).date())
        return [(day, list(lines)) for day, lines in days]


def said_first(visit: Visit) -> str:
    """What a card shows of a visit's text."""
    for text in (visit.content, visit.progress, visit.problems, visit.needs, visit.answers, visit.next_step):
        if text.strip():
            return text.strip()
    return ""


def project_timeline(
    session: Session,
    person: Person,
    project_id: UUID,
    *,
    zone_readable: bool,
    zone: str,
    kind: str = "",
    after: str | None = None,
    limit: int = timeline.SIZE,
) -> Timeline:
    """A page of a project's timeline as this person may see it, newest first, in a fixed number of statements."""
    kinds = {one.code: one for one in visits.kinds(session)}
    page = timeline.entries(
        session,
        project_id=project_id,
        kinds=[kind] if kind in ("issue", "supplement") else ["visit"] if kind in GROUPS else [],
        subkinds=[code for code, one in kinds.items() if one.group == kind] if kind in GROUPS else [],
        where=_readable(person, zone_readable),
        after=after,
        limit=limit,
    )
    lines = _Lines(session, person, zone_readable, ZoneInfo(zone), kinds, project_id).of(page.items)
    start = unpack(after, datetime, UUID)
    begun = start[0].astimezone(ZoneInfo(zone)).date() if start else None
    return Timeline(lines, page.next, begun, zone)


def _readable(person: Person, zone_readable: bool) -> ColumnElement[bool]:
    """Entries whose visit or issue this person may read."""
    visit = select(Visit.id).where(visits_policy.readable(person, zone_readable=zone_readable))
    issue = select(Issue.id).where(
        issues_policy.readable(person, zone_readable=zone_readable), Issue.id == Entry.parent
    )
    return or_(
        and_(Entry.kind == "visit", visit.where(Visit.id == Entry.ref).exists()),
        and_(Entry.kind == "supplement", visit.where(Visit.id == Entry.parent).exists()),
        and_(Entry.kind == "issue", issue.exists()),
    )


@dataclass
class _Lines:
    """Makes lines of a page of entries."""

    session: Session
    person: Person
    zone_readable: bool
    zone: ZoneInfo
    kinds: dict[str, VisitKind]
    project_id: UUID

    def of(self, entries: Sequence[Entry]) -> list[Line]:
        told = self._supplements([e.ref for e in entries if e.kind == "supplement"])
        wanted = {e.ref for e in entries if e.kind == "visit"} | {one.visit_id for one in told.values()}
        found = visits.visits_of(self.session, self.person, wanted, zone_readable=self.zone_readable)
        names = accounts.names(self.session, {v.owner_id for v in found.values()} | {s.owner_id for s in told.values()})
        shown = strips(self.session, self.person, "visit", [e.ref for e in entries if e.kind == "visit"])
        opened = _issues_of_visits(self.session, self.person, found, zone_readable=self.zone_readable)
        folds = self._folds([e for e in entries if e.kind == "issue"])
        lines: list[Line] = []
        for entry in entries:
            if entry.kind == "visit" and entry.ref in found:
                visit = found[entry.ref]
                lines.append(
                    VisitLine(entry, visit, self.kinds[visit.kind], names.get(visit.owner_id, ""), shown[visit.id],
                              opened.get(visit.id, 0))
                )  # fmt: skip
            elif entry.kind == "supplement" and entry.ref in told and told[entry.ref].visit_id in found:
                one = told[entry.ref]
                visit = found[one.visit_id]
                lines.append(SupplementLine(entry, one, visit, self.kinds[visit.kind], names.get(one.owner_id, "")))
            elif entry.id in folds:
                lines.append(folds[entry.id])
        return lines

    def _supplements(self, ids: list[UUID]) -> dict[UUID, Supplement]:
        query = select(Supplement).where(Supplement.id.in_(ids))
        return {one.id: one for one in self.session.scalars(query)} if ids else {}

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _folds(self, entries: list[Entry]) -> dict[UUID, IssueLine]:
        """One line an issue and day, keyed by its newest entry. The days at the page's ends are looked at whole, so
        that a fold neither stands on two pages nor tells half."""
        if not entries:
            return {}
        begins = clock.day_begins(self._day(entries[-1].occurred_at), self.zone.key)
        ends = clock.day_begins(self._day(entries[0].occurred_at) + timedelta(days=1), self.zone.key)
        query = (
            select(Entry, IssueEvent, Issue)
            .join(IssueEvent, IssueEvent.id == Entry.ref)
            .join(Issue, Issue.id == IssueEvent.issue_id)
            .where(Entry.project_id == self.project_id, Entry.kind == "issue", Entry.left_at.is_(None))
            .where(Entry.parent.in_({e.parent for e in entries}))
            .where(Entry.occurred_at >= begins, Entry.occurred_at < ends)
            .order_by(Entry.occurred_at, Entry.id)
        )
        folds: dict[tuple[UUID, date], IssueLine] = {}
        for entry, event, issue in self.session.execute(query):
            key = issue.id, self._day(entry.occurred_at)
            earlier = folds[key].events if key in folds else []
            folds[key] = IssueLine(entry, issue, [*earlier, event])
        return {line.entry.id: line for line in folds.values()}


def strips(session: Session, person: Person, user_type: str, ids: Iterable[UUID]) -> dict[UUID, Strip]:
    """The photos of each of these visits, supplements or issues, in a fixed number of statements."""
    used = photos.used_by(session, user_type, list(ids))
    visible = photos_policy.visible(session, person, {p.id: p for some in used.values() for p in some}.values())
    return {
        id: Strip(
            [photo for photo in some if photo.id in visible],
            sum(photo.state in (WANTED, PARTIAL) for photo in some),
        )
        for id, some in used.items()
    }


def _issues_of_visits(session: Session, person: Person, ids: Iterable[UUID], *, zone_readable: bool) -> dict[UUID, int]:
    """How many issues that this person may see were opened on each visit."""
    seen = issues_policy.readable(person, zone_readable=zone_readable)
    query = select(Issue.visit_id, func.count()).where(Issue.visit_id.in_(list(ids)), seen)
    return {id: count for id, count in session.execute(query.group_by(Issue.visit_id)) if id is not None}


def let_photos_ask(*, zone_readable: bool) -> None:
    """Tell photos, which stand below, who may read what shows them."""

    def visit(session: Session, person: Person, ids: Collection[UUID]) -> Collection[UUID]:
        seen = visits_policy.readable(person, zone_readable=zone_readable)
        return session.scalars(select(Visit.id).where(Visit.id.in_(list(ids)), seen)).all()

    def supplement(session: Session, person: Person, ids: Collection[UUID]) -> Collection[UUID]:
        seen = visits_policy.readable(person, zone_readable=zone_readable)
        query = select(Supplement.id).join(Visit, Visit.id == Supplement.visit_id)
        return session.scalars(query.where(Supplement.id.in_(list(ids)), seen)).all()

    def issue(session: Session, person: Person, ids: Collection[UUID]) -> Collection[UUID]:
        seen = issues_policy.readable(person, zone_readable=zone_readable)
        return session.scalars(select(Issue.id).where(Issue.id.in_(list(ids)), seen)).all()

    photos_policy.readers.update(visit=visit, supplement=supplement, issue=issue)


# -- a project's head ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ContactCard:
    """A contact as this person may see them: the number whole for those the project is assigned to."""

    name: str
    title: str
    phone: str
    callable: bool


@dataclass(frozen=True)
class ProjectHead:
    """What one wants to know before going there."""

    project: Project
    stage: Stage | None
    officers: list[tuple[str, str]]  # role, name
    contacts: list[ContactCard]
    open_issues: int
    mine: bool
    neglected: bool


def neglected(project: Project, days: int) -> bool:
    """久未联系: nobody was in touch for as long as the project wishes, or the setting says."""
    before = projects.neglected_before(clock.now(), project.contact_every_days or days)
    return project.last_contact_at is None or project.last_contact_at < before


def masked(phone: str) -> str:
    """138****0000: enough to recognise a number, not to call it."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else f"{phone[:2]}****" if phone else ""


def project_head(
    session: Session, person: Person, project: Project, *, zone_readable: bool, neglect_days: int
) -> ProjectHead:
    mine = session.scalar(select(Project.id).where(Project.id == project.id, projects_policy.assigned(person)))
    contacts = [
        ContactCard(c.name, c.title, c.phone if mine else masked(c.phone), bool(mine and c.phone))
        for c in projects.contacts(session, [project.enterprise_id])
    ]
    return ProjectHead(
        project=project,
        stage=session.get(Stage, project.stage),
        officers=projects.officers_of(session, [project.id], person.day).get(project.id, []),
        contacts=contacts,
        open_issues=issues.open_counts(session, person, [project.id], zone_readable=zone_readable).get(project.id, 0),
        mine=bool(mine),
        neglected=neglected(project, neglect_days),
    )


def opened_since(session: Session, user_id: UUID, project_id: UUID, since: datetime) -> bool:
    """Whether this person opened the project after `since`."""
    query = select(Opened.at).where(Opened.user_id == user_id, Opened.project_id == project_id, Opened.at > since)
    return session.scalar(query) is not None


# -- today ---------------------------------------------------------------------------------------------------------

SHOWN_TODAY = 5  # of each list; the rest is one tap away

# What the office has to sort out lies above feed (sync): it says here how to count it for a person.
to_sort_out: list[Callable[[Session, Person], int]] = []


@dataclass(frozen=True)
class Today:
    """What concerns one person today."""

    neglected: list[Project]
    neglected_count: int
    follow_ups: list[FollowUp]
    issues: list[Issue]
    logged: list[Visit]
    projects: dict[UUID, Project]  # of all of these
    kinds: dict[str, VisitKind]
    to_sort_out: int


def today(session: Session, person: Person, *, zone_readable: bool, zone: str, neglect_days: int) -> Today:
    begins = clock.day_begins(person.day, zone)
    logged = visits.logged_between(session, person.id, begins, begins + timedelta(days=1))
    long = [one for one in projects.mine(session, person) if neglected(one, neglect_days)] if person.is_staff else []
    follow_ups = visits.follow_ups(session, person.id)[:SHOWN_TODAY]
    mine = issues.by_due(session, person, issues.mine(person), zone_readable=zone_readable, limit=SHOWN_TODAY).items
    linked = {link.project_id for visit in logged for link in visit.projects}
    linked |= {one.project_id for one in follow_ups if one.project_id}
    linked |= {link.project_id for issue in mine for link in issue.projects}
    return Today(
        neglected=long[:SHOWN_TODAY],
        neglected_count=len(long),
        follow_ups=follow_ups,
        issues=mine,
        logged=logged,
        projects=projects.by_ids(session, linked),
        kinds={one.code: one for one in visits.kinds(session)},
        to_sort_out=sum(count(session, person) for count in to_sort_out),
    )


# -- a visit's page ------------------------------------------------------------------------------------------------


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
    may_add: bool
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
    return VisitPage(
        visit=visit,
        kind=session.get_one(VisitKind, visit.kind),
        author=names.get(visit.owner_id, ""),
        participants=sorted(names[one.user_id] for one in visit.participants if one.user_id in names),
        projects=ordered,
        openable=projects.visible_ids(session, person, linked, zone_readable=zone_readable),
        enterprises=enterprises_of(session, visit, ordered),
        programmes=_programme_names(session, visit.programmes),
        stage=session.get(Stage, visit.stage) if visit.stage else None,
        photos=_shown_or_awaited(session, person, visit, used),
        issues=[(seen[event.issue_id], event.type) for event in told if event.issue_id in seen and event.applied],
        units={unit.id: unit for unit in accounts.units(session)},
        said=[Said(one, names.get(one.owner_id, ""), of_said[one.id].shown) for one in said],
        originals=[
            Original(one, names.get(one.owner_id, ""), one.body["before"]) for one in said if one.body.get("before")
        ],
        may_add=visits_policy.may_add(person, is_readable=True) and visit.withdrawn_at is None,
        may_withdraw=visits_policy.may_amend(person, visit) and visit.withdrawn_at is None,
        may_void=visits_policy.may_void(person, visit) and visit.withdrawn_at is None,
    )


def _shown_or_awaited(session: Session, person: Person, visit: Visit, used: list[Photo]) -> list[Photo]:
    """What this person may see, and the places of what cannot be shown; a withdrawn photo leaves no place."""
    visible = photos_policy.visible(session, person, used)
    own = visit.owner_id == person.id

    def has_place(photo: Photo) -> bool:
        return photo.state not in (STORED, WITHDRAWN) and (own or not photo.sensitive)

    return [photo for photo in used if photo.id in visible or has_place(photo)]


def enterprises_of(session: Session, visit: Visit, linked: list[Project]) -> list[Enterprise]:
    """Those of its projects, and those that took part beside them."""
    own = list(dict.fromkeys(project.enterprise for project in linked))
    further = [one.enterprise_id for one in visit.enterprises]
    if not further:
        return own
    query = select(Enterprise).where(Enterprise.id.in_(further)).order_by(Enterprise.name)
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
