"""The log as a file: for whoever gives the password again, and the log says so."""

import csv
import io
import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from fieldapp.audit import queries
from fieldapp.core import audit, clock
from fieldapp.core.db import Database
from fieldapp.core.models import Audit
from tests.audit.conftest import Note
from tests.cast import NOON, PASSWORD
from tests.feed.pages import Reader


def prove(abe: Reader) -> None:
    assert abe.client.post("/password-again", data={"_proof": PASSWORD, "next": "/audit/export"}).status_code == 303


def test_without_the_password_of_the_last_minutes_nothing_goes_out(abe: Reader, db: Database, note: Note) -> None:
    note("ana", "visit.logged")
    with clock.frozen(NOON + timedelta(minutes=11)):
        assert abe.client.get("/audit/export").headers["Location"].startswith("/password-again")
        refused = abe.client.post("/audit/export", data={"form": "csv"})
        assert refused.status_code == 403 and refused.mimetype == "text/html"
        prove(abe)
        assert abe.get("/audit/export")
        assert abe.client.post("/audit/export", data={"form": "csv"}).status_code == 200


def test_a_table_with_the_rows_that_were_asked_for(abe: Reader, db: Database, note: Note) -> None:
    note("ana", "visit.logged")
    note("zoe", "record.raw_read", "record", reason='=HYPERLINK("http://x")')
    note("bo", "visit.logged")
    db.write(audit.seal)
    prove(abe)
    answer = abe.client.post("/audit/export", data={"form": "csv", "who": "zoe"})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit-2026-11-20.csv"'
    assert answer.text.startswith("\ufeff")
    head, row = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert row[head.index("行为")] == "查看记录原始数据" and row[head.index("人员")] == "佐伊"
    assert row[head.index("原因")].startswith("'="), "a reason is no formula"
    with db.reading() as session:
        told = session.scalars(select(Audit).where(Audit.verb == "log.exported")).one()
    assert told.detail == {"form": "csv", "who": "zoe"}


def test_lines_for_programs_are_whole_and_in_order(
    abe: Reader, db: Database, note: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "A_BATCH", 3)
    for _ in range(8):
        note("ana", "visit.logged")
    db.write(audit.seal)
    prove(abe)
    before = len(abe.client.post("/audit/export", data={"form": "jsonl", "act": "visit.logged"}).text.splitlines())
    rows = [json.loads(line) for line in abe.client.post("/audit/export", data={"form": "jsonl"}).text.splitlines()]
    assert before == 8 and [row["seq"] for row in rows] == list(range(1, 9))
    assert all(row["hash"] and row["account"] == "ana" for row in rows)


def test_another_form_is_refused(abe: Reader) -> None:
    prove(abe)
    assert abe.client.post("/audit/export", data={"form": "exe"}).status_code == 400
