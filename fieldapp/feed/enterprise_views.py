"""Enterprises: the list, the page of one with its one timeline, and what officers and the desk do there."""

from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from fieldapp.accounts import queries as accounts
from fieldapp.accounts.models import ADMIN, DESK, LEAD, OFFICER
from fieldapp.core.access import role
from fieldapp.core.login import person
from fieldapp.core.problems import not_found
from fieldapp.core.web import db, no_store, read, settings
from fieldapp.feed import enterprise_actions, enterprise_queries, timeline_queries
from fieldapp.feed.brief_queries import Reach
from fieldapp.feed.enterprise_forms import ContactForm, EnterpriseForm
from fieldapp.projects import enterprise_actions as actions
from fieldapp.projects import enterprise_queries as enterprises
from fieldapp.projects import policy as projects_policy
from fieldapp.projects import queries as projects
from fieldapp.projects.enterprise_actions import Taken
from fieldapp.projects.models import Contact, Enterprise
from fieldapp.visits import queries as visits

bp = Blueprint("enterprise", __name__)
insiders = role(OFFICER, LEAD, DESK, ADMIN)  # all but handling units
staff = role(OFFICER, LEAD, DESK)
desk = role(DESK)


# -- the list ------------------------------------------------------------------------------------------------------


@bp.get("/enterprises")
@insiders
def enterprises_page() -> ResponseReturnValue:
    return render_template("feed/enterprises.html", **_rows())


@bp.get("/enterprises/rows")
@insiders
def enterprises_rows() -> ResponseReturnValue:
    return render_template("feed/_enterprise_rows.html", **_rows())


def _rows() -> dict[str, Any]:
    search, zone_readable = request.args.get("q", "").strip()[:80], settings().zone_readable
    may_confirm = projects_policy.may_confirm(person())
    unconfirmed = may_confirm and request.args.get("part") == "unconfirmed"
    page = enterprises.listed(
        read(), person(), zone_readable=zone_readable, search=search, unconfirmed=unconfirmed,
        after=request.args.get("after"),
    )  # fmt: skip
    ids = [one.id for one, _mine in page.items]
    return {
        "page": page,
        "search": search,
        "counts": enterprise_queries.project_counts(read(), person(), ids, zone_readable=zone_readable),
        "may_confirm": may_confirm,
        "unconfirmed": unconfirmed,
    }


# -- one of them ---------------------------------------------------------------------------------------------------


def _enterprise(id: UUID) -> Enterprise:
    """The enterprise, if the asker may see it."""
    one = enterprises.visible_enterprise(read(), person(), id, zone_readable=settings().zone_readable)
    if one is None:
        raise not_found()
    return one


def _contact(enterprise_id: UUID, id: UUID) -> Contact:
    one = enterprises.contact_of(read(), _enterprise(enterprise_id).id, id)
    if one is None:
        raise not_found()
    return one


@bp.get("/enterprises/<uuid:id>")
@insiders
def enterprise_page(id: UUID) -> ResponseReturnValue:
    kept = enterprises.successor(read(), id)
    if kept is not None:
        return redirect(f"/enterprises/{_enterprise(kept).id}")
    return _show(_enterprise(id))


def _show(one: Enterprise, form: ContactForm | None = None, shown: UUID | None = None) -> ResponseReturnValue:
    """Its page; with a form that came back, or with the number that was just asked for."""
    page = enterprise_queries.enterprise_page(read(), _reach(), one, shown=shown)
    html = render_template(
        "feed/enterprise.html", page=page, firm=page.firm, form=form or ContactForm(), today=person().day,
        **_issues(one), **_timeline(one),
    )  # fmt: skip
    return html, 422 if form is not None else 200


def _reach() -> Reach:
    return Reach(person(), settings().zone_readable, settings().neglect_days)


def _timeline(one: Enterprise) -> dict[str, Any]:
    kind, known = request.args.get("kind", ""), visits.kinds(read())
    shown = timeline_queries.timeline_of(
        read(), person(), one, zone_readable=settings().zone_readable, zone=settings().timezone, kind=kind,
        after=request.args.get("after"),
    )  # fmt: skip
    groups = [group for group in timeline_queries.GROUPS if any(kind.group == group for kind in known)]
    return {"base": f"/enterprises/{one.id}", "timeline": shown, "kind": kind, "kinds": known, "groups": groups}


@bp.get("/enterprises/<uuid:id>/timeline")
@insiders
def enterprise_lines(id: UUID) -> ResponseReturnValue:
    """The timeline's next page, for as long as one scrolls."""
    return render_template("feed/_lines.html", **_timeline(_enterprise(id)))


def _issues(one: Enterprise) -> dict[str, Any]:
    zone_readable = settings().zone_readable
    page = enterprise_queries.open_issues(
        read(), person(), one.id, zone_readable=zone_readable, after=request.args.get("issues")
    )
    ids = {link.project_id for issue in page.items for link in issue.projects}
    seen = projects.visible_ids(read(), person(), ids, zone_readable=zone_readable)
    return {
        "enterprise": one,
        "issues": page,
        "projects": projects.by_ids(read(), seen),
        "units": {unit.id: unit for unit in accounts.units(read())},
    }


@bp.get("/enterprises/<uuid:id>/issues")
@insiders
def enterprise_issues(id: UUID) -> ResponseReturnValue:
    """More of its open issues."""
    return render_template("feed/_enterprise_issues.html", **_issues(_enterprise(id)))


# -- contacts ------------------------------------------------------------------------------------------------------


@bp.post("/enterprises/<uuid:id>/contacts/<uuid:contact_id>/number")
@staff
def reveal_number(id: UUID, contact_id: UUID) -> ResponseReturnValue:
    """The whole number for one who is not assigned: asked for by hand, and audited."""
    one, by = _contact(id, contact_id), person()
    if contact_id not in enterprises.whole_numbers(read(), by, [one]):
        db().write(lambda session: actions.revealed(session, by, one))
    if "HX-Request" in request.headers:
        page = enterprise_queries.enterprise_page(read(), _reach(), _enterprise(id), shown=contact_id)
        card = next(card for card in page.firm.contacts if card.id == contact_id)
        html = render_template("feed/_contact.html", one=card, call_about=page.firm.call_about, page=page)
        return no_store(make_response(html))
    return no_store(make_response(_show(_enterprise(id), shown=contact_id)))


@bp.post("/enterprises/<uuid:id>/contacts")
@staff
def add_contact(id: UUID) -> ResponseReturnValue:
    one, form, by = _enterprise(id), ContactForm.read(request.form), person()
    if form.errors:
        return _show(one, form)

    def write(session: Session) -> None:
        actions.add_contact(session, by, form.id, one.id, name=form.name, title=form.title, phone=form.phone)

    if not _once(write):
        form.id = ContactForm().id
        form.errors["name"] = _("Another contact was saved from this form before. Send it again to save this one too.")
        return _show(one, form)
    return redirect(f"/enterprises/{id}#contacts", 303)


def _once(write: Any) -> bool:
    """Whether it is here now: just written, or by an earlier send of the same form."""
    try:
        db().write_once(write)
    except Taken:
        return False
    return True


@bp.post("/enterprises/<uuid:id>/contacts/<uuid:contact_id>/confirmation")
@desk
def confirm_contact(id: UUID, contact_id: UUID) -> ResponseReturnValue:
    contact, by = _contact(id, contact_id), person()
    db().write(lambda session: actions.confirm_contact(session, by, contact.id))
    return redirect(f"/enterprises/{id}#contacts", 303)


@bp.post("/enterprises/<uuid:id>/contacts/<uuid:contact_id>/removal")
@desk
def remove_contact(id: UUID, contact_id: UUID) -> ResponseReturnValue:
    """Nobody to call any more, or the same person twice."""
    contact, by = _contact(id, contact_id), person()
    db().write(lambda session: actions.archive_contact(session, by, contact.id))
    return redirect(f"/enterprises/{id}#contacts", 303)


# -- adding one, confirming, merging -------------------------------------------------------------------------------


@bp.get("/enterprises/new")
@staff
def new_enterprise() -> ResponseReturnValue:
    return _form(EnterpriseForm(name=request.args.get("name", "")[:120]))


def _form(form: EnterpriseForm, similar: list[Enterprise] | None = None) -> ResponseReturnValue:
    html = render_template("feed/enterprise_new.html", form=form, similar=similar or [])
    answer = no_store(make_response(html))
    answer.status_code = 422 if form.refused or similar else 200
    return answer


@bp.post("/enterprises")
@staff
def add_enterprise() -> ResponseReturnValue:
    """By its name alone, with somebody to call if one knows them. What is called alike is shown first."""
    form, by = EnterpriseForm.read(request.form), person()
    if form.refused:
        return _form(form)
    if not form.anyway and read().get(Enterprise, form.id) is None:
        similar = enterprises.similar(read(), by, form.name, zone_readable=settings().zone_readable, but=form.id)
        if similar:
            return _form(form, similar)

    def write(session: Session) -> None:
        actions.add_enterprise(session, by, form.id, name=form.name, uscc=form.uscc)
        if (one := form.contact).name:
            actions.add_contact(session, by, one.id, form.id, name=one.name, title=one.title, phone=one.phone)

    if not _once(write):
        return _form(_taken(form))
    return redirect(f"/enterprises/{form.id}", 303)


def _taken(form: EnterpriseForm) -> EnterpriseForm:
    """Its code is another's; or an earlier send of this very form said something else."""
    if form.uscc and read().query(Enterprise).filter_by(uscc=form.uscc).count():
        form.errors["uscc"] = _("An enterprise with this code is there already.")
    else:
        form.errors["enterprise"] = _("Another one was saved from this form before. Send it again to save this too.")
    form.id, form.contact.id = EnterpriseForm().id, ContactForm().id
    return form


@bp.post("/enterprises/<uuid:id>/confirmation")
@desk
def confirm_enterprise(id: UUID) -> ResponseReturnValue:
    one, by = _enterprise(id), person()
    db().write(lambda session: actions.confirm_enterprise(session, by, one.id))
    return redirect(f"/enterprises/{id}", 303)


@bp.get("/enterprises/<uuid:id>/merge")
@desk
def merge_page(id: UUID) -> ResponseReturnValue:
    """Which one is it really? What is called alike is offered; others are searched for."""
    one, search, zone_readable = _enterprise(id), request.args.get("q", "").strip()[:80], settings().zone_readable
    if search:
        listed = enterprises.listed(read(), person(), zone_readable=zone_readable, search=search)
        others = [other for other, _mine in listed.items if other.id != id]
    else:
        others = enterprises.similar(read(), person(), one.name, zone_readable=zone_readable, but=id)
    counts = enterprise_queries.project_counts(
        read(), person(), [id, *(other.id for other in others)], zone_readable=zone_readable
    )
    return render_template("feed/enterprise_merge.html", one=one, others=others, search=search, counts=counts)


@bp.post("/enterprises/<uuid:id>/merge")
@desk
def merge(id: UUID) -> ResponseReturnValue:
    kept = enterprises.successor(read(), id)  # sent twice is as good as once
    if kept is None:
        try:
            kept = _enterprise(UUID(request.form.get("into", ""))).id
        except ValueError as error:
            raise not_found() from error
        old, into, by = _enterprise(id).id, kept, person()
        try:
            db().write(lambda session: enterprise_actions.merge(session, by, old, into))
        except enterprise_actions.CannotMerge as error:
            raise not_found() from error
    return redirect(f"/enterprises/{kept}", 303)
