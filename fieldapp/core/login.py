"""Sessions: a signed cookie that names the user, the epoch of their password, and whether the device is their own.

A sign-in on one's own device lasts FIELDAPP_SESSION_PHONE days; any other ends FIELDAPP_SESSION_DESK_IDLE minutes
after its last use. Polling is not use. Flask-Login's session protection stays off: it signs people out whenever a
mobile network changes their address.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any, Protocol, cast
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from flask import Flask, Response, current_app, g, redirect, request, session
from flask_login import AnonymousUserMixin, LoginManager, UserMixin, current_user, login_user, logout_user
from sqlalchemy.orm import Session

from fieldapp.core import clock
from fieldapp.core.access import Access, access_of
from fieldapp.core.problems import Problem, not_found
from fieldapp.core.web import read, settings

REFRESH_AFTER = timedelta(minutes=1)
PHONE_REFRESH_AFTER = timedelta(days=1)


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
    def may_sign_in(self) -> bool: ...
    @property
    def door_open(self) -> bool: ...


Loader = Callable[[Session, UUID], Found | None]


class Current(UserMixin):  # type: ignore[misc]
    """Flask-Login's view of a person; templates read `current_user.name` and `.role`."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.id = str(person.id)
        self.name = person.name
        self.role = person.role


class Nobody(AnonymousUserMixin):  # type: ignore[misc]
    name = ""
    role = ""


def begin(person: Person, session_epoch: int, *, own_device: bool, proven: bool = True) -> None:
    """Sign `person` in on this browser; `proven`: by a password or something as good, given here and now."""
    session.clear()
    login_user(Current(person))
    session["epoch"] = session_epoch
    session["own"] = own_device
    session["used"] = clock.now().timestamp()
    session["mark"] = token_hex(8)
    session.permanent = own_device
    if proven:
        note_proof()
    g.person = person


def note_proof() -> None:
    """The password was given just now: core.reauth asks for it again after a while, and not before."""
    session["proven"] = clock.now().timestamp()


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
        found = loader(read(), UUID(user_id))
    except ValueError:
        return None
    if found is None or session.get("epoch") != found.session_epoch or _expired():
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


def _count_use(access: Access) -> None:
    """Move the session's last use on, seldom enough that answers stay free of cookies."""
    if access.quiet:
        return
    now = clock.now().timestamp()
    step = PHONE_REFRESH_AFTER if session.get("own") else REFRESH_AFTER
    if now - float(session.get("used", 0)) > step.total_seconds():
        session["used"] = now


def enforce() -> Response | None:
    """Hold every request to the mark of its view. An unmarked view is refused: forgetting the mark is safe."""
    if request.endpoint is None:
        return None  # 404 and 405 are answered as such
    access = access_of(current_app.view_functions[request.endpoint])
    if access is None:
        raise Problem(404, "not-found")
    if access.public:
        return None
    return _hold(access)


def _hold(access: Access) -> Response | None:
    if not current_user.is_authenticated:
        return _ask_to_sign_in(access)
    found: Found = g.found
    if not found.may_sign_in and not (access.door and found.door_open):
        if found.door_open and request.path.startswith("/api/"):
            raise Problem(403, "access-ended")  # signing in again would not help: the phone lets go of what it read
        return _ask_to_sign_in(access)
    if access.roles and not access.roles & found.person.roles:
        raise not_found()
    g.write_only = not found.may_sign_in
    _count_use(access)
    return None


def _ask_to_sign_in(access: Access) -> Response:
    if request.path.startswith("/api/") or access.quiet:
        raise Problem(401, "signed-out")
    asked = {"next": request.full_path.rstrip("?")}
    if session.get("_user_id"):
        asked["ended"] = "1"  # so that the page can say why, and nobody doubts their password
    target = "/login?" + urlencode(asked)
    if request.headers.get("HX-Request") == "true":
        raise Problem(401, "signed-out", headers=(("HX-Redirect", "/login"),))
    if request.method != "GET":
        raise Problem(401, "signed-out")
    answer = redirect(target)
    answer.headers["Cache-Control"] = "no-store"
    return cast(Response, Response.force_type(answer, request.environ))


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


def own_device() -> bool:
    """Whether "my own device" was ticked when this session began."""
    return bool(session.get("own"))


def write_only() -> bool:
    """Whether the session's account has ended and only its phone's queue is still taken."""
    return bool(g.get("write_only", False))


def init_app(app: Flask, load_person: Loader) -> None:
    app.extensions["load_person"] = load_person
    # Its own context processor would load the user for every template, the error page that needs no database too.
    manager = LoginManager(app, add_context_processor=False)
    app.context_processor(lambda: {"current_user": current_user})
    manager.session_protection = None
    manager.anonymous_user = Nobody
    manager.user_loader(_load)
    app.before_request(enforce)
