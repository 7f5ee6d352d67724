"""From somebody who has shown who they are to a session on this browser, and what is asked of that session later."""

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import request
from flask_babel import gettext as _
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from fieldapp.accounts import actions, attempts, device_actions, queries
from fieldapp.accounts.models import User
from fieldapp.accounts.policy import Person, door_open, may_sign_in, needs_second_factor, person_on
from fieldapp.core import clock, login
from fieldapp.core.db import new_id
from fieldapp.core.i18n import local
from fieldapp.core.web import db, settings, today

SYSTEMS = (("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
           ("Windows", "Windows"), ("Mac OS", "Mac"), ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip
BROWSERS = (("MicroMessenger", "WeChat"), ("Edg", "Edge"), ("OPR", "Opera"), ("HuaweiBrowser", "Huawei"),
            ("MiuiBrowser", "Mi"), ("SamsungBrowser", "Samsung"), ("Firefox|FxiOS", "Firefox"),
            ("Chrome|CriOS", "Chrome"), ("Safari", "Safari"))  # fmt: skip


@dataclass(frozen=True)
class Found:
    person: Person
    session_epoch: int
    ended: bool
    may_sign_in: bool
    door_open: bool
    must_change_password: bool
    needs_second_factor: bool
    seen_at: datetime | None


def load_person(session: Session, user_id: UUID, signed_in: UUID | None) -> Found | None:
    """What core.login asks: who this is today, and what this very session may still do."""
    user = queries.account(session, user_id, signed_in)
    if user is None:
        return None
    person, now = person_on(user, today()), clock.now()
    return Found(
        person, user.session_epoch, user.ended, may_sign_in(person), door_open(person, user, now),
        user.must_change_password or _too_old(user.password_set_at, now), second_factor_asked(person), user.seen_at,
    )  # fmt: skip


def second_factor_asked(person: Person) -> bool:
    """Whether the password alone opens nothing to this person. Where only this machine can reach us it does."""
    return not settings().local and needs_second_factor(person, settings().second_factor)


def _too_old(password_set_at: datetime, now: datetime) -> bool:
    days = settings().password_days
    return days > 0 and now - password_set_at > timedelta(days=days)


def note_use(found: Found) -> None:
    """What core.login tells of each page that is opened: seldom written down, and never at the cost of the page.

    A session whose row is not there began before there were rows, or before a backup that was restored: it gets one."""
    row, user_id = login.row(), found.person.id
    try:
        if row is not None and found.seen_at is not None:
            if clock.now() - found.seen_at > device_actions.SEEN_STEP:
                db().write(lambda session: device_actions.seen(session, row))
        elif row is not None or login.use_counted():
            login.note_row(db().write(lambda session: _open(session, user_id, "", login.own_device(), row)))
    except SQLAlchemyError:
        return


def _open(session: Session, user_id: UUID, how: str, own_device: bool, id: UUID | None = None) -> UUID:
    return device_actions.open_one(
        session, user_id, how=how, browser=browser_of(request.user_agent.string), own_device=own_device, id=id
    )


def enter(user: User, *, how: str, own_device: bool, strong: bool = False, proven: bool = True) -> None:
    """Sign this user in on this browser."""
    row = db().write(lambda session: _open(session, user.id, how, own_device))
    _begin(user, row=row, how=how, own_device=own_device, strong=strong, proven=proven)


def go_on(user: User) -> None:
    """The same sign-in, after every other of the account has been ended."""
    row = login.row() or db().write(lambda session: _open(session, user.id, login.how(), login.own_device(), new_id()))
    _begin(user, row=row, how=login.how(), own_device=login.own_device(), strong=login.is_strong(), proven=True)


def _begin(user: User, *, row: UUID, how: str, own_device: bool, strong: bool, proven: bool) -> None:
    person = person_on(user, today())
    login.begin(person, user.session_epoch, own_device=own_device, row=row, how=how, strong=strong, proven=proven)


def may_sign_in_here(person: Person) -> bool:
    """Whether a password or passkey of ours is enough, where there is single sign-on: to admins it always is."""
    everybody = not settings().oidc_issuer or settings().local_sign_in == "all"
    return everybody or person.has_power


def elsewhere_sentence() -> str:
    return str(_("Please sign in by single sign-on: passwords of this system are for administrators."))


def asker() -> str:
    """Whose tries are counted: forty people who sign in first on one morning share one address."""
    return str(login.person().id)


def shown_password(typed: str) -> tuple[User | None, str]:
    """Who is signed in, if this is their password; else why it does not count. With the limits of signing in: a phone
    that lies open is no place to guess."""
    with db().reading() as session:
        user = session.get_one(User, login.person().id)
        attempt = attempts.attempt(session, user.username, request.remote_addr or "")
    if attempt.locked_until is not None:
        return None, locked_sentence(attempt.locked_until)
    right = actions.verify(attempt.user, typed[:200])
    verb = "password-again"
    tried = db().write(lambda session: attempts.conclude(session, attempt, right, limits(), verb, done=verb))
    if tried.user is not None:
        return user, ""
    wrong = str(_("This is not the current password."))
    return None, locked_sentence(tried.locked_until) if tried.locked_until else wrong


def limits() -> attempts.Limits:
    return attempts.Limits(settings().login_failures, timedelta(minutes=settings().login_lockout))


def locked_sentence(locked_until: datetime) -> str:
    minutes = max(1, math.ceil((locked_until - clock.now()).total_seconds() / 60))
    at = f"{local(locked_until):%H:%M}"
    return str(_("Too many failed attempts. Try again in %(n)s min, at %(at)s.", n=minutes, at=at))


def browser_of(agent: str) -> str:
    """Chrome · Android: as much of what a browser says of itself as helps to tell one's own devices apart."""
    known = [_first(BROWSERS, agent), _first(SYSTEMS, agent)]
    return " · ".join(name for name in known if name)


def _first(names: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for pattern, name in names if re.search(pattern, agent)), "")
