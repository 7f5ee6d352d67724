"""How feedback is found, and whether somebody has read the notice."""

import hmac
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from fieldapp.compliance.models import Feedback, NoticeSeen
from fieldapp.core.paging import Page, by_time
from fieldapp.core.tokens import hashed

SIZE = 30
NUMBER = "YJ"  # 意见: the series of its numbers


def listed(
    session: Session, *where: ColumnElement[bool], after: str | None = None, limit: int = SIZE
) -> Page[Feedback]:
    """Feedback, newest first, a page at a time."""
    query = select(Feedback).where(*where)
    return by_time(session, query, Feedback.said_at, Feedback.id, after=after, limit=limit)


def by_code(session: Session, number: str, code: str) -> Feedback | None:
    """An anonymous one, for whoever holds its number and code."""
    found = session.scalar(select(Feedback).where(Feedback.number == number))
    known = found.code_sha256 if found is not None else None
    return found if hmac.compare_digest(known or "", hashed(code)) else None


def has_seen(session: Session, user_id: UUID, version: str) -> bool:
    seen = select(NoticeSeen.at).where(NoticeSeen.user_id == user_id, NoticeSeen.version == version)
    return session.scalar(seen) is not None
