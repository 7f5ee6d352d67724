"""By what words a visit is found: what it says, whom the officer met, and what was added later."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.search import actions as search
from fieldapp.visits.models import Supplement, Visit

KIND = "visit"
TEXTS = ("content", "progress", "needs", "problems", "answers", "next_step", "typed_project")
LISTS = ("met", "outside", "policy_items", "asked")


def parts(said: Mapping[str, Any]) -> list[str]:
    """What a visit's columns say in words, a person or an answered question in one."""
    people = [
        " ".join(text for name, text in one.items() if name != "contact") for one in (*said["met"], *said["outside"])
    ]
    asked = [f"{one.get('text', '')} {one['answer']}" for one in said["asked"] if one.get("answer")]
    return [*(said[name] for name in TEXTS), *people, *said["policy_items"], *asked]


def columns(visit: Visit) -> dict[str, Any]:
    """Those that `parts` reads."""
    return {name: getattr(visit, name) for name in (*TEXTS, *LISTS)}


def say_again(session: Session, visit: Visit) -> None:
    """A visit's fold has changed. A withdrawn one is not found any more."""
    if visit.withdrawn_at is not None:
        search.leave(session, visit.id)
        return
    added = select(Supplement.body).where(Supplement.visit_id == visit.id, Supplement.type == "addition")
    later = [body.get("text", "") for body in session.scalars(added.order_by(Supplement.received_at, Supplement.id))]
    search.say(session, KIND, visit.id, visit.occurred_at, [*parts(columns(visit)), *later])
