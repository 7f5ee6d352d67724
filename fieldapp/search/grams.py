"""Words folded to what is compared, cut into pairs of characters, and the index of these pairs on either database.

Chinese has no spaces, so a word index finds nothing in it; pairs find any two characters that stand together. Pairs
alone match falsely (AB BC is found by ABC), so what they find is checked again by LIKE.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from fieldapp.core.fixed import execute

MOST_TEXT = 50_000  # characters of one thing that are indexed
MOST_PAIRS = 40  # of what is searched for
_RUNS = re.compile(r"[^\W_]+")

INDEX = "search_gram"
_PUT = {
    "sqlite": "INSERT INTO search_gram (rowid, grams) VALUES (?, ?)",
    "postgresql": "INSERT INTO search_gram (id, grams) VALUES (%s, %s)",
}
_TAKE = {
    "sqlite": "INSERT INTO search_gram (search_gram, rowid, grams) VALUES ('delete', ?, ?)",
    "postgresql": "DELETE FROM search_gram WHERE id = %s",
}
_EMPTY = {
    "sqlite": "INSERT INTO search_gram (search_gram) VALUES ('delete-all')",
    "postgresql": "DELETE FROM search_gram",
}
_FIND = {
    "sqlite": "SELECT rowid FROM search_gram WHERE search_gram MATCH :pairs AND rowid < :before"
    " ORDER BY rowid DESC LIMIT :most",
    "postgresql": "SELECT id FROM search_gram WHERE grams @> CAST(:pairs AS text[]) AND id < :before"
    " ORDER BY id DESC LIMIT :most",
}


def fold(said: str) -> str:
    """Full-width letters and digits are the same as narrow ones, capitals as small ones; a space is a space."""
    return " ".join(unicodedata.normalize("NFKC", said).lower().split())


def words(query: str) -> list[str]:
    """What is looked for: every one of these, anywhere."""
    return list(dict.fromkeys(fold(query).split()))


def pairs(said: str) -> set[str]:
    """Every two letters, digits or characters that stand together in a folded text."""
    return {run[at : at + 2] for run in _RUNS.findall(said) for at in range(len(run) - 1)}


def _of(kind: str, said: str) -> list[str]:
    """All that a row is found by: its pairs, and its kind (longer than a pair, so never taken for one)."""
    return [f"kind{kind}", *sorted(pairs(said))]


def put(connection: Connection, id: int, kind: str, said: str) -> None:
    """Index a text that is folded already."""
    name = connection.dialect.name
    grams = _of(kind, said)
    execute(connection, _PUT[name], (id, " ".join(grams) if name == "sqlite" else grams)).close()


def take(connection: Connection, id: int, kind: str, said: str) -> None:
    """The contrary of `put`, with the very same text: FTS5 without content does not remember it."""
    name = connection.dialect.name
    given: tuple[Any, ...] = (id, " ".join(_of(kind, said))) if name == "sqlite" else (id,)
    execute(connection, _TAKE[name], given).close()


def empty(connection: Connection) -> None:
    execute(connection, _EMPTY[connection.dialect.name], ()).close()


def found(session: Session, kind: str, looked_for: Iterable[str], *, before: int, most: int) -> list[int]:
    """Rows of this kind that hold all these pairs, the newest first."""
    name = session.get_bind().dialect.name
    wanted = [f"kind{kind}", *sorted(looked_for)[:MOST_PAIRS]]
    # For FTS5 every pair is a quoted string; neither it nor an array can be told anything else by what was typed.
    given: Any = " AND ".join('"' + one.replace('"', '""') + '"' for one in wanted) if name == "sqlite" else wanted
    return list(session.scalars(text(_FIND[name]), {"pairs": given, "before": before, "most": most}))
