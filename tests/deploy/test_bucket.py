"""Photos in an S3 store by setting alone: written, read, listed, deleted; and what phones are told while it is away.

A receipt says `stored` only after the store has said yes (docs/sync-protocol.md 8). The store is real: JuiceFS's
gateway, killed with SIGKILL or struck dumb where a test says so.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fieldapp.core import clock, files, jobs, passing
from fieldapp.core.db import Database, new_id
from fieldapp.core.files import Files
from fieldapp.photos import actions as photos
from fieldapp.photos.jobs import delete_purged, make_copies
from fieldapp.photos.models import Photo
from fieldapp.settings import Settings
from fieldapp.upkeep import doctor
from fieldapp.upkeep.backup import backup
from fieldapp.upkeep.restore import restore
from tests.cast import NOON, Cast
from tests.deploy.shared import Bucket, Pause
from tests.photos.pictures import jpeg
from tests.sync.bringing import TYPE, Brought, listed, receipt_in
from tests.sync.phone import photo
from tests.upkeep.conftest import sign_in_on
from tests.upkeep.phone import Phone, picture

ClientOf = Callable[..., FlaskClient]
DOOR = "/api/v1/uploads"
LARGE = b"a crane, seen from very near; " * 400_000  # 12 MB: three parts of an upload in parts


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "ANSWERS_WITHIN", timedelta(seconds=0.3))
    monkeypatch.setattr(files, "TRIED_FOR", timedelta(seconds=0.1))


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def way(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pause]:
    """Between the server and its store."""
    made = Pause(bucket.port)
    for name, value in bucket.settings_of(made.port).items():
        monkeypatch.setenv(name, value)
    yield made
    made.close()


@pytest.fixture
def settings(db_url: str, tmp_path: Path, bucket: Bucket, way: Pause, impatient: None) -> Settings:
    return Settings(data_dir=tmp_path / "data", database_url=db_url, files_url=bucket.url, threads=16)


@pytest.fixture
def store(settings: Settings) -> Files:
    return Files(settings.files)


@pytest.fixture
def ana(client_of: ClientOf) -> FlaskClient:
    return client_of("ana")


def send(ana: FlaskClient, photo: Brought) -> TestResponse:
    return ana.post(DOOR, headers={**photo.creation, "Content-Type": TYPE}, data=photo.data)


def test_what_is_put_there_is_there_and_nothing_else(store: Files, tmp_path: Path) -> None:
    path = tmp_path / "one.part"
    for data in (b"a crane", LARGE, b""):
        path.write_bytes(data)
        store.put("evidence/ab/abc", path)
        assert store.size("evidence/ab/abc") == len(data)
        assert hashlib.sha256(b"".join(store.pieces("evidence/ab/abc"))).digest() == hashlib.sha256(data).digest()
    store.put_bytes("thumb/1.jpg", b"a thumb")
    assert {one.key: one.size for one in store.listing()} == {"evidence/ab/abc": 0, "thumb/1.jpg": 7}
    store.delete("evidence/ab/abc")
    store.delete("evidence/ab/abc")
    assert store.size("evidence/ab/abc") is None
    assert [one.key for one in store.listing()] == ["thumb/1.jpg"]
    for read in (store.open, store.sent):
        with pytest.raises(FileNotFoundError):
            read("evidence/ab/abc")
    assert store.path("thumb/1.jpg") is None


@pytest.fixture
def shown(app: Flask, db: Database, cast: Cast, settings: Settings, store: Files) -> Brought:
    """A photo of a visit of ana's, with its copies."""
    phone, data = Phone(cast.ana), jpeg()
    sign_in_on(phone, app, db, cast, "ana")
    sealed = phone.visit(cast.sail, photos=[photo(data)])
    phone.hand_in(sealed, data)
    assert make_copies(jobs.Context(settings, db, store)) == 1
    return Brought(sealed.id, UUID(sealed.said["photos"][0]["id"]), data)


def test_a_photo_goes_all_the_way(
    ana: FlaskClient, db: Database, cast: Cast, settings: Settings, store: Files, shown: Brought
) -> None:
    """Uploaded, copied for pages, sent to readers, and gone for good once it is purged."""
    for what in ("thumb", "display"):
        answer = ana.get(f"/photos/{shown.id}/{what}")
        assert answer.status_code == 200
        assert answer.content_length == len(answer.data) > 100
    taken = ana.get(f"/photos/{shown.id}/evidence")
    assert (taken.data, taken.content_length) == (shown.data, len(shown.data))
    with db.writing() as session:
        photos.purge(session, shown.id, cast.zoe, "asked for")
    delete_purged(jobs.Context(settings, db, store))
    assert list(store.listing()) == []
    assert ana.get(f"/photos/{shown.id}/display").status_code == 404


def test_a_photo_that_the_store_did_not_take_is_not_stored_and_need_not_be_sent_again(
    ana: FlaskClient, db: Database, cast: Cast, bucket: Bucket, store: Files
) -> None:
    photo = listed(db, cast.ana, picture("gate"))[0]
    bucket.kill()
    answer = send(ana, photo)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "Fieldapp-Receipt" not in answer.headers
    with db.reading() as session:
        assert session.get_one(Photo, photo.id).stored_at is None
    assert ana.post(DOOR, headers=photo.creation).status_code == 503
    bucket.start()
    done = ana.post(DOOR, headers=photo.creation)  # without a body: the bytes have been here all the time
    assert (done.status_code, done.headers["Upload-Offset"]) == (201, str(len(photo.data)))
    assert receipt_in(done)["complete"] is True
    assert b"".join(store.pieces(photo_key(photo))) == photo.data


def photo_key(photo: Brought) -> str:
    return f"evidence/{photo.sha256[:2]}/{photo.sha256}"


def test_a_store_that_falls_silent_is_not_waited_for(ana: FlaskClient, db: Database, cast: Cast, way: Pause) -> None:
    photo = listed(db, cast.ana, picture("gate"))[0]
    way.silent.set()
    assert send(ana, photo).status_code == 503
    assert ana.get("/readyz").json == {"status": "failing", "failed": ["files"]}
    assert ana.get("/healthz").status_code == 200
    way.silent.clear()
    assert receipt_in(ana.post(DOOR, headers=photo.creation))["complete"] is True


def test_pages_say_come_again_while_the_store_is_away(ana: FlaskClient, shown: Brought, bucket: Bucket) -> None:
    bucket.kill()
    answer = ana.get(f"/photos/{shown.id}/thumb")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_a_form_with_photos_comes_back_with_everything_while_the_store_is_away(
    ana: FlaskClient, db: Database, cast: Cast, bucket: Bucket
) -> None:
    said = {"id": str(new_id()), "kind": "site_inspection", "project": str(cast.sail), "progress": "吊装完成 80%"}
    bucket.kill()
    answer = ana.post("/visits/new", data={**said, "photos": (BytesIO(picture("gate")), "gate.jpg")})
    assert answer.status_code == 503
    assert "吊装完成 80%" in answer.text
    assert "gate.jpg" in answer.text
    assert "照片暂时无法保存" in answer.text


def test_a_job_takes_a_store_that_is_away_for_no_fault_of_the_picture(
    ana: FlaskClient, db: Database, cast: Cast, settings: Settings, store: Files, bucket: Bucket
) -> None:
    photo = listed(db, cast.ana, picture("gate"))[0]
    send(ana, photo)
    bucket.kill()
    make_copies(jobs.Context(settings, db, store))
    with db.reading() as session:
        assert (session.get_one(Photo, photo.id).derivative, session.get_one(Photo, photo.id).state) == (
            "wanted",
            "stored",
        )
    with db.writing() as session:
        photos.purge(session, photo.id, cast.zoe, "asked for")
    with pytest.raises(passing.Away):
        delete_purged(jobs.Context(settings, db, store))
    with db.reading() as session:
        assert session.get_one(Photo, photo.id).derivative == "purge"  # the next minute tries again


def test_a_backup_of_a_bucket_is_restored_into_a_folder_and_back(
    ana: FlaskClient, db: Database, cast: Cast, settings: Settings, store: Files, tmp_path: Path
) -> None:
    photo = listed(db, cast.ana, LARGE)[0]
    assert send(ana, photo).status_code == 201
    done = backup(settings, store, tmp_path / "backups")
    assert done.whole and done.new == 1
    folder = replace(settings, data_dir=tmp_path / "folder", database_url="", files_url="")
    assert restore(folder, tmp_path / "backups").files == 1
    assert b"".join(Files(folder.files).pieces(photo_key(photo))) == photo.data
    again = replace(settings, data_dir=tmp_path / "again", database_url="", files_url="s3://fieldapp/again")
    assert restore(again, tmp_path / "backups").files == 1
    assert b"".join(Files(again.files).pieces(photo_key(photo))) == photo.data
    found = [one.code for one in doctor.examine(again, deep=True).findings]
    assert not {"photo-missing", "photo-damaged", "file-orphaned", "check-failed"} & set(found)


def test_a_bucket_that_is_not_there_or_not_ours_is_told_without_its_keys(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(passing.Away):
        Files("s3://nowhere/photos").put_bytes("thumb/1.jpg", b"1")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with pytest.raises(passing.Away) as told:
        Files(settings.files).put_bytes("thumb/1.jpg", b"1")
    assert "another" not in str(told.value)
