"""Who may make a link that others read by, and what it never shows.

| | its maker | security administrator | others |
| --- | --- | --- | --- |
| make one | who may read the visit or project, and is of the zone's own staff |||
| see it in the list, take it back | yes | yes | no |
| open it | whoever holds it, while it lasts and its maker may still read what it shows |||

Never behind a link or in a text for a chat group: what is sensitive, what was withdrawn, a project before signing.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select, true

from fieldapp.accounts.policy import Person
from fieldapp.feed.models import Link
from fieldapp.issues.models import Issue, IssueProject
from fieldapp.issues.policy import WITHDRAWN
from fieldapp.projects.models import Project
from fieldapp.projects.policy import BEFORE_SIGNING
from fieldapp.visits.models import Visit, VisitProject


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
    linked: Select[Any] = select(VisitProject.visit_id).where(VisitProject.visit_id == Visit.id).correlate(Visit)
    early = linked.join(Project, Project.id == VisitProject.project_id).where(Project.stage == BEFORE_SIGNING)
    return and_(~Visit.sensitive, Visit.withdrawn_at.is_(None), ~early.exists())


def issue_goes_out() -> ColumnElement[bool]:
    linked: Select[Any] = select(IssueProject.issue_id).where(IssueProject.issue_id == Issue.id).correlate(Issue)
    early = linked.join(Project, Project.id == IssueProject.project_id).where(Project.stage == BEFORE_SIGNING)
    return and_(~Issue.sensitive, Issue.state != WITHDRAWN, ~early.exists())
