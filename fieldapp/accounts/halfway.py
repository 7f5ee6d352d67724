"""Between the password and the second factor: who it would be, for minutes, in a cookie that opens nothing yet."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import request
from flask import session as cookie
from sqlalchemy.orm import Session

from fieldapp.accounts.models import User
from fieldapp.accounts.policy import may_sign_in, person_on
from fieldapp.core import clock
from fieldapp.core.web import today

LASTS = timedelta(minutes=10)


@dataclass(frozen=True)
class Half:
    user: User
    how: str
    own_device: bool
    next: str


def begin(user: User, *, how: str, own_device: bool, next: str) -> None:
    cookie.clear()
    cookie["half"] = {
        "user": user.id.hex, "epoch": user.session_epoch, "at": clock.now().timestamp(), "how": how,
        "own": own_device, "next": next,
    }  # fmt: skip


def whose() -> str:
    """Whose tries are counted."""
    said = cookie.get("half")
    return said["user"] if said else request.remote_addr or ""


def under_way(session: Session) -> Half | None:
    """Whoever has shown the first factor on this browser, and may still sign in."""
    said = cookie.get("half")
    if said is None or clock.now() - datetime.fromtimestamp(said["at"], tz=clock.now().tzinfo) > LASTS:
        return None
    user = session.get(User, UUID(said["user"]))
    if user is None or user.session_epoch != said["epoch"]:
        return None
    if not may_sign_in(person_on(user, today())):
        return None
    return Half(user, said["how"], said["own"], said["next"])
