"""The server is destroyed and restored from before the visit: the phone brings it back once it is opened."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from fieldapp.core.db import Database
from fieldapp.core.files import Files
from fieldapp.issues.models import Issue
from fieldapp.settings import Settings
from fieldapp.upkeep.backup import backup
from fieldapp.upkeep.restore import restore
from tests.browser.deeds import all_sent, eventually, get_ready, new_visit, snapshot, stored, visits
from tests.browser.screens import Phone
from tests.cast import Cast
from tests.conftest import LiveServer, launch, until_ready


@pytest.fixture
def elsewhere(settings: Settings, tmp_path: Path) -> Settings:
    return dataclasses.replace(settings, data_dir=tmp_path / "elsewhere", database_url="")


@pytest.fixture
def there(elsewhere: Settings) -> Iterator[Database]:
    """What was restored; empty until then."""
    database = Database(elsewhere.database)
    yield database
    database.close()


def number_of(db: Database) -> tuple[str | None, str | None]:
    with db.reading() as session:
        return visits(db)[0].number, session.scalars(select(Issue.number)).one()


def test_a_visit_that_the_backup_does_not_have_comes_back_from_the_phone_with_its_numbers(
    phone: Phone, served: LiveServer, db: Database, settings: Settings, elsewhere: Settings, there: Database,
    cast: Cast, tmp_path: Path,
) -> None:  # fmt: skip
    backup(settings, Files(settings.files), tmp_path / "backups")
    get_ready(phone)
    form = new_visit(phone).choose().kind().write(progress="二层钢结构吊装完成")
    form.take(snapshot(tmp_path, "gate")).shrunk().issue("北门积水", photo=0).save()
    all_sent(phone.page, 1)
    had, photo = number_of(db), stored(db)

    served.kill()
    restore(elsewhere, tmp_path / "backups")
    assert visits(there) == []
    again = launch(elsewhere, int(served.url.rpartition(":")[2]), tmp_path / "again.log")
    try:
        until_ready(again)
        phone.expects("Failed to load resource", "net::ERR_")
        page = phone.open("/outbox")
        eventually("the visit is there again", lambda: len(visits(there)), lambda n: n == 1)
        eventually("its photo too", lambda: stored(there), lambda hashes: hashes == photo)
        assert number_of(there) == had
        all_sent(page, 1)
    finally:
        again.kill()
