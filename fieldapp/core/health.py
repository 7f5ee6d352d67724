"""For the machine that watches: alive, and ready to serve."""

from collections.abc import Callable

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from fieldapp.core import migrate
from fieldapp.core.access import public
from fieldapp.core.web import db, files

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
def alive() -> ResponseReturnValue:
    """The process answers. Asks nothing of database or disk."""
    return jsonify(status="ok")


@bp.get("/readyz")
@public
def ready() -> ResponseReturnValue:
    """Database migrated and reachable, files writable; 503 and the name of what is not."""
    checks: dict[str, Callable[[], object]] = {"database": _database, "files": lambda: files().size("ready")}
    failed = []
    for name, check in checks.items():
        try:
            check()
        except Exception:
            failed.append(name)
    return (jsonify(status="failing", failed=failed), 503) if failed else jsonify(status="ready")


def _database() -> None:
    """Reachable, and at the schema of this version: a process that a deploy left behind should get no requests."""
    if migrate.pending(db()):
        raise LookupError("migrations are pending")
