"""One's own password: changed by will, or because somebody else chose it, or because it has grown old."""

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from wtforms import PasswordField

from fieldapp.accounts import actions, entering
from fieldapp.accounts.forms import PasswordForm, sentence
from fieldapp.accounts.models import User
from fieldapp.core import login
from fieldapp.core.access import signed_in_early
from fieldapp.core.limits import limiter
from fieldapp.core.web import db

bp = Blueprint("passwords", __name__)


def proven(proof: PasswordField) -> User | None:
    """Who is signed in, if this is their password; if not, the field says so."""
    user, refused = entering.shown_password(proof.data or "")
    if user is None:
        proof.errors = [refused]
    return user


@bp.get("/settings/password")
@signed_in_early
def password_page() -> ResponseReturnValue:
    return _page(PasswordForm(formdata=None))


def _page(form: PasswordForm) -> str:
    return render_template("accounts/password.html", form=form, must=login.must_change_password())


@bp.post("/settings/password")
@limiter.limit("10/minute", key_func=entering.asker)
@signed_in_early
def change_password() -> ResponseReturnValue:
    form, must = PasswordForm(), login.must_change_password()
    if form.validate() and _change(form):
        there = login.safe_next(request.args.get("next"))
        return redirect(there if must else "/settings?changed=1", 303)
    return _page(form), 422


def _change(form: PasswordForm) -> bool:
    """Whether it was changed; other devices' sessions end, this one goes on."""
    before = proven(form.current)
    if before is None:
        return False
    if form.password.data == form.current.data:
        form.password.errors = [_("This is the password of now: please choose another.")]
        return False
    try:
        new_hash = actions.password_hash(form.password.data or "", before.username, before.name)
    except actions.Refused as refused:
        form.password.errors = [sentence(refused)]
        return False

    def change(session: Session) -> User | None:
        user = session.get_one(User, before.id, with_for_update=True)
        if user.password_hash != before.password_hash:
            return None  # changed elsewhere while this one was being checked
        actions.set_password(session, user, new_hash, by=user.id, but=login.row())
        return user

    user = db().write(change)
    if user is None:
        form.current.errors = [_("This is not the current password.")]
        return False
    entering.go_on(user)
    return True
