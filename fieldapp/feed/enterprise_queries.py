"""What the page of an enterprise shows beside its timeline."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from fieldapp.accounts.policy import Person
from fieldapp.core.paging import Page
from fieldapp.feed import brief_queries
from fieldapp.feed.brief_queries import EnterpriseHead, Reach
from fieldapp.issues import queries as issues
from fieldapp.issues.models import Issue, IssueEnterprise, IssueProject
from fieldapp.projects import enterprise_queries as enterprises
from fieldapp.projects import policy
from fieldapp.projects.models import Assignment, Enterprise, Project, Zone

ISSUES_FIRST = 10


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
    firm: EnterpriseHead
    services: list[Service]
    may_add: bool
    may_confirm: bool

    @property
    def serving(self) -> list[Service]:
        return [one for one in self.services if one.now]

    @property
    def served(self) -> list[Service]:
        """Who served it before, or will."""
        return [one for one in self.services if not one.now]


def enterprise_page(session: Session, reach: Reach, one: Enterprise, *, shown: UUID | None = None) -> EnterprisePage:
    """All of an enterprise that this person may see, but its issues and its timeline. `shown`: the contact whose
    number they have just asked for."""
    person = reach.person
    its = enterprises.projects_of(session, person, one.id, zone_readable=reach.zone_readable)
    by_id = {project.id: project for project in its}
    return EnterprisePage(
        enterprise=one,
        zone=session.get(Zone, one.zone_id) if one.zone_id else None,
        firm=brief_queries.enterprise_head(session, reach, one, its, shown=shown),
        services=[
            Service(held, name, by_id[held.project_id], enterprises.holds_on(held, person.day))
            for held, name in enterprises.assignments_of(session, by_id)
        ],
        may_add=policy.may_add(person),
        may_confirm=policy.may_confirm(person),
    )


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
