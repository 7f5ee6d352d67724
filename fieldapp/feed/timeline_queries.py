"""The cards that the composed pages show: each feature is asked once for a whole page of them, however long it is.

A timeline's entries are ids and kinds; what they say, and whether this person may see it, is found here at the moment
of reading.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from fieldapp.accounts import queries as accounts
from fieldapp.accounts.policy import Person
from fieldapp.core import clock
from fieldapp.core.paging import unpack
from fieldapp.feed import site_lines
from fieldapp.issues import policy as issues_policy
from fieldapp.issues.models import Issue, IssueEvent
from fieldapp.photos import policy as photos_policy
from fieldapp.photos import queries as photos
from fieldapp.photos.models import PARTIAL, WANTED, Photo
from fieldapp.projects import policy as projects_policy
from fieldapp.projects.models import Enterprise, Project
from fieldapp.timeline import queries as timeline
from fieldapp.timeline.models import Entry
from fieldapp.visits import policy as visits_policy
from fieldapp.visits import queries as visits
from fieldapp.visits.models import Supplement, Visit, VisitKind

STRIP = 4  # photos on a card; the rest is a number
GROUPS = ("site", "phone", "office", "meeting", "away")  # of visit kinds, in the order of the chips


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
    places: Sequence[str] = ()  # the projects it is linked to, where the timeline is not one project's own
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


Line = VisitLine | SupplementLine | IssueLine | site_lines.MilestoneLine | site_lines.StageLine


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


def timeline_of(
    session: Session,
    person: Person,
    of: Project | Enterprise,
    *,
    zone_readable: bool,
    zone: str,
    kind: str = "",
    after: str | None = None,
    limit: int = timeline.SIZE,
) -> Timeline:
    """A page of a timeline as this person may see it, newest first, in a fixed number of statements. That of an
    enterprise goes over all its projects: what stands on several of them stands there once."""
    whose = {"project_id" if isinstance(of, Project) else "enterprise_id": of.id}
    kinds = {one.code: one for one in visits.kinds(session)}
    page = timeline.entries(
        session,
        **whose,
        kinds=_kinds(kind),
        subkinds=[code for code, one in kinds.items() if one.group == kind] if kind in GROUPS else [],
        where=_readable(person, zone_readable),
        after=after,
        limit=limit,
    )
    lines = _Lines(session, person, zone_readable, ZoneInfo(zone), kinds, whose).of(page.items)
    start = unpack(after, datetime, UUID)
    begun = start[0].astimezone(ZoneInfo(zone)).date() if start else None
    return Timeline(lines, page.next, begun, zone)


def _kinds(kind: str) -> Sequence[str]:
    """What one wants to see of a timeline; nothing said: all of it."""
    if kind in GROUPS:
        return ["visit"]
    return site_lines.KINDS if kind == "milestone" else [kind] if kind in ("issue", "supplement") else []


def _readable(person: Person, zone_readable: bool) -> ColumnElement[bool]:
    """Entries whose visit or issue this person may read."""
    visit = select(Visit.id).where(visits_policy.readable(person, zone_readable=zone_readable))
    issue = select(Issue.id).where(
        issues_policy.readable(person, zone_readable=zone_readable), Issue.id == Entry.parent
    )
    return or_(
        and_(Entry.kind == "visit", visit.where(Visit.id == Entry.ref).exists()),
        and_(Entry.kind.in_(("supplement", *site_lines.KINDS)), visit.where(Visit.id == Entry.parent).exists()),
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
    whose: dict[str, UUID]  # project_id or enterprise_id

    def of(self, entries: Sequence[Entry]) -> list[Line]:
        told = self._supplements([e.ref for e in entries if e.kind == "supplement"])
        reached = [e for e in entries if e.kind == "milestone"]
        wanted = {e.ref for e in entries if e.kind == "visit"} | {one.visit_id for one in told.values()}
        wanted |= {e.parent for e in reached if e.parent}
        found = visits.visits_of(self.session, self.person, wanted, zone_readable=self.zone_readable)
        names = accounts.names(self.session, {v.owner_id for v in found.values()} | {s.owner_id for s in told.values()})
        shown = strips(
            self.session, self.person, "visit",
            {e.ref for e in entries if e.kind == "visit"} | {e.parent for e in reached if e.parent},
        )  # fmt: skip
        confirmed = site_lines.stage_lines(self.session, [e for e in entries if e.kind == "stage"])
        opened = _issues_of_visits(self.session, self.person, found, zone_readable=self.zone_readable)
        folds = self._folds([e for e in entries if e.kind == "issue"])
        places = self._places(found.values()) if "enterprise_id" in self.whose else {}
        lines: list[Line] = []
        for entry in entries:
            if entry.kind == "visit" and entry.ref in found:
                visit = found[entry.ref]
                lines.append(
                    VisitLine(entry, visit, self.kinds[visit.kind], names.get(visit.owner_id, ""), shown[visit.id],
                              opened.get(visit.id, 0), places.get(visit.id, ()))
                )  # fmt: skip
            elif entry.kind == "supplement" and entry.ref in told and told[entry.ref].visit_id in found:
                one = told[entry.ref]
                visit = found[one.visit_id]
                lines.append(SupplementLine(entry, one, visit, self.kinds[visit.kind], names.get(one.owner_id, "")))
            elif entry.kind == "milestone" and entry.parent in found:
                visit = found[entry.parent]
                line = site_lines.milestone(entry, visit, names.get(visit.owner_id, ""), shown[visit.id].shown)
                lines += [line] if line else []
            elif entry.id in confirmed:
                lines.append(confirmed[entry.id])
            elif entry.id in folds:
                lines.append(folds[entry.id])
        return lines

    def _places(self, found: Iterable[Visit]) -> dict[UUID, list[str]]:
        """Which projects each visit was to, as far as this person may read them."""
        linked = {visit.id: [link.project_id for link in visit.projects] for visit in found}
        ids = {id for some in linked.values() for id in some}
        seen = projects_policy.visible(self.person, zone_readable=self.zone_readable)
        known = {one.id: one.title for one in self.session.scalars(select(Project).where(Project.id.in_(ids), seen))}
        return {visit: [known[id] for id in some if id in known] for visit, some in linked.items()}

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
            .where(*(getattr(Entry, name) == id for name, id in self.whose.items()))
            .where(Entry.kind == "issue", Entry.left_at.is_(None), IssueEvent.applied)
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
