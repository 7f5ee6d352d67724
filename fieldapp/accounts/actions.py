"""Accounts: adding, signing in with its limits, changing a password, ending."""

import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from fieldapp.accounts import queries
from fieldapp.accounts.models import ROLES, LoginFailure, Membership, Team, Unit, User
from fieldapp.core import audit, changes, clock
from fieldapp.core.db import new_id

PASSWORD_MIN = 10
FORGET_FAILURES = timedelta(hours=24)
FAILURES_EVERYWHERE = 20  # times that limit, for one account from all addresses together
_hasher = PasswordHasher()


class Refused(ValueError):
    """Input that cannot be taken; `code` is a word that the door turns into a sentence."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Limits:
    failures: int
    lockout: timedelta


@dataclass(frozen=True)
class Attempt:
    """Someone asks to sign in: who that would be, and until when they are not heard."""

    username: str
    address: str
    user: User | None
    locked_until: datetime | None


@dataclass(frozen=True)
class SignIn:
    """What came of an attempt: a user, or until when no more attempts are heard."""

    user: User | None
    locked_until: datetime | None = None


def initials(name: str) -> str:
    """Pinyin initials of a name, lower case, other characters as they are: 云帆二期A → yfeqa."""
    from pypinyin import Style, lazy_pinyin  # its dictionaries take most of a second: not at every start

    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower().replace(" ", "")


def check_password(password: str, username: str) -> None:
    """Raises Refused: at least ten characters of two kinds, not the account's name."""
    kinds = [re.search(kind, password) for kind in (r"[a-z]", r"[A-Z]", r"\d", r"[^A-Za-z0-9]")]
    if len(password) < PASSWORD_MIN:
        raise Refused("password-short")
    if len(password) > 200:
        raise Refused("password-long")
    if sum(kind is not None for kind in kinds) < 2:
        raise Refused("password-plain")
    if username.lower() in password.lower():
        raise Refused("password-name")


def add_user(
    session: Session,
    *,
    username: str,
    name: str,
    password: str,
    role: str,
    team: str | None = None,
    unit: str | None = None,
    duty: str = "",
    starts_on: date,
    demo: bool = False,
    by: UUID | None = None,
    like: User | None = None,
) -> User:
    """A new account with its first membership. Raises Refused with a code that says what is wrong.

    `like` has the same password, so that the demo's accounts cost one hash and not seven."""
    username = username.strip().lower()
    if not re.fullmatch(r"[a-z][a-z0-9._-]{1,59}", username):
        raise Refused("username-form")
    if not name.strip() or len(name) > 60:
        raise Refused("name-form")
    if role not in ROLES:
        raise Refused("role-unknown")
    if queries.by_username(session, username) is not None:
        raise Refused("username-taken")
    check_password(password, username)
    user = User(
        id=new_id(), username=username, name=name.strip(), initials=initials(name), demo=demo,
        password_hash=like.password_hash if like else _hasher.hash(password), created_at=clock.now(),
    )  # fmt: skip
    session.add(user)
    session.flush()
    membership = Membership(user_id=user.id, role=role, duty=duty, starts_on=starts_on)
    if team:
        membership.team_id = _team(session, team).id
    if unit:
        membership.unit_id = _unit(session, unit).id
    session.add(membership)
    changes.note(session, "officer", user.id)
    audit.record(session, by, "user.add", "user", user.id, role=role)
    return user


def _team(session: Session, name: str) -> Team:
    found = session.scalar(select(Team).where(Team.name == name))
    if found is None:
        count = session.scalar(select(func.count()).select_from(Team)) or 0
        found = Team(id=new_id(), name=name, order=count)
        session.add(found)
        session.flush()
    return found


def _unit(session: Session, name: str) -> Unit:
    found = session.scalar(select(Unit).where(Unit.name == name))
    if found is None:
        count = session.scalar(select(func.count()).select_from(Unit)) or 0
        found = Unit(id=new_id(), name=name, order=count)
        session.add(found)
        session.flush()
        changes.note(session, "unit", found.id)
    return found


def setup_code(data_dir: Path) -> str:
    """Opens /setup. Made at the first need, in a file of mode 600: whoever can read it runs the server."""
    path = data_dir / "setup.code"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(4))
    return path.read_text().strip()


def password_hash(password: str, username: str) -> str:
    """What is kept of a new password. Slow on purpose, so not for a transaction. Raises Refused."""
    check_password(password, username)
    return _hasher.hash(password)


def set_password(session: Session, user: User, new_hash: str, *, by: UUID | None) -> None:
    """A new password, as `password_hash` made it; every session of the account ends."""
    user.password_hash = new_hash
    user.session_epoch += 1
    audit.record(session, by, "user.password", "user", user.id)


def end_sessions(session: Session, user: User, *, by: UUID | None) -> None:
    """Whoever is signed in to this account, on whatever device, no longer is. What waits on a phone stays there."""
    user.session_epoch += 1
    audit.record(session, by, "user.sessions-ended", "user", user.id)


def disable(session: Session, user: User, *, by: UUID | None) -> None:
    """End an account. Its phone may still hand in what it holds for 30 days."""
    if user.disabled_at is None:
        user.disabled_at = clock.now()
        changes.note(session, "officer", user.id, removed=True)
        audit.record(session, by, "user.disable", "user", user.id)


@cache
def _nobodys_hash() -> str:
    """An account that does not exist takes as long as one that does."""
    return _hasher.hash("nobody")


def verify(user: User | None, password: str) -> bool:
    """Whether this is the user's password; as slow for an account that does not exist."""
    try:
        return _hasher.verify(user.password_hash if user else _nobodys_hash(), password) and user is not None
    except (VerificationError, InvalidHashError):
        return False


def attempt(session: Session, username: str, address: str) -> Attempt:
    """The first half of signing in. The password is checked after it, in no transaction: that is slow on purpose."""
    username = "".join(c for c in username.strip().lower() if c.isprintable())[:60]
    user = queries.by_username(session, username)
    return Attempt(username, address, user, _locked_until(session, username, address, clock.now()))


def conclude(session: Session, tried: Attempt, right: bool, limits: Limits, verb: str = "sign-in") -> SignIn:
    """The second half: failures are counted by account and address together, and by account over all addresses.

    `verb` is what it was tried for: to sign in, or to show once more that it is the same person."""
    now = clock.now()
    locked = _locked_until(session, tried.username, tried.address, now)
    if locked is not None:
        return SignIn(None, locked)
    if right and tried.user is not None and tried.user.disabled_at is None:
        ours = (LoginFailure.username == tried.username, LoginFailure.address == tried.address)
        session.execute(delete(LoginFailure).where(*ours))
        audit.record(session, tried.user.id, verb, "user", tried.user.id)
        return SignIn(tried.user)
    known = tried.user.id if tried.user else None
    audit.record(session, known, f"{verb}.failed", "user", known or tried.username)
    return SignIn(None, _count_failure(session, tried, now, limits))


def _locked_until(session: Session, username: str, address: str, now: datetime) -> datetime | None:
    query = select(func.max(LoginFailure.locked_until)).where(
        LoginFailure.username == username, LoginFailure.address.in_([address, "*"])
    )
    until = session.scalar(query)
    return until if until is not None and until > now else None


def _count_failure(session: Session, tried: Attempt, now: datetime, limits: Limits) -> datetime | None:
    """One more failure; the lockout that it brings, if any."""
    session.execute(delete(LoginFailure).where(LoginFailure.last_at < now - FORGET_FAILURES))
    until = None
    for place, allowed in ((tried.address, limits.failures), ("*", limits.failures * FAILURES_EVERYWHERE)):
        count, locked = _one_more(session, tried.username, place, now)
        if locked is not None and locked > now:
            until = locked  # by a guess made at the same time
        elif count >= allowed:
            until = now + limits.lockout
            row = (LoginFailure.username == tried.username, LoginFailure.address == place)
            session.execute(update(LoginFailure).where(*row).values(count=0, locked_until=until))
    return until


def _one_more(session: Session, username: str, place: str, now: datetime) -> tuple[int, datetime | None]:
    """Counted by the database, so that guesses made at once count as many."""
    first = changes.insert(session, LoginFailure).values(username=username, address=place, count=1, last_at=now)
    more = first.on_conflict_do_update(
        index_elements=["username", "address"], set_={"count": LoginFailure.count + 1, "last_at": now}
    )
    count, locked = session.execute(more.returning(LoginFailure.count, LoginFailure.locked_until)).one()
    return count, locked
