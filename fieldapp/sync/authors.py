"""Records of an author who is unknown here, as after a restore: whose they are is said once (docs/sync-protocol.md 13).

A record of such an author has no owner; until a person says who it was, its photos are kept for whoever handed it in.
What was said holds for every other record of the same author, those that come later included.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from fieldapp.accounts import queries as accounts
from fieldapp.accounts.models import User
from fieldapp.core import audit, facts
from fieldapp.core.payload import CannotPlace
from fieldapp.photos import actions as photos
from fieldapp.sync import envelope
from fieldapp.sync.actions import changed, now_of
from fieldapp.sync.aside import HEAD
from fieldapp.sync.models import FAILED, RECEIVED, UNPLACED, Raw


def _fact(author: UUID) -> str:
    return f"author:{author}"


def known_as(session: Session, author: UUID | None) -> UUID | None:
    """The user whose record it is: the author, or whom a person has said that they are; none: nobody knows yet."""
    if author is None or accounts.is_user(session, author):
        return author
    said = facts.text(session, _fact(author))
    return UUID(said) if said else None


def match(session: Session, record_id: UUID, user_id: UUID, by: UUID) -> list[UUID]:
    """Say that this record's unknown author is that user. The records, all of theirs, that can be judged now."""
    if session.scalar(HEAD, {"id": record_id}) is None or not accounts.is_user(session, user_id):
        raise CannotPlace("no-owner")
    waiting = _unowned(session)
    author = next((author for raw, author in waiting if raw.record_id == record_id and author), None)
    theirs = [raw for raw, said in waiting if raw.record_id == record_id or (author is not None and said == author)]
    if author is not None:
        facts.put_text(session, _fact(author), str(user_id))
    for raw in theirs:
        photos.hand_over(session, raw.record_id, raw.sender_id, user_id)
        raw.owner_id = user_id
        if raw.state in (UNPLACED, FAILED):
            raw.state = RECEIVED
    records = list(dict.fromkeys([record_id, *(raw.record_id for raw in theirs)]))
    for id in records:
        head = session.scalar(HEAD, {"id": id})
        if head is not None:
            changed(session, head, owner_id=user_id)
            now_of(session, id, user_id)
            audit.record(session, by, "record.matched", "record", id, user=str(user_id))
    return records


def _unowned(session: Session) -> Sequence[tuple[Raw, UUID | None]]:
    """What was handed in of authors unknown here, and who its bytes say that they are."""
    nobody = or_(Raw.owner_id.is_(None), Raw.owner_id.not_in(select(User.id)))
    raws = session.scalars(select(Raw).where(Raw.imported_by.is_not(None), nobody).order_by(Raw.id)).all()
    return [(raw, envelope.read(raw.payload, raw.record_id).owner) for raw in raws]
