"""The style page in a real browser: axe finds nothing, nothing sticks out, every target is big enough for a thumb."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gallery import PAGES, ROOT, STATIC, render
from playwright.sync_api import Browser, Page

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
ALL = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Sheets and the viewer lie open over each other there, which no page does.
CALM = tuple(page for page in PAGES if page not in ("over", "viewer"))
TARGETS = (
    ".button, .chip, .cell-link, .bar-action, .bar-back, .icon-button, .nav a, .step-head, .kind, .shutter, .input,"
    " .check, .switch, .segments > *, .strip-link"
)

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def tab(chromium_of_all: Browser) -> Iterator[Page]:
    page = chromium_of_all.new_page()
    yield page
    page.close()


def opened(tab: Page, folder: Path, name: str, width: int, role: str = "officer") -> None:
    file = folder / f"{name}.html"
    file.write_text(render(name, STATIC.as_uri(), role), encoding="utf-8")
    tab.set_viewport_size({"width": width, "height": 844})
    tab.emulate_media(color_scheme="light", reduced_motion="reduce")
    tab.goto(file.as_uri())


def axe(tab: Page, rules: list[str]) -> dict[str, list[str]]:
    found: dict[str, Any] = tab.evaluate("rules => axe.run({runOnly: rules, resultTypes: ['violations']})", rules)
    return {
        one["id"]: [f"{n['html'][:120]} {n['failureSummary'][:200]}" for n in one["nodes"]]
        for one in found["violations"]
    }


@pytest.mark.parametrize("name", CALM)
def test_a_phone_page_is_accessible_in_light_dark_and_sun(tab: Page, tmp_path: Path, name: str) -> None:
    opened(tab, tmp_path, name, 390)
    tab.add_script_tag(path=str(AXE))
    assert axe(tab, ALL) == {}
    tab.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert axe(tab, ["color-contrast"]) == {}
    tab.evaluate("document.documentElement.toggleAttribute('data-sunlight', true)")
    assert axe(tab, ["color-contrast"]) == {}


@pytest.mark.parametrize("name", CALM)
def test_a_desk_page_is_accessible(tab: Page, tmp_path: Path, name: str) -> None:
    opened(tab, tmp_path, name, 1280, "lead")
    tab.add_script_tag(path=str(AXE))
    assert axe(tab, ALL) == {}


@pytest.mark.parametrize("name", CALM)
def test_a_thumb_hits_every_target_and_nothing_is_wider_than_a_small_phone(
    tab: Page, tmp_path: Path, name: str
) -> None:
    opened(tab, tmp_path, name, 320)
    assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    small = tab.evaluate(
        """targets => [...document.querySelectorAll(targets)]
           .map(one => [one.className || one.parentElement.className, one.getBoundingClientRect()])
           .filter(([, box]) => box.width && (box.height < 44 || box.width < 44))
           .map(([name, box]) => `${name} ${Math.round(box.width)}x${Math.round(box.height)}`)""",
        TARGETS,
    )
    assert small == []
