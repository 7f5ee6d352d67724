"""Rate limits on what is costly or open to anyone; shared by several machines where they share a Redis.

A Redis that is away refuses nobody: each process counts for itself until it is back. (Failed sign-ins are counted in
the database.)
"""

from flask import Flask, g, request
from flask_limiter import Limiter

from fieldapp.core import queues
from fieldapp.core.web import settings

WAITS = 0.2  # seconds that a request may lose to a Redis that does not answer, before it is left alone for a while


def _address() -> str:
    return request.remote_addr or "unknown"


def asker() -> str:
    """Whose requests are counted where somebody is signed in: a whole office stands behind one address."""
    known = g.get("person")
    return str(known.id) if known is not None else _address()


limiter = Limiter(
    _address, strategy="fixed-window", headers_enabled=False, in_memory_fallback_enabled=True, swallow_errors=True
)


def init_app(app: Flask) -> None:
    with app.app_context():
        url = settings().redis_url
    app.config["RATELIMIT_STORAGE_URI"] = url.replace("unix://", "redis+unix://", 1) if url else "memory://"
    app.config["RATELIMIT_STORAGE_OPTIONS"] = queues.patience(WAITS) if url else {}
    app.config["RATELIMIT_KEY_PREFIX"] = "fieldapp"
    limiter.init_app(app)
