"""Who may see a visit, and who may say something more about it.

| | author | took part | lead of the author's team | other staff | handling unit, admin |
| --- | --- | --- | --- | --- | --- |
| a visit | yes | yes | yes | where a linked project may be read (unfiled: own team and desk) | no |
| a sensitive one | yes | yes | yes | no | no |
| a withdrawn one | yes | no | yes | no | no |
| addition | who may see it ||||
| correction, withdrawal, photo withdrawn | yes | no | no | no | no |
| move | yes | no | yes | the desk | no |
| void | no | no | yes | no | no |
"""

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true

from fieldapp.accounts.policy import Person
from fieldapp.projects import policy as projects
from fieldapp.projects.models import Enterprise, Project
from fieldapp.visits.models import Participant, Visit, VisitEnterprise, VisitProject


def readable(person: Person, *, zone_readable: bool) -> ColumnElement[bool]:
    """Visits that this person may read."""
    if not person.is_staff:
        return false()
    own = or_(Visit.owner_id == person.id, Visit.team_id.in_(person.led_team_ids))
    took_part = exists().where(Participant.visit_id == Visit.id, Participant.user_id == person.id).correlate(Visit)
    concerned = or_(own, took_part)
    return and_(
        or_(Visit.withdrawn_at.is_(None), own),
        or_(~Visit.sensitive, concerned),
        or_(concerned, _placed_in_reach(person, zone_readable)),
    )


def _placed_in_reach(person: Person, zone_readable: bool) -> ColumnElement[bool]:
    """Linked to a project that the person may read; what is linked to none yet is for its team and the desk."""
    if person.is_desk:
        return true()
    # Correlated by name: the pages join the same tables, and theirs must not be taken for these.
    linked = select(VisitProject.visit_id).where(VisitProject.visit_id == Visit.id).correlate(Visit)
    here = Project.id == VisitProject.project_id
    seen = projects.visible(person, zone_readable=zone_readable)
    known = projects.readable_enterprise(person, zone_readable=zone_readable)
    at = VisitEnterprise.enterprise_id == Enterprise.id, VisitEnterprise.visit_id == Visit.id
    at_enterprise = exists().where(*at, known).correlate(Visit)
    loose = or_(Visit.team_id.in_(person.team_ids), at_enterprise)
    if zone_readable:
        return and_(~linked.where(here, ~seen).exists(), or_(linked.exists(), loose))
    return or_(linked.where(here, seen).exists(), and_(~linked.exists(), loose))


def may_add(person: Person, *, is_readable: bool) -> bool:
    """An addition by whoever may see the visit."""
    return person.is_staff and is_readable


def may_amend(person: Person, visit: Visit) -> bool:
    """Correct, withdraw: the author, whatever has become of their memberships since."""
    return visit.owner_id == person.id


def may_move(person: Person, visit: Visit) -> bool:
    """Link to another project: the author, the desk, a lead of the author's team."""
    return may_amend(person, visit) or person.is_desk or visit.team_id in person.led_team_ids


def may_void(person: Person, visit: Visit) -> bool:
    """作废: a lead of the author's team."""
    return visit.team_id in person.led_team_ids


def may_keep(person: Person) -> bool:
    """The registers of visit kinds and of questions."""
    return person.is_admin
