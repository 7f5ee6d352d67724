"""Appending to the feed. Features append; none rewrites what another said."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, update
from sqlalchemy.orm import Session

from fieldapp.core import changes
from fieldapp.core.db import new_id, table_of
from fieldapp.core.fixed import Fixed
from fieldapp.timeline.models import Entry


def append(
    session: Session,
    *,
    projects: Iterable[UUID],
    enterprises: Iterable[UUID],
    occurred_at: datetime,
    received_at: datetime,
    kind: str,
    ref: UUID,
    subkind: str = "",
    actor_id: UUID | None = None,
    parent: UUID | None = None,
) -> None:
    """Say on these timelines that `ref` happened. Once a timeline: saying it again changes nothing."""
    said = {"occurred_at": occurred_at, "received_at": received_at, "kind": kind, "subkind": subkind,
            "actor_id": actor_id, "ref": ref, "parent": parent}  # fmt: skip
    rows: list[dict[str, Any]] = [
        *({"id": new_id(), "project_id": id, "enterprise_id": None, **said} for id in dict.fromkeys(projects)),
        *({"id": new_id(), "project_id": None, "enterprise_id": id, **said} for id in dict.fromkeys(enterprises)),
    ]
    _APPEND.run_each(session, rows)


_ENTRIES = table_of(Entry)
_APPEND = Fixed(
    lambda dialect: changes.insert_for(dialect, _ENTRIES).on_conflict_do_nothing(),
    columns=("id", "project_id", "enterprise_id", "occurred_at", "received_at", "kind", "subkind", "actor_id", "ref",
             "parent"),
)  # fmt: skip


def amend(session: Session, kind: str, ref: UUID, *, occurred_at: datetime, subkind: str) -> None:
    """The fold of `ref` changed when it happened, or what kind it is."""
    same = update(Entry).where(Entry.ref == ref, Entry.kind == kind)
    session.execute(same.values(occurred_at=occurred_at, subkind=subkind))


def settle(
    session: Session, kind: str, ref: UUID, *, projects: Iterable[UUID], enterprises: Iterable[UUID], at: datetime
) -> None:
    """Let `ref` show on these timelines only: it leaves the others, and comes back where it had left.

    Its `kind` is said, too: phones choose ids, and one who takes another's moves nothing of it."""
    elsewhere = or_(
        and_(Entry.project_id.is_not(None), Entry.project_id.not_in(list(projects))),
        and_(Entry.enterprise_id.is_not(None), Entry.enterprise_id.not_in(list(enterprises))),
    )
    mine = update(Entry).where(Entry.ref == ref, Entry.kind == kind)
    session.execute(mine.where(elsewhere, Entry.left_at.is_(None)).values(left_at=at))
    session.execute(mine.where(~elsewhere, Entry.left_at.is_not(None)).values(left_at=None))
