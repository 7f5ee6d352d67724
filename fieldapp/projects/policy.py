"""Who may see, and log against, a project."""

from typing import Protocol

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true

from fieldapp.accounts.policy import Person
from fieldapp.projects.models import Assignment, Contact, Enterprise, Project

BEFORE_SIGNING = "S00"


class HasStage(Protocol):
    """A project, or as much of one as was read."""

    @property
    def stage(self) -> str: ...


def assigned(person: Person) -> ColumnElement[bool]:
    """Projects assigned on the person's day to them or to a team of theirs: "mine"."""
    whom = Assignment.user_id == person.id
    if person.team_ids:
        whom = or_(whom, Assignment.team_id.in_(person.team_ids))
    holds = and_(
        Assignment.starts_on <= person.day, or_(Assignment.ends_on.is_(None), Assignment.ends_on >= person.day)
    )
    return Project.id.in_(select(Assignment.project_id).where(whom, holds))


def visible(person: Person, *, zone_readable: bool) -> ColumnElement[bool]:
    """Projects a person may read. Before signing, a project is read by those it is assigned to only."""
    if not person.is_staff:
        return false()
    whole_zone = zone_readable or person.is_desk
    if not whole_zone:
        return assigned(person)
    return or_(Project.stage != BEFORE_SIGNING, assigned(person)) if not person.is_desk else true()


def plainly_visible(person: Person, project: HasStage, zone_readable: bool) -> bool:
    """Whether `visible` holds whatever is assigned: no need to ask the database."""
    return person.is_staff and (person.is_desk or (zone_readable and project.stage != BEFORE_SIGNING))


def may_log(person: Person, project: HasStage, *, is_visible: bool) -> bool:
    """A visit is logged by staff, against any project they may read (a colleague's call is taken too)."""
    return person.is_staff and is_visible


# -- enterprises ---------------------------------------------------------------------------------------------------


def readable_enterprise(person: Person, *, zone_readable: bool) -> ColumnElement[bool]:
    """Enterprises a person may read: by a project they may read; one that has none yet by being known to the zone.

    One that is still in talks shows to its team only, as its project does; one that an officer named, to their team."""
    if not person.is_staff:
        return false()
    if person.is_desk:
        return true()
    here = select(Project.id).where(Project.enterprise_id == Enterprise.id).correlate(Enterprise)
    ways = [here.where(visible(person, zone_readable=zone_readable)).exists(), Enterprise.proposed_by == person.id]
    if person.team_ids:
        ways.append(Enterprise.proposed_team.in_(person.team_ids))
    if zone_readable:
        ways.append(and_(Enterprise.confirmed, ~here.exists()))
    return or_(*ways)


def in_talks() -> ColumnElement[bool]:
    """Enterprises of which nothing but a project before signing is known."""
    here = select(Project.id).where(Project.enterprise_id == Enterprise.id).correlate(Enterprise)
    early, later = here.where(Project.stage == BEFORE_SIGNING), here.where(Project.stage != BEFORE_SIGNING)
    return and_(early.exists(), ~later.exists())


def serves(person: Person) -> ColumnElement[bool]:
    """Enterprises of which a project is assigned to the person or their team: "mine"."""
    here = exists().where(Project.enterprise_id == Enterprise.id, Project.archived_at.is_(None), assigned(person))
    return here.correlate(Enterprise)


def sees_number(person: Person) -> ColumnElement[bool]:
    """Contacts whose telephone number is shown whole: to those who serve the enterprise, and to who wrote it down."""
    mine = select(Project.enterprise_id).where(assigned(person))
    return or_(Contact.enterprise_id.in_(mine), Contact.proposed_by == person.id)


def may_add(person: Person) -> bool:
    """An enterprise by its name, or a contact: whoever calls on enterprises."""
    return person.is_staff


def may_confirm(person: Person) -> bool:
    """What officers added is confirmed, or merged with what was there, by the desk."""
    return person.is_desk


def may_keep(person: Person) -> bool:
    """The registers of zones, areas, enterprises, contacts, projects, assignments, programmes, phrases.

    Also what a project in talks is called: but not one word of what was said there."""
    return person.is_admin
