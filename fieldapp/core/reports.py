"""Errors told to somebody else's machine, by Sentry's protocol; off unless a setting names the place.

What is told: the kind of error, the lines of our code, the version, the request's id, which job. What an error says in
words may quote a record, so no word of it goes, no value, no address, no header, and nothing of who asked.
"""

import logging
from collections.abc import Mapping
from typing import Any

import fieldapp
from fieldapp.settings import Settings

log = logging.getLogger("fieldapp.errors")
FRAME = ("filename", "module", "function", "lineno", "in_app")
TOLD = ("event_id", "timestamp", "platform", "level", "release", "tags", "sdk")
_on: list[bool] = []


def configure(settings: Settings) -> None:
    """Once a process."""
    if not settings.sentry_dsn:
        _on.clear()
        return
    import sentry_sdk

    try:
        sentry_sdk.init(
            dsn=settings.sentry_dsn,
            release=fieldapp.__version__,
            default_integrations=False,
            auto_enabling_integrations=False,
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            auto_session_tracking=False,
            send_client_reports=False,
            shutdown_timeout=2,
            before_send=_bare,
        )
    except Exception as error:  # of a bad address: what is served is no worse for that
        log.warning("errors cannot be reported", extra={"facts": {"why": type(error).__name__}})
        return
    _on[:] = [True]


def tell(error: BaseException, **tags: str) -> None:
    """Leave a report to be sent in the background. Never fails, never waits."""
    if not _on:
        return
    import sentry_sdk

    try:
        with sentry_sdk.new_scope() as scope:
            for name, value in tags.items():
                scope.set_tag(name, value)
            scope.capture_exception(error)
    except Exception:
        log.warning("an error could not be reported")


def _bare(event: Any, _hint: Mapping[str, Any]) -> Any:
    kept = {name: event[name] for name in TOLD if name in event}
    values = (event.get("exception") or {}).get("values") or []
    kept["exception"] = {"values": [_bare_error(value) for value in values]}
    return kept


def _bare_error(value: Mapping[str, Any]) -> dict[str, Any]:
    frames = (value.get("stacktrace") or {}).get("frames") or []
    bare = [{name: frame[name] for name in FRAME if name in frame} for frame in frames]
    return {"type": value.get("type"), "module": value.get("module"), "stacktrace": {"frames": bare}}
