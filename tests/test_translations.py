"""Every visible string is there in both languages: English is the msgid, Chinese comes from translations/parts."""

import io
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[1] / "fieldapp"
GALLERY = ROOT.parent / "tests" / "look"
PARTS = sorted((ROOT / "translations" / "parts").glob("*.zh.po"))
TEMPLATES = ("templates/**.html", "templates/**.txt")
METHODS = [("**.py", "python"), *((templates, "jinja2") for templates in TEMPLATES)]
KEYWORDS = DEFAULT_KEYWORDS | {"_": None, "_l": None, "_n": (1, 2), "lazy_gettext": None, "ngettext": (1, 2)}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
Said = str | tuple[str, ...]


@cache  # not at the collection: every process of every part would read all sources
def extracted() -> dict[Said, str]:
    """Every msgid of Python and templates (of a plural: both forms), with a place where it stands."""
    options = {templates: {"silent": "false"} for templates in TEMPLATES}
    found: dict[Said, str] = {}
    for file, line, msgid, _comments, _context in extract_from_dir(
        ROOT, METHODS, options, KEYWORDS, comment_tags=(), directory_filter=lambda _folder: True
    ):
        found.setdefault(msgid if isinstance(msgid, str) else tuple(msgid), f"{file}:{line}")
    return found


def translated() -> Iterator[tuple[Path, Message]]:
    for part in PARTS:
        for message in read_po(io.BytesIO(part.read_bytes()), locale="zh_Hans_CN"):
            if message.id:
                yield part, message


def sentences(said: Said | list[str]) -> list[str]:
    return [said] if isinstance(said, str) else list(said)


def test_there_is_something_to_translate() -> None:
    assert len(extracted()) > 100
    assert "Sign in" in extracted()


def test_everything_that_can_be_seen_is_there_in_chinese() -> None:
    chinese = {message.id: message.string for _part, message in translated()}
    missing = {said: place for said, place in extracted().items() if not any(sentences(chinese.get(said) or ""))}
    assert missing == {}


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_a_part_has_whole_sentences_with_the_same_placeholders(part: Path) -> None:
    broken = []
    for _part, message in translated():
        if _part != part:
            continue
        wanted = {name for said in sentences(message.id) for name in PLACEHOLDER.findall(said)}
        said = sentences(message.string)
        if any(not s.strip() or set(PLACEHOLDER.findall(s)) != wanted for s in said) or "fuzzy" in message.flags:
            broken.append(message.id)
    assert broken == []


def test_one_word_has_one_translation() -> None:
    """Two parts that say the same English differently would overwrite each other."""
    said: dict[Said, dict[str, str]] = {}
    for part, message in translated():
        said.setdefault(message.id, {})[part.name] = str(message.string)
    assert {msgid: parts for msgid, parts in said.items() if len(set(parts.values())) > 1} == {}


def test_nothing_is_translated_that_nobody_says() -> None:
    gallery = "".join(path.read_text(encoding="utf-8") for path in GALLERY.rglob("*.jinja"))
    kept = {message.id: part.name for part, message in translated()}
    assert {msgid: part for msgid, part in kept.items() if msgid not in extracted() and str(msgid) not in gallery} == {}


@pytest.mark.parametrize("folder", ["outbox", "behaviours", "worker"])
def test_no_module_says_a_word_of_its_own(folder: str) -> None:
    """What JavaScript shows comes from the page, in the page's language. Chinese stands only in comments."""
    said = {}
    for module in sorted((ROOT / "static" / "js" / folder).rglob("*.js")):
        text = re.sub(r"/\*.*?\*/|//[^\n]*", "", module.read_text(encoding="utf-8"), flags=re.S)
        if chinese := re.findall(r"[\u4e00-\u9fff]{2,}", text):
            said[module.name] = chinese
    assert said == {}
