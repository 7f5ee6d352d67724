"""What the things in the log are called, as far as the auditor may know it: names and numbers, never a text.

A project before signing, and its enterprise, stay an id: they are known to their team only.
"""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from fieldapp.accounts import queries as accounts
from fieldapp.accounts.models import Team, Unit
from fieldapp.core.models import Audit
from fieldapp.issues.models import Issue
from fieldapp.photos.models import Photo
from fieldapp.projects.models import Area, Enterprise, Project, Zone
from fieldapp.projects.policy import BEFORE_SIGNING
from fieldapp.visits.models import Supplement, Visit

Names = dict[UUID, str]
Named = Callable[[Session, set[UUID]], Names]
Thing = tuple[str, str]  # subject_type and subject_id
KINDS = [
    "visit", "record", "photo", "issue", "project", "enterprise", "contact", "user", "device", "follow_up",
    "review_item", "feedback", "zone", "area", "assignment", "visit_kind", "category", "programme", "question",
    "phrase", "team", "unit", "workbook", "setting", "server",
]  # fmt: skip


def names(session: Session, rows: Iterable[Audit]) -> dict[Thing, str]:
    """Names of all that these rows were done to: a statement a kind of thing."""
    wanted: dict[str, set[UUID]] = {}
    of_settings: dict[Thing, str] = {}  # whose id is their name
    for row in rows:
        if row.subject_type == "setting":
            of_settings["setting", row.subject_id] = row.subject_id
        if row.subject_type in _NAMED and (id := uuid_of(row.subject_id)) is not None:
            wanted.setdefault(row.subject_type, set()).add(id)
    return of_settings | {
        (kind, str(id)): name for kind, ids in wanted.items() for id, name in _NAMED[kind](session, ids).items() if name
    }


def told(row: Audit, name: str) -> dict[str, Any]:
    """The row's facts. Of a project without a name here, and of its enterprise, only which fields were changed."""
    if name or row.subject_type not in IN_TALKS or not isinstance(row.detail.get("changes"), dict):
        return row.detail
    return {**row.detail, "changes": sorted(row.detail["changes"])}


IN_TALKS = {"project", "enterprise", "assignment", "contact"}


def uuid_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def reasons(session: Session, rows: Iterable[Audit]) -> dict[UUID, str]:
    """Why a visit was withdrawn or declared void, by the id of its row: an older one has it in its supplement only."""
    ids = {
        row.id: id
        for row in rows
        if row.verb in WITHDRAWN and "reason" not in row.detail and (id := uuid_of(str(row.detail.get("supplement"))))
    }
    if not ids:
        return {}
    query = select(Supplement.id, Supplement.body).where(Supplement.id.in_(ids.values()))
    said: dict[UUID, dict[str, Any]] = dict(session.execute(query).all())
    return {row: str(said[id].get("reason", "")) for row, id in ids.items() if id in said}


WITHDRAWN = ("visit.withdrawal", "visit.void")


def _visits(session: Session, ids: set[UUID]) -> Names:
    return {id: number or "" for id, number in session.execute(select(Visit.id, Visit.number).where(Visit.id.in_(ids)))}


def _issues(session: Session, ids: set[UUID]) -> Names:
    return {id: number or "" for id, number in session.execute(select(Issue.id, Issue.number).where(Issue.id.in_(ids)))}


def _photos(session: Session, ids: set[UUID]) -> Names:
    query = select(Photo.id, Visit.number).join(Visit, Visit.id == Photo.record_id).where(Photo.id.in_(ids))
    return {id: number or "" for id, number in session.execute(query)}


def _projects(session: Session, ids: set[UUID]) -> Names:
    query = select(Project).where(Project.id.in_(ids), Project.stage != BEFORE_SIGNING)
    return {project.id: project.title for project in session.scalars(query)}


def _enterprises(session: Session, ids: set[UUID]) -> Names:
    signed = exists().where(Project.enterprise_id == Enterprise.id, Project.stage != BEFORE_SIGNING)
    query = select(Enterprise.id, Enterprise.name).where(Enterprise.id.in_(ids), signed)
    return dict(session.execute(query).all())


def _by_name(model: type[Team] | type[Unit] | type[Zone] | type[Area]) -> Named:
    def named(session: Session, ids: set[UUID]) -> Names:
        return dict(session.execute(select(model.id, model.name).where(model.id.in_(ids))).all())

    return named


_NAMED: dict[str, Named] = {
    "visit": _visits, "record": _visits, "photo": _photos, "issue": _issues, "project": _projects,
    "enterprise": _enterprises, "user": accounts.names, "team": _by_name(Team), "unit": _by_name(Unit),
    "zone": _by_name(Zone), "area": _by_name(Area),
}  # fmt: skip
