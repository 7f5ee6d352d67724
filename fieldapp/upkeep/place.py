"""The folder of backups: one folder a generation, and beside them the bytes of files, which all generations share.

    00017-2026-11-22T045512Z/    manifest.json, the database's dump, files.txt (what each key held), keys/
    files/ab/ab12…               by SHA-256

A generation gets its name when everything in it has reached the disk, so that a broken-off backup never looks whole.
They are counted: which one is newer is not left to a clock, which may have run ahead.
"""

import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from fieldapp.core.db import new_id
from fieldapp.core.disk import sync
from fieldapp.settings import Settings

MARK = "fieldapp-backups"
MAKING, GOING = ".making-", ".going-"
NAMED = re.compile(r"(?:(\d{5,})-)?(\d{4}-\d\d-\d\dT\d{6}Z)(?:-(\d+))?")  # at first they were not counted
PIECE = 256 * 1024
UNDER_WAY = "restoring"  # a file in the data folder, while what lies there is not whole


class Trouble(Exception):
    """What the person at the terminal can mend; the message says how."""


def under_way(settings: Settings) -> bool:
    """Whether a restore was broken off here: what lies in the data folder is not whole."""
    return (settings.data_dir / UNDER_WAY).exists()


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_private(path: Path, data: bytes) -> None:
    """A file that nobody else reads, on the disk when this returns."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)


class Pool:
    """Bytes by what they are."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._touched: set[Path] = set()

    def path(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256

    def holds(self, sha256: str, size: int) -> bool:
        try:
            return self.path(sha256).stat().st_size == size
        except OSError:
            return False

    def take(self, pieces: Iterable[bytes], expected: str | None = None) -> tuple[str, int]:
        """Keep these bytes; their hash and size. Bytes that are not as `expected` are not kept."""
        fresh = self.root / f".{new_id().hex}"
        digest, size = hashlib.sha256(), 0
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                for piece in pieces:
                    digest.update(piece)
                    size += file.write(piece)
                file.flush()
                os.fsync(handle)
            sha256 = digest.hexdigest()
            if expected is None or sha256 == expected:
                target = self.path(sha256)
                target.parent.mkdir(mode=0o700, exist_ok=True)
                fresh.replace(target)
                self._touched |= {target.parent, self.root}
        finally:
            fresh.unlink(missing_ok=True)
        return sha256, size

    def settle(self) -> None:
        """Have the names of what was taken written to the disk."""
        for folder in self._touched:
            sync(folder)
        self._touched.clear()

    def drop_all_but(self, wanted: set[str]) -> int:
        """Delete what no generation lists, and what a broken-off backup left; how many."""
        dropped = 0
        for path in [path for path in self.root.rglob("*") if path.is_file()]:
            if path.name not in wanted:
                path.unlink()
                dropped += 1
        return dropped


class Place:
    """A folder of backups, ours alone while it is open."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.pool = Pool(root / "files")

    def generations(self) -> list[Path]:
        """The whole ones, oldest first."""
        named = [path for path in self.root.iterdir() if NAMED.fullmatch(path.name)] if self.root.is_dir() else []
        return sorted((path for path in named if (path / "manifest.json").is_file()), key=_age)

    @contextmanager
    def generation(self, at: datetime) -> Iterator[Path]:
        """A folder to fill; at the end of the block it gets its name, or, after an error, is taken away."""
        making = self.root / f"{MAKING}{new_id().hex}"
        making.mkdir(mode=0o700)
        try:
            yield making
            for folder in [making, *(path for path in making.rglob("*") if path.is_dir())]:
                sync(folder)
            making.rename(self.root / self._next_name(at))
            sync(self.root)
        finally:
            shutil.rmtree(making, ignore_errors=True)

    def _next_name(self, at: datetime) -> str:
        """Counted on from whatever has a name here, whole or not."""
        highest = max((_age(path)[0] for path in self.root.iterdir() if NAMED.fullmatch(path.name)), default=0)
        return f"{highest + 1:05}-{at:%Y-%m-%dT%H%M%SZ}"

    def remove(self, generation: Path) -> None:
        """Take a generation away: its name first, so that half of it never looks whole."""
        going = self.root / f"{GOING}{new_id().hex}"
        generation.rename(going)
        sync(self.root)
        shutil.rmtree(going)

    def clear_up(self) -> None:
        """Take away what broken-off backups left."""
        for path in [*self.root.glob(f"{MAKING}*"), *self.root.glob(f"{GOING}*")]:
            shutil.rmtree(path)


def _age(generation: Path) -> tuple[int, str, int]:
    found = NAMED.fullmatch(generation.name)
    return (int(found[1] or 0), found[2], int(found[3] or 1)) if found else (0, "", 0)


@contextmanager
def opened(root: Path) -> Iterator[Place]:
    """The folder of backups, made if it is not there. Raises Trouble for a folder of something else, or one in use."""
    if root.exists() and not root.is_dir():
        raise Trouble(f"{root} is a file; a backup goes into a folder of its own")
    if root.is_dir() and any(root.iterdir()) and not (root / MARK).is_file():
        raise Trouble(f"{root} holds something else; a backup goes into a folder of its own, empty at first")
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    root.chmod(0o700)
    mark = root / MARK
    if not mark.exists():
        write_private(mark, b"Backups of fieldapp: docs/backup.md. Copy this folder as a whole.\n")
        sync(root)
    place = Place(root)
    place.pool.root.mkdir(mode=0o700, exist_ok=True)
    with mark.open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Trouble(f"another backup into {root} is running") from error
        place.clear_up()
        yield place
