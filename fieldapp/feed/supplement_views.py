"""What is said on a visit's page later: addition, correction, another project, a photo taken back, 撤回 and 作废."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from fieldapp.accounts.models import ADMIN, DESK, LEAD, OFFICER
from fieldapp.core import clock, jobs
from fieldapp.core.access import role
from fieldapp.core.db import new_id
from fieldapp.core.login import person
from fieldapp.core.payload import Arrival, CannotPlace, Times
from fieldapp.core.problems import not_found
from fieldapp.core.web import db, read, settings
from fieldapp.feed import actions, filing_queries, photo_forms
from fieldapp.feed.forms import Remark, clean, id_of
from fieldapp.feed.photo_forms import Chosen
from fieldapp.feed.supplement_forms import Correction
from fieldapp.feed.visit_queries import accuracy_code
from fieldapp.feed.visit_queries import visit_page as page_of
from fieldapp.photos import actions as photos_actions
from fieldapp.photos.body import MAX_PHOTOS, PhotoClaim
from fieldapp.projects import enterprise_queries as enterprises
from fieldapp.projects import queries as projects
from fieldapp.visits import policy as visits_policy
from fieldapp.visits import queries as visits
from fieldapp.visits.body import SupplementBody
from fieldapp.visits.models import Supplement, Visit

bp = Blueprint("supplement", __name__)
insiders = role(OFFICER, LEAD, DESK, ADMIN)  # all but handling units


@dataclass
class Forms:
    """The forms under a visit, as they are shown: fresh, or refused with everything typed still there."""

    correction: Correction
    addition: Remark = field(default_factory=Remark)
    withdrawal: Remark = field(default_factory=Remark)
    photo: Remark = field(default_factory=Remark)
    added: Chosen = field(default_factory=Chosen)  # photos of the addition
    chosen_photo: str = ""
    open: str = ""  # the one that was refused


def visit_of(id: UUID) -> Visit:
    """The visit, if the asker may see it."""
    visit = visits.visible_visit(read(), person(), id, zone_readable=settings().zone_readable)
    if visit is None:
        raise not_found()
    return visit


def show_visit(visit: Visit, refused: str = "", **forms: Any) -> ResponseReturnValue:
    """The page of a visit; with a form that came back where one was `refused`."""
    shown = Forms(**{"correction": Correction.of(visit, settings().timezone), "open": refused, **forms})
    page = page_of(read(), person(), visit, zone_readable=settings().zone_readable)
    find = clean(request.args.get("find"))[:80]
    html = render_template(
        "feed/visit.html",
        page=page,
        accuracy=accuracy_code(visit.accuracy_m),
        wechat=render_template("feed/wechat.txt", page=page).strip(),
        forms=shown,
        kinds=visits.kinds(read()),
        stages=projects.stages(read()),
        programmes=_programmes(visit),
        most_photos=MAX_PHOTOS,
        offset=visit.occurred_at.astimezone(ZoneInfo(settings().timezone)).isoformat()[-6:],
        saved="saved" in request.args,
        said=request.args.get("said", ""),
        **(_places(visit, find) if page.may_move else {}),
    )
    return html, 422 if refused else 200


def _programmes(visit: Visit) -> list[tuple[str, str]]:
    """What there is to choose from, and what was chosen when it still was."""
    known = projects.programmes(read())
    offered = [(one.code, one.name) for one in known if one.archived_at is None or one.code in visit.programmes]
    return [*offered, *((code, code) for code in visit.programmes if code not in {one.code for one in known})]


def _places(visit: Visit, find: str) -> dict[str, Any]:
    offered = filing_queries.places(read(), person(), visit, find=find, zone_readable=settings().zone_readable)
    return {"places": offered, "kept": filing_queries.kept(visit), "move_id": new_id(), "find": find}


@bp.get("/visits/<uuid:id>/places")
@insiders
def places(id: UUID) -> ResponseReturnValue:
    """What the typed words find: the fragment of the page's form."""
    visit = visit_of(id)
    if not visits_policy.may_move(person(), visit):
        raise not_found()
    return render_template("feed/_places.html", visit=visit, **_places(visit, clean(request.args.get("find"))[:80]))


@bp.post("/visits/<uuid:id>/additions")
@insiders
def add_to_visit(id: UUID) -> ResponseReturnValue:
    """An addition by whoever may read the visit: words, photos, or both."""
    request.max_content_length = photo_forms.MAX_FORM_BYTES
    visit, chosen, remark = visit_of(id), photo_forms.choose_photos(), Remark.read(request.form, "text")
    if chosen.parked and not remark.text:
        remark.error = ""  # a picture says enough
    if remark.error or chosen.error:
        return show_visit(visit, "addition", addition=remark, added=chosen)
    said = SupplementBody(visit=visit.id, type="addition", text=remark.text)
    if _once(remark.id, said, chosen):
        chosen.unpark()
        return redirect(f"/visits/{visit.id}#supplements", 303)
    remark.again()
    return show_visit(visit, "addition", addition=remark, added=chosen)


@bp.post("/visits/<uuid:id>/withdrawal")
@insiders
def withdraw_visit(id: UUID) -> ResponseReturnValue:
    """撤回 by its author, 作废 by the lead of the author's team, with a reason."""
    visit = visit_of(id)
    type = "withdrawal" if visits_policy.may_amend(person(), visit) else "void"
    if type == "void" and not visits_policy.may_void(person(), visit):
        raise not_found()
    return _remark(visit, "withdrawal", type, "reason", {})


@bp.post("/visits/<uuid:id>/photo-withdrawal")
@insiders
def withdraw_photo(id: UUID) -> ResponseReturnValue:
    """One's own photo is taken back: hidden, its bytes kept."""
    visit, photo = visit_of(id), clean(request.form.get("photo"))
    if not visits_policy.may_amend(person(), visit):
        raise not_found()
    known = {str(one.id) for one in page_of(
        read(), person(), visit, zone_readable=settings().zone_readable).own_photos}  # fmt: skip
    said = _already(id_of(request.form.get("id")))
    if photo not in known and not (said and said.body.get("photo") == photo):
        remark = Remark(id_of(request.form.get("id")), clean(request.form.get("reason")), _("Please choose a photo."))
        return show_visit(visit, "photo", photo=remark)
    return _remark(visit, "photo", "photo_withdrawn", "reason", {"photo": photo})


def _already(id: UUID) -> Supplement | None:
    return read().get(Supplement, id)


@bp.post("/visits/<uuid:id>/correction")
@insiders
def correct_visit(id: UUID) -> ResponseReturnValue:
    """What was written wrongly reads right from now on; the original stays in a fold of the page."""
    visit, zone = visit_of(id), settings().timezone
    if not visits_policy.may_amend(person(), visit):
        raise not_found()
    form = Correction.read(request.form)
    known = _already(form.id)
    if known is not None and not form.errors:
        if known.owner_id == person().id and form.says(known.body.get("fields", {}), visit, zone):
            return redirect(f"/visits/{visit.id}#supplements", 303)
        form.id, form.errors[""] = (
            new_id(),
            _("This form was saved before. To save this as another correction, send it again."),
        )
    if not form.errors:
        _check_against(form, visit, zone)
    if form.errors:
        return show_visit(visit, "correction", correction=form)
    said = SupplementBody(visit=visit.id, type="correction", fields=form.fields(visit, zone))
    _once(form.id, said)
    return redirect(f"/visits/{visit.id}?said=correction#supplements", 303)


def _check_against(form: Correction, visit: Visit, zone: str) -> None:
    fields = form.fields(visit, zone)
    if not fields:
        form.errors[""] = _("Nothing differs from what stands there.")
    if "kind" in fields and fields["kind"] not in {one.code for one in visits.kinds(read())}:
        form.errors["kind"] = _("Please choose a kind.")
    if fields.get("stage") and fields["stage"] not in {one.code for one in projects.stages(read())}:
        form.errors["stage"] = _("Please choose a stage.")
    if "occurred_at" in fields and form.is_to_come(zone):
        form.errors["occurred_at"] = _("This time has not come yet.")


@bp.post("/visits/<uuid:id>/move")
@insiders
def move_visit(id: UUID) -> ResponseReturnValue:
    """Another main project, or an enterprise without one; a visit of 待归档 is filed."""
    visit = visit_of(id)
    if not visits_policy.may_move(person(), visit):
        raise not_found()
    project, enterprise = (request.form.get(name) for name in ("project", "enterprise"))
    if not project and not enterprise:
        return show_visit(visit, "move")
    stays = filing_queries.kept(visit)
    if project:
        main = id_of(project)
        said = SupplementBody(
            visit=visit.id, type="move", project=main, projects=[one for one in stays.projects if one != main],
            enterprises=stays.enterprises,
        )  # fmt: skip
    else:
        said = SupplementBody(visit=visit.id, type="move", enterprises=[_enterprise(id_of(enterprise))])
    if not _once(id_of(request.form.get("id")), said):  # gone back to, and another place chosen: another move
        _once(new_id(), said)
    return redirect(f"/visits/{visit.id}?said=move", 303)


def _enterprise(id: UUID) -> UUID:
    """The enterprise that stands for it, if the asker may see that: a visit is not moved to nowhere."""
    standing = enterprises.successor(read(), id) or id
    if enterprises.visible_enterprise(read(), person(), standing, zone_readable=settings().zone_readable) is None:
        raise not_found()
    return standing


def _remark(visit: Visit, form: str, type: str, field: str, more: dict[str, Any]) -> ResponseReturnValue:
    """Read a remark, lay it over the visit once, and answer with the visit's page."""
    remark = Remark.read(request.form, field)
    chosen = {"chosen_photo": more["photo"]} if "photo" in more else {}
    if not remark.error:
        said = SupplementBody.model_validate({"visit": visit.id, "type": type, field: remark.text, **more})
        if _once(remark.id, said):
            return redirect(f"/visits/{visit.id}#supplements", 303)
        remark.again()
    return show_visit(visit, form, **{form: remark}, **chosen)


def _once(id: UUID, said: SupplementBody, photos: Chosen | None = None) -> bool:
    """Whether this supplement is here now: just written, or by an earlier send of the same form."""
    by, now = person(), clock.now()
    claims = photos.claims() if photos is not None else []
    content = _digest(said, claims) if claims else None
    full = said.model_copy(update={"photos": [one.id for one in claims]})

    def write(session: Session) -> bool:
        known = session.get(Supplement, id)
        if known is not None:
            if content is not None:
                return known.owner_id == by.id and known.payload_sha256 == content
            same = {k: v for k, v in known.body.items() if k != "before"}
            return known.owner_id == by.id and same == said.model_dump(mode="json", exclude_defaults=True)
        arrival = Arrival(id, Times(now, now, now), payload_sha256=content)
        made = actions.supplement_visit(
            session, by, arrival, full, claims=claims, zone_readable=settings().zone_readable
        )
        if made is None:
            raise not_found()
        photos_actions.receive(session, by.id, [one.id for one in claims])
        return True

    new = photos.parked if photos is not None and _already(id) is None else []
    photo_forms.keep(new)
    try:
        done = db().write_once(write)
    except CannotPlace as refused:
        raise not_found() from refused
    photo_forms.keep_what_is_gone(new)
    if new:
        jobs.nudge("thumbnails")
    return done


def _digest(said: SupplementBody, claims: list[PhotoClaim]) -> str:
    """What a form with photos says, whenever and however often it is sent: the photos have new ids each time."""
    content = [said.model_dump(mode="json", exclude_defaults=True), [one.sha256 for one in claims]]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
