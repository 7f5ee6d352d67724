"""By what words a visit is found: what it says, whom the officer met, and what was added later."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.search import actions as search
from fieldapp.visits.models import Supplement, Visit

KIND = "visit"
TEXTS = ("content", "progress", "needs", "problems", "answers", "next_step", "typed_project")


def parts(said: Mapping[str, Any]) -> list[str]:
    """What a visit's columns say in words."""
    people = [text for one in (*said["met"], *said["outside"]) for text in one.values() if text != one.get("contact")]
    return [*(said[name] for name in TEXTS), *people, *said["policy_items"]]


def say_again(session: Session, visit: Visit) -> None:
    """A visit's fold has changed. A withdrawn one is not found any more."""
    if visit.withdrawn_at is not None:
        search.leave(session, visit.id)
        return
    columns = {name: getattr(visit, name) for name in (*TEXTS, "met", "outside", "policy_items")}
    added = select(Supplement.body).where(Supplement.visit_id == visit.id, Supplement.type == "addition")
    later = [body.get("text", "") for body in session.scalars(added.order_by(Supplement.received_at, Supplement.id))]
    search.say(session, KIND, visit.id, visit.occurred_at, [*parts(columns), *later])
