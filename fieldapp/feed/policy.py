"""Who may make a link that others read by, and what it never shows.

| | its maker | security administrator | others |
| --- | --- | --- | --- |
| make one | who may read the visit or project, and is of the zone's own staff |||
| see it in the list, take it back | yes | yes | no |
| open it | whoever holds it, while it lasts and its maker may still read what it shows |||

Never behind a link or in a text for a chat group: what is sensitive, what was withdrawn, a project before signing, an
enterprise of which there is no other.
"""

from sqlalchemy import ColumnElement, and_, exists, true

from fieldapp.accounts.policy import Person
from fieldapp.feed.models import Link
from fieldapp.issues.models import Issue, IssueEnterprise, IssueProject
from fieldapp.issues.policy import WITHDRAWN
from fieldapp.projects.models import Enterprise, Project
from fieldapp.projects.policy import BEFORE_SIGNING, in_talks
from fieldapp.visits.models import Visit, VisitEnterprise, VisitProject


def may_make(person: Person) -> bool:
    return person.is_staff


def listed(person: Person) -> ColumnElement[bool]:
    """Links that this person sees in the list."""
    return true() if person.is_security else Link.maker_id == person.id


def may_revoke(person: Person, link: Link) -> bool:
    return person.is_security or link.maker_id == person.id


def project_goes_out(project: Project) -> bool:
    return project.stage != BEFORE_SIGNING


def visit_goes_out() -> ColumnElement[bool]:
    """Visits that may be told to people outside."""
    at, of = Project.id == VisitProject.project_id, Enterprise.id == VisitEnterprise.enterprise_id
    early = exists().where(VisitProject.visit_id == Visit.id, at, Project.stage == BEFORE_SIGNING).correlate(Visit)
    talks = exists().where(VisitEnterprise.visit_id == Visit.id, of, in_talks()).correlate(Visit)
    return and_(~Visit.sensitive, Visit.withdrawn_at.is_(None), ~early, ~talks)


def issue_goes_out() -> ColumnElement[bool]:
    at, of = Project.id == IssueProject.project_id, Enterprise.id == IssueEnterprise.enterprise_id
    early = exists().where(IssueProject.issue_id == Issue.id, at, Project.stage == BEFORE_SIGNING).correlate(Issue)
    talks = exists().where(IssueEnterprise.issue_id == Issue.id, of, in_talks()).correlate(Issue)
    return and_(~Issue.sensitive, Issue.state != WITHDRAWN, ~early, ~talks)
