"""What phones ask besides handing in records: who am I, the reference data, what they say of themselves."""

from typing import Any, TypeVar
from uuid import UUID

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError
from sqlalchemy.orm import Session

from fieldapp.accounts.device_actions import heard
from fieldapp.core import clock
from fieldapp.core.access import phone_door, polled, public
from fieldapp.core.assets import assets
from fieldapp.core.i18n import locale_name
from fieldapp.core.limits import limiter
from fieldapp.core.login import mark, person, row, write_only
from fieldapp.core.problems import Problem
from fieldapp.core.web import db, read, settings
from fieldapp.sync import briefs, carried, devices, openapi
from fieldapp.sync import history as healing
from fieldapp.sync.receipts import server_epoch
from fieldapp.sync.reference_rows import Asker

bp = Blueprint("devices", __name__)
MAX_BODY = 1_000_000
A_MINUTE = 120  # contacts of one user, and pages of a history: each holds up whoever else writes
M = TypeVar("M", devices.Contact, healing.History)


def _often() -> str:
    return f"{A_MINUTE}/minute"


def _asker() -> str:
    return str(person().id)


def _body(shape: type[M]) -> M:
    """The request's JSON as `shape`; 400 with what is wrong for anything else. 403 where it speaks of another's queue:
    phones change hands, and a page that is still open does not know whose cookie it sends."""
    if (request.content_length or 0) > MAX_BODY:
        raise Problem(413, "too-large")
    try:
        said = shape.model_validate_json(request.get_data(cache=False))
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors()[:5])
        raise Problem(400, "bad-request", wrong) from error
    if said.owner not in (None, person().id):
        raise Problem(403, "not-owner")
    return said


def _timed(body: dict[str, Any]) -> ResponseReturnValue:
    return jsonify(body | {"server_time": clock.now().isoformat()})


@bp.get("/api/v1/openapi.json")
@public
def description() -> ResponseReturnValue:
    """The shape of the door; it holds no data."""
    return jsonify(openapi.document())


@bp.get("/api/v1/me")
@phone_door
def me() -> ResponseReturnValue:
    asker = person()
    said = {"id": str(asker.id), "name": asker.name, "role": asker.role, "locale": asker.locale}
    return _timed(said | {"session": mark(), "write_only": write_only()})


@bp.get("/api/v1/reference")
@polled
def reference_data() -> ResponseReturnValue:
    asker = Asker(person(), settings().zone_readable)
    press = briefs.Press(
        render_template, f"{assets().version} {locale_name()}", settings().neglect_days, settings().timezone
    )
    return _timed(carried.answer(read(), asker, press, request.args.get("since"), request.args.get("part")))


@bp.post("/api/v1/devices/<uuid:id>")
@phone_door
@limiter.limit(_often, key_func=_asker)
def contact(id: UUID) -> ResponseReturnValue:
    said, asker = _body(devices.Contact), person()

    def note(session: Session) -> dict[str, Any]:
        heard(session, row(), device_id=id, waiting=len(said.queued))
        return devices.contact(session, asker, id, said)

    noted = db().write(note)
    if write_only():
        noted["notices"].append({"code": "access-ended"})
    return _timed(noted | {"server_epoch": server_epoch(read()), "write_only": write_only()})


@bp.post("/api/v1/devices/<uuid:id>/history")
@phone_door
@limiter.limit(_often, key_func=_asker)
def history(id: UUID) -> ResponseReturnValue:
    said, asker = _body(healing.History), person()
    lacking = db().write(lambda session: healing.history(session, asker, id, said))
    return _timed({"lacking": [str(id) for id in lacking], "server_epoch": server_epoch(read())})
