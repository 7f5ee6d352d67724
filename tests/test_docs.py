"""The documents lead somewhere, and the Chinese ones name only words that the screen shows."""

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
CHINESE = sorted((ROOT / "docs").glob("*.zh.md"))
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
# Not of the catalogue: the register of visit kinds, which a zone keeps itself, and a time that the phone's form offers.
KINDS = {"踏查现场", "现场走访", "部门对接", "电话跟踪"}


@cache
def shown() -> frozenset[str]:
    """Every Chinese word and sentence of the catalogue."""
    words = set()
    for part in (ROOT / "fieldapp" / "translations" / "parts").glob("*.zh.po"):
        with part.open("rb") as file:
            for message in read_po(file):
                words.update([message.string] if isinstance(message.string, str) else message.string)
    return frozenset(words)


def headings(page: Path) -> set[str]:
    """The anchors that GitHub gives to a page's headings."""
    found = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_and_picture_is_there(page: Path) -> None:
    for link in LINK.findall(FENCED.sub("", page.read_text("utf-8"))):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name) if name else page
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            assert anchor in headings(target), link


@pytest.mark.parametrize("page", CHINESE, ids=lambda page: page.name)
def test_a_quoted_word_stands_on_the_screen(page: Path) -> None:
    quoted = set(re.findall(r"「([^」]+)」", page.read_text("utf-8")))
    assert quoted
    assert sorted(word for word in quoted - KINDS if not stands(word)) == []


def stands(word: str) -> bool:
    """As it is, or with a name behind it that the page fills in: 归入 …"""
    if word.endswith("…") and word not in shown():
        begin = word.removesuffix("…").rstrip()
        return any(text.startswith(begin) and "%(" in text for text in shown())
    return word in shown()


@pytest.mark.parametrize("page", CHINESE, ids=lambda page: page.name)
def test_nobody_is_inspected(page: Path) -> None:
    assert "检查" not in page.read_text("utf-8")


def test_the_pictures_are_small() -> None:
    for picture in (ROOT / "docs" / "pictures").glob("*.png"):
        assert picture.stat().st_size <= 90_000, picture.name
