"""How feedback is found, and whether somebody has read the notice."""

import hmac
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from fieldapp.compliance.models import Feedback, NoticeSeen
from fieldapp.core.paging import Page, pack, page, unpack
from fieldapp.core.tokens import hashed

SIZE = 30
NUMBER = "YJ"  # 意见: the series of its numbers


def listed(
    session: Session, *where: ColumnElement[bool], after: str | None = None, limit: int = SIZE
) -> Page[Feedback]:
    """Feedback, newest first, a page at a time."""
    query = select(Feedback).where(*where)
    start = unpack(after, datetime, UUID)
    if start is not None:
        at, id = start
        query = query.where(or_(Feedback.said_at < at, and_(Feedback.said_at == at, Feedback.id < id)))
    query = query.order_by(Feedback.said_at.desc(), Feedback.id.desc()).limit(limit + 1)
    return page(list(session.scalars(query)), limit, lambda one: pack(one.said_at, one.id))


def by_code(session: Session, number: str, code: str) -> Feedback | None:
    """An anonymous one, for whoever holds its number and code."""
    found = session.scalar(select(Feedback).where(Feedback.number == number))
    known = found.code_sha256 if found is not None else None
    return found if hmac.compare_digest(known or "", hashed(code)) else None


def has_seen(session: Session, user_id: UUID, version: str) -> bool:
    seen = select(NoticeSeen.at).where(NoticeSeen.user_id == user_id, NoticeSeen.version == version)
    return session.scalar(seen) is not None
