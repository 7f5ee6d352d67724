"""A phone between two machines that share database and files, but not the parts of unfinished uploads (decision 28)."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from fieldapp.app import create_app
from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.core.files import Files
from fieldapp.photos.models import Photo, Upload
from fieldapp.settings import Settings
from fieldapp.sync import upload_jobs, upload_rows
from fieldapp.sync.parts import Parts
from tests.cast import NOON, Cast
from tests.conftest import SECRET, sign_in
from tests.fleet.two_machines import DEPLOY, caddyfile
from tests.sync.bringing import TYPE, Brought, listed, patch_headers, receipt_in

DOOR = "/api/v1/uploads"
CRANE = b"a crane at the quay " * 2000
HALF = len(CRANE) // 2


@dataclass
class Machine:
    settings: Settings
    ana: FlaskClient

    @property
    def parts(self) -> int:
        return len(list(self.settings.parts_dir.iterdir()))


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def machine(db: Database, cast: Cast, db_url: str, tmp_path: Path) -> Iterator[Callable[[str], Machine]]:
    made = []

    def start(name: str) -> Machine:
        settings = Settings(
            data_dir=tmp_path / name, database_url=db_url, files_url=(tmp_path / "files").as_uri(), secret_key=SECRET
        )
        app = create_app(settings)
        made.append(app)
        client = app.test_client()
        client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
        sign_in(app, client, db, cast, "ana")
        return Machine(settings, client)

    yield start
    for app in made:
        app.extensions["fieldapp"].db.close()


@pytest.fixture
def crane(db: Database, cast: Cast) -> Brought:
    return listed(db, cast.ana, CRANE)[0]


def begun(machine: Machine, photo: Brought) -> str:
    """Half of the photo goes to this machine; where it is to go on."""
    headers = {**photo.creation, "Content-Type": TYPE}
    answer = machine.ana.post(DOOR, headers=headers, data=photo.data[:HALF])
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, str(HALF))
    return answer.headers["Location"]


def stands(machine: Machine, at: str) -> int:
    return int(machine.ana.head(at, headers={"Tus-Resumable": "1.0.0"}).headers["Upload-Offset"])


def test_a_photo_half_sent_to_a_machine_that_dies_is_sent_to_the_other(
    machine: Callable[[str], Machine], crane: Brought, db: Database, tmp_path: Path
) -> None:
    one, two = machine("one"), machine("two")
    at = begun(one, crane)
    too_far = two.ana.patch(at, headers=patch_headers(HALF), data=crane.data[HALF:])
    assert (too_far.status_code, too_far.headers["Upload-Offset"]) == (409, "0")
    assert stands(two, at) == 0
    done = two.ana.patch(at, headers=patch_headers(0), data=crane.data)
    assert done.status_code == 204
    assert receipt_in(done)["complete"] is True
    assert stands(one, at) == len(CRANE)
    files = Files((tmp_path / "files").as_uri())
    assert b"".join(files.pieces(f"evidence/{crane.sha256[:2]}/{crane.sha256}")) == CRANE
    assert (one.parts, two.parts) == (1, 0)
    for part in one.settings.parts_dir.iterdir():
        os.utime(part, (NOON.timestamp(), NOON.timestamp()))
    with clock.frozen(NOON + 3 * upload_rows.KEEP_DONE):
        for each in (two, one):
            upload_jobs.sweep(db, Parts(each.settings.parts_dir))
    assert (one.parts, two.parts) == (0, 0)


def test_a_photo_sent_to_both_at_once_is_there_once(
    machine: Callable[[str], Machine], crane: Brought, db: Database
) -> None:
    one, two = machine("one"), machine("two")
    at = begun(one, crane)
    headers = {**crane.creation, "Content-Type": TYPE}
    assert receipt_in(two.ana.post(DOOR, headers=headers, data=crane.data))["complete"] is True
    late = one.ana.patch(at, headers=patch_headers(HALF), data=crane.data[HALF:])
    assert late.status_code in (204, 409)
    with db.reading() as session:
        assert session.get_one(Photo, crane.id).state == "stored"
        assert session.scalar(select(func.count()).select_from(Upload)) == 1


def test_the_docs_show_a_caddyfile_that_the_fleet_can_use() -> None:
    shown = caddyfile(DEPLOY.read_text(encoding="utf-8"), 12345, [12346, 12347])
    assert "reverse_proxy 127.0.0.1:12346 127.0.0.1:12347" in shown
