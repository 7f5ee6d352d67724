"""`/admin/users`: accounts, made and kept by the system administrator, read by all three powers."""

from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from fieldapp.accounts import actions as accounts
from fieldapp.accounts import membership_actions as memberships
from fieldapp.accounts import people_actions as people
from fieldapp.accounts import policy, powers
from fieldapp.accounts import queries as accounts_queries
from fieldapp.accounts.actions import Refused
from fieldapp.accounts.models import ADMIN, DUTIES, POWERS, ROLES, SECURITY, Membership, User
from fieldapp.admin.people import queries, words
from fieldapp.admin.people.forms import Form, plain
from fieldapp.core import reauth
from fieldapp.core.access import role
from fieldapp.core.db import new_id
from fieldapp.core.login import person
from fieldapp.core.problems import not_found
from fieldapp.core.web import close_reading, db, no_store, read, settings, today

bp = Blueprint("people", __name__, url_prefix="/admin/users")
readers = role(*POWERS)
keeper = role(ADMIN)


def _user(id: UUID) -> User:
    found = read().get(User, id)
    if found is None:
        raise not_found()
    return found


def _first() -> bool:
    """Whether the first security administrator is still to be appointed, and who asks may do it."""
    return bool(person().is_admin) and not powers.stands(read(), SECURITY)


# -- the list ------------------------------------------------------------------------------------------------------


def _rows() -> dict[str, Any]:
    search, show = plain(request.args.get("q"))[:80], request.args.get("show", "")
    show = show if show in words.SHOWN else ""
    page = queries.users(read(), today(), search=search, show=show, after=request.args.get("after"))
    query = {name: value for name, value in (("q", search), ("show", show)) if value}
    return {"page": page, "search": search, "show": show, "query": query, "today": today(), "words": words}


@bp.get("")
@readers
def users_page() -> ResponseReturnValue:
    return render_template("admin/people/users.html", waiting=queries.waiting_count(read()), first=_first(), **_rows())


@bp.get("/rows")
@readers
def users_rows() -> ResponseReturnValue:
    return render_template("admin/people/_user_rows.html", **_rows())


# -- one of them ---------------------------------------------------------------------------------------------------


@bp.get("/<uuid:id>")
@readers
def user_page(id: UUID) -> ResponseReturnValue:
    return _page(_user(id))


def _page(user: User, status: int = 200, **more: Any) -> ResponseReturnValue:
    asker, session, day = person(), read(), today()
    three_powers = settings().three_powers
    held = sorted(user.memberships, key=lambda one: (one.starts_on, one.id), reverse=True)
    current = [one for one in held if one.ends_on is None or one.ends_on >= max(day, one.starts_on)]
    html = render_template(
        "admin/people/user.html",
        user=user,
        current=current,
        past=[one for one in held if one not in current],
        proposals=queries.waiting(session, of=user.id).items,
        may_keep=policy.may_keep_people(asker),
        may_end=policy.may_grant(asker, three_powers=three_powers),
        may_reset=people.may_reset(session, user, three_powers=three_powers, day=day),
        is_self=asker.id == user.id,
        fresh=new_id(),
        today=day,
        **{"error": "", "name": user.name, "once": "", **_history(user.id), **more},
    )
    return no_store(make_response(html, status))


def _history(id: UUID) -> dict[str, Any]:
    return {"turns": queries.history(read(), id, request.args.get("before")), "words": words, "key": id}


@bp.get("/<uuid:id>/history")
@readers
def user_history(id: UUID) -> ResponseReturnValue:
    return render_template("admin/people/_turns.html", **_history(_user(id).id))


# -- making one ----------------------------------------------------------------------------------------------------


def _choices() -> dict[str, Any]:
    session = read()
    return {
        "roles": [
            ("", _("Please choose")),
            *((code, f"{words.ROLES[code]} · {words.ROLES_SAY[code]}") for code in ROLES),
        ],
        "teams": [("", _("None")), *((one.id, one.name) for one in accounts_queries.teams(session))],
        "units": [("", _("None")), *((one.id, one.name) for one in accounts_queries.units(session))],
        "duties": [("", _("None")), *((code, words.duty(code)) for code in DUTIES)],
    }


@bp.get("/new")
@keeper
def new_user() -> ResponseReturnValue:
    return _new_page(Form(typed={"starts_on": today().isoformat()}))


def _new_page(form: Form, status: int = 200) -> ResponseReturnValue:
    html = render_template("admin/people/user_new.html", form=form, words=words, **_choices())
    return no_store(make_response(html, status))


@bp.post("")
@keeper
@reauth.recent_password
def add_user() -> ResponseReturnValue:
    """Answered with the one-time password at once, and not by a redirect: it stands in no address and in no session."""
    form, by, day = Form.read(request.form), person(), today()
    wanted = form.wanted(day) if form.one("role") else None
    if form.errors:
        return _new_page(form, 422)
    once = people.one_time_password(_secret(), form.id)
    kept = accounts.hash_of(once)

    def write(session: Session) -> User:
        made = people.make(
            session, form.id, username=form.one("username"), name=form.one("name"), password_hash=kept, by=by.id
        )
        if wanted is not None:
            memberships.propose(session, made, wanted, id=form.proposal_id, by=by.id, day=day)
        return made

    close_reading()  # what was read before does not know of it
    try:
        made = db().write_once(write)
    except Refused as refused:
        form.refuse(refused)
        return _new_page(form, 422)
    mine = queries.made_by(read(), made.id, by.id) and people.may_reset(
        read(), made, three_powers=settings().three_powers, day=day
    )  # the form may come again when somebody has granted the account a power: its password is nobody's to see
    return _page(_user(made.id), once=once if mine and _is_unused(made, once) else "", made=True)


def _secret() -> str:
    return str(current_app.config["SECRET_KEY"])


def _is_unused(user: User, once: str) -> bool:
    """The form may have been sent again after its owner has changed it."""
    return user.must_change_password and accounts.verify(user, once)


# -- acts on one ---------------------------------------------------------------------------------------------------


def _act(id: UUID, do: Any, done: str) -> ResponseReturnValue:
    """Do it to the account as it is then; what is refused is said on its page."""
    user = _user(id)

    def write(session: Session) -> None:
        do(session, session.get_one(User, user.id, with_for_update=True))

    try:
        db().write(write)
    except Refused as refused:
        return _page(_user(id), 422, error=words.refused(refused.code))
    return redirect(f"/admin/users/{id}?done={done}", 303)


@bp.post("/<uuid:id>/name")
@keeper
@reauth.recent_password
def rename(id: UUID) -> ResponseReturnValue:
    name, by = plain(request.form.get("name")), person().id
    user = _user(id)
    try:
        accounts.check_name(name)
    except Refused as refused:
        return _page(user, 422, name=name, name_error=words.refused(refused.code))
    return _act(id, lambda session, one: people.rename(session, one, name, by=by), "renamed")


@bp.post("/<uuid:id>/disable")
@keeper
@reauth.recent_password
def disable(id: UUID) -> ResponseReturnValue:
    by = person().id

    def do(session: Session, user: User) -> None:
        accounts.disable(session, user, by=by)

    return _act(id, do, "disabled")


@bp.post("/<uuid:id>/enable")
@keeper
@reauth.recent_password
def enable(id: UUID) -> ResponseReturnValue:
    by = person().id
    return _act(id, lambda session, one: people.enable(session, one, by=by), "enabled")


@bp.post("/<uuid:id>/password")
@keeper
@reauth.recent_password
def reset_password(id: UUID) -> ResponseReturnValue:
    """Shown in this very answer. The same form, sent again, shows the same one for as long as nobody has used it."""
    user, by, reset = _user(id), person().id, Form.read(request.form).id
    if by == user.id or not people.may_reset(read(), user, three_powers=settings().three_powers, day=today()):
        raise not_found()
    once = people.new_password(_secret(), user.id, reset)
    if not _is_unused(user, once):
        kept = accounts.hash_of(once)

        def write(session: Session) -> None:
            people.reset_password(session, session.get_one(User, user.id, with_for_update=True), kept, by=by)

        close_reading()
        db().write(write)
    return _page(_user(id), once=once)


# -- proposing -----------------------------------------------------------------------------------------------------


def _held(user: User, text: str) -> Membership | None:
    """The role that should be replaced."""
    return next((one for one in user.memberships if str(one.id) == text), None)


@bp.get("/<uuid:id>/propose")
@keeper
def new_proposal(id: UUID) -> ResponseReturnValue:
    user, typed = _user(id), {"starts_on": today().isoformat()}
    held = _held(user, request.args.get("replaces", ""))
    if held is not None:
        typed |= {
            "replaces": str(held.id), "role": held.role, "duty": held.duty, "team_id": str(held.team_id or ""),
            "unit_id": str(held.unit_id or ""), "ends_on": held.ends_on.isoformat() if held.ends_on else "",
        }  # fmt: skip
    return _proposal_page(user, Form(typed=typed))


def _proposal_page(user: User, form: Form, status: int = 200) -> ResponseReturnValue:
    html = render_template(
        "admin/people/proposal_new.html", user=user, form=form, words=words,
        replaces=_held(user, form.one("replaces")), first=_first(), **_choices(),
    )  # fmt: skip
    return no_store(make_response(html, status))


@bp.post("/<uuid:id>/propose")
@keeper
@reauth.recent_password
def propose(id: UUID) -> ResponseReturnValue:
    user, form, by, day = _user(id), Form.read(request.form), person().id, today()
    held, wanted = _held(user, form.one("replaces")), form.wanted(day)
    if wanted is None:
        return _proposal_page(user, form, 422)

    def write(session: Session) -> None:
        memberships.propose(
            session, session.get_one(User, user.id), wanted, id=form.proposal_id, by=by, day=day,
            replaces=held.id if held else None,
        )  # fmt: skip

    try:
        db().write(write)
    except Refused as refused:
        form.refuse(refused)
        return _proposal_page(user, form, 422)
    return redirect(f"/admin/users/{id}?done=proposed", 303)
