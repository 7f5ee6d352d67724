"""The audit log: one row for each write and for each export read, in the transaction of what it tells of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from fieldapp.core import clock
from fieldapp.core.models import Audit


@dataclass(frozen=True)
class Origin:
    """Which request an act came with; the web layer provides it."""

    request_id: str = ""
    address: str = ""


_origin: list[Callable[[], Origin]] = [Origin]


def tell_origin(source: Callable[[], Origin]) -> None:
    """Let the web layer say, when asked, which request is under way."""
    _origin[0] = source


def record(
    session: Session, actor: UUID | None, verb: str, subject_type: str, subject_id: UUID | str, **detail: Any
) -> None:
    """Write that `actor` did `verb` to a subject. `detail` holds ids and short facts, never the text of a record."""
    origin = _origin[0]()
    session.add(
        Audit(
            at=clock.now(),
            actor_id=actor,
            verb=verb,
            subject_type=subject_type,
            subject_id=str(subject_id),
            request_id=origin.request_id,
            address=origin.address,
            detail=detail,
        )
    )
