"""Rows of the reference data for the form's “like last time”."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from fieldapp.accounts.policy import Person
from fieldapp.visits import last_queries

PEOPLE, LONGEST = 4, 200  # of those met, and characters of a next step: what one tap may fill in
CALL = "phone_follow_up"
PARTS = ("name", "title", "contact")


def last_visits(
    session: Session, person: Person, project_ids: Collection[UUID], *, zone_readable: bool
) -> list[dict[str, Any]]:
    """Nothing of a visit that says neither."""
    found = last_queries.last_visits(session, person, project_ids, zone_readable=zone_readable)
    return [
        {
            "project": str(one.project_id),
            "on": one.at.isoformat(),
            "met": [{part: who[part] for part in PARTS if who.get(part)} for who in one.met[:PEOPLE]],
            "next_step": _step(one),
        }
        for one in found
        if one.met or _step(one)
    ]


def _step(one: last_queries.Last) -> str:
    """To call again is the next step of a call, and of nothing else."""
    return "" if one.kind == CALL else one.next_step[:LONGEST]
