"""`/settings/devices`: where one is signed in, and signing out each device, or all others."""

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from fieldapp.accounts import actions, device_actions, device_queries, entering
from fieldapp.accounts.forms import EndSessionsForm
from fieldapp.accounts.models import User
from fieldapp.accounts.password_views import proven
from fieldapp.core import clock, login
from fieldapp.core.access import signed_in
from fieldapp.core.limits import limiter
from fieldapp.core.problems import not_found
from fieldapp.core.web import db, no_store, read, settings

bp = Blueprint("signed_in_devices", __name__)


@bp.get("/settings/devices")
@signed_in
def devices_page() -> ResponseReturnValue:
    return _page(EndSessionsForm(formdata=None))


def _page(form: EndSessionsForm, status: int = 200) -> ResponseReturnValue:
    now = clock.now()
    found = device_queries.open_ones(
        read(), login.person().id,
        phones_since=now - timedelta(days=settings().session_phone),
        desks_since=now - timedelta(minutes=settings().session_desk_idle) - device_actions.SEEN_STEP,
    )  # fmt: skip
    own = {row.id for row in found if row.id == login.row()}
    html = render_template("accounts/devices.html", person=login.person(), rows=found, own=own, ending=form)
    return no_store(make_response(html, status))


@bp.post("/settings/devices/<uuid:id>/end")
@signed_in
def end_device(id: UUID) -> ResponseReturnValue:
    user_id = login.person().id
    if not db().write(lambda session: device_actions.end_one(session, user_id, id, by=user_id)):
        raise not_found()
    if id == login.row():
        login.end()
        return redirect("/login", 303)
    return redirect("/settings/devices?ended=one", 303)


@bp.post("/settings/sessions")
@limiter.limit("10/minute", key_func=entering.asker)
@signed_in
def end_sessions() -> ResponseReturnValue:
    form = EndSessionsForm()
    if form.validate() and _end_others(form):
        return redirect("/settings/devices?ended=all", 303)
    return _page(form, 422)


def _end_others(form: EndSessionsForm) -> bool:
    """Whether they were ended: all but a new one of this device."""
    known = proven(form.proof)
    if known is None:
        return False

    def end(session: Session) -> User:
        user = session.get_one(User, known.id, with_for_update=True)
        actions.end_sessions(session, user, by=user.id, but=login.row())
        return user

    entering.go_on(db().write(end))
    return True
