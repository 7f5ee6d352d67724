"""What the code says to us does not travel; what it does must not change."""

import subprocess
from pathlib import Path

from fieldapp.core.assets import STATIC
from fieldapp.core.slim import slim

MODULES = sorted((STATIC / "js").rglob("*.js"))


def test_comments_go_and_lines_stay_where_they_are() -> None:
    source = 'a();\n/**\n * why\n */\n// and how\nconst b = /** @type {X} */ (c); // kept\nconst d = "//";\n'
    assert slim("x.js", source) == 'a();\n\n\n\n\nconst b = (c); // kept\nconst d = "//";\n'


def test_a_cast_at_the_start_of_a_line_hides_nothing_behind_it() -> None:
    source = "/** @type {A} */ (a).x();\nb();\n/** why */\nc();\n"
    assert slim("x.js", source) == "(a).x();\nb();\n\nc();\n"


def test_a_licence_travels_with_its_code() -> None:
    assert "MIT" in slim("x.js", "/*! MIT */\na();\n")
    assert "MIT" in slim("x.css", "/*! MIT */ a{}")


def test_other_files_are_left_alone() -> None:
    assert slim("x.svg", "<!-- // -->") == "<!-- // -->"


def test_every_module_is_the_same_program_afterwards(tmp_path: Path) -> None:
    pairs: list[str | Path] = []
    for n, module in enumerate(MODULES):
        text = module.read_text("utf-8")
        served = slim(module.name, text)
        assert served.count("\n") == text.count("\n"), module
        pairs += [module, tmp_path / f"{n}.mjs"]
        (tmp_path / f"{n}.mjs").write_text(served, "utf-8")
    checker = Path(__file__).parents[1] / "js" / "same_program.mjs"
    compared = subprocess.run(["node", checker, *pairs], capture_output=True, text=True, check=False)
    assert MODULES
    assert compared.returncode == 0, compared.stderr
