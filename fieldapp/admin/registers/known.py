"""What a page of the registers knows while it is made: choices and names, each asked for once."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from fieldapp.accounts import queries as accounts
from fieldapp.accounts.models import Team, Unit, User
from fieldapp.core import i18n
from fieldapp.core.db import uuid_of
from fieldapp.issues.models import Category
from fieldapp.projects import queries as projects
from fieldapp.projects.enterprise_queries import like, named
from fieldapp.projects.models import Area, Enterprise, Programme, Project, Zone

Options = list[tuple[str, str]]
A_CHOICE = 8  # rows that are offered where one searches for another row


def _titled(rows: Iterable[Any], title: Callable[[Any], str] = lambda row: row.name) -> Options:
    return [(str(getattr(row, "id", None) or row.code), title(row)) for row in rows]


def _areas(session: Session) -> Options:
    query = select(Area).where(Area.archived_at.is_(None)).order_by(Area.name, Area.id)
    return _titled(session.scalars(query))


def _zones(session: Session) -> Options:
    return _titled(session.scalars(select(Zone).where(Zone.archived_at.is_(None)).order_by(Zone.name, Zone.id)))


def _stages(session: Session) -> Options:
    return [(stage.code, f"{stage.code} {i18n.named(stage)}") for stage in projects.stages(session)]


def _units(session: Session) -> Options:
    return _titled(accounts.units(session))


def _upper_categories(session: Session) -> Options:
    query = select(Category).where(Category.parent.is_(None), Category.archived_at.is_(None)).order_by(Category.order)
    return _titled(session.scalars(query), i18n.named)


OPTIONS: dict[str, Callable[[Session], Options]] = {
    "areas": _areas, "zones": _zones, "stages": _stages, "units": _units, "upper": _upper_categories,
}  # fmt: skip


class Known:
    """For one request."""

    def __init__(self, session: Session, today: date) -> None:
        self.session, self.today = session, today
        self._options: dict[str, Options] = {}
        self._titles: dict[str, dict[str, str]] = {}

    def options(self, name: str) -> Options:
        """What one may choose from."""
        if name not in self._options:
            made = _whom(self.session, self.today) if name == "whom" else OPTIONS[name](self.session)
            self._options[name] = made
        return self._options[name]

    def learn(self, name: str, keys: Iterable[Any]) -> None:
        """Ask for the titles of these rows, of those that are not known yet, in one statement."""
        known = self._titles.setdefault(name, {})
        wanted = {str(key) for key in keys if key} - set(known)
        if wanted:
            known |= dict.fromkeys(wanted, "")
            known |= TITLES[name](self.session, wanted)

    def title(self, name: str, key: Any) -> str:
        if not key:
            return ""
        self.learn(name, [key])
        return self._titles[name][str(key)] or _("no longer there")


def _whom(session: Session, today: date) -> Options:
    """Teams, then who logs visits, team by team. An officer of two teams is one officer."""
    officers = {f"user:{user.id}": f"{user.name} · {team.name}" for user, team in accounts.officers(session, today)}
    return [(f"team:{team.id}", team.name) for team in accounts.teams(session)] + list(officers.items())


# -- rows that others point at -------------------------------------------------------------------------------------


def _by_id(model: Any, title: Callable[[Any], str] = lambda row: row.name) -> Any:
    def titles(session: Session, keys: set[str]) -> dict[str, str]:
        ids = [id for id in map(uuid_of, keys) if id is not None]
        return {str(row.id): title(row) for row in session.scalars(select(model).where(model.id.in_(ids)))}

    return titles


def _by_code(model: Any, title: Callable[[Any], str]) -> Any:
    def titles(session: Session, keys: set[str]) -> dict[str, str]:
        return {row.code: title(row) for row in session.scalars(select(model).where(model.code.in_(keys)))}

    return titles


TITLES: dict[str, Callable[[Session, set[str]], dict[str, str]]] = {
    "zones": _by_id(Zone), "areas": _by_id(Area), "enterprises": _by_id(Enterprise), "teams": _by_id(Team),
    "users": _by_id(User), "units": _by_id(Unit), "projects": _by_id(Project, lambda row: row.title),
    "categories": _by_code(Category, i18n.named), "programmes": _by_code(Programme, lambda row: row.name),
}  # fmt: skip


def project_named(text: str) -> ColumnElement[bool]:
    what = like(text)
    firm = Project.enterprise_id.in_(select(Enterprise.id).where(named(text)))
    columns = (Project.name, Project.initials, Project.name + "（" + Project.phase + "）")
    return or_(*(column.ilike(what, escape="\\") for column in columns), firm)


def _enterprises_like(text: str) -> Any:
    query = select(Enterprise.id, Enterprise.name).where(named(text), Enterprise.archived_at.is_(None))
    return query.order_by(Enterprise.name, Enterprise.id)


def _projects_like(text: str) -> Any:
    query = select(Project).where(project_named(text), Project.archived_at.is_(None))
    return query.order_by(Project.name, Project.id)


def choices(session: Session, name: str, text: str) -> Options:
    """What one may mean by these words: one row more than is shown, so that it can be said that there are more."""
    if not text:
        return []
    if name == "enterprises":
        return [(str(id), title) for id, title in session.execute(_enterprises_like(text).limit(A_CHOICE + 1))]
    return [(str(row.id), row.title) for row in session.scalars(_projects_like(text).limit(A_CHOICE + 1))]
