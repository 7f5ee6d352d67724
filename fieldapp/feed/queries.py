"""What today and the head of a project show."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.accounts.policy import Person
from fieldapp.core import clock
from fieldapp.issues import policy as issues_policy
from fieldapp.issues import queries as issues
from fieldapp.issues.models import Issue
from fieldapp.photos import policy as photos_policy
from fieldapp.projects import policy as projects_policy
from fieldapp.projects import queries as projects
from fieldapp.projects.models import Opened, Project, Stage
from fieldapp.visits import policy as visits_policy
from fieldapp.visits import queries as visits
from fieldapp.visits.models import FollowUp, Supplement, Visit, VisitKind


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


# -- the photos below us -------------------------------------------------------------------------------------------


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
