"""One's own passkeys: `/settings/passkeys/new`, renaming, removing; and signing in with one."""

from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from fieldapp.accounts import attempts, challenges, entering, factor_queries, halfway, passkey_actions
from fieldapp.accounts.factor_models import Passkey
from fieldapp.accounts.factor_views import may_change_factors, recovery_page
from fieldapp.accounts.forms import PasskeyForm, PasskeySignInForm
from fieldapp.accounts.models import User
from fieldapp.accounts.passkey_actions import Place
from fieldapp.accounts.policy import may_sign_in, person_on
from fieldapp.core import audit, login
from fieldapp.core.access import public, signed_in_early
from fieldapp.core.limits import limiter
from fieldapp.core.problems import not_found
from fieldapp.core.reauth import recent_password
from fieldapp.core.web import db, no_store, read, today

bp = Blueprint("passkeys", __name__)
ADD, SIGN_IN = "add", "sign-in"


def _place() -> Place:
    found = challenges.place()
    if found is None:
        raise not_found()
    return found


@bp.get("/settings/passkeys/new")
@signed_in_early
@recent_password
def new_page() -> ResponseReturnValue:
    place = _place()
    if not may_change_factors():
        return redirect(login.FACTOR_PAGE)
    named = entering.browser_of(request.user_agent.string)
    return _new_page(PasskeyForm(formdata=None, data={"name": named}), place)


def _new_page(form: PasskeyForm, place: Place, status: int = 200) -> ResponseReturnValue:
    user = read().get_one(User, login.person().id)
    asked = passkey_actions.to_add(read(), user, place, challenges.make(ADD))
    return no_store(make_response(render_template("accounts/passkey_new.html", form=form, asked=asked), status))


@bp.post("/settings/passkeys/new")
@limiter.limit("20/minute", key_func=entering.asker)
@signed_in_early
@recent_password
def add() -> ResponseReturnValue:
    place, challenge, form = _place(), challenges.take(ADD), PasskeyForm()
    if not may_change_factors():
        return redirect(login.FACTOR_PAGE, 303)
    if not form.validate():
        return _new_page(form, place, 422)
    user_id, said, name = login.person().id, form.answer.data or "", form.name.data or ""

    def keep(session: Session) -> list[str] | None:
        user = session.get_one(User, user_id)
        return passkey_actions.add(session, user, said, challenge, place, name) if challenge else None

    codes = db().write(keep)
    if codes is None:
        form.name.errors = [_("No passkey was made. Please try again.")]
        return _new_page(form, place, 422)
    login.note_strong()
    return recovery_page(codes) if codes else redirect(login.FACTOR_PAGE, 303)


@bp.post("/settings/passkeys/<uuid:id>/name")
@signed_in_early
def rename(id: UUID) -> ResponseReturnValue:
    user_id, name = login.person().id, request.form.get("name", "").replace("\x00", "")
    if not login.is_strong() or not db().write(lambda session: passkey_actions.rename(session, user_id, id, name)):
        raise not_found()
    return redirect(login.FACTOR_PAGE, 303)


@bp.post("/settings/passkeys/<uuid:id>/removal")
@signed_in_early
@recent_password
def remove(id: UUID) -> ResponseReturnValue:
    user_id = login.person().id
    if not login.is_strong() or not db().write(lambda session: passkey_actions.remove(session, user_id, id)):
        raise not_found()
    return redirect(login.FACTOR_PAGE, 303)


@bp.get("/login/passkey")
@public
def sign_in_page() -> ResponseReturnValue:
    return _sign_in_page(PasskeySignInForm(data={"next": request.args.get("next", "")}), _place())


def _sign_in_page(form: PasskeySignInForm, place: Place, status: int = 200, alert: str = "") -> ResponseReturnValue:
    """After the first factor only its person's passkeys are asked for; without one, whichever the browser has."""
    half = halfway.under_way(read())
    keys = factor_queries.passkeys(read(), half.user.id) if half else None
    asked = passkey_actions.to_sign_in(place, challenges.make(SIGN_IN), keys)
    html = render_template("accounts/passkey_login.html", form=form, asked=asked, alert=alert, half=half)
    return no_store(make_response(html, status))


@bp.post("/login/passkey")
@limiter.limit("200/minute")
@public
def sign_in() -> ResponseReturnValue:
    place, form, half = _place(), PasskeySignInForm(), halfway.under_way(read())
    key = _shown_passkey(form, place, half)
    if key is None:
        return _sign_in_page(
            form, place, 422, _("The passkey was not accepted. Please try again, or use the password.")
        )
    user = read().get_one(User, key.user_id)
    person = person_on(user, today())
    if not may_sign_in(person):
        sentence = _("This account holds no role at present. Please ask the system administrator.")
        return _sign_in_page(form, place, 422, sentence)
    if half is None and not entering.may_sign_in_here(person):
        return _sign_in_page(form, place, 422, entering.elsewhere_sentence())
    if half is not None:
        entering.enter(user, how=half.how, own_device=half.own_device, strong=True)
        return redirect(login.safe_next(half.next), 303)
    entering.enter(user, how="passkey", own_device=bool(form.own_device.data), strong=True)
    return redirect(login.safe_next(form.next.data), 303)


def _shown_passkey(
    form: PasskeySignInForm, place: Place, half: halfway.Half | None, done: str = "sign-in"
) -> Passkey | None:
    """The passkey, if its answer is right; with the limits of signing in, and audited as such."""
    challenge, said = challenges.take(SIGN_IN), (form.answer.data or "") if form.validate() else ""
    key = passkey_actions.whose(read(), said)
    if challenge is None or key is None or (half is not None and half.user.id != key.user_id):
        db().write(lambda session: audit.record(session, None, "sign-in.failed", "user", "passkey"))
        return None
    attempt = attempts.attempt(read(), read().get_one(User, key.user_id).username, request.remote_addr or "")
    if attempt.locked_until is not None:
        return None
    count, how = passkey_actions.is_right(key, said, challenge, place), half.how if half else "passkey"

    right = count is not None and db().write(lambda session: passkey_actions.use(session, key, count, challenge))
    told = {"how": how, "factor": "passkey"}
    come = db().write(
        lambda session: attempts.conclude(session, attempt, right, entering.limits(), "passkey", done=done, told=told)
    )
    return key if come.user is not None else None


@bp.get("/settings/second-factor/passkey")
@signed_in_early
def show_page() -> ResponseReturnValue:
    """The second factor of a session that has not shown one yet: the same step as after the password."""
    place, user_id = _place(), login.person().id
    keys = factor_queries.passkeys(read(), user_id)
    if not keys:
        raise not_found()
    asked = passkey_actions.to_sign_in(place, challenges.make(SIGN_IN), keys)
    form = PasskeySignInForm(data={"next": request.args.get("next", "")})
    action = "/settings/second-factor/passkey"
    html = render_template("accounts/passkey_login.html", form=form, asked=asked, alert="", half=True, action=action)
    return no_store(make_response(html))


@bp.post("/settings/second-factor/passkey")
@limiter.limit("20/minute", key_func=entering.asker)
@signed_in_early
def show() -> ResponseReturnValue:
    place, form = _place(), PasskeySignInForm()
    user = read().get_one(User, login.person().id)
    key = _shown_passkey(form, place, halfway.Half(user, login.how(), login.own_device(), ""), "second-factor")
    if key is None:
        return redirect(login.FACTOR_PAGE, 303)
    login.note_strong()
    return redirect(login.safe_next(form.next.data), 303)
