"""The rows of each table that a phone carries, as one person may read them (docs/sync-protocol.md 10)."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from fieldapp.accounts import queries as accounts
from fieldapp.accounts.policy import Person
from fieldapp.core import clock
from fieldapp.issues import policy as issues_policy
from fieldapp.issues.models import Category, Issue, IssueProject
from fieldapp.projects import policy as projects_policy
from fieldapp.projects import queries as projects
from fieldapp.projects.models import Opened, Phrase, Programme, Project
from fieldapp.sync import last_rows, site_rows
from fieldapp.visits.models import VisitKind

CARRIED_AFTER_OPENING = timedelta(days=30)
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


def visible_projects(asker: Asker) -> Any:
    visible = projects_policy.visible(asker.person, zone_readable=asker.zone_readable)
    return select(Project).where(visible).options(joinedload(Project.enterprise), joinedload(Project.area))


def _projects(session: Session, asker: Asker, ids: set[str] | None) -> Rows:
    wanted = [UUID(id) for id in ids or ()]
    query = visible_projects(asker).where(Project.id.in_(wanted), Project.archived_at.is_(None))
    return as_rows(session, asker, session.scalars(query))


def as_rows(session: Session, asker: Asker, found: Iterable[Project]) -> Rows:
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
    query = select(Phrase).where(Phrase.archived_at.is_(None)).order_by(Phrase.order)
    return [
        {"id": str(phrase.id), "field": phrase.field, "text": phrase.text, "order": phrase.order}
        for phrase in session.scalars(query) if ids is None or str(phrase.id) in ids
    ]  # fmt: skip


def _questions(session: Session, asker: Asker, codes: set[str] | None) -> Rows:
    return site_rows.questions(session, codes)


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


ROWS: dict[str, Callable[[Session, Asker, set[str] | None], Rows]] = {
    "kind": _kinds, "category": _categories, "stage": _stages, "programme": _programmes, "phrase": _phrases,
    "question": _questions, "unit": _units, "officer": _officers, "project": _projects,
}  # fmt: skip


def own_rows(session: Session, asker: Asker) -> dict[str, Rows]:
    """Contacts and open issues of the projects that are this person's, or that they opened of late."""
    if not asker.person.is_staff:
        return {"contacts": [], "open_issues": [], "progress": [], "last_visits": []}
    mine = projects.mine_ids(session, asker.person)
    recent = select(Opened.project_id).where(
        Opened.user_id == asker.person.id, Opened.at > clock.now() - CARRIED_AFTER_OPENING
    )
    near = or_(Project.id.in_(mine), Project.id.in_(recent))
    carried = list(
        session.execute(visible_projects(asker).where(near).with_only_columns(Project.id, Project.enterprise_id))
    )
    ids, enterprises = {row.id for row in carried}, {row.enterprise_id for row in carried}
    assigned = {row.enterprise_id for row in carried if row.id in mine}
    contacts = [
        {
            "id": str(contact.id), "enterprise": str(contact.enterprise_id), "name": contact.name,
            "title": contact.title, "phone": contact.phone if contact.enterprise_id in assigned else "",
        }
        for contact in projects.contacts(session, enterprises)
    ]  # fmt: skip
    return {
        "contacts": contacts,
        "open_issues": _open_issues(session, asker.person, asker.zone_readable, ids),
        "progress": site_rows.progress(session, asker.person, ids, zone_readable=asker.zone_readable),
        "last_visits": last_rows.last_visits(session, asker.person, ids, zone_readable=asker.zone_readable),
    }


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
