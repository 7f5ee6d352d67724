"""Which requests a session opens: every one is held to the mark of its view (`core/access.py`).

Somebody who must first change their password or show a second factor is led there from every page; the phone's door
stays open to them as it was, for what a phone holds must never wait for a form (docs/decisions/0019).
"""

from datetime import timedelta
from typing import cast
from urllib.parse import urlencode

from flask import Flask, Response, current_app, g, redirect, request, session
from flask_login import current_user

from fieldapp.core import clock
from fieldapp.core.access import Access, access_of
from fieldapp.core.login import FACTOR_PAGE, PASSWORD_PAGE, Found, Used, is_strong, must_change_password
from fieldapp.core.problems import Problem, not_found

REFRESH_AFTER = timedelta(minutes=1)
PHONE_REFRESH_AFTER = timedelta(days=1)


def _count_use(access: Access) -> None:
    """Move the session's last use on, seldom enough that answers stay free of cookies."""
    if access.quiet:
        return
    now = clock.now().timestamp()
    step = PHONE_REFRESH_AFTER if session.get("own") else REFRESH_AFTER
    if now - float(session.get("used", 0)) > step.total_seconds():
        session["used"] = now
        g.use_counted = True
    used: Used | None = current_app.extensions.get("note_use")
    if used is not None:
        used(g.found)


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
    if not (access.door or access.early) and (first := _comes_first(found)):
        return _lead(access, first)
    _count_use(access)
    return None


def _comes_first(found: Found) -> str:
    """The page that this session must pass before it opens others; "" for none.

    A password is only waited for where a page is asked for: what somebody has typed is not lost to its having expired,
    and nobody is kept from anything by it that they could not do by changing it."""
    if found.needs_second_factor and not is_strong():
        return FACTOR_PAGE
    if must_change_password() and request.method in {"GET", "HEAD"}:
        return PASSWORD_PAGE
    return ""


def _lead(access: Access, first: str) -> Response:
    if request.path.startswith("/api/") or access.quiet:
        raise Problem(401, "signed-out")  # a phone leads to /login then, and that leads on to the page
    if request.headers.get("HX-Request") == "true":
        raise Problem(401, "signed-out", headers=(("HX-Redirect", first),))
    if request.method not in {"GET", "HEAD"}:
        raise Problem(403, "first")
    return _elsewhere(f"{first}?" + urlencode({"next": request.full_path.rstrip("?")}))


def _elsewhere(target: str) -> Response:
    answer = redirect(target)
    answer.headers["Cache-Control"] = "no-store"
    return cast(Response, Response.force_type(answer, request.environ))


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
    return _elsewhere(target)


def init_app(app: Flask) -> None:
    app.before_request(enforce)
