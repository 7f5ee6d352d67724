"""`fieldapp restore`: a backup becomes a server again, in an empty place (docs/backup.md).

What happened since the backup lies on the phones. They see another `server_epoch` and hand it in once more
(docs/sync-protocol.md 12); so counters move on by 1,000 first, and photos whose bytes are gone are wanted again.
"""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session

import fieldapp
from fieldapp.accounts.models import User
from fieldapp.core import audit, changes, clock, migrate, numbers
from fieldapp.core.db import Database, new_id
from fieldapp.core.disk import sync
from fieldapp.core.files import Files
from fieldapp.core.models import Counter, Fact
from fieldapp.core.payload import OFFICE
from fieldapp.photos import actions as photos
from fieldapp.photos.models import Photo, evidence_key
from fieldapp.projects.models import Project
from fieldapp.settings import Settings, shown
from fieldapp.upkeep import dump, manifest
from fieldapp.upkeep.backup import key_files
from fieldapp.upkeep.manifest import Line, Manifest
from fieldapp.upkeep.place import MARK, UNDER_WAY, Place, Pool, Trouble, sha256_of, write_private

RAISE = 1_000
REVOKE = 1_000


@dataclass
class Report:
    """What a restore did."""

    generation: Path
    manifest: Manifest
    epoch: str
    files: int
    left_out: list[str] = field(default_factory=list)  # keys whose bytes the backup does not have as they were
    wanted_again: int = 0  # photos
    migrated: bool = False
    other_secret: bool = False  # the setting's key is not the backup's


def restore(settings: Settings, root: Path, *, despite_damage: bool = False, sign_out_everyone: bool = False) -> Report:
    """Restore the newest generation of a folder of backups, or the one given. Raises Trouble; changes nothing then."""
    generation, pool = _chosen(root)
    said = manifest.read(generation)
    _check_fits(settings, said)
    manifest.check_parts(generation, said)
    lines = list(manifest.read_lines(generation))
    bad = {line.key for line in lines if not _is_right(pool, line)}
    if bad and not despite_damage:
        raise Trouble(
            f"{len(bad)} of {len(lines)} files are not in this backup as they were, the first {min(bad)}: try an "
            "earlier backup, or go on without them with --despite-damage (phones that still hold them send them again)"
        )
    _check_empty(settings, generation)
    report = Report(generation, said, "", len(lines) - len(bad), left_out=sorted(bad))
    with _under_way(settings, generation):
        _put_files(settings, pool, (line for line in lines if line.key not in bad))
        report.other_secret = _put_keys(settings, generation, said)
        _put_database(settings, generation, report, {line.key for line in lines} - bad, sign_out_everyone)
        os.sync()
    return report


# -- before anything is written --------------------------------------------------------------------------------------


def _chosen(root: Path) -> tuple[Path, Pool]:
    if (root / manifest.NAME).is_file():
        return root, Pool(root.parent / "files")
    place = Place(root)
    generations = place.generations()
    if not generations:
        what = "no whole backup in it" if (root / MARK).is_file() else "no folder of backups"
        raise Trouble(f"{root}: there is {what}")
    return generations[-1], place.pool


def _check_fits(settings: Settings, said: Manifest) -> None:
    dialect = "postgresql" if dump.file_of(settings.database) is None else "sqlite"
    if dialect != said.dialect:
        names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
        raise Trouble(
            f"this backup is of {names[said.dialect]}, and FIELDAPP_DATABASE_URL names {names[dialect]}: restore it "
            "into the same kind of database"
        )
    if not migrate.is_known(said.migration):
        raise Trouble(
            f"this backup was made by fieldapp {said.version}, whose database is newer than this version "
            f"({fieldapp.__version__}) knows: install {said.version} or later, then restore"
        )


def _is_right(pool: Pool, line: Line) -> bool:
    return pool.holds(line.sha256, line.size) and sha256_of(pool.path(line.sha256)) == line.sha256


def _check_empty(settings: Settings, generation: Path) -> None:
    """A restore overwrites nothing. What an earlier try of this very backup has put there may be there."""
    if not dump.is_empty(settings.database):
        raise Trouble(
            "the database is not empty: a restore goes into an empty place, and overwrites nothing (of an SQLite "
            "database its -wal and -journal have to be moved away as well)"
        )
    mark = settings.data_dir / UNDER_WAY
    if mark.is_file():
        if mark.read_text() != generation.name:
            raise Trouble(f"{settings.data_dir} holds a broken-off restore of {mark.read_text()}: empty it first")
        return
    first = next(iter(Files(settings.files).listing()), None)
    if first is not None:
        raise Trouble(
            f"the file store {shown(settings.files)} is not empty (it has {first.key}): restore into an empty place"
        )
    left = [*key_files(settings.data_dir), *settings.parts_dir.glob("*")]
    if left:
        raise Trouble(f"{left[0]} is there already: restore into an empty place, and overwrite nothing")


# -- putting it there ------------------------------------------------------------------------------------------------


class _under_way:  # noqa: N801 - a context manager, read as a verb
    """Marks the data folder while it is not whole; after an error the mark stays, and nothing serves from there."""

    def __init__(self, settings: Settings, generation: Path) -> None:
        self._folder, self._name = settings.data_dir, generation.name

    def __enter__(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (self._folder / UNDER_WAY).exists():
            write_private(self._folder / UNDER_WAY, self._name.encode())
            sync(self._folder)

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        if kind is None:
            (self._folder / UNDER_WAY).unlink()
            sync(self._folder)


def _put_files(settings: Settings, pool: Pool, lines: Iterable[Line]) -> None:
    files = Files(settings.files, fsync=lambda _handle: None)  # one sync of everything, at the end
    for line in lines:
        files.put_bytes(line.key, pool.path(line.sha256).read_bytes())
        path = files.path(line.key)
        if path is not None:
            os.utime(path, (line.modified, line.modified))


def _put_keys(settings: Settings, generation: Path, said: Manifest) -> bool:
    """Whether the secret of the settings is another than the backup's: then everyone has to sign in again."""
    other = False
    for part in said.keys:
        data, name = (generation / part.name).read_bytes(), Path(part.name).name
        if name == "secret.key" and settings.secret_key:
            other = data.decode().strip() != settings.secret_key
            continue
        (settings.data_dir / name).unlink(missing_ok=True)  # of an earlier try
        write_private(settings.data_dir / name, data)
    settings.parts_dir.mkdir(mode=0o700, exist_ok=True)
    return other


def _put_database(
    settings: Settings, generation: Path, report: Report, here: set[str], sign_out_everyone: bool
) -> None:
    """The database comes last, and on SQLite gets its name when all is done: nothing can serve half of it."""
    source, target = generation / report.manifest.database.name, dump.file_of(settings.database)
    if target is None:
        dump.load_postgres(settings.database, settings.pg_bin, source, report.manifest.dumped_with)
        _begin_anew(settings.database, report, here, sign_out_everyone)
        return
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.restoring")
    for left in target.parent.glob(f"{fresh.name}*"):  # of an earlier try
        left.unlink()
    write_private(fresh, b"")
    shutil.copyfile(source, fresh)
    _begin_anew(f"sqlite:///{fresh}", report, here, sign_out_everyone)
    sync(fresh)
    fresh.rename(target)
    sync(target.parent)


def _begin_anew(url: str, report: Report, here: set[str], sign_out_everyone: bool) -> None:
    """Bring the database up to date, then make it another server than the one that was lost."""
    database = Database(url)
    try:
        report.migrated = migrate.pending(database)
        migrate.upgrade(database)
        database.write(lambda session: _new_server(session, report, here))
        if sign_out_everyone:
            revoked = update(User).values(session_epoch=User.session_epoch + REVOKE)
            database.write(lambda session: session.execute(revoked))
        database.write(audit.seal)
    finally:
        database.close()  # SQLite's last connection folds its log into the file


def _new_server(session: Session, report: Report, here: set[str]) -> None:
    """Another epoch, counters beyond what the lost server may have given, photos without bytes wanted again."""
    said = report.manifest
    report.epoch = new_id().hex
    session.execute(update(Fact).where(Fact.name == migrate.EPOCH).values(value=report.epoch))
    for name in _series(said):
        session.execute(changes.insert(session, Counter).values(name=name, value=0).on_conflict_do_nothing())
    session.execute(update(Counter).values(value=Counter.value + RAISE))
    numbers.note_base(session, clock.now() - datetime.fromisoformat(said.made_at))
    session.execute(update(Project).values(version=Project.version + RAISE))  # open pages ask with the old server's
    _purge_again(session, set(said.purged))
    lost = [
        photo.id
        for photo in session.execute(
            select(Photo.id, Photo.sha256).where(Photo.stored_at.is_not(None), Photo.purged_at.is_(None))
        )
        if evidence_key(photo.sha256) not in here
    ]
    photos.make_copies_anew(session)
    report.wanted_again = photos.want_again(session, lost)
    audit.record(
        session, None, "server.restored", "server", said.server_epoch, epoch=report.epoch, backup=said.made_at,
        version=said.version, files=report.files, left_out=len(report.left_out), wanted_again=report.wanted_again,
    )  # fmt: skip


def _series(said: Manifest) -> list[str]:
    """The number series of every year since the backup: the lost server may have begun some of them."""
    first = datetime.fromisoformat(said.made_at).astimezone(OFFICE).year
    last = clock.now().astimezone(OFFICE).year
    return [f"{kind}-{year}" for kind in (numbers.VISIT, numbers.ISSUE) for year in range(first, max(first, last) + 1)]


def _purge_again(session: Session, hashes: set[str]) -> None:
    """Bytes given up while the backup was made stay given up."""
    for photo in session.scalars(select(Photo).where(Photo.sha256.in_(hashes))) if hashes else ():
        photos.purge(session, photo.id, None, "purged")
