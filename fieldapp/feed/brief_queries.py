"""走访前提示: what one wants to know before going there, of one project's page or of all that a phone carries.

`heads` is cheap and says when something changed; the last visits, which cost more, are read only for what is shown.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from fieldapp.accounts import queries as accounts
from fieldapp.accounts.policy import Person
from fieldapp.core import clock
from fieldapp.feed.queries import ContactCard, contact_cards, masked, neglected
from fieldapp.issues import policy as issues_policy
from fieldapp.issues import queries as issues
from fieldapp.issues.models import Issue, IssueProject
from fieldapp.projects import credit_code
from fieldapp.projects import policy as projects_policy
from fieldapp.projects import queries as projects
from fieldapp.projects.models import Enterprise, Project, Stage
from fieldapp.visits import policy as visits_policy
from fieldapp.visits.models import Visit, VisitKind, VisitProject

VISITS_SHOWN = 3
LOOKED_THROUGH = 8  # visits, for the last that told of progress and of a next step


@dataclass(frozen=True)
class Reach:
    """Who reads, and how far."""

    person: Person
    zone_readable: bool
    neglect_days: int


@dataclass(frozen=True)
class Head:
    """What stands on top of a project's page, but for its visits."""

    project: Project
    stage: Stage | None
    officers: list[tuple[str, str]]  # role, name
    contacts: list[ContactCard]
    issues: list[Issue]  # all open ones that the reader may see, due first
    mine: bool
    neglected: bool

    @property
    def open_issues(self) -> int:
        return len(self.issues)


@dataclass(frozen=True)
class LastVisit:
    """A visit in two lines."""

    id: UUID
    kind: VisitKind | None
    at: datetime
    author: str
    words: str
    progress: str
    percent: int | None
    next_step: str
    next_step_on: date | None


@dataclass(frozen=True)
class Visited:
    """The last visits of a project, newest first, and the last word on progress and on what comes next."""

    visits: list[LastVisit] = field(default_factory=list)

    @property
    def shown(self) -> list[LastVisit]:
        return self.visits[:VISITS_SHOWN]

    @property
    def progress(self) -> LastVisit | None:
        return next((one for one in self.visits if one.progress or one.percent is not None), None)

    @property
    def next_step(self) -> LastVisit | None:
        return next((one for one in self.visits if one.next_step), None)


def heads(session: Session, reach: Reach, found: Sequence[Project]) -> dict[UUID, Head]:
    """Of these projects, which the reader may see; six statements however many there are."""
    if not found:
        return {}
    person, ids = reach.person, {project.id for project in found}
    mine = set(session.scalars(select(Project.id).where(Project.id.in_(ids), projects_policy.assigned(person))))
    stages = {stage.code: stage for stage in projects.stages(session)}
    officers = projects.officers_of(session, ids, person.day)
    contacts = contact_cards(session, person, {project.enterprise_id for project in found})
    opened = open_issues(session, reach, ids)
    return {
        project.id: Head(
            project=project, stage=stages.get(project.stage), officers=officers.get(project.id, []),
            contacts=[_for(one, project.id in mine) for one in contacts.get(project.enterprise_id, [])],
            issues=opened.get(project.id, []), mine=project.id in mine,
            neglected=neglected(project, reach.neglect_days),
        )
        for project in found
    }  # fmt: skip


def _for(card: ContactCard, mine: bool) -> ContactCard:
    """On the page of a project that is another's, the number is masked for those who serve the enterprise too."""
    return card if mine else replace(card, phone=masked(card.phone), callable=False)


def open_issues(session: Session, reach: Reach, project_ids: Collection[UUID]) -> dict[UUID, list[Issue]]:
    """The open issues of each project that the reader may see, due first."""
    query = (
        select(IssueProject.project_id, Issue)
        .join(Issue, Issue.id == IssueProject.issue_id)
        .where(IssueProject.project_id.in_(project_ids), Issue.closed_at.is_(None))
        .where(issues_policy.readable(reach.person, zone_readable=reach.zone_readable))
        .order_by(issues.DUE, Issue.opened_at, Issue.id)
    )
    found: dict[UUID, list[Issue]] = {}
    for project_id, issue in session.execute(query):
        found.setdefault(project_id, []).append(issue)
    return found


def visited(session: Session, reach: Reach, project_ids: Collection[UUID]) -> dict[UUID, Visited]:
    """The last visits of each project that the reader may see; three statements however many."""
    if not project_ids:
        return {}
    place = func.row_number().over(
        partition_by=VisitProject.project_id, order_by=(Visit.occurred_at.desc(), Visit.id.desc())
    )
    ranked = (
        select(VisitProject.project_id.label("project"), Visit.id.label("visit"), place.label("place"))
        .join(Visit, Visit.id == VisitProject.visit_id)
        .where(VisitProject.project_id.in_(project_ids), Visit.withdrawn_at.is_(None))
        .where(visits_policy.readable(reach.person, zone_readable=reach.zone_readable))
        .subquery()
    )
    query = (
        select(ranked.c.project, Visit)
        .join(Visit, Visit.id == ranked.c.visit)
        .where(ranked.c.place <= LOOKED_THROUGH)
        .order_by(ranked.c.project, ranked.c.place)
    )
    rows = [(project, visit) for project, visit in session.execute(query)]
    names = accounts.names(session, {visit.owner_id for _, visit in rows})
    kinds = {kind.code: kind for kind in session.scalars(select(VisitKind))}
    found: dict[UUID, Visited] = {id: Visited() for id in project_ids}
    for project, visit in rows:
        found[project].visits.append(_last(visit, kinds.get(visit.kind), names.get(visit.owner_id, "")))
    return found


def _last(visit: Visit, kind: VisitKind | None, author: str) -> LastVisit:
    said = (visit.content, visit.progress, visit.problems, visit.needs, visit.answers)
    words = next((words for words in said if words), "")
    return LastVisit(
        visit.id, kind, visit.occurred_at, author, words, visit.progress, visit.progress_percent, visit.next_step,
        visit.next_step_on,
    )  # fmt: skip


# -- an enterprise -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class EnterpriseHead:
    """What stands on top of an enterprise's page: whom to call, and how its projects stand."""

    enterprise: Enterprise
    contacts: list[ContactCard]
    heads: list[Head]

    @property
    def open_issues(self) -> int:
        return len({issue.id for head in self.heads for issue in head.issues})

    @property
    def code_doubtful(self) -> bool:
        return bool(self.enterprise.uscc) and not credit_code.fits(self.enterprise.uscc or "")

    @property
    def call_about(self) -> UUID | None:
        """The project that a call from here is logged against: the one that somebody serves, else the first."""
        return next((head.project.id for head in sorted(self.heads, key=lambda head: not head.officers)), None)


def enterprise_heads(session: Session, reach: Reach, found: Iterable[Head]) -> dict[UUID, EnterpriseHead]:
    """The enterprises of these projects."""
    grouped: dict[UUID, list[Head]] = {}
    for head in found:
        grouped.setdefault(head.project.enterprise_id, []).append(head)
    contacts = contact_cards(session, reach.person, grouped)
    return {
        id: EnterpriseHead(theirs[0].project.enterprise, contacts.get(id, []), theirs) for id, theirs in grouped.items()
    }


def enterprise_head(
    session: Session, reach: Reach, one: Enterprise, its: Sequence[Project], *, shown: UUID | None = None
) -> EnterpriseHead:
    """That of one enterprise, with these projects or none. `shown`: a contact whose number is whole all the same."""
    contacts = contact_cards(session, reach.person, [one.id], shown=shown)
    return EnterpriseHead(one, contacts.get(one.id, []), list(heads(session, reach, its).values()))


# -- an issue ------------------------------------------------------------------------------------------------------


def my_open_issues(session: Session, reach: Reach, limit: int) -> list[Issue]:
    """What a phone carries of issues: one's own open ones, due first, with their links."""
    shown = issues.by_due(
        session, reach.person, issues.mine(reach.person), zone_readable=reach.zone_readable, limit=limit
    )
    return shown.items


# -- what is carried -----------------------------------------------------------------------------------------------


def carried(session: Session, reach: Reach, recent: Collection[UUID], limit: int) -> list[Project]:
    """Projects whose pages open without a network: one's own, and those opened of late; one's own first."""
    near = or_(projects_policy.assigned(reach.person), Project.id.in_(recent))
    visible = projects_policy.visible(reach.person, zone_readable=reach.zone_readable)
    query = (
        select(Project)
        .where(and_(near, visible), Project.archived_at.is_(None))
        .options(*projects.WITH_PLACE)
        .order_by(~projects_policy.assigned(reach.person), Project.last_contact_at.desc().nulls_last(), Project.id)
        .limit(limit)
    )
    return list(session.scalars(query))


def coarse(issue: Issue) -> tuple[str, ...]:
    """All of an issue that its lines show, as far as it matters to whoever reads it an hour later."""
    now = clock.now()
    left = [
        "" if at is None else f"{at.isoformat()} {'over' if at < now else (at - now).days}"
        for at in (issue.due_at, issue.enterprise_deadline)
    ]
    return (str(issue.id), issue.state, issue.title, issue.number or "", issue.urgency, str(issue.sensitive),
            str(issue.lead_unit_id), str(issue.last_event_id), *left)  # fmt: skip
