"""The zone of a fleet: the cast of tests/cast.py, some more officers, and more projects than one."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from fieldapp.accounts.models import Membership, Team, User
from fieldapp.core.db import Database, new_id
from fieldapp.projects.models import Area, Assignment, Enterprise, Project
from tests.cast import NOON, PASSWORD, PASSWORD_HASH, Cast, settle
from tests.fleet.outbox import Someone

STAGES = ("S05", "S08", "S10")


@dataclass
class Zone:
    """Everyone who plays, and everything a visit may be linked to. Ids as text, as phones have them."""

    cast: Cast
    people: dict[str, Someone] = field(default_factory=dict)
    projects: list[str] = field(default_factory=list)  # that everybody may log against
    hidden: str = ""  # a project before signing: only its own team may
    enterprises: list[str] = field(default_factory=list)
    enterprise_of: dict[str, str] = field(default_factory=dict)
    archived: set[str] = field(default_factory=set)  # by the desk, while phones held records for them

    @property
    def officers(self) -> list[Someone]:
        """Who logs visits, ana first."""
        return [one for name, one in self.people.items() if name in ("ana", "bo", "lin", "dan") or name[0] == "o"]


def found(db: Database, officers: int = 20, projects: int = 20) -> Zone:
    """Fill an empty, migrated database."""
    with db.writing() as session:
        cast = settle(session)
        zone = Zone(cast)
        for name in ("ana", "bo", "lin", "dan", "dee", "zoe"):
            zone.people[name] = Someone(str(getattr(cast, name)), name, PASSWORD, name in ("ana", "bo", "lin"))
        teams = [cast.first_team, cast.second_team]
        for number in range(2):
            team = Team(id=new_id(), name=f"项目服务{number + 3}队", order=number + 2)
            session.add(team)
            session.flush()
            teams.append(team.id)
        for number in range(officers):
            name = f"o{number:03d}"
            user = User(id=new_id(), username=name, name=f"队员{number}", password_hash=PASSWORD_HASH, created_at=NOON)
            session.add(user)
            session.flush()
            held = Membership(user_id=user.id, role="officer", starts_on=date(2026, 1, 1))
            held.team_id = teams[number % len(teams)]
            session.add(held)
            zone.people[name] = Someone(str(user.id), name, PASSWORD, held.team_id == cast.first_team)
        zone.projects = [str(cast.sail), str(cast.reef)]
        zone.hidden = str(cast.talk)
        zone.enterprises = [str(cast.enterprise)]
        zone.enterprise_of = {str(id): str(cast.enterprise) for id in (cast.sail, cast.reef, cast.talk)}
        for number in range(projects):
            _project(session, zone, number, teams)
    return zone


def _project(session: object, zone: Zone, number: int, teams: list[UUID]) -> None:
    from sqlalchemy.orm import Session

    assert isinstance(session, Session)
    if number % 3 == 0:
        made = Enterprise(id=new_id(), zone_id=zone.cast.zone, name=f"示例企业{number}", initials=f"slqy{number}")
        area = Area(id=new_id(), zone_id=zone.cast.zone, name=f"片区{number}")
        session.add_all([made, area])
        session.flush()
        zone.enterprises.append(str(made.id))
    project = Project(
        id=new_id(), zone_id=zone.cast.zone, area_id=zone.cast.area, enterprise_id=UUID(zone.enterprises[-1]),
        name=f"示例项目{number}", phase="一期", initials=f"slxm{number}", stage=STAGES[number % 3], lat=37.1, lng=119.9,
    )  # fmt: skip
    session.add(project)
    session.flush()
    session.add(Assignment(project_id=project.id, team_id=teams[number % len(teams)], starts_on=date(2026, 1, 1)))
    zone.projects.append(str(project.id))
    zone.enterprise_of[str(project.id)] = zone.enterprises[-1]
