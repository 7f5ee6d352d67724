"""What a phone carries with it: reference data, as a first load or as what changed since (docs/sync-protocol.md 10).

A cursor is opaque to the phone: (server epoch, scope, version, digest). Another epoch or scope (a restore, another
role, another setting), or a version whose tombstones are gone, means a first load. What changed after `version` is
found through `core.changes`; the few rows that belong to this person alone (contacts, open issues) are sent whole
whenever their digest differs.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from fieldapp.accounts.policy import Person
from fieldapp.core import changes, clock
from fieldapp.core.models import Change
from fieldapp.core.paging import pack, unpack
from fieldapp.projects.models import Project
from fieldapp.sync.outcomes import outcomes_of
from fieldapp.sync.receipts import server_epoch
from fieldapp.sync.reference_rows import ROWS, Asker, Rows, as_rows, own_rows, visible_projects

TOMBSTONES_KEPT = timedelta(days=90)
ROWS_A_PAGE = 600  # some 200 KB of projects
SMALL = ("kind", "category", "stage", "programme", "phrase", "question", "unit", "officer")
PROJECTS = "project"
PLURAL = {
    "kind": "kinds", "category": "categories", "stage": "stages", "programme": "programmes", "phrase": "phrases",
    "question": "questions", "unit": "units", "officer": "officers", PROJECTS: "projects",
}  # fmt: skip


def answer(session: Session, asker: Asker, since: str | None, part: str | None) -> dict[str, Any]:
    """One page of a first load or of a delta; `reset` where the phone must begin anew."""
    epoch, scope, now = server_epoch(session), asker.scope(), changes.current(session)
    cursor = unpack(since, str, str, int, str)
    going_on = unpack(part, int, int, str)  # the load's version, the step, the keyset
    if since and (cursor is None or cursor[0] != epoch or cursor[1] != scope or _too_old(session, cursor[2])):
        return {"reset": True, "server_epoch": epoch}
    base, digest = (cursor[2], cursor[3]) if cursor else (None, "")
    version, step, after = going_on if going_on else (now, 0, "")
    page = _delta(session, asker, base, version, after) if base is not None else _load(session, asker, step, after)
    answered: dict[str, Any] = {"server_epoch": epoch, "changes": page.rows, "removed": page.removed}
    if page.next is not None:
        return answered | {"next": pack(version, *page.next)}
    own = own_rows(session, asker)
    new_digest = hashlib.sha256(json.dumps(own, sort_keys=True, default=str).encode()).hexdigest()[:12]
    if new_digest != digest:
        answered["replaced"] = own
    answered["outcomes"], told_to = outcomes_of(session, asker.person.id, base)
    answered["me"] = _me(asker.person)
    # Where the outcomes were cut short, the next delta begins at the cut; rows that it repeats change nothing.
    reached = version if told_to is None else min(version, told_to)
    return answered | {"cursor": pack(epoch, scope, reached, new_digest)}


@dataclass(frozen=True)
class _Page:
    rows: dict[str, Rows]
    removed: dict[str, list[str]]
    next: tuple[int, str] | None


def _too_old(session: Session, version: int) -> bool:
    """Whether tombstones that this cursor would need may be gone."""
    oldest = select(func.min(Change.changed_at)).where(Change.version > version)
    changed = session.scalar(oldest)
    return changed is not None and clock.now() - changed > TOMBSTONES_KEPT


def _load(session: Session, asker: Asker, step: int, after: str) -> _Page:
    """Everything: first the small tables, then the projects by id, a page at a time."""
    if step == 0:
        return _Page({PLURAL[kind]: ROWS[kind](session, asker, None) for kind in SMALL}, {}, (1, ""))
    query = visible_projects(asker).where(Project.archived_at.is_(None)).order_by(Project.id).limit(ROWS_A_PAGE + 1)
    if after:
        query = query.where(Project.id > _id_of(after))
    found = list(session.scalars(query))
    rows = as_rows(session, asker, found[:ROWS_A_PAGE])
    more = (1, str(found[ROWS_A_PAGE - 1].id)) if len(found) > ROWS_A_PAGE else None
    return _Page({PLURAL[PROJECTS]: rows}, {}, more)


def _id_of(text: str) -> UUID:
    """Where a first load goes on; one that is not ours begins anew."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _delta(session: Session, asker: Asker, base: int, version: int, after: str) -> _Page:
    """What changed after `base` and up to `version`, in commit order."""
    query = (
        select(Change)
        .where(Change.version > base, Change.version <= version, Change.kind.in_(PLURAL))
        .order_by(Change.version, Change.kind, Change.row)
        .limit(ROWS_A_PAGE + 1)
    )
    if (place := unpack(after, int, str, str)) is not None:
        query = query.where(tuple_(Change.version, Change.kind, Change.row) > place)
    found = list(session.scalars(query))
    more = None
    if len(found) > ROWS_A_PAGE:
        found = found[:ROWS_A_PAGE]
        more = (0, pack(found[-1].version, found[-1].kind, found[-1].row))
    rows: dict[str, Rows] = {}
    removed: dict[str, list[str]] = {}
    for kind, plural in PLURAL.items():
        changed = {change.row for change in found if change.kind == kind}
        if not changed:
            continue
        rows[plural] = ROWS[kind](session, asker, changed)
        # Removed, archived, or no longer visible to this person: the phone lets go of all three alike.
        gone = changed - {str(row.get("id", row.get("code"))) for row in rows[plural]}
        if gone:
            removed[plural] = sorted(gone)
    return _Page(rows, removed, more)


def _me(person: Person) -> dict[str, Any]:
    return {
        "id": str(person.id), "name": person.name, "role": person.role, "locale": person.locale,
        "teams": list(person.team_names),
    }  # fmt: skip
