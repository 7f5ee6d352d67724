"""What the registers hold, by the names that a workbook uses; rows that are to come are known from their line on."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.accounts.models import Membership, Proposal, Team, Unit, User
from fieldapp.projects.models import Area, Assignment, Contact, Enterprise, Project, Stage, digits_of
from fieldapp.sheets.reading import Row
from fieldapp.sheets.values import Bad

T = TypeVar("T")


@dataclass
class Firm:
    id: UUID
    name: str
    uscc: str | None
    said: dict[str, Any]
    archived: bool = False
    line: int | None = None  # of this workbook, that spoke of it first


@dataclass
class Site:
    """A project."""

    id: UUID
    firm: UUID
    name: str
    phase: str
    said: dict[str, Any]
    archived: bool = False


@dataclass
class Serving:
    """An assignment that goes on."""

    id: UUID
    role: str
    starts_on: date
    ends_on: date | None


@dataclass
class Account:
    id: UUID
    name: str
    disabled: bool = False
    line: int | None = None  # of this workbook, that spoke of it first
    holds: set[tuple[str, UUID | None, UUID | None, str]] = field(default_factory=set)  # role, team, unit, duty


@dataclass
class Named:
    """A team, a unit or an area."""

    id: UUID
    archived: bool = False
    order: int = 0


@dataclass
class Known:
    day: date
    stages: dict[str, str]
    areas: dict[str, list[Named]]
    units: dict[str, Named]
    teams: dict[str, Named]
    accounts: dict[str, Account]
    by_code: dict[str, Firm]
    by_name: dict[str, list[Firm]]
    sites: dict[tuple[UUID, str, str], Site]
    sites_named: dict[str, list[Site]]
    serving: dict[tuple[UUID, UUID], list[Serving]]  # project, officer or team
    contacts: dict[tuple[UUID, str, str], tuple[UUID, str]]  # enterprise, name, digits → id, job title
    lines: dict[tuple[object, ...], int] = field(default_factory=dict)  # what a line was about → that line

    def once(self, row: Row, *about: object) -> None:
        """Two lines about one thing would take turns whenever the file is brought in. Raises Bad."""
        first = self.lines.setdefault((row.sheet.name, *about), row.number)
        if first != row.number:
            raise Bad("twice", said=first)

    def add_firm(self, firm: Firm) -> None:
        self.by_name.setdefault(firm.name, []).append(firm)
        if firm.uscc:
            self.by_code[firm.uscc] = firm

    def add_site(self, site: Site) -> None:
        self.sites[site.firm, site.name, site.phase] = site
        self.sites_named.setdefault(site.name, []).append(site)


FIRM = ("short_name", "sector")
SITE = ("stage", "area_id", "key_project", "lat", "lng", "investment", "site_area", "contact_every_days")


def load(session: Session, day: date) -> Known:
    """Everything at once: one query a register, whatever the number of lines."""
    areas = _grouped((area.name, Named(area.id, area.archived_at is not None)) for area in _all(session, Area))
    known = Known(
        day, _stages(session), areas,
        {unit.name: Named(unit.id, unit.archived_at is not None, unit.order) for unit in _all(session, Unit)},
        {team.name: Named(team.id, team.archived_at is not None) for team in _all(session, Team)},
        _accounts(session, day), {}, {}, {}, {}, _serving(session, day), _contacts(session),
    )  # fmt: skip
    for one in session.scalars(select(Enterprise).where(Enterprise.merged_into.is_(None))):
        said = {name: getattr(one, name) for name in FIRM}
        known.add_firm(Firm(one.id, one.name, one.uscc, said, one.archived_at is not None))
    for project in session.execute(
        select(Project.id, Project.enterprise_id, Project.name, Project.phase, Project.archived_at,
               *(getattr(Project, name) for name in SITE))
    ):  # fmt: skip
        said = {name: getattr(project, name) for name in SITE}
        known.add_site(
            Site(project.id, project.enterprise_id, project.name, project.phase, said, project.archived_at is not None)
        )
    return known


def _all(session: Session, model: type[T]) -> Iterable[T]:
    return session.scalars(select(model))


def _grouped(pairs: Iterable[tuple[str, Named]]) -> dict[str, list[Named]]:
    found: dict[str, list[Named]] = defaultdict(list)
    for name, one in pairs:
        found[name].append(one)
    return found


def _stages(session: Session) -> dict[str, str]:
    return {name.lower(): stage.code for stage in _all(session, Stage) for name in (stage.code, stage.zh, stage.en)}


def _accounts(session: Session, day: date) -> dict[str, Account]:
    found = {
        row.username: Account(row.id, row.name, row.disabled_at is not None)
        for row in session.execute(select(User.id, User.username, User.name, User.disabled_at))
    }
    by_id = {one.id: one for one in found.values()}
    goes_on = Membership.ends_on.is_(None) | (Membership.ends_on >= day)
    for table, still in ((Membership, goes_on), (Proposal, Proposal.outcome == "")):
        columns = (table.user_id, table.role, table.team_id, table.unit_id, table.duty)
        for user, role, team, unit, duty in session.execute(select(*columns).where(still)):
            by_id[user].holds.add((role, team, unit, duty))
    return found


def _serving(session: Session, day: date) -> dict[tuple[UUID, UUID], list[Serving]]:
    found: dict[tuple[UUID, UUID], list[Serving]] = defaultdict(list)
    ahead = (Assignment.ends_on >= day) & (Assignment.ends_on >= Assignment.starts_on)
    goes_on = Assignment.ends_on.is_(None) | ahead
    for one in session.scalars(select(Assignment).where(goes_on)):
        whom = one.user_id or one.team_id
        if whom is not None:
            found[one.project_id, whom].append(Serving(one.id, one.role, one.starts_on, one.ends_on))
    return found


def _contacts(session: Session) -> dict[tuple[UUID, str, str], tuple[UUID, str]]:
    query = select(Contact.enterprise_id, Contact.name, Contact.phone, Contact.id, Contact.title)
    rows = session.execute(query.where(Contact.archived_at.is_(None), Contact.enterprise_id.is_not(None)))
    return {(firm, name, digits_of(phone)): (id, title) for firm, name, phone, id, title in rows if firm}
