"""`/feedback` (投诉建议): said by anyone, anonymously too; answered by the system administrator."""

from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from fieldapp.accounts import queries as accounts
from fieldapp.accounts.models import ADMIN
from fieldapp.compliance import actions, policy, queries
from fieldapp.compliance.forms import KINDS, AnswerForm, FeedbackForm, LookupForm
from fieldapp.compliance.models import Feedback
from fieldapp.core import login, tokens
from fieldapp.core.access import public, role
from fieldapp.core.db import uuid_of
from fieldapp.core.limits import limiter
from fieldapp.core.problems import not_found
from fieldapp.core.web import db, no_store, read

bp = Blueprint("feedback", __name__, url_prefix="/feedback")
PURPOSE = "feedback"


def _page(status: int = 200, *, form: FeedbackForm | None = None, lookup: LookupForm | None = None,
          **more: Any) -> ResponseReturnValue:  # fmt: skip
    inside = login.signed_in()
    own = None
    if inside:
        own = queries.listed(read(), policy.own(login.person()), after=request.args.get("after"))
        g.user_id = None  # who looked here, and when, would tell in the log who wrote anonymously
    html = render_template(
        "compliance/feedback.html",
        inside=inside,
        own=own,
        kinds=KINDS,
        form=form or FeedbackForm(formdata=None),
        lookup=lookup or LookupForm(formdata=None),
        **more,
    )
    return no_store(current_app.make_response((html, status)))


@bp.get("")
@public
def feedback() -> ResponseReturnValue:
    return _page()


@bp.post("")
@limiter.limit("20/hour")
@public
def say() -> ResponseReturnValue:
    """Answered with the number at once, and not by a redirect: nothing else must know the code. The same form again
    gives the same number and code."""
    form = FeedbackForm()
    if not form.validate():
        return _page(422, form=form)
    id = uuid_of(form.id.data)
    if id is None:
        form = FeedbackForm(formdata=None, data={"text": form.text.data, "kind": form.kind.data})
        return _page(422, form=form)
    by = login.person().id if login.signed_in() and not form.anonymous.data else None
    code = tokens.spoken(current_app.config["SECRET_KEY"], PURPOSE, id)
    said = _say_once(id, form, by, code)
    if said is None:
        form.id.data = str(FeedbackForm(formdata=None).id.data)
        return _page(422, form=form, already=True)
    return _page(said=said, code="" if by else code)


def _say_once(id: UUID, form: FeedbackForm, by: UUID | None, code: str) -> Feedback | None:
    """What is kept under this id; None: something else was said under it."""

    def write(session: Session) -> bool:
        return actions.say(session, id, form.kind.data, form.text.data or "", by=by, code=code)

    if not db().write_once(write):
        return None
    with db().reading() as session:
        return session.get_one(Feedback, id)


@bp.post("/answer")
@limiter.limit("20/hour")
@public
def look_up() -> ResponseReturnValue:
    """The answer to an anonymous one. By POST, so that the code is in no address and no log."""
    lookup = LookupForm()
    if not lookup.validate():
        return _page(422, lookup=lookup)
    number = (lookup.number.data or "").strip().upper()
    found = queries.by_code(read(), number, tokens.plain(lookup.code.data or ""))
    if found is None:
        lookup.code.errors = [_("Number and code do not belong together.")]
        return _page(422, lookup=lookup)
    return _page(found=found)


# -- the system administrator --------------------------------------------------------------------------------------


def _all() -> dict[str, Any]:
    waiting = request.args.get("all") != "1"
    where = [Feedback.answered_at.is_(None)] if waiting else []
    page = queries.listed(read(), *where, after=request.args.get("after"))
    names = accounts.names(read(), {one.user_id for one in page.items if one.user_id})
    return {"page": page, "names": names, "kinds": KINDS, "waiting": waiting}


@bp.get("/all")
@role(ADMIN)
def everything() -> ResponseReturnValue:
    return render_template("compliance/feedback_all.html", **_all())


@bp.get("/rows")
@role(ADMIN)
def rows() -> ResponseReturnValue:
    return render_template("compliance/_feedback_rows.html", **_all())


@bp.get("/<uuid:id>")
@role(ADMIN)
def one(id: UUID) -> ResponseReturnValue:
    return _one(id)


def _one(id: UUID, form: AnswerForm | None = None) -> ResponseReturnValue:
    found = read().get(Feedback, id)
    if found is None:
        raise not_found()
    names = accounts.names(read(), {one for one in (found.user_id, found.answered_by) if one})
    html = render_template(
        "compliance/feedback_one.html", one=found, names=names, kinds=KINDS,
        form=form or AnswerForm(formdata=None, data={"answer": found.answer}),
    )  # fmt: skip
    return html, 422 if form else 200


@bp.post("/<uuid:id>")
@role(ADMIN)
def answer(id: UUID) -> ResponseReturnValue:
    form, by = AnswerForm(), login.person()
    if read().get(Feedback, id) is None or not policy.may_answer(by):
        raise not_found()
    if not form.validate():
        return _one(id, form)

    def write(session: Session) -> None:
        found = session.get_one(Feedback, id, with_for_update=True)
        actions.answer(session, found, form.answer.data or "", by=by.id)

    db().write(write)
    return redirect("/feedback/all?answered=1", 303)
