"""`/settings/data`: what is kept of oneself, and all of it to take along."""

from uuid import UUID

from flask import Blueprint, Response, make_response, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from fieldapp.accounts import entering
from fieldapp.core import audit, login
from fieldapp.core.access import signed_in
from fieldapp.core.limits import asker, limiter
from fieldapp.core.web import db, files, no_store, read, settings, today
from fieldapp.keeping import own
from fieldapp.keeping.forms import PasswordAgainForm

bp = Blueprint("keeping", __name__, url_prefix="/settings/data")


def _page(form: PasswordAgainForm, status: int = 200) -> ResponseReturnValue:
    html = render_template(
        "keeping/own.html",
        form=form,
        person=login.person(),
        counts=own.counts(read(), login.person().id),
        days={"positions": settings().keep_positions_days, "photos": settings().keep_photos_days},
    )
    return no_store(make_response(html, status))


@bp.get("")
@signed_in
def own_data() -> ResponseReturnValue:
    return _page(PasswordAgainForm(formdata=None))


@bp.post("")
@limiter.limit("5/minute", key_func=asker)
@signed_in
def take_along() -> ResponseReturnValue:
    """All of it, for whoever knows the password: a phone left on a desk is not enough."""
    form, user_id = PasswordAgainForm(), login.person().id
    if not form.validate():
        return _page(form, 422)
    user, refused = entering.shown_password(form.password.data or "")
    if user is None:
        form.password.errors = [refused]
        db().write(lambda session: _note(session, user_id, "data.export-refused"))
        return _page(form, 422)
    db().write(lambda session: _note(session, user_id, "data.exported"))
    answer = Response(own.archive(db(), files(), user_id), mimetype="application/zip")
    name = f"fieldapp-{today().isoformat()}.zip"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return no_store(answer)


def _note(session: Session, user_id: UUID, verb: str) -> None:
    audit.record(session, user_id, verb, "user", user_id)
