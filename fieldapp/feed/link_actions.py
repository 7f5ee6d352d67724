"""Making a link, taking it back, counting who opens it."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from fieldapp.accounts.policy import Person
from fieldapp.core import audit, clock
from fieldapp.core.tokens import hashed
from fieldapp.feed.models import Link

DAYS = (1, 7, 30)


def make(session: Session, by: Person, id: UUID, token: str, target_type: str, target_id: UUID, days: int) -> bool:
    """A link for so many days. The same form again is as good as once; False where the id is another link's."""
    known = session.get(Link, id)
    if known is not None:
        return (known.maker_id, known.target_type, known.target_id) == (by.id, target_type, target_id)
    now = clock.now()
    session.add(
        Link(
            id=id,
            token_sha256=hashed(token),
            target_type=target_type,
            target_id=target_id,
            maker_id=by.id,
            made_at=now,
            expires_at=now + timedelta(days=days),
        )
    )
    session.flush()
    audit.record(session, by.id, "link.made", target_type, target_id, link=str(id), days=days)
    return True


def revoke(session: Session, by: Person, id: UUID) -> None:
    link = session.get_one(Link, id, with_for_update=True)
    if link.revoked_at is None:
        link.revoked_at, link.revoked_by = clock.now(), by.id
        audit.record(session, by.id, "link.revoked", link.target_type, link.target_id, link=str(id))


def opened(session: Session, link: Link) -> None:
    """Somebody read what is behind it; nobody knows who."""
    row = update(Link).where(Link.id == link.id).values(opened=Link.opened + 1, opened_at=clock.now())
    session.execute(row)
    audit.record(session, None, "link.opened", link.target_type, link.target_id, link=str(link.id))
