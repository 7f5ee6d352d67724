"""Rate limits on what is costly or open to anyone."""

from flask import Flask, request
from flask_limiter import Limiter

from fieldapp.core.web import settings


def _address() -> str:
    return request.remote_addr or "unknown"


limiter = Limiter(_address, strategy="fixed-window", headers_enabled=False)


def init_app(app: Flask) -> None:
    with app.app_context():
        app.config["RATELIMIT_STORAGE_URI"] = settings().redis_url or "memory://"
    limiter.init_app(app)
