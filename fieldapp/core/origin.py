"""The guard: a write with our cookie must come from our own pages. Headers of every answer."""

from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request

from fieldapp.core.access import access_of
from fieldapp.core.problems import Problem
from fieldapp.core.web import request_id, settings
from fieldapp.settings import LOOPBACK

ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),  # the policy says it too; some old browsers of phones know only this
    ("Referrer-Policy", "same-origin"),  # no-referrer would turn Origin into null on plain HTTP
    ("Permissions-Policy", "geolocation=(self), camera=(self), microphone=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
SAFE = {"GET", "HEAD", "OPTIONS"}


def guard() -> None:
    """Refuse a write from another site. Cookie-less requests cannot act for anyone, so they pass."""
    if request.method in SAFE:
        return
    carries_cookie = current_app.config["SESSION_COOKIE_NAME"] in request.cookies
    if not carries_cookie and not request.path.startswith("/login"):
        return
    if (access := access_of(current_app.view_functions.get(request.endpoint or ""))) and access.outside:
        return
    site = request.headers.get("Sec-Fetch-Site")
    ok = site == "same-origin" if site is not None else request.headers.get("Origin") == _own_origin()
    if not ok:
        raise Problem(403, "cross-site")


def readable() -> None:
    """Refuse an address with U+0000 in it: no link of ours has one, and PostgreSQL takes it in no text."""
    if b"%00" in request.query_string or b"\x00" in request.query_string:
        raise Problem(400, "bad-request")


def _own_origin() -> str | None:
    """Scheme and host of our pages. Without FIELDAPP_ORIGIN only a loopback address can be trusted to be ours."""
    configured = settings().origin
    if configured:
        return configured.rstrip("/")
    host = urlsplit(f"//{request.host}").hostname
    return f"{request.scheme}://{request.host}" if host in LOOPBACK else None


def policy(tile_hosts: list[str]) -> str:
    """The Content-Security-Policy. Nothing from another origin but the tiles an admin named."""
    images = " ".join(["'self'", "blob:", "data:", *tile_hosts])
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src {images}",
            "connect-src 'self'",
            "worker-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    )


def let_tiles(hosts: list[str]) -> None:
    """Let this one answer show tiles of these origins: no other page has a use for them."""
    g.tile_hosts = hosts


def _policy() -> str:
    hosts = g.get("tile_hosts")
    return policy(hosts) if hosts else str(current_app.config["CSP"])


def headers(response: Response) -> Response:
    said = {name.lower() for name, _value in response.headers}
    is_page = response.mimetype == "text/html"
    ours = [
        *ALWAYS,
        ("Content-Security-Policy", _policy()),
        ("X-Request-ID", request_id()),
        ("Cache-Control", "private, no-cache" if is_page else "no-store"),
    ]
    if settings().secure:
        ours.append(("Strict-Transport-Security", "max-age=31536000"))
    for name, value in ours:
        if name.lower() not in said:
            response.headers.add(name, value)
    if is_page:
        response.vary.update(["HX-Request", "HX-Request-Type", "HX-History-Restore-Request", "Cookie"])
    return response


def init_app(app: Flask) -> None:
    app.before_request(guard)
    app.before_request(readable)
    app.after_request(headers)
