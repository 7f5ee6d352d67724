"""The long texts: 使用规范, 隐私政策, the notice of first sign-in, each as the settings give it or as it comes with us.

Ours say what this application really keeps, with the days that are set. A text is plain: `## ` begins a heading, `- `
a list item, an empty line ends a paragraph.
"""

import hashlib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from fieldapp.settings import Settings

TERMS, PRIVACY, NOTICE = NAMES = ("terms", "privacy", "notice")
FOLDER = Path(__file__).parent / "texts"
FOR_EVER = {"zh": "不设期限（业务档案存续期间）", "en": "for as long as the records themselves"}
DAYS = {"zh": "{n} 天", "en": "{n} days"}


@dataclass
class Block:
    """A heading, a paragraph or a list."""

    kind: str
    lines: list[str] = field(default_factory=list)


def text_of(name: str, settings: Settings, language: str) -> str:
    """One of the texts, `zh` or `en`; a text of the settings is the same in both."""
    given: str = getattr(settings, name)
    return given if given.strip() else _filled(_ours(name, language), settings, language)


@cache
def _ours(name: str, language: str) -> str:
    return (FOLDER / f"{name}.{language}.txt").read_text(encoding="utf-8")


def _filled(text: str, settings: Settings, language: str) -> str:
    for mark, days in (("{positions}", settings.keep_positions_days), ("{photos}", settings.keep_photos_days)):
        text = text.replace(mark, DAYS[language].format(n=days) if days else FOR_EVER[language])
    return text


def version_of(name: str, settings: Settings) -> str:
    """Another text, in either language, is another version."""
    whole = "\x00".join(text_of(name, settings, language) for language in ("zh", "en"))
    return hashlib.sha256(whole.encode()).hexdigest()[:12]


def blocks(text: str) -> list[Block]:
    """The text in pieces that a page can show."""
    found: list[Block] = []
    for line in (line.strip() for line in text.splitlines()):
        if not line:
            found.append(Block("end"))
        elif line.startswith("## "):
            found.append(Block("heading", [line[3:]]))
        elif line.startswith("- "):
            _add(found, "list", line[2:])
        else:
            _add(found, "paragraph", line)
    return [block for block in found if block.kind != "end"]


def _add(found: list[Block], kind: str, line: str) -> None:
    if not found or found[-1].kind != kind:
        found.append(Block(kind))
    found[-1].lines.append(line)
