"""What a phone carries with it: reference data, as a first load or as what changed since (docs/sync-protocol.md 10).

A cursor is opaque to the phone: (server epoch, scope, version, digest). Another epoch or scope (a restore, another
role, another setting), or a version whose tombstones are gone, means a first load. What changed after `version` is
found through `core.changes`; the few rows that belong to this person alone (contacts, open issues) are sent whole
whenever their digest differs.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.orm import Session, joinedload

from fieldapp.accounts import queries as accounts
from fieldapp.accounts.policy import Person
from fieldapp.core import changes, clock
from fieldapp.core.models import Change
from fieldapp.core.paging import pack, unpack
from fieldapp.issues import policy as issues_policy
from fieldapp.issues.models import Category, Issue, IssueEvent, IssueProject
from fieldapp.projects import policy as projects_policy
from fieldapp.projects import queries as projects
from fieldapp.projects.models import Opened, Phrase, Programme, Project
from fieldapp.sync.models import Record
from fieldapp.sync.receipts import server_epoch
from fieldapp.visits.models import Visit, VisitKind

TOMBSTONES_KEPT = timedelta(days=90)
CARRIED_AFTER_OPENING = timedelta(days=30)
OUTCOMES_AT_FIRST = timedelta(days=30)
OUTCOMES_A_PAGE = 1_000
ROWS_A_PAGE = 600  # some 200 KB of projects
SMALL = ("kind", "category", "stage", "programme", "phrase", "unit", "officer")
PROJECTS = "project"
PLURAL = {
    "kind": "kinds", "category": "categories", "stage": "stages", "programme": "programmes", "phrase": "phrases",
    "unit": "units", "officer": "officers", PROJECTS: "projects",
}  # fmt: skip

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Asker:
    """Whose phone asks, and what decides what it may carry."""

    person: Person
    zone_readable: bool

    def scope(self) -> str:
        """Changes with anything that changes what this person may read as a whole."""
        facts = [sorted(self.person.roles), sorted(map(str, self.person.team_ids | self.person.unit_ids))]
        return hashlib.sha256(json.dumps([*facts, self.zone_readable]).encode()).hexdigest()[:12]


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
    own = _own(session, asker)
    new_digest = hashlib.sha256(json.dumps(own, sort_keys=True, default=str).encode()).hexdigest()[:12]
    if new_digest != digest:
        answered["replaced"] = own
    answered["outcomes"], told_to = outcomes(session, asker.person.id, base)
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
        return _Page({PLURAL[kind]: _ROWS[kind](session, asker, None) for kind in SMALL}, {}, (1, ""))
    query = _visible(asker).where(Project.archived_at.is_(None)).order_by(Project.id).limit(ROWS_A_PAGE + 1)
    if after:
        query = query.where(Project.id > _id_of(after))
    found = list(session.scalars(query))
    rows = _as_rows(session, asker, found[:ROWS_A_PAGE])
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
        rows[plural] = _ROWS[kind](session, asker, changed)
        # Removed, archived, or no longer visible to this person: the phone lets go of all three alike.
        gone = changed - {str(row.get("id", row.get("code"))) for row in rows[plural]}
        if gone:
            removed[plural] = sorted(gone)
    return _Page(rows, removed, more)


def _visible(asker: Asker) -> Any:
    visible = projects_policy.visible(asker.person, zone_readable=asker.zone_readable)
    return select(Project).where(visible).options(joinedload(Project.enterprise), joinedload(Project.area))


def _projects(session: Session, asker: Asker, ids: set[str] | None) -> Rows:
    wanted = [UUID(id) for id in ids or ()]
    query = _visible(asker).where(Project.id.in_(wanted), Project.archived_at.is_(None))
    return _as_rows(session, asker, session.scalars(query))


def _as_rows(session: Session, asker: Asker, found: Iterable[Project]) -> Rows:
    mine = projects.mine_ids(session, asker.person)
    return [
        {
            "id": str(project.id), "name": project.name, "phase": project.phase, "initials": project.initials,
            "enterprise": {
                "id": str(project.enterprise_id), "name": project.enterprise.name,
                "initials": project.enterprise.initials,
            },
            "stage": project.stage, "lat": project.lat, "lng": project.lng,
            "area": project.area.name if project.area else "", "mine": project.id in mine,
            "last_contact_at": project.last_contact_at.isoformat() if project.last_contact_at else None,
        }
        for project in found
    ]  # fmt: skip


def _kinds(session: Session, asker: Asker, codes: set[str] | None) -> Rows:
    query = select(VisitKind).where(VisitKind.archived_at.is_(None)).order_by(VisitKind.order)
    return [
        {
            "code": kind.code, "zh": kind.zh, "en": kind.en, "group": kind.group, "icon": kind.icon,
            "photos": kind.photos, "position": kind.position, "fields": kind.fields, "order": kind.order,
        }
        for kind in session.scalars(query) if codes is None or kind.code in codes
    ]  # fmt: skip


def _categories(session: Session, asker: Asker, codes: set[str] | None) -> Rows:
    query = select(Category).where(Category.archived_at.is_(None)).order_by(Category.order)
    return [
        {
            "code": category.code, "parent": category.parent, "zh": category.zh, "en": category.en,
            "unit_id": str(category.unit_id) if category.unit_id else None, "order": category.order,
        }
        for category in session.scalars(query) if codes is None or category.code in codes
    ]  # fmt: skip


def _stages(session: Session, asker: Asker, codes: set[str] | None) -> Rows:
    return [
        {"code": stage.code, "zh": stage.zh, "en": stage.en, "order": stage.order}
        for stage in projects.stages(session) if codes is None or stage.code in codes
    ]  # fmt: skip


def _programmes(session: Session, asker: Asker, codes: set[str] | None) -> Rows:
    query = select(Programme).where(Programme.archived_at.is_(None)).order_by(Programme.order)
    return [
        {"code": programme.code, "name": programme.name, "order": programme.order}
        for programme in session.scalars(query) if codes is None or programme.code in codes
    ]  # fmt: skip


def _phrases(session: Session, asker: Asker, ids: set[str] | None) -> Rows:
    return [
        {"id": str(phrase.id), "field": phrase.field, "text": phrase.text, "order": phrase.order}
        for phrase in session.scalars(select(Phrase).order_by(Phrase.order)) if ids is None or str(phrase.id) in ids
    ]  # fmt: skip


def _units(session: Session, asker: Asker, ids: set[str] | None) -> Rows:
    return [
        {"id": str(unit.id), "name": unit.name, "order": unit.order}
        for unit in accounts.units(session) if ids is None or str(unit.id) in ids
    ]  # fmt: skip


def _officers(session: Session, asker: Asker, ids: set[str] | None) -> Rows:
    return [
        {"id": str(user.id), "name": user.name, "initials": user.initials, "team": team.name}
        for user, team in accounts.officers(session, asker.person.day) if ids is None or str(user.id) in ids
    ]  # fmt: skip


_ROWS: dict[str, Callable[[Session, Asker, set[str] | None], Rows]] = {
    "kind": _kinds, "category": _categories, "stage": _stages, "programme": _programmes, "phrase": _phrases,
    "unit": _units, "officer": _officers, PROJECTS: _projects,
}  # fmt: skip


def _own(session: Session, asker: Asker) -> dict[str, Rows]:
    """Contacts and open issues of the projects that are this person's, or that they opened of late."""
    if not asker.person.is_staff:
        return {"contacts": [], "open_issues": []}
    mine = projects.mine_ids(session, asker.person)
    recent = select(Opened.project_id).where(
        Opened.user_id == asker.person.id, Opened.at > clock.now() - CARRIED_AFTER_OPENING
    )
    near = or_(Project.id.in_(mine), Project.id.in_(recent))
    carried = list(session.execute(_visible(asker).where(near).with_only_columns(Project.id, Project.enterprise_id)))
    ids, enterprises = {row.id for row in carried}, {row.enterprise_id for row in carried}
    assigned = {row.enterprise_id for row in carried if row.id in mine}
    contacts = [
        {
            "id": str(contact.id), "enterprise": str(contact.enterprise_id), "name": contact.name,
            "title": contact.title, "phone": contact.phone if contact.enterprise_id in assigned else "",
        }
        for contact in projects.contacts(session, enterprises)
    ]  # fmt: skip
    return {"contacts": contacts, "open_issues": _open_issues(session, asker.person, asker.zone_readable, ids)}


def _open_issues(session: Session, person: Person, zone_readable: bool, project_ids: set[UUID]) -> Rows:
    query = (
        select(Issue, IssueProject.project_id)
        .join(IssueProject, IssueProject.issue_id == Issue.id)
        .where(
            IssueProject.project_id.in_(project_ids),
            Issue.closed_at.is_(None),
            issues_policy.readable(person, zone_readable=zone_readable),
        )
        .order_by(Issue.opened_at, Issue.id)
    )
    return [
        {
            "id": str(issue.id), "project": str(project_id), "number": issue.number, "title": issue.title,
            "category": issue.category, "urgency": issue.urgency, "state": issue.state,
            "last_event": str(issue.last_event_id) if issue.last_event_id else None,
            "due_at": issue.due_at.isoformat() if issue.due_at else None,
        }
        for issue, project_id in session.execute(query)
    ]  # fmt: skip


def outcomes(session: Session, owner: UUID, since: int | None) -> tuple[Rows, int | None]:
    """What became of one's own records: number, state and why; at first those of the last 30 days.

    Beside them the version up to which they are whole, where there are more."""
    recent = Record.version > since if since is not None else Record.received_at > clock.now() - OUTCOMES_AT_FIRST
    query = (
        select(Record)
        .where(Record.owner_id == owner, recent)
        .order_by(Record.version, Record.id)
        .limit(OUTCOMES_A_PAGE + 1)
    )
    records = list(session.scalars(query))
    told_to = None
    if len(records) > OUTCOMES_A_PAGE:
        told_to = records[-1].version - 1
        records = [record for record in records if record.version <= told_to]
    numbers = _numbers(session, [record.id for record in records if record.type == "visit"])
    numbers |= _numbers_of_events(session, [record.id for record in records if record.type == "issue_event"])
    rows = [
        {
            "id": str(record.id), "state": record.state, "reason": record.reason, "needs_review": record.needs_review,
            "number": numbers.get(record.id, (None, {}))[0], "issue_numbers": numbers.get(record.id, (None, {}))[1],
        }
        for record in records
    ]  # fmt: skip
    return rows, told_to


def _numbers(session: Session, visit_ids: list[UUID]) -> dict[UUID, tuple[str | None, dict[str, str]]]:
    """Of visits: their number, and the numbers of the issues opened in them."""
    found: dict[UUID, tuple[str | None, dict[str, str]]] = {
        id: (number, {})
        for id, number in session.execute(select(Visit.id, Visit.number).where(Visit.id.in_(visit_ids)))
    }
    opened = select(Issue.visit_id, Issue.id, Issue.number).where(Issue.visit_id.in_(visit_ids))
    for visit_id, issue_id, number in session.execute(opened):
        if visit_id in found and number:
            found[visit_id][1][str(issue_id)] = number
    return found


def _numbers_of_events(session: Session, event_ids: list[UUID]) -> dict[UUID, tuple[str | None, dict[str, str]]]:
    """Of events outside a visit: the number of their issue, which a phone tells a restored server like any other."""
    of_issue = select(IssueEvent.id, Issue.id, Issue.number).join(Issue, Issue.id == IssueEvent.issue_id)
    told = session.execute(of_issue.where(IssueEvent.id.in_(event_ids))) if event_ids else ()
    return {event_id: (None, {str(issue_id): number}) for event_id, issue_id, number in told if number}


def _me(person: Person) -> dict[str, Any]:
    return {
        "id": str(person.id), "name": person.name, "role": person.role, "locale": person.locale,
        "teams": list(person.team_names),
    }  # fmt: skip
