"""The style page rendered by Jinja alone: what the screenshots and the template tests look at."""

import re
from pathlib import Path
from types import SimpleNamespace

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "fieldapp" / "templates"
STATIC = ROOT / "fieldapp" / "static"
PART = ROOT / "fieldapp" / "translations" / "parts" / "look.zh.po"
PAGES = ("list", "timeline", "capture", "form", "table", "login", "colours", "map", "over", "viewer")

_ENTRY = re.compile(r'^msgid "(.+)"\nmsgstr "(.+)"$', re.MULTILINE)


def chinese() -> dict[str, str]:
    return dict(_ENTRY.findall(PART.read_text(encoding="utf-8")))


def environment(static: str = "/static", role: str = "officer") -> Environment:
    loaders = [FileSystemLoader(TEMPLATES), FileSystemLoader(Path(__file__).parent / "gallery")]
    env = Environment(
        loader=ChoiceLoader(loaders),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    words = chinese()
    env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: words.get(text, text),
        lambda one, many, n: words.get(one, one if n == 1 else many),
        newstyle=True,
    )
    env.globals.update(
        static_url=lambda path: f"{static}/{path}",
        current_user=SimpleNamespace(name="林晓舟", role=role),
        locale="zh_Hans_CN",
        demo_banner=False,
        notice_due=lambda: None,
        switches_on=list,
        stops_on=None,
        stop_notice="",
    )
    return env


def render(page: str, static: str = "/static", role: str = "officer") -> str:
    return environment(static, role).get_template(f"{page}.html.jinja").render()
