"""What changes a project: its timeline's version, when it was last contacted, when someone opened it."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import bindparam, case, or_, update
from sqlalchemy.orm import Session

from fieldapp.core import changes, clock
from fieldapp.core.changes import insert
from fieldapp.core.db import Ending, at_end, table_of
from fieldapp.core.fixed import Fixed
from fieldapp.projects.models import Opened, Project

_PROJECTS = table_of(Project)
_LAST = _PROJECTS.c.last_contact_at
_VISITED = Fixed(
    update(_PROJECTS)
    .where(_PROJECTS.c.id == bindparam("project"))
    .values(
        version=_PROJECTS.c.version + 1,
        last_contact_at=case((or_(_LAST.is_(None), bindparam("at") > _LAST), bindparam("at")), else_=_LAST),
    )
)
_TOUCHED = Fixed(
    update(_PROJECTS).where(_PROJECTS.c.id == bindparam("project")).values(version=_PROJECTS.c.version + 1)
)


def touch(session: Session, project_id: UUID) -> None:
    """Move the project's version on when the transaction ends: something that shows on its timeline changed."""
    at_end(session, Ending.PROJECT_VERSION, str(project_id), partial(_bump, project_id))


def _bump(project_id: UUID, session: Session) -> None:
    _TOUCHED.run(session, project=project_id)


def contacted(session: Session, project_id: UUID, at: datetime) -> None:
    """A contact of any kind took place. An older one than the last known changes nothing."""
    newer = (Project.last_contact_at.is_(None)) | (Project.last_contact_at < at)
    session.execute(update(Project).where(Project.id == project_id, newer).values(last_contact_at=at))


@dataclass(frozen=True)
class Was:
    """A project before it entered another stage."""

    stage: str
    enterprise_id: UUID


def enter_stage(session: Session, project_id: UUID, stage: str) -> Was:
    """The project is in this stage from now on: its page and all phones learn of it."""
    project = session.get_one(Project, project_id, with_for_update=True)
    was = Was(project.stage, project.enterprise_id)
    project.stage = stage
    touch(session, project_id)
    changes.note(session, "project", project_id)
    return was


def opened(session: Session, user_id: UUID, project_id: UUID) -> None:
    """Remember that this person opened the project: their phone will carry its brief."""
    statement = insert(session, Opened).values(user_id=user_id, project_id=project_id, at=clock.now())
    session.execute(statement.on_conflict_do_update(index_elements=["user_id", "project_id"], set_={"at": clock.now()}))


def visited(session: Session, project_id: UUID, at: datetime) -> None:
    """`touch` and `contacted` in one statement, at the transaction's end, where all writers keep one order."""
    at_end(session, Ending.PROJECT_VERSION, str(project_id), partial(_visit, project_id, at))


def _visit(project_id: UUID, at: datetime, session: Session) -> None:
    _VISITED.run(session, project=project_id, at=at)
