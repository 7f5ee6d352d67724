"""`fieldapp backup`: everything that is needed to begin again, taken while the server runs (docs/backup.md).

The database first, then the files: whatever the database knows of was in the file store before. Files are kept once,
by their hash, so that a second backup copies only what is new.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import UUID

from sqlalchemy import func, inspect, select, table
from sqlalchemy.orm import Session

import fieldapp
from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.core.files import Files, Listed
from fieldapp.core.migrate import EPOCH, revision
from fieldapp.core.models import Counter, Fact
from fieldapp.core.secret import secret_key
from fieldapp.keeping.figures import LAST_BACKUP
from fieldapp.photos.models import Photo, evidence_key
from fieldapp.search.grams import INDEX
from fieldapp.settings import Settings
from fieldapp.upkeep import dump, manifest
from fieldapp.upkeep.manifest import FILES, KEYS, Line, Manifest
from fieldapp.upkeep.place import PIECE, Place, Trouble, opened, sha256_of, write_private

EVIDENCE = "evidence/"


@dataclass
class Report:
    """What a backup did."""

    generation: str
    manifest: Manifest
    new: int = 0  # files copied by this backup
    new_bytes: int = 0
    removed: list[str] = field(default_factory=list)  # generations

    @property
    def whole(self) -> bool:
        return not self.manifest.missing and not self.manifest.damaged


@dataclass
class Snapshot:
    """What the dump knows: of it, and of the files that belong to it."""

    migration: str
    server_epoch: str
    counts: dict[str, int]
    counters: dict[str, int]
    hashes: set[str]  # of evidence, whether it has come or not
    photos: set[UUID]
    needed: set[str]  # keys


@dataclass
class Taking:
    """The files as they are taken."""

    lines: list[Line] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    new: int = 0
    new_bytes: int = 0


def backup(settings: Settings, files: Files, root: Path, keep: int | None = None) -> Report:
    """Make a generation in `root`; of the older ones leave `keep` in all. Raises Trouble."""
    _check_apart(settings, root)
    with opened(root) as place:
        at = clock.now()
        with place.generation(at) as making:
            suffix = "sqlite3" if dump.file_of(settings.database) else "dump"
            name = f"database.{suffix}"
            with dump.dumped(settings.database, settings.pg_bin, making / name) as dumped:
                known, with_version = _snapshot(dumped.session), dumped.with_version
            keys = _keys(settings, making)
            taken = _take(place, files, known)
            purged = _purged(settings, taken)
            manifest.write_lines(making, sorted(taken.lines, key=lambda line: line.key))
            said = Manifest(
                version=fieldapp.__version__, made_at=at.isoformat(), dialect="sqlite" if suffix == "sqlite3" else
                "postgresql", dumped_with=with_version, migration=known.migration, server_epoch=known.server_epoch,
                counts=known.counts, counters=known.counters,
                parts=[manifest.part_of(making, part) for part in (name, FILES, *keys)], files=len(taken.lines),
                bytes=sum(line.size for line in taken.lines), missing=sorted(taken.missing),
                damaged=sorted(taken.damaged), purged=purged,
            )  # fmt: skip
            manifest.write(making, said)
        made = place.generations()[-1]
        with suppress(OSError):  # a data folder that may not be written to
            (settings.data_dir / LAST_BACKUP).touch()
        return Report(made.name, said, taken.new, taken.new_bytes, _prune(place, keep))


def _check_apart(settings: Settings, root: Path) -> None:
    """A backup within the file store would back itself up."""
    url = urlsplit(settings.files)
    if url.scheme == "file" and root.resolve().is_relative_to(Path(unquote(url.path)).resolve()):
        raise Trouble(f"{root} lies within the files that are to be backed up; choose a folder elsewhere")


def _counted(tables: Iterable[str]) -> list[str]:
    """All but the index of the search, which the database itself keeps and may not let be counted."""
    return sorted(name for name in tables if not name.startswith(INDEX))


def _snapshot(session: Session) -> Snapshot:
    # Also of a database that is not of this version yet, or no longer: a backup comes before an upgrade.
    tables = inspect(session.connection()).get_table_names()
    if not {Fact.__tablename__, Counter.__tablename__, Photo.__tablename__} <= set(tables):
        raise Trouble("this is no database of fieldapp, or an empty one: run `fieldapp init` first")
    known = Snapshot(
        migration=revision(session.connection()) or "",
        server_epoch=session.scalar(select(Fact.value).where(Fact.name == EPOCH)) or "",
        counts={name: session.scalar(select(func.count()).select_from(table(name))) or 0 for name in _counted(tables)},
        counters={row.name: row.value for row in session.execute(select(Counter.name, Counter.value))},
        hashes=set(),
        photos=set(),
        needed=set(),
    )
    columns = select(Photo.id, Photo.sha256, Photo.stored_at, Photo.purged_at)
    for photo in session.execute(columns.execution_options(yield_per=5_000)):
        known.photos.add(photo.id)
        known.hashes.add(photo.sha256)
        if photo.stored_at is not None and photo.purged_at is None:
            known.needed.add(evidence_key(photo.sha256))
    return known


def _keys(settings: Settings, making: Path) -> list[str]:
    """The keys of the data folder (what signs the cookie, what pushes), or the one that a setting holds."""
    (making / KEYS).mkdir(mode=0o700)
    found = {path.name: path.read_bytes() for path in key_files(settings.data_dir)}
    found["secret.key"] = secret_key(settings).encode()
    for name, data in found.items():
        write_private(making / KEYS / name, data)
    return sorted(f"{KEYS}/{name}" for name in found)


def key_files(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.glob("*") if path.suffix in {".key", ".pem"} and not path.name.startswith(".")
    )


def _take(place: Place, files: Files, known: Snapshot) -> Taking:
    """Bring into the pool what the file store holds of the snapshot, as far as it is not there."""
    taking = Taking()
    before = _before(place)
    held: set[str] = set()
    for listed in files.listing():
        if not _belongs(listed.key, known):
            continue  # came after the snapshot: the next backup has it, and its record
        held.add(listed.key)
        line = _known_line(place, listed, before)
        if line is None:
            line = _copied(place, files, listed, taking)
        if line is not None:
            taking.lines.append(line)
    taking.missing += known.needed - held
    place.pool.settle()
    return taking


def _before(place: Place) -> dict[str, Line]:
    """What the newest generation lists beside evidence, which is named by its hash."""
    newest = place.generations()[-1:]
    lines = (line for generation in newest for line in manifest.read_lines(generation))
    return {line.key: line for line in lines if not line.key.startswith(EVIDENCE)}


def _belongs(key: str, known: Snapshot) -> bool:
    folder, _, name = key.partition("/")
    if folder == "evidence":
        return name.rpartition("/")[2] in known.hashes
    if folder in ("thumb", "display"):
        try:
            return UUID(name.rpartition(".")[0]) in known.photos
        except ValueError:
            return True
    return True


def _known_line(place: Place, listed: Listed, before: dict[str, Line]) -> Line | None:
    """A line for what the pool has already, without reading it."""
    if listed.key.startswith(EVIDENCE):
        sha256 = listed.key.rpartition("/")[2]
    else:
        known = before.get(listed.key)
        same = known is not None and known.size == listed.size and abs(known.modified - listed.modified) < 0.001
        if known is None or not same:
            return None
        sha256 = known.sha256
    if not place.pool.holds(sha256, listed.size):
        return None
    return Line(listed.key, sha256, listed.size, listed.modified)


def _copied(place: Place, files: Files, listed: Listed, taking: Taking) -> Line | None:
    """Copy, and hash on the way. Evidence that is not what its name says is told of, and not kept."""
    expected = listed.key.rpartition("/")[2] if listed.key.startswith(EVIDENCE) else None
    try:
        sha256, size = place.pool.take(_pieces(files, listed.key), expected)
    except FileNotFoundError:  # gone since it was listed
        taking.missing += [listed.key] if expected else []
        return None
    if expected is not None and sha256 != expected:
        taking.damaged.append(listed.key)
        kept = place.pool.path(expected)  # perhaps an earlier backup has it as it was
        right = kept.is_file() and sha256_of(kept) == expected
        return Line(listed.key, expected, kept.stat().st_size, listed.modified) if right else None
    taking.new, taking.new_bytes = taking.new + 1, taking.new_bytes + size
    return Line(listed.key, sha256, size, listed.modified)


def _purged(settings: Settings, taking: Taking) -> list[str]:
    """Of what is missing: the hashes of photos purged since the snapshot. They are not missed, nor brought back."""
    hashes = [key.rpartition("/")[2] for key in taking.missing]
    database = Database(settings.database)
    try:
        with database.reading() as session:
            query = select(Photo.sha256).where(Photo.sha256.in_(hashes), Photo.purged_at.is_not(None))
            purged = sorted(set(session.scalars(query))) if hashes else []
    finally:
        database.close()
    taking.missing = [key for key in taking.missing if key.rpartition("/")[2] not in purged]
    return purged


def _pieces(files: Files, key: str) -> Iterator[bytes]:
    with closing(files.open(key)) as stream:
        while piece := bytes(stream.read(PIECE)):
            yield piece


def _prune(place: Place, keep: int | None) -> list[str]:
    """Take away all but the newest `keep` generations, and the bytes that only they had."""
    if keep is None:
        return []
    old = place.generations()[:-keep]
    for generation in old:
        place.remove(generation)
    place.pool.drop_all_but({line.sha256 for left in place.generations() for line in manifest.read_lines(left)})
    return [generation.name for generation in old]
