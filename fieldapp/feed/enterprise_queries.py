"""What the page of an enterprise shows beside its timeline."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from fieldapp.accounts.policy import Person
from fieldapp.core.paging import Page
from fieldapp.feed.queries import masked
from fieldapp.issues import queries as issues
from fieldapp.issues.models import Issue, IssueEnterprise, IssueProject
from fieldapp.projects import credit_code, policy
from fieldapp.projects import enterprise_queries as enterprises
from fieldapp.projects import queries as projects
from fieldapp.projects.models import Assignment, Contact, Enterprise, Project, Stage, Zone

ISSUES_FIRST = 10


@dataclass(frozen=True)
class ContactLine:
    """Somebody to call. `number` is whole for those who may see it, and for whom it was just shown."""

    contact: Contact
    number: str
    whole: bool


@dataclass(frozen=True)
class Service:
    """Who serves which project, from when to when."""

    assignment: Assignment
    name: str
    project: Project
    now: bool


@dataclass(frozen=True)
class EnterprisePage:
    enterprise: Enterprise
    zone: Zone | None
    code_doubtful: bool
    mine: bool
    contacts: list[ContactLine]
    projects: list[Project]
    stages: dict[str, Stage]
    open_issues: dict[UUID, int]
    services: list[Service]
    may_add: bool
    may_confirm: bool

    @property
    def call_about(self) -> UUID | None:
        """The project that a call from here is logged against: the one that somebody serves, else the first."""
        serving = next((one.project.id for one in self.serving), None)
        return serving or next((project.id for project in self.projects), None)

    @property
    def serving(self) -> list[Service]:
        return [one for one in self.services if one.now]

    @property
    def served(self) -> list[Service]:
        """Who served it before, or will."""
        return [one for one in self.services if not one.now]


def enterprise_page(
    session: Session, person: Person, one: Enterprise, *, zone_readable: bool, shown: UUID | None = None
) -> EnterprisePage:
    """All of an enterprise that this person may see. `shown`: the contact whose number they have just asked for."""
    its = enterprises.projects_of(session, person, one.id, zone_readable=zone_readable)
    by_id = {project.id: project for project in its}
    return EnterprisePage(
        enterprise=one,
        zone=session.get(Zone, one.zone_id) if one.zone_id else None,
        code_doubtful=bool(one.uscc) and not credit_code.fits(one.uscc or ""),
        mine=enterprises.is_served(session, person, one.id),
        contacts=contact_lines(session, person, projects.contacts(session, [one.id]), shown=shown),
        projects=its,
        stages={stage.code: stage for stage in projects.stages(session)},
        open_issues=issues.open_counts(session, person, by_id, zone_readable=zone_readable),
        services=[
            Service(held, name, by_id[held.project_id], enterprises.holds_on(held, person.day))
            for held, name in enterprises.assignments_of(session, by_id)
        ],
        may_add=policy.may_add(person),
        may_confirm=policy.may_confirm(person),
    )


def contact_lines(
    session: Session, person: Person, contacts: list[Contact], *, shown: UUID | None = None
) -> list[ContactLine]:
    whole = enterprises.whole_numbers(session, person, contacts)
    if shown is not None:
        whole.add(shown)
    return [ContactLine(c, c.phone if c.id in whole else masked(c.phone), c.id in whole) for c in contacts]


def concerns(enterprise_id: UUID) -> ColumnElement[bool]:
    """Issues of this enterprise, or of one of its projects."""
    own = select(IssueEnterprise.issue_id).where(IssueEnterprise.enterprise_id == enterprise_id)
    here = select(IssueProject.issue_id).join(Project, Project.id == IssueProject.project_id)
    return or_(Issue.id.in_(own), Issue.id.in_(here.where(Project.enterprise_id == enterprise_id)))


def open_issues(
    session: Session, person: Person, enterprise_id: UUID, *, zone_readable: bool, after: str | None = None
) -> Page[Issue]:
    """Its open issues, what is due first on top."""
    return issues.by_due(
        session, person, concerns(enterprise_id), zone_readable=zone_readable, after=after, limit=ISSUES_FIRST
    )


def project_counts(session: Session, person: Person, ids: Iterable[UUID], *, zone_readable: bool) -> dict[UUID, int]:
    """How many projects that this person may see each enterprise has."""
    seen = policy.visible(person, zone_readable=zone_readable)
    query = select(Project.enterprise_id, func.count()).where(Project.enterprise_id.in_(set(ids)), seen)
    return dict(session.execute(query.where(Project.archived_at.is_(None)).group_by(Project.enterprise_id)).all())
