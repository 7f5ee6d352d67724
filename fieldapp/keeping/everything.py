"""`fieldapp export`: all that this server holds, in files that anybody can read without this application.

INDEX.json               what is here, of which version, how many rows and bytes
tables/visit.jsonl       a row a line, its columns by name; times in UTC
photos/ab/ab12…          the photos as uploaded, named by their SHA-256
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

import fieldapp
from fieldapp.core import audit, clock
from fieldapp.core.db import Base, Database
from fieldapp.core.files import Files
from fieldapp.keeping.rows import columns, every
from fieldapp.photos.models import Photo, evidence_key

LEFT_OUT = {"login_failure"}  # passing state of the door


class NotEmpty(Exception):
    """The folder holds something already."""


@dataclass
class Exported:
    tables: dict[str, int] = field(default_factory=dict)
    photos: int = 0
    bytes: int = 0
    missing: list[str] = field(default_factory=list)  # hashes of photos that should be here


def export(db: Database, files: Files, folder: Path) -> Exported:
    """Write everything into a folder of its own. Raises NotEmpty, OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise NotEmpty
    done = Exported()
    with db.reading() as session:
        if db.dialect == "postgresql":  # all tables as of one moment; SQLite reads so by itself
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        _tables(session, folder / "tables", done)
        hashes = _hashes(session)
    _photos(files, hashes, folder / "photos", done)
    index = {
        "application": "fieldapp",
        "version": fieldapp.__version__,
        "exported_at": clock.now().isoformat(),
        "tables": done.tables,
        "left_out": {
            "tables": sorted(LEFT_OUT),
            "columns": "password and session of users, tokens and codes as hashes",
        },
        "photos": {"files": done.photos, "bytes": done.bytes, "missing": done.missing},
    }
    (folder / "INDEX.json").write_text(json.dumps(index, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    counts = {"rows": sum(done.tables.values()), "photos": done.photos}
    db.write(lambda session: audit.record(session, None, "data.exported-whole", "server", "all", **counts))
    return done


def _tables(session: Session, folder: Path, done: Exported) -> None:
    folder.mkdir()
    for table in Base.metadata.sorted_tables:
        if table.name in LEFT_OUT or not columns(table):
            continue
        count = 0
        with (folder / f"{table.name}.jsonl").open("w", encoding="utf-8") as out:
            for row in every(session, table):
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
                count += 1
        done.tables[table.name] = count


def _hashes(session: Session) -> dict[str, str]:
    """The evidence that is here: hash and key."""
    query = select(Photo.sha256).where(Photo.stored_at.is_not(None), Photo.purged_at.is_(None)).distinct()
    return {sha256: evidence_key(sha256) for sha256 in session.scalars(query.order_by(Photo.sha256))}


def _photos(files: Files, hashes: dict[str, str], folder: Path, done: Exported) -> None:
    for sha256, key in hashes.items():
        if files.size(key) is None:
            done.missing.append(sha256)
            continue
        place = folder / sha256[:2] / sha256
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("wb") as out:
            for piece in files.pieces(key):
                done.bytes += out.write(piece)
        done.photos += 1


def said(done: Exported, folder: Path) -> str:
    lines = [f"{sum(done.tables.values())} rows of {len(done.tables)} tables, {done.photos} photos in {folder}"]
    if done.missing:
        lines.append(f"{len(done.missing)} photos are not where they should be: run `fieldapp doctor --deep`")
    return "\n".join(lines)
