"""Pages that compose several features: today, projects with their timelines, visits."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from fieldapp.accounts import queries as accounts
from fieldapp.accounts.models import ADMIN, DESK, LEAD, OFFICER, UNIT
from fieldapp.accounts.policy import Person
from fieldapp.core import clock, i18n, jobs, login
from fieldapp.core.access import polled, role, signed_in
from fieldapp.core.db import new_id
from fieldapp.core.i18n import local, locale_name
from fieldapp.core.payload import Arrival, CannotPlace, Times
from fieldapp.core.problems import not_found
from fieldapp.core.web import db, files, read, settings
from fieldapp.feed import actions, queries
from fieldapp.feed.forms import MAX_ISSUES, Remark, VisitForm, clean, digest_of, id_of
from fieldapp.feed.jobs import Parked, Parking, Unfit
from fieldapp.issues import queries as issues
from fieldapp.photos import actions as photos_actions
from fieldapp.photos.body import MAX_PHOTOS, PhotoClaim
from fieldapp.photos.models import evidence_key
from fieldapp.projects import actions as projects_actions
from fieldapp.projects import queries as projects
from fieldapp.projects.models import Project
from fieldapp.visits import actions as visits_actions
from fieldapp.visits import policy as visits_policy
from fieldapp.visits import queries as visits
from fieldapp.visits.body import SupplementBody
from fieldapp.visits.models import Supplement, Visit

STAFF = (OFFICER, LEAD, DESK, ADMIN)

bp = Blueprint("feed", __name__)


@bp.record_once
def _let_photos_ask(state: Any) -> None:
    queries.let_photos_ask(zone_readable=state.app.extensions["fieldapp"].settings.zone_readable)


def person() -> Person:
    found: Person = login.person()
    return found


def _no_store(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer


# -- projects ------------------------------------------------------------------------------------------------------


@bp.get("/projects")
@role(*STAFF)
def projects_page() -> ResponseReturnValue:
    return render_template("feed/projects.html", **_project_rows())


@bp.get("/projects/rows")
@role(*STAFF)
def projects_rows() -> ResponseReturnValue:
    return render_template("feed/_project_rows.html", **_project_rows())


def _project_rows() -> dict[str, Any]:
    search = request.args.get("q", "").strip()[:80]
    page = projects.listed(
        read(), person(), zone_readable=settings().zone_readable, search=search, after=request.args.get("after")
    )
    ids = [project.id for project in page.items]
    return {
        "page": page,
        "search": search,
        "stages": {stage.code: stage for stage in projects.stages(read())},
        "issues": issues.open_counts(read(), person(), ids, zone_readable=settings().zone_readable),
        "mine": projects.mine_ids(read(), person()),
        "today": person().day,
    }


def _project(id: UUID) -> Project:
    """The project, if the asker may see it."""
    project = projects.visible_project(read(), person(), id, zone_readable=settings().zone_readable)
    if project is None:
        raise not_found()
    return project


@bp.get("/projects/<uuid:id>")
@role(*STAFF)
def project_page(id: UUID) -> ResponseReturnValue:
    project = _project(id)
    answer = render_template("feed/project.html", head=_head(project), today=person().day, **_timeline(project))
    _remember_opened(id)
    return answer


def _head(project: Project) -> queries.ProjectHead:
    return queries.project_head(
        read(), person(), project, zone_readable=settings().zone_readable, neglect_days=settings().neglect_days
    )


def _remember_opened(id: UUID) -> None:
    """The phone carries what was opened. Once a day is enough, so that reading stays reading."""
    if queries.opened_since(read(), person().id, id, clock.now() - timedelta(days=1)):
        return
    user_id = person().id
    db().write(lambda session: projects_actions.opened(session, user_id, id))


def _timeline(project: Project) -> dict[str, Any]:
    kind = request.args.get("kind", "")
    known = visits.kinds(read())
    shown = queries.project_timeline(
        read(), person(), project.id, zone_readable=settings().zone_readable, zone=settings().timezone,
        kind=kind, after=request.args.get("after"),
    )  # fmt: skip
    return {"project": project, "timeline": shown, "kind": kind, "kinds": known,
            "groups": [group for group in queries.GROUPS if any(one.group == group for one in known)]}  # fmt: skip


@bp.get("/projects/<uuid:id>/timeline")
@role(*STAFF)
def project_lines(id: UUID) -> ResponseReturnValue:
    """The timeline's next page, for as long as one scrolls."""
    return render_template("feed/_lines.html", **_timeline(_project(id)))


@bp.get("/projects/<uuid:id>/timeline/news")
@polled
def project_news(id: UUID) -> ResponseReturnValue:
    """What a page polls: nothing (204) while the project stands at the version that the page knows."""
    project = _project(id)
    if request.args.get("after") == str(project.version):
        return _no_store(Response(status=204))
    return _no_store(make_response(render_template("feed/_timeline.html", **_timeline_top(project))))


def _timeline_top(project: Project) -> dict[str, Any]:
    """`after` is a version here, not a place in the list."""
    shown = queries.project_timeline(
        read(), person(), project.id, zone_readable=settings().zone_readable, zone=settings().timezone,
        kind=request.args.get("kind", ""),
    )  # fmt: skip
    return {"project": project, "timeline": shown, "kind": request.args.get("kind", "")}


@bp.app_template_filter("said_plainly")
def said_plainly(one: Any) -> str:
    """A part of an original record in a line: a name with its unit, a code, a text."""
    return " · ".join(str(v) for v in one.values() if v) if isinstance(one, dict) else str(one)


@bp.app_template_filter("say_half_day")
def say_half_day(at: datetime) -> str:
    """11月22日上午: as a bulletin says it."""
    there = local(at)
    day = format_date(there.date(), "d MMM" if locale_name() == "en" else "M月d日")
    halves = {0: _("%(day)s, early", day=day), 1: _("%(day)s, morning", day=day), 2: _("%(day)s, afternoon", day=day),
              3: _("%(day)s, evening", day=day)}  # fmt: skip
    return str(halves[0 if there.hour < 6 else 1 if there.hour < 12 else 2 if there.hour < 18 else 3])


# -- today ---------------------------------------------------------------------------------------------------------


@bp.get("/")
@signed_in
def today_page() -> ResponseReturnValue:
    """The start page. A handling unit's is its issues."""
    if person().role == UNIT:
        return redirect("/issues")
    shown = queries.today(
        read(), person(), zone_readable=settings().zone_readable, zone=settings().timezone,
        neglect_days=settings().neglect_days,
    )  # fmt: skip
    return render_template("feed/today.html", today=shown, day=person().day)


@bp.post("/follow-ups/<uuid:id>/done")
@role(*STAFF)
def follow_up_done(id: UUID) -> ResponseReturnValue:
    """Ticked off by hand. Twice is as good as once."""
    by = person()
    if not db().write(lambda session: visits_actions.tick_off(session, by, id)):
        raise not_found()
    return redirect("/", 303)


# -- a visit -------------------------------------------------------------------------------------------------------


def _visit(id: UUID) -> Visit:
    """The visit, if the asker may see it."""
    visit = visits.visible_visit(read(), person(), id, zone_readable=settings().zone_readable)
    if visit is None:
        raise not_found()
    return visit


@bp.get("/visits/<uuid:id>")
@role(*STAFF)
def visit_page(id: UUID) -> ResponseReturnValue:
    return _visit_page(_visit(id))


def _visit_page(visit: Visit, addition: Remark | None = None, withdrawal: Remark | None = None) -> ResponseReturnValue:
    page = queries.visit_page(read(), person(), visit, zone_readable=settings().zone_readable)
    refused = [one for one in (addition, withdrawal) if one is not None]
    html = render_template(
        "feed/visit.html",
        page=page,
        accuracy=queries.accuracy_code(visit.accuracy_m),
        wechat=render_template("feed/wechat.txt", page=page).strip(),
        addition=addition or Remark(),
        withdrawal=withdrawal or Remark(),
        saved="saved" in request.args,
    )
    return html, 422 if refused else 200


@bp.post("/visits/<uuid:id>/additions")
@role(*STAFF)
def add_to_visit(id: UUID) -> ResponseReturnValue:
    """An addition by whoever may read the visit."""
    return _supplement(_visit(id), "addition", "text", "#supplements")


@bp.post("/visits/<uuid:id>/withdrawal")
@role(*STAFF)
def withdraw_visit(id: UUID) -> ResponseReturnValue:
    """撤回 by its author, 作废 by the lead of the author's team, with a reason."""
    visit = _visit(id)
    type = "withdrawal" if visits_policy.may_amend(person(), visit) else "void"
    if type == "void" and not visits_policy.may_void(person(), visit):
        raise not_found()
    return _supplement(visit, type, "reason", "")


def _supplement(visit: Visit, type: str, field: str, place: str) -> ResponseReturnValue:
    """Read the remark, lay it over the visit once, and answer with the visit's page."""
    remark = Remark.read(request.form, field)
    shown = {"addition": remark} if type == "addition" else {"withdrawal": remark}
    if not remark.error:
        said = SupplementBody.model_validate({"visit": visit.id, "type": type, field: remark.text})
        if _supplement_once(remark.id, said):
            return redirect(f"/visits/{visit.id}{place}", 303)
        remark.again()
    return _visit_page(visit, **shown)


def _supplement_once(id: UUID, said: SupplementBody) -> bool:
    """Whether this supplement is here now: just written, or by an earlier send of the same form."""
    by, now = person(), clock.now()

    def write(session: Session) -> bool:
        known = session.get(Supplement, id)
        if known is not None:
            same = {k: v for k, v in known.body.items() if k != "before"}
            return known.owner_id == by.id and same == said.model_dump(mode="json", exclude_defaults=True)
        arrival = Arrival(id, Times(now, now, now))
        made = actions.supplement_visit(session, by, arrival, said, zone_readable=settings().zone_readable)
        if made is None:
            raise not_found()
        return True

    try:
        return db().write(write)
    except IntegrityError:  # the same form, sent twice at once: the other one was first
        return db().write(write)
    except CannotPlace as refused:
        raise not_found() from refused


# -- /visits/new: a visit without JavaScript -----------------------------------------------------------------------


@bp.get("/visits/new")
@role(OFFICER, LEAD, DESK)
def new_visit() -> ResponseReturnValue:
    """The plain form. It carries an id from its making on: sent twice, it is one visit."""
    preset = request.args.get("project", "")
    form = VisitForm(formdata=None, data={"id": str(new_id()), "project": preset})
    return _new_visit(form, Chosen())


@dataclass
class Chosen:
    """The photos of a form: those parked with it, and what was wrong with others."""

    parked: list[Parked] = field(default_factory=list)
    error: str = ""


def _new_visit(form: VisitForm, chosen: Chosen, status: int = 200, **more: Any) -> ResponseReturnValue:
    html = render_template("feed/visit_new.html", form=_offered(form), chosen=chosen, most=MAX_PHOTOS, **more)
    return _no_store(make_response(html, status))


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
@role(OFFICER, LEAD, DESK)
def log_visit() -> ResponseReturnValue:
    form = _offered(VisitForm())
    chosen = _choose_photos()
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
        if _log_once(visit_id, form, project_id, chosen.parked):
            for parked in chosen.parked:
                _parking().drop(parked)
            return redirect(f"/visits/{visit_id}?saved", 303)
    except CannotPlace:
        form.project.errors = [_("This project cannot be chosen with this account.")]
        return _new_visit(form, chosen, 422)
    form.id.data = str(new_id())
    return _new_visit(form, chosen, 409, already=f"/visits/{visit_id}")


def _parking() -> Parking:
    return Parking(settings().data_dir, person().id)


def _choose_photos() -> Chosen:
    """What was parked with the form and is still wanted, and what comes with it now."""
    parking, dropped = _parking(), set(request.form.getlist("drop"))
    tokens = [token for token in request.form.getlist("parked") if token not in dropped]
    found = [parking.find(token) for token in tokens]
    chosen = Chosen([one for one in found if one is not None])
    if None in found:
        chosen.error = _("The photos chosen before were kept for an hour only. Please choose them again.")
    for file in request.files.getlist("photos"):
        if file.filename:
            _park(parking, chosen, file)
    return chosen


def _park(parking: Parking, chosen: Chosen, file: FileStorage) -> None:
    name = clean(file.filename)[:60]
    if len(chosen.parked) >= MAX_PHOTOS:
        chosen.error = _("%(n)s photos at most; “%(name)s” was not taken.", n=MAX_PHOTOS, name=name)
        return
    try:
        chosen.parked.append(parking.put(file.stream, name, file.mimetype))
    except Unfit as unfit:
        said = {
            "empty": _("“%(name)s” is empty. Please choose it again.", name=name),
            "too-large": _("“%(name)s” is larger than 64 MB and was not taken.", name=name),
        }
        chosen.error = said[unfit.reason]


def _meant_project(form: VisitForm) -> UUID | None:
    """The project that was chosen or named; none where the office has to file the visit."""
    if form.project.data:
        return id_of(form.project.data)
    named = projects.named(read(), person(), form.typed_project.data or "", zone_readable=settings().zone_readable)
    if len(named) > 1:
        titles = _(", ").join(project.title for project in named[:5])
        form.typed_project.errors = [_("Several projects are called so: %(titles)s.", titles=titles)]
    return named[0].id if len(named) == 1 else None


def _log_once(id: UUID, form: VisitForm, project_id: UUID | None, photos: list[Parked]) -> bool:
    """Whether this very visit is here now: just written, or by an earlier send of the same form."""
    by, now, at = person(), clock.now(), form.occurred()
    body = form.body(project_id)
    told = form.events()
    claims = [PhotoClaim(id=new_id(), sha256=one.sha256, size=one.size, type=one.type) for one in photos]
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

    if read().get(Visit, id) is None:
        for one in photos:
            files().put(evidence_key(one.sha256), _parking().path(one))
    try:
        done = db().write(write)
    except IntegrityError:  # the same form, sent twice at once: the other one was first
        done = db().write(write)
    if photos:
        jobs.nudge("thumbnails")
    return done
