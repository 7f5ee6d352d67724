"""The user-free shell, its worker and manifest, and what goes wrong on a phone. Nothing here knows who is asking."""

import hashlib
import json
import re
from dataclasses import dataclass

import brotli
from flask import Blueprint, Response, current_app, jsonify, render_template, request

from fieldapp.core.access import from_other_apps, public
from fieldapp.core.assets import Assets, assets
from fieldapp.core.i18n import locale_name
from fieldapp.core.problems import Problem
from fieldapp.core.web import settings
from fieldapp.pwa import actions, queries
from fieldapp.pwa.install import ways
from fieldapp.pwa.manifest import manifest

SHELL = {
    "/capture": "pwa/capture.html",
    "/capture/more": "pwa/capture_more.html",
    "/outbox": "pwa/outbox.html",
    "/offline": "pwa/offline.html",
}
MAX_ERROR_BYTES = 8_000
INDENTED = re.compile(r"\s*\n\s*")  # the capture page has no byte to give away; nothing in the shell is preformatted

bp = Blueprint("pwa", __name__)


@dataclass(frozen=True)
class _Page:
    html: bytes
    brotli: bytes


def _shell() -> dict[str, _Page]:
    """The shell's pages in this language, rendered and compressed once and for nobody: no name, no id, no data."""
    kept: dict[tuple[str, str], dict[str, _Page]] = current_app.extensions.setdefault("shell", {})
    key = (assets().version, locale_name())
    if key not in kept:
        rendered = {path: _render(path).encode() for path in SHELL}
        kept[key] = {path: _Page(html, brotli.compress(html, quality=11)) for path, html in rendered.items()}
    return kept[key]


def _render(path: str) -> str:
    tree = assets()
    modules = queries.at_once(f"js/behaviours{path}.js", tree.folder)
    html = render_template(SHELL[path], modules=[tree.url(module) for module in modules])
    return INDENTED.sub("\n", html)


def _shell_page(path: str) -> Response:
    page = _shell()[path]
    compressed = "br" in request.headers.get("Accept-Encoding", "")
    response = Response(page.brotli if compressed else page.html, mimetype="text/html")
    if compressed:
        response.headers["Content-Encoding"] = "br"
    response.headers["Cache-Control"] = "no-cache"
    response.vary.update(["Accept-Encoding", "Cookie"])
    response.add_etag()
    response.make_conditional(request)
    return response


@bp.get("/capture")
@public
def capture() -> Response:
    return _shell_page("/capture")


@bp.get("/capture/more")
@public
def capture_more() -> Response:
    """A fragment: the parts of the capture form that come only when they are asked for."""
    return _shell_page("/capture/more")


@bp.get("/outbox")
@public
def outbox() -> Response:
    return _shell_page("/outbox")


@bp.get("/offline")
@public
def offline() -> Response:
    return _shell_page("/offline")


def _precache(tree: Assets) -> tuple[list[str], str]:
    """The addresses that the worker keeps and their version. A page in another language is another version."""
    kept: dict[tuple[str, str], tuple[list[str], str]] = current_app.extensions.setdefault("precache", {})
    key = (tree.version, locale_name())
    if key not in kept:
        pages = _shell()
        named = set().union(*(queries.assets_of_page(page.html.decode()) for page in pages.values()))
        urls = [*pages, *(tree.url(path) for path in queries.closure(named, tree.folder))]
        worker = (tree.folder / "js/worker/sw.js").read_bytes()
        digest = hashlib.sha256(b"\n".join([*map(str.encode, urls), *(page.html for page in pages.values()), worker]))
        kept[key] = urls, digest.hexdigest()[:12]
    return kept[key]


@bp.get("/sw.js")
@public
def worker() -> Response:
    """The worker with its list in front. Browsers compare the bytes, so each deploy and each language is an update."""
    tree = assets()
    if settings().worker:
        urls, version = _precache(tree)
        head = f"const VERSION = {json.dumps(version)};\nconst PRE = {json.dumps(urls)};\n"
        text = head + (tree.folder / "js/worker/sw.js").read_text(encoding="utf-8")
    else:
        text = (tree.folder / "js/worker/gone.js").read_text(encoding="utf-8")
    response = Response(text, mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Service-Worker-Allowed"] = "/"
    return response


@bp.get("/manifest.webmanifest")
@public
def installable() -> Response:
    response = Response(json.dumps(manifest(assets()), ensure_ascii=False), mimetype="application/manifest+json")
    response.headers["Cache-Control"] = "no-cache"
    return response


@bp.get("/install")
@public
def install() -> str:
    return render_template("pwa/install.html", ways=ways(request.user_agent.string))


@bp.route("/share", methods=["GET", "POST"])
@from_other_apps
def share() -> str:
    """Pictures that met no worker: with one, the phone keeps them. They are not read here."""
    return render_template("pwa/share.html")


@bp.post("/api/v1/client-errors")
@public
def client_errors() -> tuple[Response, int]:
    """One line in the log for what broke on a phone. Bounded, and never a reason for the phone to wait."""
    allowance: actions.Allowance = current_app.extensions.setdefault("client-errors", actions.Allowance())
    if not allowance.take(request.remote_addr or ""):
        raise Problem(429, "too-many", headers=(("Retry-After", "3600"),))
    request.max_content_length = MAX_ERROR_BYTES
    try:
        given = json.loads(request.get_data(cache=False))
    except ValueError as error:
        raise Problem(400, "bad-request") from error
    if not isinstance(given, dict):
        raise Problem(400, "bad-request")
    actions.report_error(given, request.user_agent.string)
    return jsonify({"ok": True}), 202
