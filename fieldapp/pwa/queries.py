"""What the worker keeps so that the shell opens without a network: all that its pages name, and what that names."""

import posixpath
import re
from collections.abc import Iterable
from pathlib import Path

_IN_HTML = re.compile(r"""["']/s/[0-9a-f]+/([^"'?#\s]+)""")
_IN_MODULE = re.compile(r"""(?:\bfrom|\bimport\s*\(?|new URL\()\s*["'](\.{1,2}/[^"']+\.js)["']""")
_AT_ONCE = re.compile(r"""(?:\bfrom|^import)\s*["'](\.{1,2}/[^"']+\.js)["']""", re.MULTILINE)
_IN_STYLE = re.compile(r"""url\(\s*["']?(?!data:|#|/)([^"')\s]+)""")
_TYPES_ONLY = re.compile(r"/\*\*.*?\*/", re.DOTALL)  # JSDoc imports types, the page never loads those


def assets_of_page(html: str) -> set[str]:
    """Paths inside the static tree that a rendered page names."""
    return set(_IN_HTML.findall(html))


def _named_by(path: str, text: str, modules: re.Pattern[str] = _IN_MODULE) -> Iterable[str]:
    folder = posixpath.dirname(path)
    if path.endswith(".js"):
        found = modules.findall(_TYPES_ONLY.sub("", text))
    elif path.endswith(".css"):
        found = _IN_STYLE.findall(text)
    else:
        found = []
    return (posixpath.normpath(posixpath.join(folder, name)) for name in found)


def closure(paths: Iterable[str], folder: Path) -> list[str]:
    """These assets and all that they import or link to, sorted. What is missing stays in: a test fetches each."""
    return _follow(paths, folder, _IN_MODULE)


def at_once(entry: str, folder: Path) -> list[str]:
    """The modules that this one cannot start without: named in the page, they are fetched together, not one by one."""
    return _follow([entry], folder, _AT_ONCE)


def _follow(paths: Iterable[str], folder: Path, modules: re.Pattern[str]) -> list[str]:
    known: set[str] = set()
    waiting = list(paths)
    while waiting:
        path = waiting.pop()
        if path in known:
            continue
        known.add(path)
        file = folder / path
        if file.suffix in {".js", ".css"} and file.is_file():
            waiting.extend(_named_by(path, file.read_text(encoding="utf-8"), modules))
    return sorted(known)
