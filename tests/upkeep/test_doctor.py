"""`fieldapp doctor`: each thing that can be wrong is made wrong, and found; what is well is left alone."""

import dataclasses
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from alembic import command
from sqlalchemy import text, update

from fieldapp.accounts.models import User
from fieldapp.app import create_app
from fieldapp.cli import main
from fieldapp.core import audit, clock, jobs, migrate
from fieldapp.core.db import Database, new_id
from fieldapp.core.files import Files
from fieldapp.core.models import Audit
from fieldapp.photos import jobs as _of_photos  # noqa: F401  registered by being imported
from fieldapp.photos.models import Photo
from fieldapp.settings import Settings
from fieldapp.sync.models import Gap, Raw
from fieldapp.upkeep.backup import Report
from fieldapp.upkeep.doctor import examine
from fieldapp.upkeep.examining import Finding, Limits
from fieldapp.upkeep.restore import restore
from tests.cast import Cast, settle
from tests.photos.pictures import jpeg, scene, with_exif
from tests.sync.phone import photo
from tests.upkeep.conftest import PG_BIN, sign_in_on
from tests.upkeep.phone import Phone

Run = Callable[..., tuple[int, str, str]]
ON_SQLITE = pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
LONG_AGO = datetime.now(UTC) - timedelta(days=10)
HERE = str(Path(__file__))


def make_well(settings: Settings) -> Cast:
    """An installation with two photos, on which the worker has looked at everything."""
    database = Database(settings.database)
    with database.writing() as session:
        cast = settle(session)
    app = create_app(settings)
    ana = Phone(cast.ana)
    sign_in_on(ana, app, database, cast, "ana")
    pictures = [jpeg(scene(64, 48)), with_exif(upright=scene(48, 64))]  # the second gets a display copy of its own
    ana.hand_in(ana.visit(cast.sail, photos=[photo(data) for data in pictures]), *pictures)
    context = jobs.Context(settings, database, Files(settings.files))
    jobs.run("thumbnails", context)
    jobs.seal_audit(context)
    app.extensions["fieldapp"].db.close()
    database.close()
    return cast


@pytest.fixture(scope="module")
def made(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Cast]:
    """One on SQLite, made once; tests break copies of it."""
    folder = tmp_path_factory.mktemp("well")
    shutil.copyfile(sqlite_template, folder / "fieldapp.db")
    return folder, make_well(Settings(data_dir=folder, threads=4))


@pytest.fixture
def well(request: pytest.FixtureRequest, tmp_path: Path, db_url: str) -> Settings:
    origin = "http://127.0.0.1:1"
    settings = Settings(data_dir=tmp_path / "data", origin=origin, threads=4, pg_bin=PG_BIN)
    if db_url.startswith("sqlite"):
        shutil.copytree(request.getfixturevalue("made")[0], settings.data_dir)
        return settings
    settings = dataclasses.replace(settings, database_url=db_url)
    make_well(settings)
    return settings


@pytest.fixture
def cast(made: tuple[Path, Cast]) -> Cast:
    return made[1]


@pytest.fixture
def settings(well: Settings) -> Settings:
    return well


@pytest.fixture
def db(well: Settings) -> Iterator[Database]:
    database = Database(well.database)
    yield database
    database.close()


def look(settings: Settings, *, deep: bool = False, **limits: object) -> list[Finding]:
    """The findings; the font is one that is surely there."""
    return examine(settings, deep=deep, limits=Limits(**{"fonts": [HERE], **limits})).findings  # type: ignore[arg-type]


def codes(settings: Settings, *, deep: bool = False, **limits: object) -> list[str]:
    found = look(settings, deep=deep, **limits)
    assert all(one.what and one.do for one in found)
    return [one.code for one in found]


def age(path: Path) -> None:
    os.utime(path, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))


def evidence(files: Files) -> list[Path]:
    return sorted(path for one in files.listing() if (path := files.path(one.key)) and one.key.startswith("evidence"))


def test_a_healthy_installation_has_nothing(well: Settings) -> None:
    assert look(well, deep=True) == []


def test_nor_has_one_that_was_just_restored(
    well: Settings, back_up: Callable[..., Report], folder: Path, elsewhere: Settings
) -> None:
    back_up()
    restore(elsewhere, folder)
    assert look(elsewhere, deep=True) == []


def test_it_changes_nothing(well: Settings) -> None:
    def state() -> dict[str, int]:
        return {str(path): path.stat().st_mtime_ns for path in well.data_dir.rglob("*") if path.is_file()}

    before = state()
    look(well, deep=True)
    assert state() == before


# -- photos and files ------------------------------------------------------------------------------------------------


@ON_SQLITE
def test_missing_bytes(well: Settings, files: Files) -> None:
    evidence(files)[0].unlink()
    (found,) = look(well)
    assert (found.code, len(found.about)) == ("photo-missing", 1)
    assert found.about[0].startswith("evidence/")


@ON_SQLITE
def test_bytes_that_were_cut_are_seen_at_once_and_flipped_ones_by_reading(well: Settings, files: Files) -> None:
    cut, flipped = evidence(files)
    data = flipped.read_bytes()
    flipped.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert codes(well) == []
    assert codes(well, deep=True) == ["photo-damaged"]
    cut.write_bytes(cut.read_bytes()[:-1])
    assert [len(one.about) for one in look(well)] == [1]
    assert [len(one.about) for one in look(well, deep=True)] == [2]


@ON_SQLITE
@pytest.mark.parametrize("folder_of", ["thumb", "display"])
def test_missing_copies(well: Settings, files: Files, folder_of: str) -> None:
    one = next(one for one in files.listing() if one.key.startswith(folder_of))
    files.delete(one.key)
    assert codes(well) == ["copy-missing"]


@ON_SQLITE
@pytest.mark.parametrize("key", [f"evidence/ab/ab{'0' * 62}", f"thumb/{UUID(int=7)}.jpg", "display/what-is-this.jpg"])
def test_files_that_nobody_refers_to_unless_they_may_just_be_arriving(well: Settings, files: Files, key: str) -> None:
    files.put_bytes(key, b"nobody's")
    assert codes(well) == []
    path = files.path(key)
    assert path is not None
    age(path)
    (found,) = look(well)
    assert (found.code, found.about) == ("file-orphaned", [key])


@ON_SQLITE
def test_unfinished_uploads_past_their_time(well: Settings) -> None:
    part = well.parts_dir / f"{new_id()}.part"
    part.write_bytes(b"half of")
    assert codes(well) == []
    age(part)
    assert codes(well) == ["parts-left-over"]


@ON_SQLITE
def test_temporary_files_of_killed_processes(well: Settings, files: Files) -> None:
    root = files.path("")
    assert root is not None
    stray = root / "evidence" / ".ab12.0123"
    stray.write_bytes(b"half of")
    assert codes(well) == []
    age(stray)
    assert codes(well) == ["temporary-files"]


# -- records ---------------------------------------------------------------------------------------------------------


def change(db: Database, *statements: object) -> None:
    with db.writing() as session:
        for statement in statements:
            session.execute(statement)  # type: ignore[call-overload]


@ON_SQLITE
def test_gaps_in_what_a_phone_counted(well: Settings, db: Database, cast: Cast) -> None:
    def gap(seq: int, since: datetime) -> Gap:
        return Gap(device_id=new_id(), user_id=cast.ana, seq=seq, since=since)

    with db.writing() as session:
        session.add_all([gap(3, LONG_AGO), gap(4, datetime.now(UTC))])
    (found,) = look(well)
    assert found.code == "device-gaps" and len(found.about) == 1 and "安娜: no. 3" in found.about[0]


@ON_SQLITE
def test_records_on_no_timeline_yet(well: Settings, db: Database) -> None:
    change(db, update(Raw).values(state="received"))
    assert codes(well) == []
    change(db, update(Raw).values(received_at=LONG_AGO))
    assert codes(well) == ["records-waiting"]


@ON_SQLITE
def test_thumbnails_that_nobody_makes(well: Settings, db: Database) -> None:
    change(db, update(Photo).values(derivative="wanted"))
    assert codes(well) == []
    change(db, update(Photo).values(stored_at=LONG_AGO))
    assert codes(well) == ["jobs-behind"]


def test_audit_rows_that_nobody_seals(well: Settings, db: Database) -> None:
    db.write(lambda session: audit.record(session, None, "seen", "visit", "1"))
    assert codes(well) == []
    change(db, update(Audit).where(Audit.verb == "seen").values(at=LONG_AGO))
    assert codes(well) == ["audit-unsealed"]


@ON_SQLITE
def test_an_audit_log_that_was_changed(well: Settings, db: Database) -> None:
    change(db, update(Audit).where(Audit.seq == 1).values(verb="something.else"))
    (found,) = look(well)
    assert found.code == "audit-broken" and "row 1" in found.what


@ON_SQLITE
@pytest.mark.parametrize("damage", [
    "rootpage = (SELECT rootpage FROM sqlite_master WHERE name = 'ix_visit_kind') WHERE name = 'ix_visit_owner'",
    "sql = replace(sql, 'archived_at DATETIME', 'archived_at DATETIME NOT NULL') WHERE name = 'visit_kind'",
])  # fmt: skip
def test_a_damaged_database_file(well: Settings, damage: str) -> None:
    """One that can no longer be opened, and one whose rows break its own rules."""
    with closing(sqlite3.connect(well.database.removeprefix("sqlite:///"))) as raw, raw:
        raw.execute("PRAGMA writable_schema=ON")
        raw.execute(f"UPDATE sqlite_master SET {damage}")
    assert "database-damaged" in codes(well)


@ON_SQLITE
def test_rows_that_refer_to_nothing(well: Settings, db: Database) -> None:
    with db.engine.connect() as connection, migrate._keys_unchecked(connection):
        connection.execute(text("DELETE FROM project"))
        connection.commit()
    assert "database-references" in codes(well)


@ON_SQLITE
def test_pending_migrations_and_a_newer_database(well: Settings, db: Database) -> None:
    change(db, text("UPDATE alembic_version SET version_num = '9999'"))
    assert codes(well) == ["database-newer"]
    with db.engine.connect() as connection:
        change_back = text("UPDATE alembic_version SET version_num = :head")
        connection.execute(change_back, {"head": migrate.head()})
        connection.commit()
    with db.engine.connect() as connection, migrate._keys_unchecked(connection):
        command.downgrade(migrate.config(connection), "base")
        connection.commit()
    assert codes(well) == ["migrations-pending"]


@ON_SQLITE
def test_a_database_that_is_not_there(well: Settings, tmp_path: Path) -> None:
    nowhere = dataclasses.replace(well, database_url=f"sqlite:///{tmp_path}/nowhere.db")
    assert codes(nowhere) == ["database-missing"]
    assert not (tmp_path / "nowhere.db").exists()


@pytest.mark.postgres
@pytest.mark.parametrize("db_url", ["postgres"], indirect=True)
def test_a_database_that_does_not_answer(well: Settings) -> None:
    silent = dataclasses.replace(well, database_url="postgresql+psycopg://nobody@127.0.0.1:1/fieldapp")
    assert set(codes(silent)) == {"check-failed"}


@ON_SQLITE
def test_a_restore_that_was_broken_off(well: Settings) -> None:
    (well.data_dir / "restoring").write_text("2026-11-20T040000Z")
    assert codes(well) == ["restore-broken-off"]


# -- the machine and its settings ------------------------------------------------------------------------------------


@ON_SQLITE
def test_no_origin(well: Settings) -> None:
    assert codes(dataclasses.replace(well, origin="")) == ["origin-missing"]


@ON_SQLITE
@pytest.mark.parametrize("key", ["gravel" * 3, "ab" * 20, "change-me-change-me-change-me-change-me"])
def test_a_weak_secret(well: Settings, key: str) -> None:
    (well.data_dir / "secret.key").write_text(key)
    assert codes(well) == ["secret-weak"]
    (well.data_dir / "secret.key").unlink()
    assert codes(dataclasses.replace(well, secret_key=key)) == ["secret-weak"]


@ON_SQLITE
def test_a_secret_that_others_may_read(well: Settings) -> None:
    (well.data_dir / "secret.key").chmod(0o640)
    assert codes(well) == ["secret-readable"]


@ON_SQLITE
def test_a_disk_that_is_nearly_full(well: Settings) -> None:
    assert codes(well, free_bytes=10**18) == ["disk-nearly-full"]
    assert codes(well, free_bytes=0, free_share=1.01) == ["disk-nearly-full"]


def test_a_clock_that_is_off_against_the_database_and_the_disk(well: Settings) -> None:
    with clock.frozen(datetime.now(UTC) + timedelta(minutes=3)):
        found = look(well)
    assert {one.code for one in found} == {"clock-off"}
    assert len(found) == (2 if "postgresql" in well.database else 1)


@ON_SQLITE
def test_a_clock_that_is_off_against_the_address_that_phones_use(well: Settings, other_clock: str) -> None:
    (found,) = look(dataclasses.replace(well, origin=other_clock))
    assert found.code == "clock-off" and other_clock in found.what


@pytest.fixture
def other_clock() -> Iterator[str]:
    """A server whose clock is an hour behind."""
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Slow(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string((datetime.now(UTC) - timedelta(hours=1)).timestamp())

        def log_message(self, *_said: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Slow)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@ON_SQLITE
def test_no_chinese_font(well: Settings) -> None:
    assert codes(well, fonts=["/nowhere/NotoSansCJK-Regular.ttc"]) == ["font-missing"]


@ON_SQLITE
def test_demo_accounts_where_others_can_sign_in(well: Settings, db: Database) -> None:
    reachable = dataclasses.replace(well, origin="https://fieldapp.invalid")
    assert codes(reachable) == []
    change(db, update(User).where(User.username == "ana").values(demo=True))
    assert codes(well) == []
    (found,) = look(reachable)
    assert found.code == "demo-accounts" and "documentation" in found.what and "ana" in found.about
    change(db, update(User).values(password_hash="$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA"))
    (found,) = look(reachable)
    assert found.code == "demo-accounts" and found.about == ["ana"]


# -- at the terminal -------------------------------------------------------------------------------------------------


@pytest.fixture
def run(well: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command on this installation."""
    for name in ("data_dir", "database_url", "origin", "pg_bin"):
        monkeypatch.setenv(f"FIELDAPP_{name.upper()}", str(getattr(well, name)))

    def do(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return do


@ON_SQLITE
def test_it_says_what_to_do_and_ends_with_1(run: Run, well: Settings) -> None:
    (well.data_dir / "secret.key").chmod(0o644)
    code, out, _err = run("doctor")
    assert code == 1 and "secret-readable: " in out and "→ chmod 600" in out
    code, out, _err = run("doctor", "--json", "--deep")
    said = json.loads(out)
    assert code == 1 and "secret-readable" in [one["code"] for one in said["findings"]]
    assert "photo-bytes" in said["checked"]


@ON_SQLITE
def test_backup_and_restore_say_what_they_did(
    run: Run,
    files: Files,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    elsewhere: Settings,
) -> None:
    code, out, _err = run("backup", str(folder), "--keep", "3")
    assert code == 0 and "1 visits" in out and "are new" in out
    monkeypatch.setenv("FIELDAPP_DATA_DIR", str(elsewhere.data_dir))
    monkeypatch.setenv("FIELDAPP_DATABASE_URL", elsewhere.database_url)
    code, out, _err = run("restore", str(folder))
    assert code == 0 and "1 visits" in out and "the phones see" in out
    code, _out, err = run("restore", str(folder))
    assert code == 2 and "empty place" in err
    monkeypatch.undo()


@ON_SQLITE
def test_a_backup_that_misses_something_ends_with_1(run: Run, files: Files, folder: Path) -> None:
    evidence(files)[0].unlink()
    code, out, _err = run("backup", str(folder))
    assert code == 1 and "MISSING" in out
    with pytest.raises(SystemExit):
        run("backup", str(folder), "--keep", "0")


@ON_SQLITE
def test_nothing_is_served_from_a_place_that_is_not_whole(run: Run, well: Settings) -> None:
    (well.data_dir / "restoring").write_text("2026-11-20T040000Z")
    for command_line in (("init",), ("serve",), ("user", "list")):
        code, _out, err = run(*command_line)
        assert code == 2 and "Restore again" in err
