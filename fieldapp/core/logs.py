"""One structured line a request, on standard error."""

import json
import logging
import sys
import time
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, g, request

from fieldapp.core.web import request_id, said_path

access = logging.getLogger("fieldapp.access")
ENV_STARTED = "fieldapp.started"


class Lines(logging.Formatter):
    """A log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"at": at, "level": record.levelname, "log": record.name}
        line |= getattr(record, "facts", {})
        if message := record.getMessage():
            line["message"] = message
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def configure(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    for name in ("fieldapp", "flask-limiter", "huey"):
        ours = logging.getLogger(name)
        ours.handlers[:] = [handler]
        ours.setLevel(level if name == "fieldapp" else logging.WARNING)
        ours.propagate = False


def _begin() -> None:
    request.environ[ENV_STARTED] = time.perf_counter()


def _end(response: Response) -> Response:
    if access.isEnabledFor(logging.INFO):
        facts = {
            "request_id": request_id(),
            "method": request.method,
            "path": said_path(),
            "status": response.status_code,
            "ms": round((time.perf_counter() - request.environ.get(ENV_STARTED, 0.0)) * 1000, 1),
            "user": g.get("user_id"),
        }
        access.info("", extra={"facts": facts})
    return response


def init_app(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_end)
