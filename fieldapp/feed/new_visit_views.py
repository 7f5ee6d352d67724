"""`/visits/new`: a visit without JavaScript, by a plain form whose photos survive its coming back."""

from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fieldapp.accounts import queries as accounts
from fieldapp.accounts.models import DESK, LEAD, OFFICER
from fieldapp.core import clock, i18n, jobs
from fieldapp.core.access import role
from fieldapp.core.db import new_id
from fieldapp.core.login import person
from fieldapp.core.passing import Away
from fieldapp.core.payload import Arrival, CannotPlace, Times
from fieldapp.core.web import db, no_store, read, settings
from fieldapp.feed import actions, photo_forms
from fieldapp.feed.forms import MAX_ISSUES, VisitForm, digest_of, id_of
from fieldapp.feed.photo_forms import Chosen
from fieldapp.issues import queries as issues
from fieldapp.photos import actions as photos_actions
from fieldapp.photos.body import MAX_PHOTOS
from fieldapp.projects import queries as projects
from fieldapp.visits import queries as visits
from fieldapp.visits.actions import AlreadyHere
from fieldapp.visits.models import Visit

bp = Blueprint("new_visit", __name__)
staff = role(OFFICER, LEAD, DESK)


@bp.get("/visits/new")
@staff
def new_visit() -> ResponseReturnValue:
    """The plain form. It carries an id from its making on: sent twice, it is one visit."""
    preset = request.args.get("project", "")
    form = VisitForm(formdata=None, data={"id": str(new_id()), "project": preset})
    answer = make_response(_new_visit(form, Chosen()))
    # Kept by the browser: "back" brings this very form with its id, and what it sends then is known.
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def _new_visit(form: VisitForm, chosen: Chosen, status: int = 200, **more: Any) -> ResponseReturnValue:
    html = render_template("feed/visit_new.html", form=_offered(form), chosen=chosen, most=MAX_PHOTOS, **more)
    return no_store(make_response(html, status))


def _offered(form: VisitForm) -> VisitForm:
    """The form with what there is to choose from."""
    form.project.choices = _project_choices(form.project.data)
    form.kind.choices = [(kind.code, i18n.named(kind)) for kind in visits.kinds(read()) if kind.archived_at is None]
    form.participants.choices = [
        (str(user.id), user.name) for user, _team in accounts.officers(read(), person().day) if user.id != person().id
    ]
    categories = [
        (one.code, i18n.named(one)) for one in issues.categories(read()) if one.parent and not one.archived_at
    ]
    for entry in form.issues:
        entry.form.category.choices = [("", _("Not sure")), *categories]
    return form


def _project_choices(chosen: str | None) -> list[tuple[str, str]]:
    mine = projects.mine(read(), person())
    listed = {str(project.id): project for project in mine}
    if chosen and chosen not in listed:
        more = projects.visible_project(read(), person(), id_of(chosen), zone_readable=settings().zone_readable)
        listed |= {str(more.id): more} if more is not None else {}
    named = sorted((project.title, id) for id, project in listed.items())
    return [("", _("Not in this list")), *((id, title) for title, id in named)]


@bp.post("/visits/new")
@staff
def log_visit() -> ResponseReturnValue:
    request.max_content_length = photo_forms.MAX_FORM_BYTES
    form = _offered(VisitForm())
    chosen = photo_forms.choose_photos()
    if "more_issues" in request.form:
        if len(form.issues) < MAX_ISSUES:
            form.issues.append_entry()
        return _new_visit(form, chosen)
    fits = form.validate() and not chosen.error
    project_id = _meant_project(form) if fits else None
    if not fits or form.errors:
        return _new_visit(form, chosen, 422)
    visit_id = id_of(form.id.data)
    try:
        if _log_once(visit_id, form, project_id, chosen):
            chosen.unpark()
            return redirect(f"/visits/{visit_id}?saved", 303)
    except Away:
        chosen.error = _("The photos cannot be stored now. Nothing is saved yet: please send again in a minute.")
        return _new_visit(form, chosen, 503)
    except CannotPlace:
        form.project.errors = [_("This project cannot be chosen with this account.")]
        return _new_visit(form, chosen, 422)
    form.id.data = str(new_id())
    return _new_visit(form, chosen, 409, already=f"/visits/{visit_id}")


def _meant_project(form: VisitForm) -> UUID | None:
    """The project that was chosen or named; none where the office has to file the visit."""
    if form.project.data:
        return id_of(form.project.data)
    named = projects.named(read(), person(), form.typed_project.data or "", zone_readable=settings().zone_readable)
    if len(named) > 1:
        titles = _(", ").join(project.title for project in named[:5])
        form.typed_project.errors = [_("Several projects are called so: %(titles)s.", titles=titles)]
    return named[0].id if len(named) == 1 else None


def _log_once(id: UUID, form: VisitForm, project_id: UUID | None, photos: Chosen) -> bool:
    """Whether this very visit is here now: just written, or by an earlier send of the same form."""
    by, now, at = person(), clock.now(), form.occurred()
    body = form.body(project_id)
    told = form.events()
    claims = photos.claims()
    content = digest_of(body, at, told, claims)
    arrival = Arrival(id, Times(at or now, now, now), payload_sha256=content)

    def write(session: Session) -> bool:
        known = session.get(Visit, id)
        if known is not None:
            return known.owner_id == by.id and known.payload_sha256 == content
        actions.log_visit(
            session, by, arrival, body, issue_events=told, claims=claims, zone_readable=settings().zone_readable
        )
        photos_actions.receive(session, by.id, [one.id for one in claims])
        return True

    new = photos.parked if read().get(Visit, id) is None else []
    photo_forms.keep(new)
    try:
        done = db().write(write)
    except (AlreadyHere, IntegrityError):  # the same form, sent twice at once: the other one was first
        done = db().write(write)
    photo_forms.keep_what_is_gone(new)
    if photos.parked:
        jobs.nudge("thumbnails")
    return done
