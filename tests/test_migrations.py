"""Migrations on both databases: they make what the models say, and each goes down and up again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select, text

from fieldapp.core import migrate
from fieldapp.core.db import Base, Database, new_id
from fieldapp.core.models import Change, Counter, Fact
from fieldapp.issues.models import Category
from fieldapp.projects.models import Stage
from fieldapp.visits.models import Question, VisitKind
from tests.conftest import _maintain, _named

REVISIONS = [
    script.revision for script in reversed(list(ScriptDirectory(str(migrate.SCRIPTS)).walk_revisions("base", "heads")))
]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with nothing in it."""
    if request.param == "sqlite":
        url, drop = f"sqlite:///{tmp_path}/bare.db", None
    else:
        server, name = request.getfixturevalue("postgres"), f"bare{new_id().hex}"
        _maintain(server, f'CREATE DATABASE "{name}"')
        url, drop = _named(server, name), f'DROP DATABASE "{name}" WITH (FORCE)'
    database = Database(url)
    yield database
    database.close()
    if drop:
        _maintain(server, drop)


def go(database: Database, way: str, revision: str) -> None:
    with database.engine.connect() as connection:
        getattr(command, way)(migrate.config(connection), revision)
        connection.commit()


def tables(database: Database) -> set[str]:
    return {name for name in inspect(database.engine).get_table_names() if _is_modelled(name)} - {"alembic_version"}


def _is_modelled(name: str | None, *_more: Any) -> bool:
    """The index of the search looks different on each database (`fieldapp/search/grams.py`)."""
    return not (name or "").startswith(("search_gram", "ix_search_gram"))


OPTIONS = {"compare_type": True, "compare_server_default": False, "include_name": _is_modelled}


def test_there_is_one_line_of_them() -> None:
    assert len(ScriptDirectory(str(migrate.SCRIPTS)).get_heads()) == 1


def test_the_models_and_the_migrated_schema_are_the_same(bare: Database) -> None:
    migrate.upgrade(bare)
    with bare.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=OPTIONS)
        assert compare_metadata(context, Base.metadata) == []
    assert tables(bare) == set(Base.metadata.tables)


def test_every_migration_goes_up_down_and_up_again(bare: Database) -> None:
    for before, revision in zip(["base", *REVISIONS], REVISIONS, strict=False):
        go(bare, "upgrade", revision)
        went_up = tables(bare)
        go(bare, "downgrade", before)
        go(bare, "upgrade", revision)
        assert tables(bare) == went_up
    go(bare, "downgrade", "base")
    assert tables(bare) == set()
    assert set(inspect(bare.engine).get_table_names()) == {"alembic_version"}


def test_a_zone_begins_with_its_kinds_categories_and_stages(bare: Database) -> None:
    migrate.upgrade(bare)
    with bare.reading() as session:
        names = set(session.scalars(select(VisitKind.zh)))
        assert {"踏查现场", "来电登记", "线上沟通", "模拟验收"} <= names
        assert len(session.scalars(select(Category)).all()) > 5
        stages = set(session.scalars(select(Stage.code)))
        assert {"S00", "S01"} <= stages


def test_upgrading_again_changes_nothing_and_the_server_keeps_its_epoch(bare: Database) -> None:
    assert migrate.pending(bare)
    migrate.upgrade(bare)
    assert not migrate.pending(bare)
    with bare.reading() as session:
        epoch = session.get_one(Fact, migrate.EPOCH).value
    migrate.upgrade(bare)
    with bare.reading() as session:
        assert session.get_one(Fact, migrate.EPOCH).value == epoch
        assert session.scalar(text("SELECT count(*) FROM alembic_version")) == 1


def test_phones_that_knew_a_zone_before_learn_what_to_ask_there(bare: Database) -> None:
    go(bare, "upgrade", "0002")
    with bare.writing() as session:
        session.add(Counter(name="reference", value=7))
    go(bare, "upgrade", "0003")
    with bare.reading() as session:
        told = set(session.execute(select(Change.row, Change.version).where(Change.kind == "question")).all())
        assert told == {(code, 8) for code in session.scalars(select(Question.code))} and len(told) > 40
        assert session.get_one(Counter, "reference").value == 8


def test_a_table_is_rebuilt_without_checking_keys_and_they_are_checked_again_afterwards(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'keys.db'}")
    with database.engine.connect() as connection, migrate._keys_unchecked(connection):
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 0
        connection.rollback()
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    database.close()
