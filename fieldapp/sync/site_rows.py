"""Rows of the reference data for the site: what to ask, and what was said of each project's progress last."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from fieldapp.accounts.policy import Person
from fieldapp.visits import site_queries

LONGEST = 200  # characters of a progress: what a phone shows above the field

Rows = list[dict[str, Any]]


def questions(session: Session, codes: set[str] | None) -> Rows:
    return [
        {"code": one.code, "zh": one.zh, "en": one.en, "stages": one.stages, "scope": one.scope, "order": one.order}
        for one in site_queries.questions(session) if codes is None or one.code in codes
    ]  # fmt: skip


def progress(session: Session, person: Person, project_ids: Collection[UUID], *, zone_readable: bool) -> Rows:
    found = site_queries.last_progress(session, person, project_ids, zone_readable=zone_readable)
    return [
        {"project": str(one.project_id), "text": one.text[:LONGEST], "on": one.at.isoformat(), "percent": one.percent}
        for one in found
    ]
