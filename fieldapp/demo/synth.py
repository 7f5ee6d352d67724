"""`fieldapp synth`: a zone of any size, for measuring. The same numbers and seed give the same zone, but for ids.

Unlike the demo it goes past the product's doors and writes rows as they would stand afterwards: a year of visits that
say little, with photos whose bytes exist nowhere. Its accounts are demo accounts, so that nobody serves it to the
world.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from fieldapp.accounts import actions as accounts
from fieldapp.accounts import queries as accounts_queries
from fieldapp.accounts.models import Team, Unit, User
from fieldapp.core import changes, clock
from fieldapp.core.db import Base, Database, new_id, table_of
from fieldapp.core.models import Counter as Counted
from fieldapp.demo.bulk import Bulk, Row
from fieldapp.demo.load import PASSWORD, NotEmpty
from fieldapp.demo.synth_visits import Author, Made, Place, Told, visit_rows
from fieldapp.issues import words as issue_words
from fieldapp.issues.models import Category
from fieldapp.projects.models import Area, Assignment, Contact, Enterprise, Project, Stage, Zone
from fieldapp.search import actions as search
from fieldapp.settings import Settings
from fieldapp.visits import words as visit_words
from fieldapp.visits.models import VisitKind

TEAMS, OFFICERS_A_TEAM, UNITS, AREAS = 4, 3, 6, 8
SPAN = timedelta(days=365)
A_BATCH = 2_000  # visits
STEMS = ("云帆", "海岬", "远山", "青禾", "明湖", "长堤", "星河", "北辰", "松涛", "晴川", "白鹭", "金穗", "红杉")
TRADES = ("新材料", "装备", "食品", "医药", "电子", "物流", "纺织", "能源", "化工", "精密", "包装", "农业")
SOUTH_WEST, EXTENT = (37.05, 119.85), 0.12  # degrees


@dataclass
class Synth:
    """What the rows of visits refer to."""

    begins: datetime
    authors: list[Author] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    units: list[UUID] = field(default_factory=list)
    device: UUID = field(default_factory=new_id)


def synthesize(settings: Settings, database: Database, *, projects: int, visits: int, seed: int) -> str:
    """Fill an empty database; answers what was made. Raises NotEmpty."""
    with database.reading() as session:
        if accounts_queries.any_user(session) or session.scalar(select(Zone.id).limit(1)) is not None:
            raise NotEmpty
    dice = random.Random(seed)
    synth = Synth(begins=clock.now() - SPAN)
    database.write(lambda session: _settle(session, settings, synth, projects, dice))
    told = Told(clock.now())
    for batch in _batches(visits):
        database.write(partial(_write, synth=synth, batch=batch, visits=visits, dice=dice, told=told))
    database.write(lambda session: _count(session, synth, told))
    made = ", ".join(f"{count} {name}" for name, count in sorted(told.rows.items()))
    return f"A synthetic zone: {projects} projects, {made}. Accounts synth1 … synth{TEAMS * OFFICERS_A_TEAM}, \
lead1 … lead{TEAMS}, desk, unit, admin; password {PASSWORD}"


def _batches(visits: int) -> Iterator[range]:
    for begin in range(0, visits, A_BATCH):
        yield range(begin, min(begin + A_BATCH, visits))


# -- the zone -------------------------------------------------------------------------------------------------------


def _settle(session: Session, settings: Settings, synth: Synth, projects: int, dice: random.Random) -> None:
    synth.kinds = list(session.scalars(select(VisitKind.code).order_by(VisitKind.order)))
    synth.categories = list(session.scalars(select(Category.code).where(Category.parent.is_not(None))))
    _people(session, synth)
    _projects(session, synth, projects, dice)


def _people(session: Session, synth: Synth) -> None:
    begin, first = synth.begins.date() - timedelta(days=40), None
    places: list[tuple[str, str, int | None]] = [("desk", "desk", None), ("admin", "admin", None)]
    for team in range(1, TEAMS + 1):
        places.append((f"lead{team}", "lead", team))
        places += [(f"synth{(team - 1) * OFFICERS_A_TEAM + n}", "officer", team) for n in range(1, OFFICERS_A_TEAM + 1)]
    for username, role, number in places:
        user = accounts.add_user(
            session, username=username, name=f"员工{username}", password=PASSWORD, role=role, starts_on=begin,
            team=f"第{number}服务队" if number else None, demo=True, like=first,
        )  # fmt: skip
        first = first or user
    accounts.add_user(
        session, username="unit", name="承办人", password=PASSWORD, role="unit", unit="承办单位1", starts_on=begin,
        demo=True, like=first,
    )  # fmt: skip
    for number in range(2, UNITS + 1):
        session.add(Unit(id=new_id(), name=f"承办单位{number}", order=number))
    session.flush()
    synth.units = list(session.scalars(select(Unit.id).order_by(Unit.name)))
    teams: dict[str, UUID] = dict(session.execute(select(Team.name, Team.id)).all())
    ids: dict[str, UUID] = dict(session.execute(select(User.username, User.id)).all())
    synth.authors = [
        Author(ids[username], teams[f"第{number}服务队"]) for username, role, number in places if role == "officer"
    ]


def _projects(session: Session, synth: Synth, count: int, dice: random.Random) -> None:
    zone = Zone(id=new_id(), name="合成测量区")
    session.add(zone)
    session.flush()
    areas = [Area(id=new_id(), zone_id=zone.id, name=f"第{n + 1}片区") for n in range(AREAS)]
    session.add_all(areas)
    session.flush()
    stages = list(session.scalars(select(Stage.code).order_by(Stage.order)))
    rows: dict[type[Base], list[Row]] = {Enterprise: [], Contact: [], Project: [], Assignment: []}
    for number in range(count):
        author = synth.authors[number % len(synth.authors)]
        place = _project(rows, number, zone.id, areas[number % AREAS].id, stages[number % len(stages)], dice)
        synth.places.append(place)
        shared = {"project_id": place.project, "starts_on": synth.begins.date(), "ends_on": None}
        whom: list[dict[str, Any]] = [
            {"user_id": author.id, "team_id": None, "role": "main"},
            {"user_id": None, "team_id": author.team, "role": "supporting"},
        ]
        rows[Assignment] += [{"id": new_id(), **shared, **one} for one in whom]
        changes.note(session, "project", place.project)
    bulk = Bulk(session)
    for model, made in rows.items():
        bulk.insert(table_of(model), made)


def _project(
    rows: dict[type[Base], list[Row]], number: int, zone: UUID, area: UUID, stage: str, dice: random.Random
) -> Place:
    """Every third enterprise has a second project."""
    name = f"{STEMS[number % len(STEMS)]}{TRADES[number // len(STEMS) % len(TRADES)]}{number}"
    initials = accounts.initials(name)
    if number % 3 != 1 or not rows[Enterprise]:
        rows[Enterprise].append({
            "id": new_id(), "zone_id": zone, "name": f"{name}有限公司", "short_name": name, "initials": initials,
            "sector": "", "confirmed": True,
        })  # fmt: skip
        rows[Contact] += [
            {"id": new_id(), "enterprise_id": rows[Enterprise][-1]["id"], "name": f"联系人{order}", "title": "经理",
             "phone": f"1390000{number % 10_000:04d}", "order": order}
            for order in range(2)
        ]  # fmt: skip
    lat, lng = SOUTH_WEST[0] + dice.random() * EXTENT, SOUTH_WEST[1] + dice.random() * EXTENT
    made = {
        "id": new_id(), "zone_id": zone, "area_id": area, "enterprise_id": rows[Enterprise][-1]["id"], "name": name,
        "phase": "一期", "initials": initials, "stage": stage, "lat": lat, "lng": lng, "key_project": number % 5 == 0,
        "version": 0,
    }  # fmt: skip
    rows[Project].append(made)
    return Place(made["id"], made["enterprise_id"], lat, lng)


# -- the visits -----------------------------------------------------------------------------------------------------


def _write(session: Session, synth: Synth, batch: range, visits: int, dice: random.Random, told: Told) -> None:
    made: Made = {}
    for number in batch:
        at = synth.begins + SPAN * ((number + dice.random()) / max(1, visits))
        author, place = dice.choice(synth.authors), dice.choice(synth.places)
        visit_rows(made, told, at, author, place, dice.choice(synth.kinds), synth.device, dice,
                   category=dice.choice(synth.categories), unit=dice.choice(synth.units))  # fmt: skip
    bulk = Bulk(session)
    for table in Base.metadata.sorted_tables:  # what is referred to comes first
        bulk.insert(table, made.get(table.name, []))
    _index(session, made)
    told.rows.update(Counter({name: len(rows) for name, rows in made.items()}))


def _index(session: Session, made: Made) -> None:
    """What their words are, for the search: as it is said where they are logged one by one."""
    for row in made.get("visit", []):
        said = {**dict.fromkeys(visit_words.TEXTS, ""), **dict.fromkeys(visit_words.LISTS, ()), **row}
        search.say(session, visit_words.KIND, row["id"], row["occurred_at"], visit_words.parts(said))
    for row in made.get("issue", []):
        search.say(
            session, issue_words.KIND, row["id"], row["opened_at"], [row.get(name, "") for name in issue_words.TEXTS]
        )


def _count(session: Session, synth: Synth, told: Told) -> None:
    """What is otherwise kept as one goes: numbers given, the last contact and the version of each project."""
    counters = [{"name": name, "value": value} for name, value in told.numbers.items()]
    if counters:
        session.execute(insert(table_of(Counted)), counters)
    latest = [{"id": id, "last_contact_at": at, "version": told.visited[id]} for id, at in told.last_at.items()]
    if latest:
        session.bulk_update_mappings(Project.__mapper__, latest)
    if session.get_bind().dialect.name == "postgresql":
        raws = func.pg_get_serial_sequence("raw", "id")
        session.execute(select(func.setval(raws, max(1, told.rows["raw"]))))
    _analyse(session)


def _analyse(session: Session) -> None:
    """The planner knows what is there, as it would by itself after a day."""
    session.flush()
    session.connection().exec_driver_sql("ANALYZE")
