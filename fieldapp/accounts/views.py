"""Signing in and out, the first account, one's own settings."""

import hmac
from contextlib import suppress
from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from fieldapp.accounts import (
    actions,
    attempts,
    challenges,
    device_actions,
    entering,
    factor_actions,
    factor_queries,
    halfway,
    queries,
    sso,
)
from fieldapp.accounts.entering import limits, locked_sentence, may_sign_in_here
from fieldapp.accounts.forms import FirstAdminForm, SignInForm, sentence
from fieldapp.accounts.models import ADMIN, User
from fieldapp.accounts.policy import may_sign_in, person_on
from fieldapp.core import login, reauth
from fieldapp.core.access import public, signed_in
from fieldapp.core.i18n import COOKIE, LOCALES
from fieldapp.core.limits import limiter
from fieldapp.core.problems import Problem, not_found
from fieldapp.core.web import db, read, settings, today

bp = Blueprint("accounts", __name__)


@bp.get("/login")
@public
def login_page() -> ResponseReturnValue:
    if not queries.any_user(read()):
        return redirect("/setup")
    if login.signed_in():
        return redirect(login.safe_next(request.args.get("next")))
    return _login_form(SignInForm(data={"next": request.args.get("next", "")}), ended="ended" in request.args)


def _login_form(form: SignInForm, status: int = 200, alert: str = "", *, ended: bool = False) -> ResponseReturnValue:
    answer = make_response(
        render_template("accounts/login.html", form=form, alert=alert, ended=ended, ways=_ways()), status
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _ways() -> dict[str, object]:
    """How one may sign in beside the password."""
    there = request.args.get("next") or request.form.get("next") or ""
    return {
        "passkeys": challenges.place() is not None, "sso": sso.is_on(), "service": settings().oidc_name,
        "query": f"?{urlencode({'next': there})}" if there else "",
    }  # fmt: skip


@bp.post("/login")
@limiter.limit("600/minute")
@public
def sign_in() -> ResponseReturnValue:
    form = SignInForm()
    if not form.validate():
        return _login_form(form, 422)
    address, username, password = request.remote_addr or "", form.username.data or "", form.password.data or ""
    attempt = attempts.attempt(read(), username, address)
    if attempt.locked_until is not None:
        return _login_form(form, 422, _why_not(attempt.locked_until))
    right = actions.verify(attempt.user, password)
    halfway_there = attempt.user is not None and factor_queries.factors(read(), attempt.user.id).any

    def conclude(session: Session) -> attempts.SignIn:
        done = "sign-in.first" if halfway_there else "sign-in"
        told = {"how": "password"}
        return attempts.conclude(session, attempt, right, limits(), done=done, halfway=halfway_there, told=told)

    tried = db().write(conclude)
    if tried.user is None:
        return _login_form(form, 422, _why_not(tried.locked_until))
    person = person_on(tried.user, today())
    if not may_sign_in(person):
        return _login_form(form, 422, _("This account holds no role at present. Please ask the system administrator."))
    if not may_sign_in_here(person):
        return _login_form(form, 422, entering.elsewhere_sentence())
    own_device = bool(form.own_device.data)
    if halfway_there:
        halfway.begin(tried.user, how="password", own_device=own_device, next=form.next.data or "")
        return redirect("/login/second", 303)
    entering.enter(tried.user, how="password", own_device=own_device)
    return redirect(login.safe_next(form.next.data), 303)


def prove(form: reauth.Form) -> str:
    """What core.reauth asks: why this does not show that it is still the same person; "" if it does.

    The password, or a code of the app that shows them; a code of recovery is not for this."""
    with db().reading() as session:
        username = session.get_one(User, login.person().id).username
        attempt = attempts.attempt(session, username, request.remote_addr or "")
    if attempt.locked_until is not None:
        return _why_not(attempt.locked_until)
    typed = form.get(reauth.PROOF, "")[:200]
    right = actions.verify(attempt.user, typed)

    def conclude(session: Session) -> attempts.SignIn:
        shown = right or (attempt.user is not None and factor_actions.take_from_app(session, attempt.user.id, typed))
        return attempts.conclude(session, attempt, bool(shown), limits(), "password-again", done="password-again")

    tried = db().write(conclude)
    if tried.user is not None:
        return ""
    return _why_not(tried.locked_until) if tried.locked_until else str(_("This is not the current password."))


def other_proof() -> str:
    """Whoever came by single sign-on may know no password of ours."""
    return "/login/sso?again=1" if sso.is_on() and login.how() == "sso" else ""


def _why_not(locked_until: datetime | None) -> str:
    if locked_until is None:
        return str(_("Account name or password is not right."))
    return locked_sentence(locked_until)


@bp.post("/logout")
@public
def sign_out() -> ResponseReturnValue:
    """Also where nothing can be written: the cookie goes in any case."""
    if login.signed_in() and (row := login.row()) is not None:
        with suppress(SQLAlchemyError):
            user_id = login.person().id
            db().write(lambda session: device_actions.leave(session, user_id, row))
    login.end()
    return redirect("/login", 303)


@bp.route("/setup", methods=["GET", "POST"])
@limiter.limit("10/minute", methods=["POST"])
@public
def first_admin() -> ResponseReturnValue:
    """The first start without an account makes the admin, with the code that the server printed on its terminal."""
    if queries.any_user(read()):
        raise not_found()
    form = FirstAdminForm()
    if request.method == "GET":
        actions.setup_code(settings().data_dir)
        return render_template("accounts/setup.html", form=form)
    if form.validate():
        typed, right = (form.code.data or "").strip().lower(), actions.setup_code(settings().data_dir)
        if not hmac.compare_digest(typed.encode(), right.encode()):
            form.code.errors = [_("This is not the code that the server printed.")]
        elif (made := _make_admin(form)) is not None:
            with db().reading() as session:
                user = session.get_one(User, made.id)
                entering.enter(user, how="password", own_device=False)
            return redirect("/", 303)
    return render_template("accounts/setup.html", form=form), 422


def _make_admin(form: FirstAdminForm) -> User | None:
    def make(session: Session) -> User:
        if queries.any_user(session):
            raise not_found()
        return actions.add_user(
            session, username=form.username.data or "", name=form.name.data or "", password=form.password.data or "",
            role=ADMIN, starts_on=today(),
        )  # fmt: skip

    try:
        return db().write(make)
    except actions.Refused as refused:
        field = {"password": form.password, "username": form.username, "name": form.name}[refused.code.split("-")[0]]
        field.errors = [sentence(refused)]
        return None


@bp.get("/settings")
@signed_in
def settings_page() -> ResponseReturnValue:
    return render_template("accounts/settings.html", person=login.person())


@bp.post("/settings/language")
@public
def change_language() -> ResponseReturnValue:
    """For the browser by a cookie, and for the account where one is signed in."""
    chosen = request.form.get("language", "")
    if chosen not in LOCALES:
        raise Problem(400, "bad-request")
    if login.signed_in():
        person_id = g.person.id
        db().write(lambda session: setattr(session.get_one(User, person_id), "locale", chosen))
    answer = redirect(login.safe_next(request.form.get("next")), 303)
    answer.set_cookie(COOKIE, chosen, max_age=400 * 86400, samesite="Lax", secure=settings().secure, httponly=True)
    return answer
