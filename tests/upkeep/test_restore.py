"""`fieldapp restore`: a server again, another than the one that was lost; into an empty place, or not at all."""

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from fieldapp.accounts.models import User
from fieldapp.core import audit, audit_chain, clock, migrate
from fieldapp.core.db import Database
from fieldapp.core.files import Files
from fieldapp.core.models import Audit, Counter, Fact
from fieldapp.photos import actions as photos
from fieldapp.photos.models import Photo
from fieldapp.settings import Settings
from fieldapp.sync.receipts import server_epoch
from fieldapp.upkeep.backup import Report, backup
from fieldapp.upkeep.place import Place, Trouble, under_way
from fieldapp.upkeep.restore import restore
from tests.cast import NOON, Cast
from tests.sync.phone import photo
from tests.upkeep.phone import Phone, picture

ON_SQLITE = pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
BackUp = Callable[..., Report]
PhoneOf = Callable[[str], Phone]


def handed_in(phone: Phone, cast: Cast, *texts: str) -> list[str]:
    """A visit with these photos; their ids."""
    pictures = [picture(text) for text in texts]
    sealed = phone.visit(cast.sail, photos=[photo(data) for data in pictures])
    phone.hand_in(sealed, *pictures)
    return [line["id"] for line in sealed.said["photos"]]


def counters(db: Database) -> dict[str, int]:
    with db.reading() as session:
        return {row.name: row.value for row in session.scalars(select(Counter))}


def everything(settings: Settings) -> set[str]:
    return {path.relative_to(settings.data_dir).as_posix() for path in settings.data_dir.rglob("*") if path.is_file()}


def test_everything_is_there_again_under_another_epoch(
    phone_of: PhoneOf, cast: Cast, db: Database, back_up: BackUp, folder: Path, settings: Settings, elsewhere: Settings
) -> None:
    with clock.frozen(NOON):
        handed_in(phone_of("ana"), cast, "gate", "crane")
        before = counters(db)
        back_up()
        done = restore(elsewhere, folder)
    there = Database(elsewhere.database)
    with db.reading() as old, there.reading() as new:
        assert server_epoch(new) == done.epoch != server_epoch(old)
        assert new.scalar(select(Photo.state).limit(1)) == "stored"
    assert counters(there) == {name: value + 1_000 for name, value in {"XQ-2026": 0, **before}.items()}
    there.close()
    was, has = Files(settings.files), Files(elsewhere.files)
    assert {one.key: was.open(one.key).read() for one in was.listing()} == {
        one.key: has.open(one.key).read() for one in has.listing()
    }
    key = elsewhere.data_dir / "secret.key"
    assert key.read_text() == (settings.data_dir / "secret.key").read_text() and key.stat().st_mode & 0o77 == 0


def test_it_is_on_the_audit_log_whose_chain_goes_on(
    phone_of: PhoneOf, cast: Cast, db: Database, back_up: BackUp, folder: Path, elsewhere: Settings
) -> None:
    handed_in(phone_of("ana"), cast)
    db.write(audit.seal)
    back_up()
    restore(elsewhere, folder)
    there = Database(elsewhere.database)
    with there.reading() as session:
        row = session.scalars(select(Audit).order_by(Audit.seq.desc())).first()
        assert row is not None and row.verb == "server.restored"
        verdict = audit_chain.verify(session)
    there.close()
    assert verdict.broken_at is None and verdict.unsealed == 0 and verdict.sealed > 1


@ON_SQLITE
def test_the_newest_is_taken_or_the_one_that_is_named(
    phone_of: PhoneOf, cast: Cast, back_up: BackUp, folder: Path, elsewhere: Settings, tmp_path: Path
) -> None:
    ana = phone_of("ana")
    handed_in(ana, cast)
    first = back_up()
    handed_in(ana, cast)
    back_up()
    assert restore(elsewhere, folder).manifest.counts["visit"] == 2
    other = dataclasses.replace(elsewhere, data_dir=tmp_path / "third")
    assert restore(other, folder / first.generation).manifest.counts["visit"] == 1


@ON_SQLITE
def test_the_keys_of_the_file_store_are_told_to_nobody(
    app: Flask, back_up: BackUp, folder: Path, elsewhere: Settings
) -> None:
    back_up()
    Files(elsewhere.files).put_bytes("evidence/ab/ab12", b"somebody's")
    with_keys = dataclasses.replace(elsewhere, files_url=f"{elsewhere.files}?secret_access_key=hush")
    with pytest.raises(Trouble, match="is not empty") as told:
        restore(with_keys, folder)
    assert "hush" not in str(told.value)


@ON_SQLITE
def test_a_year_that_began_since_the_backup_has_its_counters_lifted_too(
    app: Flask, back_up: BackUp, folder: Path, elsewhere: Settings
) -> None:
    with clock.frozen(NOON):
        back_up()
    with clock.frozen(NOON.replace(year=2027, month=1)):
        restore(elsewhere, folder)
    there = Database(elsewhere.database)
    assert counters(there).items() >= {"ZF-2026": 1_000, "ZF-2027": 1_000, "XQ-2027": 1_000}.items()
    there.close()


# -- not at all ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("there", ["database", "files", "keys", "parts"])
def test_a_place_that_is_not_empty_is_left_as_it_is(
    app: Flask, back_up: BackUp, folder: Path, elsewhere: Settings, there: str
) -> None:
    back_up()
    elsewhere.data_dir.mkdir()
    if there == "database":
        made = Database(elsewhere.database)
        migrate.upgrade(made)
        made.close()
    elif there == "files":
        Files(elsewhere.files).put_bytes("evidence/ab/ab12", b"somebody's")
    else:
        name = "secret.key" if there == "keys" else "parts/1.part"
        (elsewhere.data_dir / name).parent.mkdir(exist_ok=True)
        (elsewhere.data_dir / name).write_text("somebody's")
    before = everything(elsewhere)
    with pytest.raises(Trouble, match="empty"):
        restore(elsewhere, folder)
    assert everything(elsewhere) == before


@ON_SQLITE
def test_a_backup_that_is_not_as_it_was_written_is_refused(
    phone_of: PhoneOf, cast: Cast, back_up: BackUp, folder: Path, elsewhere: Settings
) -> None:
    handed_in(phone_of("ana"), cast, "gate")
    generation = folder / back_up().generation
    for name in ("database.sqlite3", "files.txt", "keys/secret.key"):
        path = generation / name
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with pytest.raises(Trouble, match="not as it was written"):
            restore(elsewhere, folder)
        path.write_bytes(whole)
    (generation / "database.sqlite3").unlink()
    with pytest.raises(Trouble, match="is missing"):
        restore(elsewhere, folder)
    assert not elsewhere.data_dir.exists()


@ON_SQLITE
@pytest.mark.parametrize(("changed", "says"), [
    ({"migration": "9999"}, "made by fieldapp 7.0.0, whose database is newer"),
    ({"dialect": "postgresql"}, "this backup is of PostgreSQL"),
    ({"format": "fieldapp-backup/9"}, "a form of backup that this version does not know"),
    ({"parts": 5}, "cannot be read"),
])  # fmt: skip
def test_what_this_version_cannot_restore_is_refused_in_words(
    app: Flask, back_up: BackUp, folder: Path, elsewhere: Settings, changed: dict[str, object], says: str
) -> None:
    path = folder / back_up().generation / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": "7.0.0"} | changed))
    with pytest.raises(Trouble, match=says):
        restore(elsewhere, folder)
    assert not elsewhere.data_dir.exists()


@ON_SQLITE
def test_a_folder_without_a_backup_says_so(tmp_path: Path, elsewhere: Settings) -> None:
    with pytest.raises(Trouble, match="no folder of backups"):
        restore(elsewhere, tmp_path)


def test_an_older_backup_is_brought_up_to_date(
    phone_of: PhoneOf, cast: Cast, back_up: BackUp, folder: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if this version had one more migration than the one that made the backup."""
    handed_in(phone_of("ana"), cast)
    back_up()
    scripts = elsewhere.data_dir.parent / "migrations"
    for source in migrate.SCRIPTS.rglob("*"):
        if source.suffix in {".py", ".json", ".mako"}:
            target = scripts / source.relative_to(migrate.SCRIPTS)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    (scripts / "versions" / "next.py").write_text(
        f'revision, down_revision = "next", "{migrate.head()}"\nfrom alembic import op\n'
        "def upgrade():\n    op.execute(\"INSERT INTO fact (name, value) VALUES ('migrated', 'yes')\")\n"
        "def downgrade():\n    pass\n"
    )
    monkeypatch.setattr(migrate, "SCRIPTS", scripts)
    migrate.head.cache_clear()
    try:
        done = restore(elsewhere, folder)
        there = Database(elsewhere.database)
        with there.reading() as session:
            assert done.migrated and session.get_one(Fact, "migrated").value == "yes"
            assert not migrate.pending(there)
        there.close()
    finally:
        migrate.head.cache_clear()


# -- what is not as it was -------------------------------------------------------------------------------------------


def test_a_photo_that_the_backup_lost_is_wanted_again(
    phone_of: PhoneOf, cast: Cast, back_up: BackUp, folder: Path, elsewhere: Settings
) -> None:
    kept, lost = handed_in(phone_of("ana"), cast, "gate", "crane")
    back_up()
    path = next(p for p in (folder / "files").rglob("*") if p.is_file() and p.read_bytes() == picture("crane"))
    path.write_bytes(b"rotted")
    with pytest.raises(Trouble, match="--despite-damage"):
        restore(elsewhere, folder)
    done = restore(elsewhere, folder, despite_damage=True)
    assert (done.files, len(done.left_out), done.wanted_again) == (1, 1, 1)
    there = Database(elsewhere.database)
    with there.reading() as session:
        states = {str(p.id): p.state for p in session.scalars(select(Photo))}
    there.close()
    assert states == {kept: "stored", lost: "wanted"}


@ON_SQLITE
def test_bytes_given_up_while_the_backup_ran_are_not_brought_back(
    phone_of: PhoneOf, cast: Cast, db: Database, settings: Settings, folder: Path, elsewhere: Settings
) -> None:
    (photo_id,) = handed_in(phone_of("ana"), cast, "gate")

    class Purging(Files):
        """Somebody asks for their picture to be deleted, after the database was dumped."""

        def listing(self):  # type: ignore[no-untyped-def]
            db.write(lambda session: photos.purge(session, UUID(photo_id), cast.zoe, "asked-for"))
            return iter(())

    done = backup(settings, Purging(settings.files), folder)
    assert done.whole and len(done.manifest.purged) == 1
    assert restore(elsewhere, folder).wanted_again == 0
    there = Database(elsewhere.database)
    with there.reading() as session:
        assert session.scalars(select(Photo.state)).one() == "withdrawn"
    there.close()


@ON_SQLITE
def test_one_that_is_broken_off_serves_nobody_and_may_be_done_again(
    phone_of: PhoneOf, cast: Cast, back_up: BackUp, folder: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_in(phone_of("ana"), cast, "gate")
    back_up()
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "upgrade", lambda database: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            restore(elsewhere, folder)
    assert under_way(elsewhere) and not (elsewhere.data_dir / "fieldapp.db").exists()
    assert restore(elsewhere, folder).files == 1
    assert not under_way(elsewhere) and {"fieldapp.db", "secret.key"} <= everything(elsewhere)
    assert not list(elsewhere.data_dir.glob(".*"))


@ON_SQLITE
def test_copies_that_the_lost_server_was_making_are_made_here(
    phone_of: PhoneOf, cast: Cast, db: Database, back_up: BackUp, folder: Path, elsewhere: Settings
) -> None:
    handed_in(phone_of("ana"), cast, "gate")
    with db.writing() as session:
        session.execute(update(Photo).values(derivative="again", derivative_lease=clock.now()))
    back_up()
    restore(elsewhere, folder)
    there = Database(elsewhere.database)
    with there.reading() as session:
        assert session.scalars(select(Photo.derivative)).one() == "wanted"
    there.close()


@ON_SQLITE
def test_everyone_may_be_signed_out(
    phone_of: PhoneOf, cast: Cast, back_up: BackUp, folder: Path, elsewhere: Settings
) -> None:
    back_up()
    restore(elsewhere, folder, sign_out_everyone=True)
    there = Database(elsewhere.database)
    with there.reading() as session:
        assert {user.session_epoch for user in session.scalars(select(User))} == {1_000}
    there.close()
    assert len(Place(folder).generations()) == 1


@ON_SQLITE
@pytest.mark.parametrize("left", ["-wal", "-journal"])
def test_the_log_of_a_database_that_was_moved_away_is_told_of(
    left: str, back_up: BackUp, folder: Path, elsewhere: Settings
) -> None:
    """SQLite would take it for the restored database's own, and undo what was restored without a word."""
    back_up()
    elsewhere.data_dir.mkdir()
    (elsewhere.data_dir / f"fieldapp.db{left}").write_bytes(b"what a killed server had written last")
    with pytest.raises(Trouble, match="-wal and -journal"):
        restore(elsewhere, folder)


@ON_SQLITE
@pytest.mark.parametrize("key", ["../outside", "evidence/../../outside", "/{there}/outside"])
def test_a_backup_that_somebody_has_tampered_with_writes_nothing_elsewhere(
    key: str, back_up: BackUp, folder: Path, elsewhere: Settings, tmp_path: Path
) -> None:
    generation = folder / back_up().generation
    data = b"anything"
    sha256 = hashlib.sha256(data).hexdigest()
    pooled = folder / "files" / sha256[:2] / sha256
    pooled.parent.mkdir(exist_ok=True)
    pooled.write_bytes(data)
    (generation / "files.txt").write_text(f"{sha256} {len(data)} 0.000 {key.format(there=tmp_path)}\n")
    said = json.loads((generation / "manifest.json").read_text())
    for part in said["parts"]:
        if part["name"] == "files.txt":
            listed = (generation / "files.txt").read_bytes()
            part.update(size=len(listed), sha256=hashlib.sha256(listed).hexdigest())
    (generation / "manifest.json").write_text(json.dumps(said))
    with pytest.raises(Trouble, match="outside the file store"):
        restore(elsewhere, folder)
    assert not list(tmp_path.rglob("outside"))


@ON_SQLITE
@pytest.mark.parametrize("name", ["keys/../../fieldapp.db", "keys/.profile", "../secret.key", "/etc/hostname"])
def test_a_part_lies_within_its_backup(name: str, back_up: BackUp, folder: Path, elsewhere: Settings) -> None:
    path = folder / back_up().generation / "manifest.json"
    said = json.loads(path.read_text())
    said["parts"][0]["name"] = name
    path.write_text(json.dumps(said))
    with pytest.raises(Trouble, match="is no part of a backup"):
        restore(elsewhere, folder)
