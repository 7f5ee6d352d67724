"""The password once more before an act that matters: given within the last ten minutes, or asked for now.

    @bp.post("/admin/users")
    @role(ADMIN)
    @recent_password
    def add_user() -> ResponseReturnValue: ...

Put it below the mark of core.access, above the view. A view that knows only midway asks by itself:

    if (page := reauth.ask()) is not None:
        return page

Whoever signed in with a password, or gave it again, within RECENT goes straight on. Else a GET leads to /password-again
and from there back to the address it came from. A POST is answered (403) by a page at its own address, which carries
every field as it was sent and sends them again with the password: the view runs then, in that very request, and its own
422 keeps what was typed as always. Files cannot be sent again, and the page says so. An address under /api/ is told
`password-again` (403), a request of htmx is led to the page.

When it was given stands in the signed session, so it belongs to this browser and this sign-in alone; a new sign-in
begins anew (`login.begin`). Another site's form never comes this far (core.origin), and where the page goes on to is
its own address, or a path of ours. What proves somebody is for the accounts to say (`init_app`).
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Flask, Response, current_app, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from fieldapp.core import clock
from fieldapp.core.access import signed_in
from fieldapp.core.login import note_proof, safe_next
from fieldapp.core.problems import Problem
from fieldapp.core.web import no_store

RECENT = timedelta(minutes=10)
PROOF = "_proof"  # the fields of the page's own begin like this, and no view gets to see them
PAGE = "/password-again"

Form = MultiDict[str, str]
Prove = Callable[[Form], str]  # what is wrong with the proof, as a sentence; "": it is right
Way = Callable[[], str]  # where it can be shown otherwise, to go on to `next` from there; "": nowhere
View = TypeVar("View", bound=Callable[..., Any])

bp = Blueprint("reauth", __name__)


def init_app(app: Flask, prove: Prove, other_proof: Way) -> None:
    app.extensions["prove"], app.extensions["other_proof"] = prove, other_proof
    app.register_blueprint(bp)


def recent_password(view: View) -> View:
    """Run the view only for somebody who has given their password within RECENT; ask for it if not."""

    @wraps(view)
    def asked(*args: Any, **kwargs: Any) -> Any:
        page = ask()
        return view(*args, **kwargs) if page is None else page

    return cast(View, asked)


def is_recent() -> bool:
    """Whether the password was given within RECENT in this very session."""
    given: float = session.get("proven", 0.0)
    return clock.now().timestamp() - given <= RECENT.total_seconds()


def ask() -> Response | None:
    """None where the view may go on; else the page that asks for the password, or the way to it."""
    if request.method == "POST" and PROOF in request.form:
        refused = "" if is_recent() else _proven(request.form)  # it may have been given meanwhile, in another tab
        request.form = _without_proof(request.form)  # the view's forms see what was first sent, and nothing else
        return _page(request.form, refused) if refused else None
    return None if is_recent() else _asking()


def _asking() -> Response:
    if request.path.startswith("/api/"):
        raise Problem(403, "password-again")
    if request.headers.get("HX-Request") == "true":
        there = urlencode({"next": safe_next(_own_path(request.headers.get("HX-Current-URL", "")))})
        raise Problem(403, "password-again", headers=(("HX-Redirect", f"{PAGE}?{there}"),))
    if request.method == "POST":
        return _page(request.form, "", status=403)
    there = urlencode({"next": request.full_path.rstrip("?")})
    return no_store(cast(Response, redirect(f"{PAGE}?{there}")))


def _own_path(url: str) -> str:
    """The path of an address that htmx names; whose host it is does not matter, for only the path is followed."""
    try:
        parts = urlsplit(url)
    except ValueError:  # a bracket that is never closed
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _proven(form: Form) -> str:
    prove: Prove = current_app.extensions["prove"]
    refused = prove(form)
    if not refused:
        note_proof()
    return refused


def _without_proof(form: Form) -> "ImmutableMultiDict[str, str]":
    return ImmutableMultiDict([(name, value) for name, value in form.items(multi=True) if not name.startswith(PROOF)])


def _page(form: Form, refused: str, *, status: int = 422) -> Response:
    """At the address of the POST that waits: its fields are kept, its files cannot be."""
    fields = list(_without_proof(form).items(multi=True))
    return _rendered(request.full_path.rstrip("?"), fields, refused, status, files=any(request.files.values()))


def _rendered(
    action: str, fields: list[tuple[str, str]], refused: str, status: int = 200, *, files: bool = False
) -> Response:
    way = current_app.extensions["other_proof"]()
    page = render_template(
        "reauth.html", action=action, fields=fields, refused=refused, files=files, proof=PROOF, way=way, here=PAGE
    )
    return no_store(make_response(page, status))


@bp.get(PAGE)
@signed_in
def page() -> ResponseReturnValue:
    there = safe_next(request.args.get("next"))
    return redirect(there) if is_recent() else _rendered(PAGE, [("next", there)], "")


@bp.post(PAGE)
@signed_in
def given() -> ResponseReturnValue:
    there = safe_next(request.form.get("next"))
    refused = _proven(request.form)
    return _rendered(PAGE, [("next", there)], refused, 422) if refused else redirect(there, 303)
