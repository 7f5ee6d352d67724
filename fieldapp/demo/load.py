"""`fieldapp demo`: fill an empty database with the invented zone 滨海示范区, and a year of its work.

What happened goes through the product's own doors (`feed.actions.log_visit`, `sync.records.accept`), under a clock set
back to the day; the same day of loading gives the same zone.
"""

import random
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.accounts import actions as accounts
from fieldapp.accounts import queries as accounts_queries
from fieldapp.accounts.models import Membership, Team, Unit
from fieldapp.core import changes, clock
from fieldapp.core.db import Database, new_id
from fieldapp.core.files import Files
from fieldapp.demo import people, words, year, zone
from fieldapp.demo.stage import FIRST_TEAM, SECOND_TEAM, Stage
from fieldapp.issues.models import Category
from fieldapp.projects.models import Area, Assignment, Contact, Enterprise, Phrase, Programme, Project, Zone
from fieldapp.settings import Settings

PASSWORD = "Fieldapp-demo1"  # noqa: S105 - it is printed by `make run`; start-up refuses it where the origin is not local
ACCOUNTS = (
    ("officer1", "苏晓帆", "officer", FIRST_TEAM, None, "首席服务官"),
    ("officer2", "方以宁", "officer", FIRST_TEAM, None, "队员"),
    ("officer3", "江一苇", "officer", SECOND_TEAM, None, "带队"),
    ("lead1", "林岚", "lead", FIRST_TEAM, None, "统筹"),
    ("desk1", "陶然", "desk", None, None, ""),
    ("unit1", "闻溪", "unit", None, "供水公司", ""),
    ("admin", "系统管理员", "admin", None, None, ""),
    ("security1", "安全管理员", "security", None, None, ""),
    ("auditor1", "审计员", "auditor", None, None, ""),
)


class NotEmpty(Exception):
    """The database holds something already."""


def load(settings: Settings, database: Database) -> str:
    """Load the zone; answers the accounts to sign in with. Raises NotEmpty."""
    today = clock.today(settings.timezone)
    with database.reading() as session:
        if accounts_queries.any_user(session) or session.scalar(select(Zone.id).limit(1)) is not None:
            raise NotEmpty
    stage = database.write(lambda session: _set_up(session, today))
    year.play(settings, database, Files(settings.files), stage, random.Random(f"fieldapp {today.isoformat()}"))
    return "\n".join(
        ["Demo accounts, password " + PASSWORD, *(f"  {row[0]:9} {row[1]} · {row[2]}" for row in ACCOUNTS)]
    )


def _set_up(session: Session, today: date) -> Stage:
    stage = Stage(today, plays=zone.projects())
    begin = today - timedelta(days=400)
    for order, name in enumerate((FIRST_TEAM, SECOND_TEAM)):
        session.add(Team(id=new_id(), name=name, order=order))
    for order, name in enumerate(people.UNITS):
        unit = Unit(id=new_id(), name=name, order=order)
        session.add(unit)
        stage.units[name] = unit.id
        changes.note(session, "unit", unit.id)
    session.flush()
    for username, name, role, team, of_unit, duty in ACCOUNTS:
        stage.users[username] = accounts.add_user(
            session, username=username, name=name, password=PASSWORD, role=role, team=team, unit=of_unit, duty=duty,
            starts_on=begin, demo=True, like=next(iter(stage.users.values()), None),
        )  # fmt: skip
    session.flush()
    _set_up_zone(session, stage)
    _set_up_words(session, stage)
    _assign(session, stage, begin)
    session.flush()
    for user in stage.users.values():
        session.refresh(user, ["memberships"])  # read on once the session has ended
    return stage


def _set_up_zone(session: Session, stage: Stage) -> None:
    place = Zone(id=new_id(), name=zone.ZONE, basemap=zone.basemap())
    session.add(place)
    session.flush()
    areas = {name: Area(id=new_id(), zone_id=place.id, name=name) for name in zone.AREAS}
    session.add_all(areas.values())
    for firm in zone.enterprises():
        made = Enterprise(
            id=new_id(), zone_id=place.id, name=firm.name, short_name=firm.short_name, sector=firm.sector,
            initials=accounts.initials(firm.short_name),
        )  # fmt: skip
        session.add(made)
        session.flush()
        stage.enterprises[firm.name] = made.id
        for order, one in enumerate(firm.contacts):
            session.add(
                Contact(
                    id=new_id(), enterprise_id=made.id, name=one.name, title=one.title, phone=one.phone, order=order
                )
            )
    for play in stage.plays:
        project = Project(
            id=new_id(), zone_id=place.id, area_id=areas[play.area].id, name=play.name,
            enterprise_id=stage.enterprises[play.enterprise], phase=play.phase, stage=play.stage,
            initials=accounts.initials(play.name + play.phase),
            lat=play.lat, lng=play.lng, fence=play.fence, key_project=play.key_project, investment=play.investment,
            site_area=play.site_area,
        )  # fmt: skip
        session.add(project)
        stage.projects[play.key] = project.id
        changes.note(session, "project", project.id)


def _set_up_words(session: Session, stage: Stage) -> None:
    """Programmes, stock phrases, and which unit each category suggests."""
    for order, (code, name) in enumerate(words.PROGRAMMES):
        session.add(Programme(code=code, name=name, order=order))
        changes.note(session, "programme", code)
    for order, (name, text) in enumerate(PHRASES):
        phrase = Phrase(id=new_id(), field=name, text=text, order=order)
        session.add(phrase)
        changes.note(session, "phrase", phrase.id)
    for category in session.scalars(select(Category)):
        unit = people.UNIT_OF_CATEGORY.get(category.code)
        if unit is not None:
            category.unit_id = stage.units[unit]
            changes.note(session, "category", category.code)


PHRASES = (
    ("progress", "施工正常，较上次无明显变化。"),
    ("progress", "现场停工，原因："),
    ("problems", "暂无问题。"),
    ("needs", "企业暂无新的诉求。"),
    ("content", "电话询问近况，企业表示一切正常。"),
    ("content", "电话提醒办理事项，企业已知悉。"),
    ("content", "已约定现场走访时间。"),
    ("answers", "已当场答复，企业表示理解。"),
    ("next_step", "下周回访。"),
    ("next_step", "协调相关单位到现场会商。"),
)


def _assign(session: Session, stage: Stage, begin: date) -> None:
    """Two thirds of the projects are the first team's; each has a main officer."""
    teams = {team.name: team.id for team in session.scalars(select(Team))}
    for number, play in enumerate(stage.plays):
        team = SECOND_TEAM if number % 3 == 2 else FIRST_TEAM
        officer = "officer3" if team == SECOND_TEAM else ("officer1", "officer2")[number % 2]
        stage.team_of[play.key] = team
        whom = (({"team_id": teams[team]}, "supporting"), ({"user_id": stage.users[officer].id}, "main"))
        for served_by, role in whom:
            session.add(Assignment(project_id=stage.projects[play.key], role=role, starts_on=begin, **served_by))
    for membership in session.scalars(select(Membership)):
        changes.note(session, "officer", membership.user_id)
