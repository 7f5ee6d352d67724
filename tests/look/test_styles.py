"""The stylesheets keep to the tokens, to their layers and to the byte budget of the capture page."""

import re
from pathlib import Path

import brotli
import pytest
from gallery import STATIC, TEMPLATES, environment, render

from tests.tools.frame_css import BUNDLE, COMPONENTS, bundle

CSS = STATIC / "css"
SHEETS = sorted(set(CSS.rglob("*.css")) - {BUNDLE})
CAPTURE_BUDGET = 8 * 1024
# Colours of their own: the dark stage of photos and of the camera, a line over a photo, the map (drawn on a light
# ground in every look), paper.
OWN_COLOURS = {
    "tokens.css", "code-app.css", "viewer.css", "camera.css", "slider.css", "map.css", "print.css", "photo-grid.css",
}  # fmt: skip


def _text(sheet: Path) -> str:
    return re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_capture_page_loads_at_most_8_kb_of_styles() -> None:
    linked = re.findall(r'href="/static/(css/[^"]+\.css)"', render("capture"))
    assert "css/frame.css" in linked
    sizes = {name: len(brotli.compress((STATIC / name).read_bytes(), quality=9)) for name in linked}
    assert sum(sizes.values()) <= CAPTURE_BUDGET, sizes


def test_a_page_does_not_load_twice_what_the_frame_has() -> None:
    macro = environment().get_template("_macros/styles.html").module
    assert tuple(macro.in_frame) == COMPONENTS  # type: ignore[attr-defined]
    assert "sheet.css" not in render("capture")


def test_the_bundle_holds_what_its_parts_say() -> None:
    assert BUNDLE.read_text(encoding="utf-8") == bundle(), "run: python tests/tools/frame_css.py"


@pytest.mark.parametrize("template", sorted(TEMPLATES.rglob("*.html")), ids=lambda t: str(t.relative_to(TEMPLATES)))
def test_a_template_uses_no_class_that_has_no_style(template: Path) -> None:
    """A misspelt class is silent everywhere else."""
    styled = {name for each in SHEETS for name in re.findall(r"\.([a-zA-Z][\w-]*)", _text(each))}
    source = re.sub(r"\{#.*?#\}", "", template.read_text(encoding="utf-8"), flags=re.DOTALL)
    used = {
        name
        for given in re.findall(r'\bclass="([^"]*)"', re.sub(r"\{\{.*?\}\}|\{%.*?%\}", " ", source, flags=re.DOTALL))
        for name in given.split()
    }
    assert used <= styled


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_every_variable_used_is_declared_somewhere(sheet: Path) -> None:
    declared = {name for each in SHEETS for name in re.findall(r"(--[\w-]+)\s*:", _text(each))}
    used = set(re.findall(r"var\((--[\w-]+)\)", _text(sheet)))
    assert used <= declared


@pytest.mark.parametrize("sheet", [s for s in SHEETS if s.name not in OWN_COLOURS], ids=lambda sheet: sheet.name)
def test_colours_come_from_the_tokens(sheet: Path) -> None:
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgb\(|\bhsl\(", _text(sheet)) == []


@pytest.mark.parametrize(
    "sheet", [s for s in SHEETS if s.name not in {"tokens.css", "print.css"}], ids=lambda s: s.name
)
def test_rules_stand_in_the_layer_of_their_folder(sheet: Path) -> None:
    text = _text(sheet)
    layer = "components" if sheet.parent.name == "components" else sheet.stem
    assert text.lstrip().startswith(f"@layer {layer} {{")
    assert "@import" not in text
    assert text.count("{") == text.count("}")
