"""Static files under one version for the whole tree, `/s/<version>/<path>`, so that relative ES imports just work.

The version is the hash of every file: a deploy that changes one asset changes the address of all, and a page never
mixes two deploys. An address of an older version still answers, but is not kept by caches.
"""

import hashlib
from pathlib import Path

import brotli
from flask import Blueprint, Flask, Response, current_app, request, send_from_directory
from werkzeug.security import safe_join

from fieldapp.core.access import public
from fieldapp.core.problems import not_found
from fieldapp.core.slim import slim

STATIC = Path(__file__).parent.parent / "static"
COMPRESSIBLE = {".js", ".css", ".svg", ".json"}
TYPES = {".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8"}

bp = Blueprint("assets", __name__)


class Assets:
    """The static tree as this process found it at start, with its compressible files compressed on first use."""

    def __init__(self, folder: Path = STATIC) -> None:
        self.folder = folder
        self.files = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
        digest = hashlib.sha256()
        for name in self.files:
            digest.update(name.encode() + b"\0" + (folder / name).read_bytes())
        self.version = digest.hexdigest()[:12]
        self._compressed: dict[str, bytes] = {}

    def url(self, path: str) -> str:
        return f"/s/{self.version}/{path}"

    def compressed(self, path: str) -> bytes | None:
        if path not in self._compressed:
            full = safe_join(str(self.folder), path)
            if full is None or not Path(full).is_file() or Path(full).suffix not in COMPRESSIBLE:
                return None
            self._compressed[path] = brotli.compress(slim(path, Path(full).read_text("utf-8")).encode(), quality=11)
        return self._compressed[path]


def assets() -> Assets:
    found: Assets = current_app.extensions["assets"]
    return found


@bp.get("/s/<version>/<path:path>")
@public
def static_file(version: str, path: str) -> Response:
    tree = assets()
    if path not in tree.files:
        raise not_found()
    body = tree.compressed(path) if "br" in request.headers.get("Accept-Encoding", "") else None
    response = send_from_directory(tree.folder, path, conditional=body is None, etag=False, max_age=0)
    if body is not None:
        response.direct_passthrough = False
        response.set_data(body)
        response.headers["Content-Encoding"] = "br"
    if (kind := TYPES.get(Path(path).suffix)) is not None:
        response.headers["Content-Type"] = kind
    response.headers["Vary"] = "Accept-Encoding"
    current = version == tree.version
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if current else "no-cache"
    response.headers.pop("Last-Modified", None)
    return response


def init_app(app: Flask) -> None:
    app.extensions["assets"] = tree = Assets()
    app.jinja_env.globals["static_url"] = tree.url
    app.register_blueprint(bp)
