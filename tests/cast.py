"""Who plays in the tests. Ana logs visits; the others see them, or must not.

ana  officer of the first team            dan  officer of the second team
bo   officer, ana's team mate             uma  works in a handling unit, the water company
lin  leads the first team                 dee  at the desk
zoe  system administrator (系统管理员)       sia  security administrator (安全管理员)
abe  auditor (审计员)                       stranger: nobody at all
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from fieldapp.accounts.models import Membership, Team, Unit, User
from fieldapp.accounts.policy import Person, person_on
from fieldapp.compliance import texts
from fieldapp.compliance.models import NoticeSeen
from fieldapp.core.db import new_id
from fieldapp.projects.models import Area, Assignment, Enterprise, Project, Zone
from fieldapp.settings import Settings

PASSWORD = "Fieldapp-demo1"
# Argon2id of PASSWORD, made once: hashing anew in every test would cost more than the tests.
PASSWORD_HASH = "$argon2id$v=19$m=8,t=1,p=1$TwhM8FZxzJR2LuJxwDQu+A$kWVvOeBTygEsW+hi9eaExfIJX4mT7SdZiBFNlW6twpQ"
NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # Friday 12:00 in Shanghai
SITE = (37.1000, 119.9000)
NOTICE = texts.version_of(texts.NOTICE, Settings())  # nobody of them is new here


@dataclass
class Cast:
    """The ids of everyone and everything that `settle` made."""

    ana: UUID
    bo: UUID
    lin: UUID
    dan: UUID
    uma: UUID
    dee: UUID
    zoe: UUID
    sia: UUID
    abe: UUID
    first_team: UUID
    second_team: UUID
    water: UUID
    zone: UUID
    area: UUID
    enterprise: UUID
    sail: UUID  # a project of the first team, ana's own
    reef: UUID  # a project of the second team
    talk: UUID  # a project before signing (S00), of the first team
    usernames: dict[str, str] = field(default_factory=dict)

    def person(self, session: Session, name: str, day: date = NOON.date()) -> Person:
        return person_on(session.get_one(User, getattr(self, name)), day)


def settle(session: Session) -> Cast:
    """Two teams, a unit, nine people and three projects."""
    first, second = Team(id=new_id(), name="项目服务一队", order=0), Team(id=new_id(), name="项目服务二队", order=1)
    water = Unit(id=new_id(), name="供水公司", order=0)
    session.add_all([first, second, water])
    people = {
        "ana": ("安娜", "officer", first, None), "bo": ("柏宁", "officer", first, None),
        "lin": ("林岚", "lead", first, None), "dan": ("丹青", "officer", second, None),
        "uma": ("乌敏", "unit", None, water), "dee": ("狄安", "desk", None, None), "zoe": ("佐伊", "admin", None, None),
        "sia": ("思雅", "security", None, None), "abe": ("阿贝", "auditor", None, None),
    }  # fmt: skip
    ids: dict[str, UUID] = {}
    for username, (name, role, team, unit) in people.items():
        user = User(id=new_id(), username=username, name=name, password_hash=PASSWORD_HASH, created_at=NOON)
        session.add(user)
        session.flush()
        ids[username] = user.id
        held = Membership(user_id=user.id, role=role, starts_on=date(2026, 1, 1))
        held.team_id, held.unit_id = (team.id if team else None), (unit.id if unit else None)
        session.add_all([held, NoticeSeen(user_id=user.id, version=NOTICE, at=NOON)])
    zone = Zone(id=new_id(), name="滨海示范区")
    session.add(zone)
    session.flush()
    area = Area(id=new_id(), zone_id=zone.id, name="东片区")
    enterprise = Enterprise(id=new_id(), zone_id=zone.id, name="云帆新材料有限公司", initials="yfxclyxgs")
    session.add_all([area, enterprise])
    session.flush()
    projects = {}
    for key, name, initials, stage, team in (
        ("sail", "云帆新材料", "yfxcl", "S08", first), ("reef", "海岬装备", "hjzb", "S05", second),
        ("talk", "远山食品", "yssp", "S00", first),
    ):  # fmt: skip
        project = Project(
            id=new_id(), zone_id=zone.id, area_id=area.id, enterprise_id=enterprise.id, name=name, phase="一期",
            initials=initials, stage=stage, lat=SITE[0], lng=SITE[1],
        )  # fmt: skip
        session.add(project)
        session.flush()
        session.add(Assignment(project_id=project.id, team_id=team.id, starts_on=date(2026, 1, 1)))
        projects[key] = project.id
    session.add(Assignment(project_id=projects["sail"], user_id=ids["ana"], starts_on=date(2026, 1, 1)))
    return Cast(
        **ids, first_team=first.id, second_team=second.id, water=water.id, zone=zone.id, area=area.id,
        enterprise=enterprise.id, **projects,
    )  # fmt: skip
