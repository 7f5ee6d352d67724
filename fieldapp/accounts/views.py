"""Signing in and out, the first account, one's own settings."""

import hmac
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import Blueprint, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from wtforms import PasswordField

from fieldapp.accounts import actions, queries
from fieldapp.accounts.forms import EndSessionsForm, FirstAdminForm, PasswordForm, SignInForm, sentence
from fieldapp.accounts.models import ADMIN, User
from fieldapp.accounts.policy import Person, door_open, may_sign_in, person_on
from fieldapp.core import clock, login, reauth
from fieldapp.core.access import public, signed_in
from fieldapp.core.i18n import COOKIE, LOCALES, local
from fieldapp.core.limits import limiter
from fieldapp.core.problems import Problem, not_found
from fieldapp.core.web import db, read, settings

bp = Blueprint("accounts", __name__)


@dataclass(frozen=True)
class Found:
    person: Person
    session_epoch: int
    may_sign_in: bool
    door_open: bool


def load_person(session: Session, user_id: UUID) -> Found | None:
    """What core.login asks: who this is today, and what their session may still do."""
    user = queries.account(session, user_id)
    if user is None:
        return None
    person = person_on(user, clock.today(settings().timezone))
    return Found(person, user.session_epoch, may_sign_in(person), door_open(person, user, clock.now()))


@bp.get("/login")
@public
def login_page() -> ResponseReturnValue:
    if not queries.any_user(read()):
        return redirect("/setup")
    if login.signed_in():
        return redirect(login.safe_next(request.args.get("next")))
    return _login_form(SignInForm(data={"next": request.args.get("next", "")}), ended="ended" in request.args)


def _login_form(form: SignInForm, status: int = 200, alert: str = "", *, ended: bool = False) -> ResponseReturnValue:
    answer = make_response(render_template("accounts/login.html", form=form, alert=alert, ended=ended), status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/login")
@public
def sign_in() -> ResponseReturnValue:
    form = SignInForm()
    if not form.validate():
        return _login_form(form, 422)
    address, username, password = request.remote_addr or "", form.username.data or "", form.password.data or ""
    attempt = actions.attempt(read(), username, address)
    if attempt.locked_until is not None:
        return _login_form(form, 422, _why_not(attempt.locked_until))
    right = actions.verify(attempt.user, password)
    tried = db().write(lambda session: actions.conclude(session, attempt, right, _limits()))
    if tried.user is None:
        return _login_form(form, 422, _why_not(tried.locked_until))
    person = person_on(tried.user, clock.today(settings().timezone))
    if not may_sign_in(person):
        return _login_form(form, 422, _("This account holds no role at present. Please ask the system administrator."))
    login.begin(person, tried.user.session_epoch, own_device=bool(form.own_device.data))
    return redirect(login.safe_next(form.next.data), 303)


def _limits() -> actions.Limits:
    return actions.Limits(settings().login_failures, timedelta(minutes=settings().login_lockout))


def prove(form: reauth.Form) -> str:
    """What core.reauth asks: why this does not show that it is still the same person; "" if it does."""
    with db().reading() as session:
        username = session.get_one(User, login.person().id).username
        attempt = actions.attempt(session, username, request.remote_addr or "")
    if attempt.locked_until is not None:
        return _why_not(attempt.locked_until)
    right = actions.verify(attempt.user, form.get(reauth.PROOF, "")[:200])
    tried = db().write(lambda session: actions.conclude(session, attempt, right, _limits(), "password-again"))
    if tried.user is not None:
        return ""
    return _why_not(tried.locked_until) if tried.locked_until else str(_("This is not the current password."))


def _why_not(locked_until: datetime | None) -> str:
    if locked_until is None:
        return str(_("Account name or password is not right."))
    minutes = max(1, math.ceil((locked_until - clock.now()).total_seconds() / 60))
    at = f"{local(locked_until):%H:%M}"
    return str(_("Too many failed attempts. Try again in %(n)s min, at %(at)s.", n=minutes, at=at))


@bp.post("/logout")
@public
def sign_out() -> ResponseReturnValue:
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
                person = person_on(session.get_one(User, made.id), clock.today(settings().timezone))
            login.begin(person, made.session_epoch, own_device=False)
            return redirect("/", 303)
    return render_template("accounts/setup.html", form=form), 422


def _make_admin(form: FirstAdminForm) -> User | None:
    def make(session: Session) -> User:
        if queries.any_user(session):
            raise not_found()
        return actions.add_user(
            session, username=form.username.data or "", name=form.name.data or "", password=form.password.data or "",
            role=ADMIN, starts_on=clock.today(settings().timezone),
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
    return _settings()


def _settings(password: PasswordForm | None = None, sessions: EndSessionsForm | None = None) -> str:
    forms = {"form": password or PasswordForm(formdata=None), "ending": sessions or EndSessionsForm(formdata=None)}
    return render_template("accounts/settings.html", person=login.person(), **forms)


@bp.post("/settings/password")
@limiter.limit("10/minute")
@signed_in
def change_password() -> ResponseReturnValue:
    form = PasswordForm()
    if form.validate() and _change_password(form):
        return redirect("/settings?changed=1", 303)
    return _settings(password=form), 422


def _proven(proof: PasswordField) -> User | None:
    """Who is signed in, if this is their password; if not, the field says so."""
    with db().reading() as session:
        user = session.get_one(User, login.person().id)
    if actions.verify(user, proof.data or ""):
        return user
    proof.errors = [_("This is not the current password.")]
    return None


def _change_password(form: PasswordForm) -> bool:
    """Whether it was changed; other devices' sessions end, this one goes on."""
    own, before = login.own_device(), _proven(form.current)
    if before is None:
        return False
    try:
        new_hash = actions.password_hash(form.password.data or "", before.username)
    except actions.Refused as refused:
        form.password.errors = [sentence(refused)]
        return False

    def change(session: Session) -> User | None:
        user = session.get_one(User, before.id, with_for_update=True)
        if user.password_hash != before.password_hash:
            return None  # changed elsewhere while this one was being checked
        actions.set_password(session, user, new_hash, by=user.id)
        return user

    user = db().write(change)
    if user is None:
        form.current.errors = [_("This is not the current password.")]
        return False
    login.begin(login.person(), user.session_epoch, own_device=own)
    return True


@bp.post("/settings/sessions")
@limiter.limit("10/minute")
@signed_in
def end_sessions() -> ResponseReturnValue:
    form = EndSessionsForm()
    if form.validate() and _end_sessions(form):
        return redirect("/settings?ended=1", 303)
    return _settings(sessions=form), 422


def _end_sessions(form: EndSessionsForm) -> bool:
    """Whether they were ended: all but a new one of this device."""
    own, known = login.own_device(), _proven(form.proof)
    if known is None:
        return False

    def end(session: Session) -> User:
        user = session.get_one(User, known.id, with_for_update=True)
        actions.end_sessions(session, user, by=user.id)
        return user

    login.begin(login.person(), db().write(end).session_epoch, own_device=own)
    return True


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
