"""Where the map's tiles come from: a page that sets it, and tries it out by showing one tile."""

from dataclasses import asdict

from flask import Blueprint, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from fieldapp.accounts.models import ADMIN
from fieldapp.admin.registers.fields import Typed
from fieldapp.core import reauth
from fieldapp.core.access import role
from fieldapp.core.kept import Moved
from fieldapp.core.login import person
from fieldapp.core.origin import let_tiles
from fieldapp.core.problems import not_found
from fieldapp.core.web import db, no_store, read, settings
from fieldapp.projects.models import Project
from fieldapp.settings import tile_fault
from fieldapp.visitmap import tiles
from fieldapp.visitmap.tiles import Tiles

bp = Blueprint("tiles", __name__)
keeper = role(ADMIN)
SOMEWHERE = (39.9, 116.4)
LONGEST_SAID = 200


@bp.get("/admin/tiles")
@keeper
def tiles_page() -> ResponseReturnValue:
    now = _now()
    return _page(now, seen=now)


def _now() -> Tiles:
    if not tiles.may_set(person()):
        raise not_found()
    return tiles.current(read(), settings())


def _page(
    typed: Tiles, *, seen: Tiles, errors: dict[str, str] | None = None, tried: bool = False, status: int = 200,
    moved: Tiles | None = None,
) -> ResponseReturnValue:  # fmt: skip
    """The form, and one tile of what stands in it."""
    lat, lng = _where()
    shown = Tiles() if errors else typed
    let_tiles(shown.hosts)
    html = render_template(
        "admin/tiles.html", typed=typed, seen=seen, errors=errors or {}, images=shown.one(lat, lng), tried=tried,
        own=tiles.set_here(read()) is not None, environment=tiles.of_environment(settings()), moved=moved,
    )  # fmt: skip
    answer = no_store(make_response(html))
    answer.status_code = status
    return answer


def _where() -> tuple[float, float]:
    """Some project's place: whoever tries tiles out knows what should be there."""
    found = read().execute(
        select(Project.lat, Project.lng).where(Project.lat.is_not(None)).order_by(Project.name, Project.id).limit(1)
    ).first()  # fmt: skip
    return (found.lat, found.lng) if found else SOMEWHERE


@bp.post("/admin/tiles")
@keeper
def set_tiles() -> ResponseReturnValue:
    """Tried out, or set for everyone; or the environment's again."""
    _now()
    act, said = request.form.get("act", "try"), Typed(dict(request.form.lists()))
    typed = Tiles(**{name: said.one(name) for name in asdict(Tiles())})
    seen = Tiles(**{name: said.one(f"seen-{name}") for name in asdict(Tiles())})
    errors = {} if act == "environment" else _errors(typed)
    if errors or act == "try":
        return _page(typed, seen=seen, errors=errors, tried=True, status=422 if errors else 200)
    if (asked := reauth.ask()) is not None:
        return asked
    new, by, around = (None if act == "environment" else typed), person(), settings()
    try:
        db().write(lambda session: tiles.set_tiles(session, by, new, around, seen=seen))
    except (Moved, IntegrityError):
        with db().reading() as session:
            now = tiles.current(session, around)
        return _page(typed, seen=now, status=409, moved=now)
    return redirect("/admin/tiles?done=changed", 303)


def _errors(typed: Tiles) -> dict[str, str]:
    said = {
        "scheme": _("An address that begins with https://."),
        "form": _("An address without spaces and quotation marks, at most 500 characters."),
        "host": _("After https:// stands the name of a host, without an account name."),
        "place": _("The address needs {z}, {x} and {y} where zoom, column and row go."),
    }
    errors = {}
    for name in ("url", "labels"):
        text = getattr(typed, name)
        fault = tile_fault(text) if text else ""
        if text and settings().secure and not text.startswith("https://"):
            fault = fault or "scheme"  # a secure page shows nothing that is not
        if fault:
            errors[name] = str(said[fault])
    if typed.labels and not typed.url:
        errors["labels"] = _("Names lie over tiles: these need an address, too.")
    if len(typed.attribution) > LONGEST_SAID:
        errors["attribution"] = _("At most %(most)s characters fit.", most=LONGEST_SAID)
    return errors
