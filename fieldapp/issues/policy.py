"""Who may see an issue, and who may say something about it.

| | who opened it | lead of the opener's team | desk | other staff | lead and assisting units, once dispatched |
| --- | --- | --- | --- | --- | --- |
| an issue | yes | yes | yes | where no project of it is hidden; of none: own team | yes |
| a sensitive one | yes | yes | yes | no | yes |
| a withdrawn one | yes | yes | no | no | no |
| progress, no change, solved | who may see it |||||
| withdraw | yes | yes | no | no | no |
"""

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true

from fieldapp.accounts.policy import Person
from fieldapp.issues.models import Issue, IssueEnterprise, IssueProject, IssueUnit
from fieldapp.projects import policy as projects
from fieldapp.projects.models import Enterprise, Project

WITHDRAWN = "withdrawn"


def readable(person: Person, *, zone_readable: bool) -> ColumnElement[bool]:
    """Issues that this person may read."""
    ways = [_as_staff(person, zone_readable)] if person.is_staff else []
    if person.unit_ids:
        ways.append(_as_unit(person))
    return or_(*ways) if ways else false()


def _as_staff(person: Person, zone_readable: bool) -> ColumnElement[bool]:
    own = or_(Issue.opened_by == person.id, Issue.team_id.in_(person.led_team_ids))
    # Of the query around it this means the issue only: lists that join IssueProject themselves have rows of their own.
    linked = select(IssueProject.issue_id).where(IssueProject.issue_id == Issue.id).correlate(Issue)
    here = Project.id == IssueProject.project_id
    seen = projects.visible(person, zone_readable=zone_readable)
    if person.is_desk:
        in_reach: ColumnElement[bool] = true()
    elif zone_readable:
        known = projects.readable_enterprise(person, zone_readable=zone_readable)
        at = IssueEnterprise.enterprise_id == Enterprise.id, IssueEnterprise.issue_id == Issue.id
        at_enterprise = exists().where(*at, known).correlate(Issue)
        loose = or_(Issue.team_id.in_(person.team_ids), at_enterprise)  # of a visit that nobody has filed yet
        in_reach = and_(~linked.where(here, ~seen).exists(), or_(linked.exists(), loose))
    else:
        in_reach = or_(linked.where(here, seen).exists(), Issue.team_id.in_(person.team_ids))
    return and_(
        or_(Issue.state != WITHDRAWN, own),
        or_(~Issue.sensitive, own, true() if person.is_desk else false()),
        or_(own, in_reach),
    )


def _as_unit(person: Person) -> ColumnElement[bool]:
    """A unit sees what was dispatched to it; a suggestion is not yet a dispatch."""
    assisting = select(IssueUnit.issue_id).where(IssueUnit.issue_id == Issue.id, IssueUnit.unit_id.in_(person.unit_ids))
    ours = or_(Issue.lead_unit_id.in_(person.unit_ids), assisting.exists())
    return and_(ours, Issue.dispatched_at.is_not(None), Issue.state != WITHDRAWN)


def may_withdraw(person: Person, issue: Issue) -> bool:
    return issue.opened_by == person.id or issue.team_id in person.led_team_ids


def may_keep(person: Person) -> bool:
    """The register of categories."""
    return person.is_admin
