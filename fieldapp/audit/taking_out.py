"""The log as a file: rows written while they are sent, however many there are."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

from flask_babel import gettext as _

from fieldapp.audit import queries, words
from fieldapp.audit.queries import Asked, Row
from fieldapp.core.db import Database
from fieldapp.core.i18n import local

BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BOM = "\ufeff"  # without it Excel takes Chinese for something else


def lines(db: Database, asked: Asked, form: str) -> Iterator[str]:
    """The file, a batch of rows at a time."""
    write = FORMS[form]
    yield from write(_batches(db, asked))


def _batches(db: Database, asked: Asked) -> Iterator[list[Row]]:
    with db.reading() as session:
        yield from queries.batches(session, queries.all_of(session, asked))


def _csv(batches: Iterator[list[Row]]) -> Iterator[str]:
    yield BOM + _line(
        _("No."), _("Time"), _("Person"), _("Account"), _("Act"), _("Kind of thing"), _("Done to"), _("Reason"),
        _("Act code"),
        "id", _("Facts"), _("Request id"), _("From the address"), _("Seal (SHA-256)"),
    )  # fmt: skip
    for rows in batches:
        yield "".join(_line(*_cells(row)) for row in rows)


def _cells(one: Row) -> tuple[Any, ...]:
    row = one.row
    detail = json.dumps(one.facts, ensure_ascii=False) if one.facts else ""
    return (
        row.seq, f"{local(row.at):%Y-%m-%d %H:%M:%S}", one.actor, one.account, words.act(row.verb),
        words.kind(row.subject_type), one.thing, words.reason(one.reason), row.verb, row.subject_id, detail,
        row.request_id, row.address, (row.hash or b"").hex(),
    )  # fmt: skip


def _line(*cells: Any) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([_plain(cell) for cell in cells])
    return out.getvalue()


def _plain(cell: Any) -> Any:
    """What a table would take for a formula stays what it is: text."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(BEGINS_A_FORMULA) else cell


def _jsonl(batches: Iterator[list[Row]]) -> Iterator[str]:
    for rows in batches:
        yield "".join(json.dumps(plain(row), ensure_ascii=False) + "\n" for row in rows)


def plain(one: Row) -> dict[str, Any]:
    """A row as machines read it."""
    row = one.row
    return {
        "seq": row.seq, "id": str(row.id), "at": row.at.isoformat(),
        "actor": str(row.actor_id) if row.actor_id else None, "account": one.account, "verb": row.verb,
        "subject_type": row.subject_type, "subject_id": row.subject_id, "what": one.thing, "reason": one.reason,
        "detail": one.facts, "request": row.request_id, "address": row.address, "hash": (row.hash or b"").hex(),
    }  # fmt: skip


FORMS: dict[str, Callable[[Iterator[list[Row]]], Iterator[str]]] = {"csv": _csv, "jsonl": _jsonl}
TYPES = {"csv": "text/csv", "jsonl": "application/x-ndjson"}
