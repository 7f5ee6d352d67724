"""The matrix as it is declared in `matrix.txt`, and as docs/security.md shows it."""

from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent / "matrix.txt"
DOC = Path(__file__).parents[2] / "docs" / "security.md"
BEGINS, ENDS = "<!-- matrix: python -m tests.security.matrix -->\n", "<!-- end of the matrix -->\n"
EVERYBODY = "?omflduast"
PUBLIC, EARLY, DOOR = "public", "early", "door"  # early: before the password is changed, before a factor is shown


@dataclass(frozen=True)
class Line:
    """Who may: of what stands near, of what stands far; `far` none: there is but one."""

    route: str
    near: str
    far: str | None = None
    kind: str = ""


def declared() -> dict[str, Line]:
    """`route | near | far | kind`; `*` is everybody, `in` whoever is signed in, `-` nobody, empty: there is no such."""
    lines = {}
    for text in HERE.read_text(encoding="utf-8").splitlines():
        if text and not text.startswith("#"):
            route, near, far, kind = (part.strip() for part in text.split("|"))
            lines[route] = Line(route, _letters(near), _letters(far) if far else None, kind)
    return lines


def _letters(said: str) -> str:
    return {"*": EVERYBODY, "in": EVERYBODY[1:], "-": ""}.get(said, said)


def _said(letters: str | None) -> str:
    if letters is None:
        return ""
    return {EVERYBODY: "everybody", EVERYBODY[1:]: "all signed in", "": "nobody"}.get(letters, letters)


def as_table() -> str:
    rows = [
        f"| `{line.route}` | {_said(line.near)} | {_said(line.far)} | {line.kind} |\n" for line in declared().values()
    ]
    return "| route | near | far | |\n| --- | --- | --- | --- |\n" + "".join(rows)


def written() -> str:
    """The document with the table of now in it."""
    before, _begins, rest = DOC.read_text(encoding="utf-8").partition(BEGINS)
    return f"{before}{BEGINS}{as_table()}{ENDS}{rest.partition(ENDS)[2]}"


if __name__ == "__main__":
    DOC.write_text(written(), encoding="utf-8")
