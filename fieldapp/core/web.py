"""What a view needs of its surroundings: the database, the files, the settings, and who is asking."""

import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, Response, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from fieldapp.core import audit, clock
from fieldapp.core.db import Database
from fieldapp.settings import Settings

if TYPE_CHECKING:
    from fieldapp.core.files import Files


@dataclass(frozen=True)
class Surroundings:
    settings: Settings
    db: Database
    files: "Files"


def surroundings() -> Surroundings:
    return cast(Surroundings, current_app.extensions["fieldapp"])


def settings() -> Settings:
    return surroundings().settings


def db() -> Database:
    return surroundings().db


def files() -> "Files":
    return surroundings().files


def today() -> date:
    """The calendar day where the zone is."""
    return clock.today(settings().timezone)


def read() -> Session:
    """The request's one reading session: opened when first asked for, closed after the answer."""
    if "reading" not in g:
        g.reading_block = db().reading()
        g.reading = g.reading_block.__enter__()
    return cast(Session, g.reading)


def close_reading(_error: BaseException | None = None) -> None:
    block: Any = g.pop("reading_block", None)
    if block is not None:
        reading: Session = g.pop("reading")
        try:
            block.__exit__(None, None, None)
        except SQLAlchemyError:  # its connection was lost; what it had read is no worse for that
            with suppress(SQLAlchemyError):
                reading.invalidate()


def no_store(answer: Response) -> Response:
    """For what must be asked anew each time, Back included."""
    answer.headers["Cache-Control"] = "no-store"
    return answer


def request_id() -> str:
    """Ours for this request; a proxy's own id is taken over if it looks like one."""
    if "request_id" not in g:
        given = request.headers.get("X-Request-ID", "")
        plain = given.replace("-", "").isalnum() and len(given) <= 60 and given.isascii()
        g.request_id = given if plain else secrets.token_hex(8)
    return cast(str, g.request_id)


def said_path() -> str:
    """The address for a log: an address that is itself a key (a link's) is not written down whole."""
    token = (request.view_args or {}).get("token")
    return request.path.replace(str(token), "…") if token else request.path


def _origin() -> audit.Origin:
    if not request:
        return audit.Origin()
    return audit.Origin(request_id=request_id(), address=request.remote_addr or "")


def init_app(app: Flask, around: Surroundings) -> None:
    app.extensions["fieldapp"] = around
    app.teardown_appcontext(close_reading)
    audit.tell_origin(_origin)
