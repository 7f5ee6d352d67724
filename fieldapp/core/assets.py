"""Static files under one version for the whole tree, `/s/<version>/<path>`, so that relative ES imports just work.

The version is the hash of every file: a deploy that changes one asset changes the address of all, and a page never
mixes two deploys. A page may stay open over a deploy and load a module of its own version only then: the trees of the
last versions are kept in the data folder for it. A module of a version that is not known is not found, for one of
another version in its place would fail worse, and a worker that is being installed would keep it.
"""

import hashlib
import mimetypes
import os
import time
import zipfile
from pathlib import Path

import brotli
from flask import Blueprint, Flask, Response, current_app, request, send_from_directory
from werkzeug.security import safe_join

from fieldapp.core.access import public
from fieldapp.core.problems import not_found
from fieldapp.core.slim import slim
from fieldapp.core.web import settings

STATIC = Path(__file__).parent.parent / "static"
KEPT_VERSIONS = 5
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


class Past:
    """The static trees that were served from this data folder last, a zip file each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, tree: Assets) -> None:
        """At each start: this tree too, and no more than the last few."""
        self.folder.mkdir(parents=True, exist_ok=True)
        kept, made = self._file(tree.version), self.folder / f".{tree.version}.{os.getpid()}"
        if not kept.exists():
            with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
                for path in tree.files:
                    file.write(tree.folder / path, path)
            made.replace(kept)
        now = time.time_ns()  # the kernel's own stamp is too coarse to order two starts
        os.utime(kept, ns=(now, now))
        newest_first = sorted(self.folder.glob("*.zip"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for old in newest_first[KEPT_VERSIONS:]:
            old.unlink(missing_ok=True)

    def read(self, version: str, path: str) -> bytes | None:
        if not version.isalnum():
            return None
        try:
            with zipfile.ZipFile(self._file(version)) as file:
                return file.read(path)
        except (OSError, KeyError, zipfile.BadZipFile):
            return None

    def _file(self, version: str) -> Path:
        return self.folder / f"{version}.zip"


def past(data_dir: Path) -> Past:
    return Past(data_dir / "assets")


def assets() -> Assets:
    found: Assets = current_app.extensions["assets"]
    return found


@bp.get("/s/<version>/<path:path>")
@public
def static_file(version: str, path: str) -> Response:
    tree = assets()
    if version == tree.version:
        return _current(tree, path)
    kept = past(settings().data_dir).read(version, path)
    if kept is None and path.endswith(".js"):
        raise not_found()
    if kept is None:
        response = _current(tree, path)
        response.headers["Cache-Control"] = "no-cache"
        return response
    response = Response(kept, mimetype=mimetypes.guess_type(path)[0] or "application/octet-stream")
    return _typed(response, path)


def _current(tree: Assets, path: str) -> Response:
    if path not in tree.files:
        raise not_found()
    body = tree.compressed(path) if "br" in request.headers.get("Accept-Encoding", "") else None
    response = send_from_directory(tree.folder, path, conditional=body is None, etag=False, max_age=0)
    if body is not None:
        response.direct_passthrough = False
        response.set_data(body)
        response.headers["Content-Encoding"] = "br"
    response.headers.pop("Last-Modified", None)
    return _typed(response, path)


def _typed(response: Response, path: str) -> Response:
    if (kind := TYPES.get(Path(path).suffix)) is not None:
        response.headers["Content-Type"] = kind
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def init_app(app: Flask) -> None:
    app.extensions["assets"] = tree = Assets()
    app.jinja_env.globals["static_url"] = tree.url
    app.register_blueprint(bp)
