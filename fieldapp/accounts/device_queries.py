"""A person's own sign-ins that still open pages."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.accounts.device_models import SignedIn

MOST = 50


def open_ones(session: Session, user_id: UUID, *, phones_since: datetime, desks_since: datetime) -> list[SignedIn]:
    """The newest first: phones seen since the one time, desks since the other; older ones have run out."""
    query = (
        select(SignedIn)
        .where(SignedIn.user_id == user_id, SignedIn.ended_at.is_(None), SignedIn.seen_at >= phones_since)
        .where(SignedIn.own_device | (SignedIn.seen_at >= desks_since))
        .order_by(SignedIn.seen_at.desc(), SignedIn.id.desc())
        .limit(MOST)
    )
    return list(session.scalars(query))
