"""Saying what should be better, answering it, confirming the notice."""

from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from fieldapp.compliance.models import Feedback, NoticeSeen
from fieldapp.compliance.queries import NUMBER
from fieldapp.core import audit, clock, numbers
from fieldapp.core.changes import insert
from fieldapp.core.db import Ending, at_end
from fieldapp.core.tokens import hashed

numbers.kept_in(NUMBER, Feedback.id, Feedback.number)


def say(session: Session, id: UUID, kind: str, text: str, *, by: UUID | None, code: str = "") -> bool:
    """Keep a piece of feedback; without `by` it is anonymous, and `code` will open its answer.

    False where another one has this id. The same again is as good as once."""
    known = session.get(Feedback, id)
    if known is not None:
        return (known.kind, known.text, known.user_id) == (kind, text, by)
    now = clock.now()
    session.add(
        Feedback(
            id=id, kind=kind, text=text, user_id=by, said_at=now, code_sha256=None if by else hashed(code), answer=""
        )
    )
    session.flush()
    if by is None:
        audit.record_unnamed(session, "feedback.said", "feedback", id)
    else:
        audit.record(session, by, "feedback.said", "feedback", id)
    at_end(session, Ending.ISSUE_NUMBER, f"feedback {id}", partial(_number, id, now))
    return True


def _number(id: UUID, now: datetime, session: Session) -> None:
    given = numbers.give(session, NUMBER, id, now)
    session.execute(update(Feedback).where(Feedback.id == id).values(number=given))


def answer(session: Session, feedback: Feedback, text: str, *, by: UUID) -> None:
    """Answer, or put the answer better; who said it sees the last one."""
    if feedback.answer == text:
        return
    again = feedback.answered_at is not None
    feedback.answer, feedback.answered_by, feedback.answered_at = text, by, clock.now()
    audit.record(session, by, "feedback.answered", "feedback", feedback.id, again=again)


def confirm_notice(session: Session, user_id: UUID, version: str) -> None:
    """Somebody has read the notice. Once a version; again changes nothing."""
    row = insert(session, NoticeSeen).values(user_id=user_id, version=version, at=clock.now())
    fresh = session.execute(row.on_conflict_do_nothing().returning(NoticeSeen.version)).first()
    if fresh is not None:
        audit.record(session, user_id, "notice.confirmed", "user", user_id, version=version)
