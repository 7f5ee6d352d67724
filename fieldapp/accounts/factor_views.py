"""`/settings/second-factor`: what one has, adding an app with codes, codes for the day it is lost."""

import segno
from flask import Blueprint, g, make_response, redirect, render_template
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from fieldapp.accounts import challenges, factor_actions, factor_queries
from fieldapp.accounts.entering import asker
from fieldapp.accounts.forms import CodeForm
from fieldapp.accounts.models import User
from fieldapp.accounts.second_step_views import ask
from fieldapp.core import login
from fieldapp.core.access import signed_in_early
from fieldapp.core.limits import limiter
from fieldapp.core.problems import not_found
from fieldapp.core.reauth import recent_password
from fieldapp.core.web import db, no_store, read

bp = Blueprint("factors", __name__)


def _user() -> User:
    return read().get_one(User, login.person().id)


def may_change_factors() -> bool:
    """Whoever has a factor changes it only where it was shown: else a password alone could put another in its place."""
    return login.is_strong() or not factor_queries.factors(read(), login.person().id).any


@bp.get(login.FACTOR_PAGE)
@signed_in_early
def factor_page() -> ResponseReturnValue:
    user, has = _user(), factor_queries.factors(read(), login.person().id)
    if has.any and not login.is_strong():
        return ask(CodeForm(formdata=None), user)
    html = render_template(
        "accounts/second_factor.html", has=has, must=must_enrol(), kept=challenges.place() is not None,
        keys=factor_queries.passkeys(read(), user.id) if has.passkeys else [],
    )  # fmt: skip
    return no_store(make_response(html))


def must_enrol() -> bool:
    return bool(g.found.needs_second_factor) and not login.is_strong()


@bp.get("/settings/second-factor/code-app")
@signed_in_early
@recent_password
def code_app_page() -> ResponseReturnValue:
    if not may_change_factors():
        return redirect(login.FACTOR_PAGE)
    return _code_app(CodeForm(formdata=None))


def _code_app(form: CodeForm, status: int = 200) -> ResponseReturnValue:
    """The secret waits in the signed cookie of the very person whom it is shown to, until a code of it was right."""
    secret = cookie.setdefault("secret", factor_actions.new_secret())
    address = factor_actions.address_for_app(secret, _user().username, str(_("Project visits")))
    html = render_template(
        "accounts/code_app.html", form=form, secret=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        picture=segno.make(address, error="m").svg_data_uri(scale=5, light="#fff"), address=address,
    )  # fmt: skip
    return no_store(make_response(html, status))


@bp.post("/settings/second-factor/code-app")
@limiter.limit("20/minute", key_func=asker)
@signed_in_early
@recent_password
def add_code_app() -> ResponseReturnValue:
    form, secret = CodeForm(), cookie.get("secret")
    if secret is None or not may_change_factors():
        return redirect(login.FACTOR_PAGE, 303)
    step = factor_actions.step_of(secret, form.code.data or "") if form.validate() else None
    if step is None:
        form.code.errors = form.code.errors or [_("This code is not right. Is the clock of the phone?")]
        return _code_app(form, 422)
    taken, user_id = step, login.person().id

    def add(session: Session) -> list[str]:
        return factor_actions.add_code_app(session, session.get_one(User, user_id), secret, taken)

    codes = db().write(add)
    cookie.pop("secret")
    login.note_strong()
    return recovery_page(codes) if codes else redirect(login.FACTOR_PAGE, 303)


def recovery_page(codes: list[str]) -> ResponseReturnValue:
    """Shown in the answer that made them, and never again."""
    return no_store(make_response(render_template("accounts/recovery_codes.html", codes=codes)))


@bp.post("/settings/second-factor/code-app/removal")
@signed_in_early
@recent_password
def remove_code_app() -> ResponseReturnValue:
    _only_strong()
    user_id = login.person().id
    db().write(lambda session: factor_actions.remove_code_app(session, session.get_one(User, user_id)))
    return redirect(login.FACTOR_PAGE, 303)


def _only_strong() -> None:
    if not login.is_strong():
        raise not_found()


@bp.post("/settings/second-factor/recovery-codes")
@limiter.limit("10/minute", key_func=asker)
@signed_in_early
@recent_password
def new_recovery_codes() -> ResponseReturnValue:
    _only_strong()
    user_id = login.person().id
    if not factor_queries.factors(read(), user_id).any:
        raise not_found()
    made = db().write(lambda session: factor_actions.new_recovery_codes(session, session.get_one(User, user_id)))
    return recovery_page(made)
