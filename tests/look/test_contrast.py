"""Text can be read in light, in the dark and in the sun: computed from tokens.css, not looked at."""

import re
from itertools import product

import pytest
from gallery import STATIC, TEMPLATES

CSS = STATIC / "css"
LOOKS = ("light", "dark", "sunlight")
Colours = dict[str, str]

GROUNDS = ("page", "surface", "sunken")
MEANINGS = ("accent", "ok", "soon", "over", "info")
TEXT_ON = [
    *product(("text", "text-2", "text-3", *MEANINGS), GROUNDS),
    *((meaning, f"{meaning}-soft") for meaning in MEANINGS),
    *product(("text",), [f"{meaning}-soft" for meaning in MEANINGS]),
    ("text-2", "accent-soft"),
    ("on-accent", "accent-fill"),
    ("on-accent", "accent-press"),
    ("on-over", "over-fill"),
    ("surface", "text"),
    ("text-2", "line"),
]
# Borders of controls, focus rings, filled parts: 3:1 (WCAG 1.4.11).
SHAPES_ON = [
    *product(("edge", "focus", "accent-fill"), ("page", "surface")),
    *product(MEANINGS, ("sunken",)),
    ("accent-fill", "sunken"),
    ("surface", "edge"),
]


def _declared(block: str) -> Colours:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})\b", block))


def palettes() -> dict[str, Colours]:
    """What `:root`, the dark query and the sunlight switch declare, the later laid over the first."""
    text = (CSS / "tokens.css").read_text(encoding="utf-8")
    light, rest = text.split("@media (prefers-color-scheme: dark)")
    dark, sunlight = rest.split("html[data-sunlight]", 1)
    base = _declared(light)
    return {"light": base, "dark": base | _declared(dark), "sunlight": base | _declared(sunlight)}


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_itself() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("look", LOOKS)
def test_text_stands_out_from_what_it_is_written_on(look: str) -> None:
    colours = palettes()[look]
    wanted = {name: 7.0 if look == "sunlight" and name != "line" else 4.5 for name in colours}
    pairs = [(text, ground) for text, ground in TEXT_ON if not (look == "sunlight" and ground == "line")]
    faint = {
        f"{text} on {ground}": round(contrast(colours[text], colours[ground]), 2)
        for text, ground in pairs
        if contrast(colours[text], colours[ground]) < wanted[ground]
    }
    assert faint == {}


@pytest.mark.parametrize("look", LOOKS)
def test_controls_and_focus_stand_out_from_the_page(look: str) -> None:
    colours = palettes()[look]
    faint = {
        f"{shape} on {ground}": round(contrast(colours[shape], colours[ground]), 2)
        for shape, ground in SHAPES_ON
        if contrast(colours[shape], colours[ground]) < 3
    }
    assert faint == {}


@pytest.mark.parametrize("look", ("dark", "sunlight"))
def test_every_colour_is_said_again_for_each_look(look: str) -> None:
    text = (CSS / "tokens.css").read_text(encoding="utf-8")
    light, rest = text.split("@media (prefers-color-scheme: dark)")
    dark, sunlight = rest.split("html[data-sunlight]", 1)
    said = _declared({"dark": dark, "sunlight": sunlight}[look])
    assert set(_declared(light)) == set(said)


def test_the_browser_bar_has_the_colour_of_the_page() -> None:
    head = (TEMPLATES / "_head.html").read_text(encoding="utf-8")
    shown = dict(re.findall(r'prefers-color-scheme: (\w+)\)" content="(#\w{6})"', head))
    assert shown == {look: palettes()[look]["page"] for look in ("light", "dark")}


def test_white_words_on_map_marks_can_be_read() -> None:
    text = (CSS / "components" / "map.css").read_text(encoding="utf-8")
    cluster = re.search(r"\.cluster \{[^}]*background: (#\w{6}); color: #fff", text)
    assert cluster is not None
    assert contrast(cluster.group(1), "#ffffff") >= 4.5
