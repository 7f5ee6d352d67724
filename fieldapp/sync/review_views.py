"""`/review`: what needs a person, and what they can do about it."""

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fieldapp.accounts import queries as accounts
from fieldapp.accounts.policy import Person
from fieldapp.core.access import role
from fieldapp.core.login import person
from fieldapp.core.paging import Page
from fieldapp.core.payload import CannotPlace
from fieldapp.core.problems import not_found
from fieldapp.core.web import db, read, settings
from fieldapp.projects import queries as projects
from fieldapp.sync import actions, forms, policy, queries
from fieldapp.sync import review as acts
from fieldapp.sync.models import ReviewItem

bp = Blueprint("review", __name__)
sorters = role("officer", "lead", "desk", "admin")  # an officer: imports of their own
MOST_REASON = 200
FEW = 5  # items of each group on the page of all groups


@bp.get("/review")
@sorters
def review() -> ResponseReturnValue:
    """In groups of what is dealt with alike, each with what has waited longest; one group by itself whole."""
    asker, session = person(), read()
    counts = queries.counts(session, asker)
    groups = [(group, sum(counts.get(kind, 0) for kind in group.kinds)) for group in forms.GROUPS]
    waiting = [(group, count) for group, count in groups if count]
    chosen = forms.BY_CODE.get(request.args.get("group", ""))
    if chosen is None and len(waiting) == 1:
        chosen = waiting[0][0]
    return render_template(
        "sync/review.html",
        words=forms,
        groups=waiting,
        most=queries.MOST_COUNTED,
        devices=0 if asker.is_admin else queries.count_of_devices(session),
        lists=[] if chosen else [(group, count, _listed(group, FEW)) for group, count in waiting],
        **(_list(chosen) if chosen else {"chosen": None}),
        asker=asker,
    )


@bp.get("/review/rows")
@sorters
def rows() -> ResponseReturnValue:
    chosen = forms.BY_CODE.get(request.args.get("group", ""))
    return render_template("sync/_review_rows.html", words=forms, **_list(chosen))


def _list(group: forms.Group | None) -> dict[str, Any]:
    return {"waiting": _listed(group, queries.LIST_SIZE), "chosen": group}


def _listed(group: forms.Group | None, most: int) -> Page[queries.Waiting]:
    return queries.waiting(
        read(), person(), request.args.get("after"), zone_readable=settings().zone_readable,
        kinds=group.kinds if group else (), most=most,
    )  # fmt: skip


@bp.get("/review/<uuid:id>")
@sorters
def item(id: UUID) -> ResponseReturnValue:
    return _item_page(id)


def _waiting(id: UUID) -> queries.Waiting:
    found = queries.one(read(), person(), id, zone_readable=settings().zone_readable)
    if found is None:
        raise not_found()
    return found


def _item_page(id: UUID, error: str = "", wrong: str = "", status: int = 200) -> ResponseReturnValue:
    asker: Person = person()
    found, session, search = _waiting(id), read(), request.args.get("q", "")[:80]
    readable = settings().zone_readable
    return render_template(
        "sync/review_item.html",
        words=forms,
        waiting=found,
        acts=policy.acts(asker, found.item),
        versions=queries.versions(session, asker, found.item.record_id) if found.item.record_id else [],
        search=search,
        projects=projects.listed(session, asker, zone_readable=readable, search=search).items if search else [],
        officers=accounts.officers(session, asker.day) if "match" in policy.acts(asker, found.item) else [],
        error=error,
        wrong=wrong,
        asker=asker,
    ), status


@bp.post("/review/<uuid:id>/<act>")
@sorters
def act(id: UUID, act: str) -> ResponseReturnValue:
    """Do what the form says. Twice is as good as once: an item that is closed by then leads back to the list."""
    asker: Person = person()
    found = queries.one(read(), asker, id, zone_readable=settings().zone_readable)
    if found is None:
        return redirect("/review?gone=1", 303)
    if act not in policy.acts(asker, found.item):
        raise not_found()
    try:
        error = _DO[act](asker, found.item)
    except CannotPlace as refused:
        error = str(forms.REASONS.get(refused.reason, forms.REASONS["failed"]))
    return _item_page(id, error, act, 422) if error else redirect("/review?done=1", 303)


def _close(asker: Person, item: ReviewItem) -> str:
    reason = request.form.get("reason", "").replace("\x00", "").strip()  # PostgreSQL takes none of these
    if not reason:
        return str(_("Please say why it can be closed."))
    if len(reason) > MOST_REASON:
        return str(_("At most 200 characters."))
    db().write(lambda session: actions.close(session, item.id, asker.id, reason))
    return ""


def _retry(asker: Person, item: ReviewItem) -> str:
    acts.retry(db(), settings(), _record(item), asker.id)
    return str(_("It still cannot be filed, for the reason above.")) if _still_open(item) else ""


def _still_open(item: ReviewItem) -> bool:
    with db().reading() as session:
        return session.get_one(ReviewItem, item.id).closed_at is None


def _place(asker: Person, item: ReviewItem) -> str:
    project = _uuid("project")
    if project is None:
        return str(_("Please choose a project."))
    db().write(lambda session: acts.place(session, settings(), _record(item), project, asker))
    return ""


def _choose(asker: Person, item: ReviewItem) -> str:
    sha256 = request.form.get("sha256", "")
    db().write(lambda session: acts.choose(session, settings(), _record(item), sha256, asker.id))
    return ""


def _confirm(asker: Person, item: ReviewItem) -> str:
    db().write(lambda session: actions.confirm_import(session, _record(item), asker.id))
    return ""


def _match(asker: Person, item: ReviewItem) -> str:
    user = _uuid("user")
    if user is None:
        return str(_("Please choose a person."))
    acts.match_user(db(), settings(), _record(item), user, asker.id)
    return ""


def _record(item: ReviewItem) -> UUID:
    if item.record_id is None:
        raise not_found()
    return item.record_id


def _uuid(name: str) -> UUID | None:
    try:
        return UUID(request.form.get(name, ""))
    except ValueError:
        return None


_DO = {
    "close": _close, "retry": _retry, "place": _place, "choose": _choose, "confirm": _confirm, "match": _match,
}  # fmt: skip
