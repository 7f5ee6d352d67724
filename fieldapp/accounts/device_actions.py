"""Where somebody is signed in: written down at the sign-in, seen again now and then, ended one by one or together."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from fieldapp.accounts.device_models import SignedIn
from fieldapp.core import audit, clock
from fieldapp.core.db import new_id

SEEN_STEP = timedelta(minutes=10)
FORGET_AFTER = timedelta(days=400)  # of no use: longer than any cookie lives


def open_one(
    session: Session, user_id: UUID, *, how: str, browser: str, own_device: bool, id: UUID | None = None
) -> UUID:
    """A new sign-in; rows that no cookie can name any more go."""
    now = clock.now()
    session.execute(delete(SignedIn).where(SignedIn.user_id == user_id, SignedIn.seen_at < now - FORGET_AFTER))
    row = SignedIn(
        id=id or new_id(), user_id=user_id, begun_at=now, seen_at=now, how=how, browser=browser[:80],
        own_device=own_device,
    )  # fmt: skip
    session.add(row)
    return row.id


def seen(session: Session, id: UUID) -> None:
    """A page was opened by it."""
    session.execute(update(SignedIn).where(SignedIn.id == id).values(seen_at=clock.now()))


def heard(session: Session, id: UUID | None, *, device_id: UUID, waiting: int) -> None:
    """A phone said hello by it, and how much it still holds. None: a sign-in of before there were rows."""
    if id is not None:
        said = {"seen_at": clock.now(), "device_id": device_id, "waiting": waiting}
        session.execute(update(SignedIn).where(SignedIn.id == id).values(**said))


def end_one(session: Session, user_id: UUID, id: UUID, *, by: UUID | None) -> bool:
    """End one sign-in of this user; false where there is none of that id. What waits on the phone stays there."""
    row = session.scalar(select(SignedIn).where(SignedIn.id == id, SignedIn.user_id == user_id).with_for_update())
    if row is None:
        return False
    if row.ended_at is None:
        row.ended_at = clock.now()
        audit.record(session, by, "device.signed-out", "user", user_id, signed_in=str(id), browser=row.browser)
    return True


def end_all(session: Session, user_id: UUID, *, but: UUID | None = None) -> None:
    """End every sign-in of this user that has a row; those of before end by the account's epoch."""
    ending = update(SignedIn).where(SignedIn.user_id == user_id, SignedIn.ended_at.is_(None))
    session.execute((ending.where(SignedIn.id != but) if but else ending).values(ended_at=clock.now()))


def leave(session: Session, user_id: UUID, id: UUID) -> None:
    """Sign out on this device."""
    session.execute(update(SignedIn).where(SignedIn.id == id).values(ended_at=clock.now()))
    audit.record(session, user_id, "sign-out", "user", user_id)
