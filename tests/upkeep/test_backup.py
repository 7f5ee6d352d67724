"""`fieldapp backup`: whole or not at all, while the server runs, and only what is new."""

import dataclasses
import json
import sqlite3
import stat
import subprocess
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import obstore
import pytest
from flask import Flask
from obstore.store import MemoryStore
from sqlalchemy import make_url, text

from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.core.files import Files
from fieldapp.core.models import Fact
from fieldapp.settings import Settings
from fieldapp.upkeep import manifest, place
from fieldapp.upkeep.backup import Report, backup
from fieldapp.upkeep.place import Trouble
from tests.cast import NOON, Cast
from tests.processes import until
from tests.sync.phone import photo
from tests.upkeep.conftest import PG_BIN
from tests.upkeep.phone import Phone, picture

ON_SQLITE = pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)  # where the database makes no difference
BackUp = Callable[..., Report]
PhoneOf = Callable[[str], Phone]


def handed_in(phone: Phone, cast: Cast, *texts: str) -> None:
    """A visit with these photos."""
    pictures = [picture(text) for text in texts]
    phone.hand_in(phone.visit(cast.sail, photos=[photo(data) for data in pictures]), *pictures)


def under(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_it_holds_database_files_and_keys_and_says_so(
    phone_of: PhoneOf, cast: Cast, db: Database, back_up: BackUp, folder: Path, settings: Settings
) -> None:
    handed_in(phone_of("ana"), cast, "gate", "crane")
    with clock.frozen(NOON):
        done = back_up()
    generation = folder / "00001-2026-11-20T040000Z"
    said = manifest.read(generation)
    assert (done.new, said.files, said.counts["visit"], said.counts["photo"]) == (2, 2, 1, 2)
    with db.reading() as session:
        assert said.server_epoch == session.get_one(Fact, "server_epoch").value
    manifest.check_parts(generation, said)
    assert (generation / "keys" / "secret.key").read_text() == (settings.data_dir / "secret.key").read_text()


@ON_SQLITE
def test_nobody_else_may_read_it(phone_of: PhoneOf, cast: Cast, back_up: BackUp, folder: Path) -> None:
    handed_in(phone_of("ana"), cast, "gate")
    (folder).mkdir(mode=0o755)
    back_up()
    for path in [folder, *folder.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_second_one_copies_only_what_is_new(phone_of: PhoneOf, cast: Cast, back_up: BackUp, folder: Path) -> None:
    ana = phone_of("ana")
    handed_in(ana, cast, "gate", "crane")
    back_up()
    before = {path: path.stat().st_ino for path in (folder / "files").rglob("*") if path.is_file()}
    handed_in(ana, cast, "roof")
    second = back_up()
    assert (second.new, second.manifest.files) == (1, 3)
    assert all(path.stat().st_ino == node for path, node in before.items())
    assert back_up().new == 0


@ON_SQLITE
def test_it_keeps_as_many_as_one_says_and_the_bytes_that_they_share(
    phone_of: PhoneOf, cast: Cast, back_up: BackUp, files: Files, folder: Path
) -> None:
    ana = phone_of("ana")
    handed_in(ana, cast, "gate")
    files.put_bytes("thumb/of-no-photo.jpg", b"drawn once")
    with clock.frozen(NOON):
        back_up()
        files.put_bytes("thumb/of-no-photo.jpg", b"drawn anew")
        for _day in range(3):
            clock.advance(timedelta(days=1))
            last = back_up(keep=2)
    assert last.removed == ["00002-2026-11-21T040000Z"]
    left = [path.name for path in place.Place(folder).generations()]
    assert left == ["00003-2026-11-22T040000Z", "00004-2026-11-23T040000Z"]
    kept = {path.read_bytes() for path in (folder / "files").rglob("*") if path.is_file()}
    assert kept == {picture("gate"), b"drawn anew"}


@ON_SQLITE
def test_a_clock_that_ran_ahead_misleads_neither_what_is_kept_nor_what_is_newest(
    phone_of: PhoneOf, cast: Cast, back_up: BackUp, folder: Path
) -> None:
    ana = phone_of("ana")
    handed_in(ana, cast)
    with clock.frozen(NOON):
        uncounted = folder / "2026-11-20T040000Z"  # of the version that did not count them yet
        (folder / back_up().generation).rename(uncounted)
        clock.advance(timedelta(days=365))
        ahead = back_up()
        clock.advance(timedelta(days=-365))
        handed_in(ana, cast)
        right = back_up(keep=2)
    assert right.removed == [uncounted.name]
    left = place.Place(folder).generations()
    assert [path.name for path in left] == [ahead.generation, right.generation]
    assert (right.generation, manifest.read(left[-1]).counts["visit"]) == ("00002-2026-11-20T040000Z", 2)


def test_while_others_write_it_is_one_moment_of_the_database(
    phone_of: PhoneOf, cast: Cast, db: Database, back_up: BackUp, folder: Path
) -> None:
    """Two rows are always changed together; a dump that mixes two moments would hold them apart."""
    ana, stop, rounds = phone_of("ana"), threading.Event(), []

    def write() -> None:
        while not stop.is_set():
            rounds.append(1)
            for_both = str(len(rounds))
            with db.writing() as session:
                session.merge(Fact(name="left", value=for_both))
                session.flush()
                session.merge(Fact(name="right", value=for_both))

    writer = threading.Thread(target=write)
    handed_in(ana, cast, "gate")
    writer.start()
    try:
        until("the first pair", lambda: len(rounds) > 1)
        for _time in range(2):
            assert len(pair_in(folder / back_up().generation)) == 1
    finally:
        stop.set()
        writer.join()


def pair_in(generation: Path) -> set[str]:
    """What the two rows say in the dump."""
    if (generation / "database.sqlite3").exists():
        rows = dict(sqlite3.connect(generation / "database.sqlite3").execute("SELECT name, value FROM fact").fetchall())
    else:
        dump = [f"{PG_BIN}/pg_restore", "--data-only", "--table=fact", "--file=-", str(generation / "database.dump")]
        text = subprocess.run(dump, capture_output=True, text=True, check=True).stdout
        rows = dict(line.split("\t") for line in text.splitlines() if line.count("\t") == 1)
    return {rows["left"], rows["right"]}


@ON_SQLITE
@pytest.mark.parametrize("broken_off", ["while copying", "while naming"])
def test_one_that_is_broken_off_never_looks_whole(
    phone_of: PhoneOf, cast: Cast, back_up: BackUp, settings: Settings, files: Files, folder: Path, broken_off: str
) -> None:
    handed_in(phone_of("ana"), cast, "gate")
    first = back_up()
    handed_in(phone_of("bo"), cast, "crane")

    class Stopped(Files):
        def open(self, key: str):  # type: ignore[no-untyped-def]
            raise KeyboardInterrupt

    if broken_off == "while copying":
        with pytest.raises(KeyboardInterrupt):
            backup(settings, Stopped(settings.files), folder)
    else:  # the machine went away before anything could be tidied up
        (folder / ".making-0123").mkdir()
        (folder / ".making-0123" / "manifest.json").write_text("{}")
        (folder / "2026-11-20T040000Z").mkdir()  # and a folder that somebody made by hand
    assert [path.name for path in place.Place(folder).generations()] == [first.generation]
    assert back_up().manifest.files == 2
    assert not list(folder.glob(".making-*"))


@ON_SQLITE
def test_evidence_that_rotted_is_told_and_an_earlier_backup_still_has_it(
    phone_of: PhoneOf, cast: Cast, back_up: BackUp, files: Files, folder: Path
) -> None:
    handed_in(phone_of("ana"), cast, "gate")
    back_up()
    (one,) = files.listing()
    path = files.path(one.key)
    assert path is not None
    path.write_bytes(b"cut")
    done = back_up()
    assert done.manifest.damaged == [one.key] and not done.whole
    assert place.Place(folder).pool.path(one.key.rpartition("/")[2]).read_bytes() == picture("gate")


@ON_SQLITE
def test_evidence_that_is_wrong_from_the_first_is_not_taken_for_right(
    phone_of: PhoneOf, cast: Cast, back_up: BackUp, files: Files, folder: Path
) -> None:
    handed_in(phone_of("ana"), cast, "gate", "crane")
    first, second = sorted(files.listing(), key=lambda one: one.key)
    wrong, gone = files.path(first.key), files.path(second.key)
    assert wrong is not None and gone is not None
    wrong.write_bytes(bytes(len(picture("gate"))))
    gone.unlink()
    done = back_up()
    assert (done.manifest.damaged, done.manifest.missing, done.manifest.files) == ([first.key], [second.key], 0)
    assert under(folder / "files") == set()


@ON_SQLITE
def test_what_arrives_while_it_runs_is_left_to_the_next(
    phone_of: PhoneOf, cast: Cast, back_up: BackUp, files: Files
) -> None:
    handed_in(phone_of("ana"), cast, "gate")
    files.put_bytes(f"evidence/ab/ab{'0' * 62}", b"its record is not committed yet")
    assert back_up().manifest.files == 1


@ON_SQLITE
def test_a_folder_of_something_else_is_not_touched(back_up: BackUp, app: Flask, folder: Path) -> None:
    folder.mkdir()
    (folder / "letters.txt").write_text("mine")
    with pytest.raises(Trouble, match="holds something else"):
        back_up()
    assert under(folder) == {"letters.txt"}


@ON_SQLITE
def test_it_does_not_back_itself_up(app: Flask, settings: Settings, files: Files) -> None:
    with pytest.raises(Trouble, match="choose a folder elsewhere"):
        backup(settings, files, settings.data_dir / "files" / "backups")


@ON_SQLITE
def test_two_at_once_do_not_mix(app: Flask, back_up: BackUp, folder: Path) -> None:
    with place.opened(folder), pytest.raises(Trouble, match="another backup"):
        back_up()
    assert back_up().whole


@ON_SQLITE
def test_a_store_that_is_no_folder_is_streamed(app: Flask, settings: Settings, folder: Path) -> None:
    """An S3 store answers as this one does."""
    files = Files("memory:///")
    files._store = store = MemoryStore()
    obstore.put(store, "thumb/x.jpg", b"drawn")
    assert backup(settings, files, folder).new == 1
    assert backup(settings, files, folder).new == 0
    obstore.put(store, "thumb/x.jpg", b"DRAWN")
    assert backup(settings, files, folder).new == 1


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("version", "says"),
    [(None, "pg_dump was not found in FIELDAPP_PG_BIN"), (9, "of version 9, the server of version")],
)
def test_a_pg_dump_that_is_missing_or_too_old_is_told_before_anything_is_written(
    postgres_url: str, tmp_path: Path, folder: Path, version: int | None, says: str
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    if version:
        (tools / "pg_dump").write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {version}.6'\n")
        (tools / "pg_dump").chmod(0o755)
    settings = Settings(data_dir=tmp_path / "data", database_url=postgres_url, pg_bin=str(tools))
    with pytest.raises(Trouble, match=says):
        backup(settings, Files(settings.files), folder)
    assert place.Place(folder).generations() == []


@pytest.mark.postgres
def test_the_password_of_the_database_is_no_argument(postgres_url: str, tmp_path: Path, folder: Path) -> None:
    """Anyone on the machine may read arguments."""
    tools, told = tmp_path / "tools", tmp_path / "told.json"
    tools.mkdir()
    (tools / "pg_dump").write_text(
        "#!/bin/sh\n"
        'case "$1" in --version) echo "pg_dump (PostgreSQL) 99.1";; *) echo "$* and $PGPASSWORD" >'
        f" {told}; exit 1;; esac\n"
    )
    (tools / "pg_dump").chmod(0o755)
    url = make_url(postgres_url).set(password="gravel-9").render_as_string(hide_password=False)
    settings = Settings(data_dir=tmp_path / "data", database_url=url, pg_bin=str(tools))
    with pytest.raises(Trouble, match="failed"):
        backup(settings, Files(settings.files), folder)
    arguments, _, environ = told.read_text().partition(" and ")
    assert "gravel-9" not in arguments and environ.strip() == "gravel-9"


@ON_SQLITE
def test_a_database_that_is_not_of_this_version_yet_is_backed_up_too(
    app: Flask, db: Database, settings: Settings, back_up: BackUp, tmp_path: Path
) -> None:
    """It is what one does before an upgrade."""
    with db.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'older'"))
        session.execute(text("DROP TABLE review_item"))
    assert back_up().manifest.migration == "older"
    empty = dataclasses.replace(settings, database_url=f"sqlite:///{tmp_path}/empty.db")
    sqlite3.connect(tmp_path / "empty.db").close()
    (tmp_path / "empty.db").touch()
    with pytest.raises(Trouble, match="fieldapp init"):
        backup(empty, Files(settings.files), tmp_path / "other")


@ON_SQLITE
def test_the_manifest_is_one_json_object(app: Flask, back_up: BackUp, folder: Path) -> None:
    done = back_up()
    said = json.loads((folder / done.generation / "manifest.json").read_text())
    assert said["format"] == "fieldapp-backup/1" and said["migration"]
