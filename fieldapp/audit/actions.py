"""What the auditor does, which the log tells of as well."""

from uuid import UUID

from sqlalchemy.orm import Session

from fieldapp.core import audit, clock, facts

ASKED = "audit.asked"  # a fact: when a check of the seal was last asked for


def ask_for_check(session: Session, by: UUID) -> None:
    """Have the chain followed from its beginning; the worker does it (`audit/jobs.py`)."""
    facts.put(session, ASKED, at=clock.now().isoformat())
    audit.record(session, by, "log.check-asked", "server", "audit")


def note_export(session: Session, by: UUID, form: str, asked: dict[str, str]) -> None:
    """That the log was taken out, in which form, and what was asked for."""
    audit.record(session, by, "log.exported", "server", "audit", form=form, **asked)
