"""The doctor on photo bytes: missing, damaged, nobody's, left over."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from fieldapp.core import clock
from fieldapp.photos.models import Photo, Upload, evidence_key
from fieldapp.upkeep.examining import Examination, Finding

FROM_BACKUP = "Put them back from a backup: FOLDER/files/ab/ab12… goes to evidence/ab/ab12… of the file store."


def photo_bytes(this: Examination) -> Iterator[Finding]:
    """Every photo of which a receipt says `stored` is there, as long as it was; with `--deep`, byte for byte."""
    missing, damaged, copies, nobodys = _compare(this)
    if missing:
        yield Finding(
            "photo-missing",
            f"The bytes of {len(missing)} photos are not in the file store, though phones were told that they are.",
            FROM_BACKUP + " What no backup has may still be on its officer's phone, for seven days.",
            missing,
        )
    if damaged:
        yield Finding(
            "photo-damaged",
            f"{len(damaged)} photos are not as they came: their bytes no longer fit their hash.",
            FROM_BACKUP + " Then have the disk looked at.",
            damaged,
        )
    if copies:
        yield Finding(
            "copy-missing",
            f"{len(copies)} thumbnails or display copies are not in the file store; pages show a gap there.",
            "Put them back from a backup (its files.txt names the hash of each).",
            copies,
        )
    if nobodys:
        yield Finding(
            "file-orphaned",
            f"{len(nobodys)} files in the file store belong to nothing in the database.",
            "After a backup they can be deleted. After a restore: first wait until the phones have been heard.",
            nobodys,
        )


def _compare(this: Examination) -> tuple[list[str], list[str], list[str], list[str]]:
    """(missing, damaged, copies missing, nobody's) keys."""
    evidence, wanted, here = _evidence(this), _copies(this), set()
    damaged, nobodys = [], []
    before = (clock.now() - this.limits.stray).timestamp()
    for listed in this.files.listing():
        folder, _, name = listed.key.partition("/")
        if folder == "evidence":
            here.add(listed.key)
            if listed.key not in evidence:
                nobodys += [listed.key] if listed.modified < before else []
            elif _differs(this, listed.key, listed.size, evidence[listed.key]):
                damaged.append(listed.key)
        elif folder in ("thumb", "display"):
            here.add(listed.key)
            if _photo(name) not in wanted and listed.modified < before:
                nobodys.append(listed.key)
    missing = [key for key, size in evidence.items() if size is not None and key not in here]
    copies = [key for keys in wanted.values() for key in keys if key not in here]
    return sorted(missing), sorted(damaged), sorted(copies), sorted(nobodys)


def _evidence(this: Examination) -> dict[str, int | None]:
    """The size of every photo's bytes by key; none where they need not be there (not yet come, or purged)."""
    known: dict[str, int | None] = {}
    query = select(Photo.sha256, Photo.size, Photo.stored_at, Photo.purged_at).execution_options(yield_per=5_000)
    with this.database.reading() as session:
        for photo in session.execute(query):
            here = photo.stored_at is not None and photo.purged_at is None
            key = evidence_key(photo.sha256)
            known[key] = photo.size if here else known.get(key)
    return known


def _copies(this: Examination) -> dict[UUID | None, list[str]]:
    """What every photo should have beside its evidence."""
    known: dict[UUID | None, list[str]] = {}
    with this.database.reading() as session:
        for photo in session.scalars(select(Photo).execution_options(yield_per=1_000)):
            shown = [photo.thumb_key, photo.display_key] if photo.has_copies else []
            known[photo.id] = [key for key in shown if not key.startswith("evidence/")]
    return known


def _photo(name: str) -> UUID | None:
    try:
        return UUID(name.rpartition(".")[0])
    except ValueError:
        return None


def _differs(this: Examination, key: str, size: int, expected: int | None) -> bool:
    if expected is not None and size != expected:
        return True
    if not this.deep:
        return False
    digest = hashlib.sha256()
    for piece in this.files.pieces(key):
        digest.update(piece)
    return digest.hexdigest() != key.rpartition("/")[2]


def left_over(this: Examination) -> Iterator[Finding]:
    """Unfinished uploads past their time, and files that a killed process was writing."""
    before = clock.now() - this.limits.stray
    parts = _old(this.settings.parts_dir.glob("*.part"), before)
    with this.database.reading() as session:
        live = {str(id) for id in session.scalars(select(Upload.id).where(Upload.expires_at > before))}
    past = [str(path) for path in parts if path.stem not in live]
    if past:
        yield Finding(
            "parts-left-over",
            f"{len(past)} unfinished uploads are past their time; the sweep of the worker should have taken them away.",
            "See whether `fieldapp serve` (or `fieldapp worker`) runs and what its log says.",
            past,
        )
    strays = [*this.files.unfinished(), *this.settings.data_dir.glob(".secret.key.*")]
    left = [str(path) for path in _old(iter(strays), before)]
    if left:
        yield Finding(
            "temporary-files",
            f"{len(left)} temporary files were left by processes that were killed.",
            "The worker takes those in `fresh` away after a day: see whether it runs. The others can be deleted.",
            left,
        )


def _old(paths: Iterator[Path], before: datetime) -> list[Path]:
    found = []
    for path in paths:
        try:
            if path.stat().st_mtime < before.timestamp():
                found.append(path)
        except OSError:  # gone meanwhile
            continue
    return sorted(found)


ALL = (photo_bytes, left_over)
