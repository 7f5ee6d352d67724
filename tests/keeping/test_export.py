"""`fieldapp export`: everything, in files that need no application to be read."""

import hashlib
import json
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from fieldapp.cli import main
from fieldapp.core.db import Base, Database
from fieldapp.core.models import Audit
from fieldapp.photos.models import Photo
from fieldapp.settings import Settings
from tests.cast import PASSWORD_HASH, Cast
from tests.feed.story import Story

BYTES = b"\xff\xd8 a photo as it came"


@pytest.fixture(autouse=True)
def environ(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("data_dir", "database_url", "secret_key"):
        monkeypatch.setenv(f"FIELDAPP_{name.upper()}", str(getattr(settings, name)))


def rows(folder: Path, table: str) -> list[dict[str, object]]:
    return [
        json.loads(line) for line in (folder / "tables" / f"{table}.jsonl").read_text(encoding="utf-8").splitlines()
    ]


def test_every_table_and_every_photo_is_there(
    story: Story, db: Database, cast: Cast, app: Flask, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    story.logs("ana", photos=1, content="二层封顶", issues=[{}])
    sha256 = hashlib.sha256(BYTES).hexdigest()
    with db.writing() as session:
        row = session.get_one(Photo, story.photos[0])
        row.sha256 = sha256
        app.extensions["fieldapp"].files.put_bytes(row.evidence_key, BYTES)
    out = tmp_path / "out"
    assert main(["export", str(out)]) == 0
    assert "1 photos" in capsys.readouterr().out
    index = json.loads((out / "INDEX.json").read_text(encoding="utf-8"))
    with db.reading() as session:
        for table in Base.metadata.sorted_tables:
            if table.name not in {"login_failure", "audit"}:
                count = session.scalar(select(func.count()).select_from(table))
                assert (index["tables"][table.name], len(rows(out, table.name))) == (count, count), table.name
    assert rows(out, "visit")[0]["content"] == "二层封顶"
    assert (out / "photos" / sha256[:2] / sha256).read_bytes() == BYTES
    everything = "".join(path.read_text(encoding="utf-8") for path in (out / "tables").iterdir())
    assert PASSWORD_HASH not in everything and "password_hash" not in everything
    assert out.stat().st_mode & 0o077 == 0
    with db.reading() as session:
        assert session.scalars(select(Audit.verb).where(Audit.verb == "data.exported-whole")).one()


def test_nothing_is_written_over(db: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").write_text("x")
    assert main(["export", str(tmp_path)]) == 2
    assert "empty folder" in capsys.readouterr().err


def test_a_photo_that_is_missing_is_said(story: Story, db: Database, tmp_path: Path) -> None:
    story.logs("ana", photos=1)
    assert main(["export", str(tmp_path / "out")]) == 1
    assert len(json.loads((tmp_path / "out" / "INDEX.json").read_text())["photos"]["missing"]) == 1
