"""The second factor, asked for after the password, or of a session that has not shown one yet."""

from flask import Blueprint, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fieldapp.accounts import challenges, entering, factor_actions, factor_queries, halfway
from fieldapp.accounts.entering import limits, locked_sentence
from fieldapp.accounts.forms import CodeForm
from fieldapp.accounts.models import User
from fieldapp.core import login
from fieldapp.core.access import public, signed_in_early
from fieldapp.core.limits import limiter
from fieldapp.core.problems import not_found
from fieldapp.core.web import db, no_store, read

bp = Blueprint("second_step", __name__)


@bp.get("/login/second")
@public
def second_page() -> ResponseReturnValue:
    half = halfway.under_way(read())
    return redirect("/login") if half is None else _page(CodeForm(formdata=None), half.user)


@bp.post("/login/second")
@limiter.limit("20/minute", key_func=halfway.whose)
@public
def second_step() -> ResponseReturnValue:
    half = halfway.under_way(read())
    if half is None:
        return redirect("/login?late=1", 303)
    form = CodeForm()
    if not (form.validate() and _shown_code(form, half.user, "sign-in", how=half.how)):
        return _page(form, half.user, 422)
    entering.enter(half.user, how=half.how, own_device=half.own_device, strong=True, proven=half.how == "password")
    return redirect(login.safe_next(half.next), 303)


def _shown_code(form: CodeForm, user: User, done: str, **told: str) -> bool:
    """Whether the code is right; the field says why not."""

    typed, address = form.code.data or "", request.remote_addr or ""
    shown = db().write(
        lambda session: factor_actions.show_code(
            session, session.get_one(User, user.id), typed, address, limits(), done, **told
        )
    )
    if not shown.factor:
        locked = shown.locked_until
        form.code.errors = [locked_sentence(locked) if locked else _("This code is not right, or was used before.")]
    return bool(shown.factor)


def _page(form: CodeForm, user: User, status: int = 200, *, action: str = "/login/second") -> ResponseReturnValue:
    has = factor_queries.factors(read(), user.id)
    passkeys = bool(has.passkeys) and challenges.place() is not None
    html = render_template(
        "accounts/second_step.html", form=form, name=user.name, has=has, action=action, passkeys=passkeys
    )
    return no_store(make_response(html, status))


@bp.post("/settings/second-factor/shown")
@limiter.limit("20/minute", key_func=entering.asker)
@signed_in_early
def show_in_session() -> ResponseReturnValue:
    """Of a session that began without: before the factor was asked of its account, or by single sign-on."""
    user = read().get_one(User, login.person().id)
    if not factor_queries.factors(read(), user.id).any:
        raise not_found()
    form = CodeForm()
    if not (form.validate() and _shown_code(form, user, "second-factor")):
        return ask(form, user, 422)
    login.note_strong()
    return redirect(login.safe_next(request.args.get("next")), 303)


def ask(form: CodeForm, user: User, status: int = 200) -> ResponseReturnValue:
    """The page that asks a session for its second factor."""
    query = f"?{request.query_string.decode()}" if request.query_string else ""
    return _page(form, user, status, action=f"/settings/second-factor/shown{query}")
