"""Attempts to sign in, and how many are heard: counted by account and address, and by account over all addresses."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from fieldapp.accounts import queries
from fieldapp.accounts.models import LoginFailure, User
from fieldapp.core import audit, changes, clock

FORGET_FAILURES = timedelta(hours=24)
FAILURES_EVERYWHERE = 20  # times that limit, for one account from all addresses together


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


def attempt(session: Session, username: str, address: str) -> Attempt:
    """The first half of signing in. The password is checked after it, in no transaction: that is slow on purpose."""
    username = "".join(c for c in username.strip().lower() if c.isprintable())[:60]
    user = queries.by_username(session, username)
    return Attempt(username, address, user, _locked_until(session, username, address, clock.now()))


def conclude(
    session: Session, tried: Attempt, right: bool, limits: Limits, verb: str = "sign-in", *, done: str = "sign-in",
    halfway: bool = False, told: dict[str, str] | None = None,
) -> SignIn:  # fmt: skip
    """The second half: failures are counted by account and address together, and by account over all addresses.

    `verb` is what was tried, `done` what it led to. `halfway`: a second factor is still to
    come, so the failures before are not forgotten; a right password would else buy any number of guesses at that."""
    now = clock.now()
    locked = _locked_until(session, tried.username, tried.address, now)
    if locked is not None:
        return SignIn(None, locked)
    if right and tried.user is not None and tried.user.disabled_at is None:
        ours = (LoginFailure.username == tried.username, LoginFailure.address == tried.address)
        if not halfway:
            session.execute(delete(LoginFailure).where(*ours))
        audit.record(session, tried.user.id, done, "user", tried.user.id, **(told or {}))
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
