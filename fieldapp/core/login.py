"""Sessions: a signed cookie that names the user, the epoch of their password, and whether the device is their own.

It also names its row among the sign-ins, by which one device can be signed out, and says how it began: `how` it was
shown who this is, and whether a second factor was (`strong`). Both are read in the statement that loads the account.
Which requests it opens is in `core/admission.py`.

A sign-in on one's own device lasts FIELDAPP_SESSION_PHONE days; any other ends FIELDAPP_SESSION_DESK_IDLE minutes
after its last use. Polling is not use. Flask-Login's session protection stays off: it signs people out whenever a
mobile network changes their address.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import UUID

from flask import Flask, current_app, g, session
from flask_login import AnonymousUserMixin, LoginManager, UserMixin, current_user, login_user, logout_user
from sqlalchemy.orm import Session

from fieldapp.core import clock
from fieldapp.core.web import read, settings


class Person(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...
    @property
    def locale(self) -> str | None: ...
    @property
    def roles(self) -> frozenset[str]: ...
    @property
    def role(self) -> str: ...


class Found(Protocol):
    """What accounts say of a session's user: who they are today, and what their session may do."""

    @property
    def person(self) -> Any: ...
    @property
    def session_epoch(self) -> int: ...
    @property
    def ended(self) -> bool: ...  # this very sign-in, whatever becomes of others
    @property
    def may_sign_in(self) -> bool: ...
    @property
    def door_open(self) -> bool: ...
    @property
    def must_change_password(self) -> bool: ...
    @property
    def needs_second_factor(self) -> bool: ...


Loader = Callable[[Session, UUID, UUID | None], Found | None]
Used = Callable[[Any], None]  # told of each page that somebody opens
PASSWORD_PAGE, FACTOR_PAGE = "/settings/password", "/settings/second-factor"


class Current(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """Flask-Login's view of a person; templates read `current_user.name` and `.role`."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.id = str(person.id)
        self.name = person.name
        self.role = person.role


class Nobody(AnonymousUserMixin):  # type: ignore[misc]  # Flask-Login has no types
    name = ""
    role = ""


def begin(
    person: Person, session_epoch: int, *, own_device: bool, row: UUID | None = None, how: str = "password",
    strong: bool = False, proven: bool = True,
) -> None:  # fmt: skip
    """Sign `person` in on this browser; `proven`: by a password or something as good, given here and now."""
    session.clear()
    login_user(Current(person))
    session["epoch"] = session_epoch
    session["own"] = own_device
    session["used"] = clock.now().timestamp()
    session["mark"] = token_hex(8)
    session["how"], session["strong"] = how, strong
    if row is not None:
        session["row"] = row.hex
    session.permanent = own_device
    if proven:
        note_proof()
    g.person = person


def note_proof() -> None:
    """The password was given just now: core.reauth asks for it again after a while, and not before."""
    session["proven"] = clock.now().timestamp()


def note_row(row: UUID) -> None:
    """This sign-in is one of before there were rows; from now on it has one."""
    session["row"] = row.hex


def row() -> UUID | None:
    """Which of the account's sign-ins this is. None in sessions of before."""
    named: str | None = session.get("row")
    return UUID(named) if named else None


def how() -> str:
    """By what this session began."""
    return str(session.get("how", "password"))


def note_strong() -> None:
    """A second factor was shown in this session."""
    session["strong"] = True


def is_strong() -> bool:
    """Whether this session was begun, or strengthened, with a second factor."""
    return bool(session.get("strong"))


def mark() -> str | None:
    """Which sign-in this is: a phone must tell one that it has just ended from the next. None in sessions of before."""
    found: str | None = session.get("mark")
    return found


def end() -> None:
    """Sign out. What the phone still holds stays on it: never Clear-Site-Data "storage"."""
    logout_user()
    session.clear()
    g.pop("person", None)


def _load(user_id: str) -> Current | None:
    """Flask-Login's loader: the user of the cookie, if the cookie still counts."""
    loader: Loader = current_app.extensions["load_person"]
    try:
        found = loader(read(), UUID(user_id), row())
    except ValueError:
        return None
    if found is None or found.ended or session.get("epoch") != found.session_epoch or _expired():
        return None
    g.found, g.person, g.user_id = found, found.person, str(found.person.id)
    return Current(found.person)


def _expired() -> bool:
    used = datetime.fromtimestamp(float(session.get("used", 0)), tz=clock.now().tzinfo)
    limit = (
        timedelta(days=settings().session_phone)
        if session.get("own")
        else timedelta(minutes=settings().session_desk_idle)
    )
    return clock.now() - used > limit


def safe_next(target: str | None) -> str:
    """A path of ours to go on to after signing in; `/` for anything else."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\\" in target:
        return "/"
    parts = urlsplit(target)
    return target if not parts.netloc and not parts.scheme and target.isprintable() else "/"


def person() -> Any:
    """Who is signed in (accounts.policy.Person)."""
    return g.person


def signed_in() -> bool:
    """Whether this browser's session opens pages: not one whose account or last role has ended."""
    return bool(current_user.is_authenticated) and "found" in g and bool(g.found.may_sign_in)


def must_change_password() -> bool:
    """Whether whoever is signed in by a password must first choose another."""
    return bool(g.found.must_change_password) and how() == "password"


def own_device() -> bool:
    """Whether "my own device" was ticked when this session began."""
    return bool(session.get("own"))


def write_only() -> bool:
    """Whether the session's account has ended and only its phone's queue is still taken."""
    return bool(g.get("write_only", False))


def use_counted() -> bool:
    """Whether the cookie is written anew with this very answer."""
    return bool(g.get("use_counted", False))


def init_app(app: Flask, load_person: Loader, note_use: Used | None = None) -> None:
    app.extensions["load_person"], app.extensions["note_use"] = load_person, note_use
    # Its own context processor would load the user for every template, the error page that needs no database too.
    manager = LoginManager(app, add_context_processor=False)
    app.context_processor(lambda: {"current_user": current_user})
    manager.session_protection = None
    manager.anonymous_user = Nobody
    manager.user_loader(_load)
