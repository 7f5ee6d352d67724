"""The registers' pages: one set for all of them; what each is about stands in `declared`."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from fieldapp.accounts.models import ADMIN
from fieldapp.admin.registers import history, queries
from fieldapp.admin.registers.choosing import Choice, Ref
from fieldapp.admin.registers.declared import PEOPLE, PLACES, REGISTERS, WORDS
from fieldapp.admin.registers.forms import Form
from fieldapp.admin.registers.known import Known
from fieldapp.admin.registers.register import Register
from fieldapp.core import reauth
from fieldapp.core.access import role
from fieldapp.core.db import new_id, uuid_of
from fieldapp.core.kept import Clash, Moved
from fieldapp.core.login import person
from fieldapp.core.origin import let_tiles
from fieldapp.core.problems import not_found
from fieldapp.core.web import db, no_store, read, settings, today
from fieldapp.projects.project_actions import ASSIGNMENTS
from fieldapp.visitmap import tiles

bp = Blueprint("registers", __name__)
keeper = role(ADMIN)
ANY = f"<any({', '.join(REGISTERS)}):slug>"


@bp.get("/admin")
@keeper
def start() -> ResponseReturnValue:
    return render_template("admin/start.html", places=_mine(PLACES), words=_mine(WORDS), people=_mine(PEOPLE))


def _mine(registers: tuple[Register, ...]) -> list[Register]:
    return [one for one in registers if one.may(person())]


def _register(slug: str) -> Register:
    register = REGISTERS[slug]
    if not register.may(person()):
        raise not_found()
    return register


def _known() -> Known:
    return Known(read(), today())


# -- the list ------------------------------------------------------------------------------------------------------


@bp.get(f"/admin/{ANY}")
@keeper
def rows_page(slug: str) -> ResponseReturnValue:
    return render_template("admin/register.html", **_rows(_register(slug)))


@bp.get(f"/admin/{ANY}/rows")
@keeper
def more_rows(slug: str) -> ResponseReturnValue:
    return render_template("admin/_rows.html", **_rows(_register(slug)))


def _rows(register: Register) -> dict[str, Any]:
    known, search, aside = _known(), request.args.get("q", "").strip()[:80], request.args.get("aside") == "1"
    narrowed = _narrowed(register)
    page = queries.listed(
        read(), register, known.today, search=search, aside=aside, narrowed=narrowed, after=request.args.get("after")
    )
    for name, keys in register.learn(page.items).items():
        known.learn(name, keys)
    only = {field.name: field.say(narrowed, known) for field in register.fields if field.name in narrowed}
    asked = {"q": search, "aside": "1" if aside else "", **{name: str(value) for name, value in narrowed.items()}}
    return {
        "register": register, "page": page, "search": search, "aside": aside, "only": only,
        "query": {name: text for name, text in asked.items() if text},
        "narrowed": {name: str(value) for name, value in narrowed.items()},
        "lines": [(getattr(row, register.kept.key), register.line(row, known)) for row in page.items],
    }  # fmt: skip


def _narrowed(register: Register) -> dict[str, Any]:
    """The list may be of one project's, one enterprise's rows; an id that is none narrows nothing."""
    found: dict[str, Any] = {}
    for name in register.filters:
        text, field = request.args.get(name, ""), register.field(name)
        if not text or field is None:
            continue
        points = isinstance(field, Ref) or (isinstance(field, Choice) and field.ids)
        if value := uuid_of(text) if points else text[:40]:
            found[name] = value
    return found


# -- one row -------------------------------------------------------------------------------------------------------


def _row(register: Register, text: str, session: Session | None = None) -> tuple[UUID | str, Any]:
    key = register.key_of(text)
    row = queries.one(session or read(), register, key)
    if key is None or row is None:
        raise not_found()
    return key, row


def _page(form: Form, row: Any = None, *, status: int = 200, **more: Any) -> ResponseReturnValue:
    """The form; of a row that is here, with its history and what one may do to it."""
    register, known = form.register, form.known
    shown: dict[str, Any] = {"register": register, "form": form, "known": known, "row": row, **more}
    if row is not None:
        key = getattr(row, register.kept.key)
        shown |= {
            "key": key,
            "line": register.line(row, known),
            **history.page(register, known, key, request.args.get("before")),
        }
        if register.archives:
            shown["archived"] = row.archived_at is not None
        else:
            shown["archived"] = row.ends_on is not None and row.ends_on <= known.today
    if "tiles" not in shown and any(field.widget == "point" for field in form.fields):
        shown["tiles"] = _tiles()
    answer = no_store(make_response(render_template("admin/row.html", **shown)))
    answer.status_code = status
    return answer


def _tiles() -> tiles.Tiles:
    found = tiles.current(read(), settings())
    let_tiles(found.hosts)
    return found


@bp.get(f"/admin/{ANY}/<key>/history")
@keeper
def more_history(slug: str, key: str) -> ResponseReturnValue:
    register, known = _register(slug), _known()
    id, _row_of_it = _row(register, key)
    return render_template(
        "admin/_history.html",
        register=register,
        key=id,
        **history.page(register, known, id, request.args.get("before")),
    )


@bp.get(f"/admin/{ANY}/choices")
@keeper
def choices(slug: str) -> ResponseReturnValue:
    """What the words in a field that points at another row may mean."""
    register = _register(slug)
    field = register.field(request.args.get("field", ""))
    if not isinstance(field, Ref):
        raise not_found()
    known = _known()
    form = Form.sent(register, known, request.args, new=True)
    return render_template("admin/_choices.html", field=field, offers=field.offers(form.typed, known), form=form)


@bp.get(f"/admin/{ANY}/<key>")
@keeper
def row_page(slug: str, key: str) -> ResponseReturnValue:
    register = _register(slug)
    _key, row = _row(register, key)
    return _page(Form.of(register, _known(), row), row)


# -- making one ----------------------------------------------------------------------------------------------------


@bp.get(f"/admin/{ANY}/new")
@keeper
def new_row(slug: str) -> ResponseReturnValue:
    register = _register(slug)
    known = _known()
    given = {name: str(value) for name, value in _narrowed(register).items()}
    return _page(Form.blank(register, known, {**_first(register, known), **given}), id=_new_key(register))


def _new_key(register: Register) -> str:
    return "" if register.by_code else str(new_id())


def _first(register: Register, known: Known) -> dict[str, str]:
    """What most rows begin with."""
    first = {"datum": "wgs84", "order": "0"}
    if register.by_code:
        first["code"] = f"{register.slug[0]}-{new_id().hex[-6:]}"
    if register.slug == "assignments":
        first |= {"starts_on": known.today.isoformat(), "role": "main"}
    zones = known.options("zones") if register.field("zone_id") else []
    return first | ({"zone_id": zones[0][0]} if len(zones) == 1 else {})


@bp.post(f"/admin/{ANY}")
@keeper
def add_row(slug: str) -> ResponseReturnValue:
    register = _register(slug)
    if register.sure and (asked := reauth.ask()) is not None:
        return asked
    form, by = Form.sent(register, _known(), request.form, new=True), person().id
    text = form.values.get("code", "") if register.by_code else request.form.get("id", "")
    key = register.key_of(text) or new_id()
    if form.errors:
        return _page(form, status=422, id=str(key))
    if not _once(lambda session: register.kept.add(session, by, key, form.said()), form):
        return _page(form, status=422, id=_new_key(register) if form.errors.get("id") else str(key))
    return redirect(f"/admin/{slug}/{key}?done=added", 303)


def _once(write: Callable[[Session], Any], form: Form) -> bool:
    """Whether it is done; if not, the form says what clashes."""
    try:
        db().write_once(write)
    except Clash as clash:
        form.errors[clash.field] = _clashes(clash.field)
        return False
    return True


def _clashes(field: str) -> str:
    said = {
        "id": _("Another one was saved from this form before. Send it again to save this too."),
        "whom": _("They serve this project in that time already."),
        "parent": _("There are two levels: choose one of the first, which is none itself."),
        "zone": _("There is no zone yet: please add it first."),
        "merged": _("It was merged with another one, which stands for it."),
    }
    return str(said.get(field) or _("There is one with this already."))


# -- changing one --------------------------------------------------------------------------------------------------


@bp.post(f"/admin/{ANY}/<key>")
@keeper
def change_row(slug: str, key: str) -> ResponseReturnValue:
    register = _register(slug)
    id, row = _row(register, key)
    if register.sure and (asked := reauth.ask()) is not None:
        return asked
    form, by = Form.sent(register, _known(), request.form, new=False), person().id
    if form.errors:
        return _page(form, row, status=422)
    shown = {name: form.seen.get(name) for field in form.fields for name in field.facts(row)}
    kept: list[Any] = []
    try:
        saved = _once(lambda session: kept.append(register.kept.change(session, by, id, form.said(), seen=shown)), form)
    except Moved:
        form.seen = shown
        return _behind(form, id)
    if not saved:
        return _page(form, row, status=422)
    return redirect(f"/admin/{slug}/{getattr(kept[-1], register.kept.key)}?done=changed", 303)


def _behind(form: Form, key: UUID | str) -> ResponseReturnValue:
    """Somebody else has saved it since it was read: both values are shown, and nothing typed is lost."""
    with db().reading() as session:
        row = queries.one(session, form.register, key)
        form.fell_behind(row)
        last = next(iter(queries.history(session, form.register, key).items), None)
    return _page(form, row, status=409, last=last)


@bp.post(f"/admin/{ANY}/<key>/archive")
@keeper
@reauth.recent_password
def archive_row(slug: str, key: str) -> ResponseReturnValue:
    register, by, day = _register(slug), person().id, today()
    id, _row_of_it = _row(register, key)
    if register.archives:
        db().write(lambda session: register.kept.archive(session, by, id))
    else:  # today is its last day: what was recorded this morning is theirs
        db().write(lambda session: ASSIGNMENTS.end(session, by, id, day))
    return redirect(f"/admin/{slug}/{id}?done=archived", 303)


@bp.post(f"/admin/{ANY}/<key>/restore")
@keeper
@reauth.recent_password
def restore_row(slug: str, key: str) -> ResponseReturnValue:
    register, by = _register(slug), person().id
    id, row = _row(register, key)
    if not register.archives:
        raise not_found()
    form = Form.of(register, _known(), row)
    if not _once(lambda session: register.kept.restore(session, by, id), form):
        return _page(form, row, status=422, refused=next(iter(form.errors.values())))
    return redirect(f"/admin/{slug}/{id}?done=restored", 303)
