"""Ana sees what is kept of her, and takes all of it along."""

import hashlib
import io
import json
from collections.abc import Callable
from zipfile import ZipFile

from flask import Flask
from sqlalchemy import select

from fieldapp.core.db import Database
from fieldapp.core.models import Audit
from fieldapp.photos.models import Photo
from tests.cast import PASSWORD, PASSWORD_HASH, Cast
from tests.feed.pages import Reader
from tests.feed.story import Story, stood

Readers = Callable[[str | None], Reader]
BYTES = b"\xff\xd8 a photo as it came"


def archive(who: Reader) -> ZipFile:
    answer = who.client.post("/settings/data", data={"password": PASSWORD})
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert answer.headers["Cache-Control"] == "no-store"
    made = ZipFile(io.BytesIO(answer.data))
    assert made.testzip() is None
    return made


def test_all_of_ana_and_nothing_of_others(story: Story, db: Database, cast: Cast, app: Flask, reader: Readers) -> None:
    visit = story.logs("ana", photos=1, position=stood(), content="二层封顶", issues=[{}])
    [photo] = story.photos
    with db.writing() as session:
        row = session.get_one(Photo, photo)
        row.sha256, row.detected = hashlib.sha256(BYTES).hexdigest(), "JPEG"
        app.extensions["fieldapp"].files.put_bytes(row.evidence_key, BYTES)
    story.says("ana", visit, "addition", text="水压已复测")
    story.logs("bo", content="柏宁写的", photos=1)
    ana = reader("ana")
    ana.client.post("/feedback", data={"id": str(cast.ana), "kind": "fault", "text": "匿名的话", "anonymous": "y"})
    page = ana.get("/settings/data")
    assert "登记的走访" in page.text and ana.get("/settings").all("a", href="/settings/data")
    made = archive(ana)
    said = {name: json.loads(made.read(name)) for name in made.namelist() if name.endswith(".json")}
    assert [one["content"] for one in said["visits.json"]] == ["二层封顶"]
    assert said["visits.json"][0]["lat"] and said["visit_projects.json"][0]["project_id"] == str(cast.sail)
    assert [one["body"]["text"] for one in said["supplements.json"]] == ["水压已复测"]
    assert [one["type"] for one in said["issue_events.json"]] == ["opened"]
    assert said["account.json"][0]["username"] == "ana" and said["memberships.json"][0]["role"] == "officer"
    assert {one["verb"] for one in said["audit.json"]} >= {"visit.logged", "data.exported"}
    assert made.read(f"photos/{photo}.jpg") == BYTES
    assert said["feedback.json"] == []
    whole = "".join(made.read(name).decode(errors="replace") for name in made.namelist())
    for foreign in ("柏宁写的", PASSWORD_HASH, "匿名的话", "session_epoch"):
        assert foreign not in whole
    with db.reading() as session:
        verbs = session.scalars(select(Audit.verb).where(Audit.actor_id == cast.ana)).all()
    assert verbs.count("data.exported") == 1


def test_without_the_password_nothing_leaves(story: Story, db: Database, cast: Cast, reader: Readers) -> None:
    story.logs("ana")
    for typed in ("", "wrong-password"):
        page = reader("ana").post("/settings/data", {"password": typed}, 422)
        assert page.all(css="error")
    with db.reading() as session:
        verbs = session.scalars(select(Audit.verb).where(Audit.actor_id == cast.ana)).all()
    assert "data.exported" not in verbs and "data.export-refused" in verbs


def test_it_is_asked_for_five_times_a_minute_at_most(reader: Readers, cast: Cast) -> None:
    ana = reader("ana").client
    codes = [ana.post("/settings/data", data={"password": "guess"}).status_code for _ in range(6)]
    assert codes == [422] * 5 + [429]


def test_a_photo_whose_bytes_are_gone_breaks_nothing(story: Story, reader: Readers) -> None:
    story.logs("ana", photos=1)
    assert not [name for name in archive(reader("ana")).namelist() if name.startswith("photos/")]
    assert archive(reader("uma")).namelist()
