"""Puts the sheets that every page needs into one: `python tests/tools/frame_css.py` after editing one of them.

Fifteen small files cost fifteen requests and compress badly one by one; the capture page has 8 KB for all
its styles. test_styles.py fails when css/frame.css is not what this makes.
"""

import re
from pathlib import Path

CSS = Path(__file__).resolve().parents[2] / "fieldapp" / "static" / "css"
COMPONENTS = ("controls", "cell", "badges", "forms", "notice", "strip", "toast", "photo-grid", "sheet", "accuracy")
PARTS = ("tokens", "reset", "base", "layout", *(f"components/{name}" for name in COMPONENTS), "utilities")
BUNDLE = CSS / "frame.css"


def bundle() -> str:
    parts = []
    for part in PARTS:
        text = re.sub(r"/\*.*?\*/", "", (CSS / f"{part}.css").read_text(encoding="utf-8"), flags=re.DOTALL)
        # Spaces inside selectors and calc() mean something; those around braces and semicolons do not.
        text = re.sub(r"\s*([{};])\s*", r"\1", re.sub(r"\s+", " ", text)).replace(";}", "}").strip()
        parts.append(f"/* {part}.css */\n{text}\n")
    return "/* Made by tests/tools/frame_css.py: edit the parts, not this. */\n" + "".join(parts)


if __name__ == "__main__":
    BUNDLE.write_text(bundle(), encoding="utf-8")
