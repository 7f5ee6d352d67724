"""Human numbers (ZF-2026-000128): given at the end of a transaction, never reused."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from fieldapp.core.changes import bump
from fieldapp.core.models import Reserved
from fieldapp.core.payload import OFFICE

VISIT, ISSUE = "ZF", "XQ"
_RESERVED = select(Reserved.number, Reserved.id).where(
    or_(Reserved.number == bindparam("given"), Reserved.id == bindparam("for_id"))
)


def give(session: Session, series: str, id: UUID, received_at: datetime) -> str:
    """The number of `id`: the one that its phone still holds from before a restore, else the next free one."""
    name = f"{series}-{received_at.astimezone(OFFICE).year}"
    while True:
        number = f"{name}-{bump(session, name):06d}"
        reserved = session.connection().execute(_RESERVED, {"given": number, "for_id": id})
        held: dict[str, UUID] = {row.number: row.id for row in reserved}
        own = [known for known, holder in held.items() if holder == id and known.startswith(f"{series}-")]
        if own:
            return min(own)
        if number not in held:
            return number
