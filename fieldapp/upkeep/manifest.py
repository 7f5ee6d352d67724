"""What a backup says of itself: its manifest, and the list of what each key of the file store held."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from fieldapp.upkeep.place import Trouble, sha256_of, write_private

FORMAT = "fieldapp-backup/1"
NAME, FILES, KEYS = "manifest.json", "files.txt", "keys"
PART = re.compile(r"[a-z]\w*\.\w+|keys/\w[\w.-]*\.(key|pem)")


@dataclass(frozen=True)
class Part:
    """A file of the backup, by its name within the generation."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Line:
    """What one key of the file store held."""

    key: str
    sha256: str
    size: int
    modified: float


@dataclass(frozen=True)
class Manifest:
    version: str  # of fieldapp
    made_at: str  # UTC
    dialect: str  # sqlite, postgresql
    dumped_with: str  # the major version of pg_dump; none: SQLite
    migration: str
    server_epoch: str
    counts: dict[str, int]  # rows of each table
    counters: dict[str, int]
    parts: list[Part]
    files: int  # lines in files.txt
    bytes: int  # of them together
    missing: list[str] = field(default_factory=list)  # keys that the database knows and the file store did not have
    damaged: list[str] = field(default_factory=list)  # evidence whose bytes were not what its name says
    purged: list[str] = field(default_factory=list)  # hashes of photos whose bytes were given up while it ran
    format: str = FORMAT

    def part(self, name: str) -> Part:
        return next(part for part in self.parts if part.name == name)

    @property
    def database(self) -> Part:
        return next(part for part in self.parts if part.name.startswith("database."))

    @property
    def keys(self) -> list[Part]:
        return [part for part in self.parts if part.name.startswith(f"{KEYS}/")]


def part_of(generation: Path, name: str) -> Part:
    path = generation / name
    return Part(name, path.stat().st_size, sha256_of(path))


def write(generation: Path, manifest: Manifest) -> None:
    write_private(generation / NAME, (json.dumps(asdict(manifest), indent=1, sort_keys=True) + "\n").encode())


def read(generation: Path) -> Manifest:
    """Raises Trouble for what is no manifest of a form known here."""
    try:
        said: dict[str, Any] = json.loads((generation / NAME).read_bytes())
        if said["format"] != FORMAT:
            raise Trouble(f"{generation}: {said['format']} is a form of backup that this version does not know")
        parts = [Part(**part) for part in said.pop("parts")]
        if strange := [part.name for part in parts if not PART.fullmatch(part.name)]:
            raise ValueError(f"{strange[0]} is no part of a backup")
        return Manifest(parts=parts, **said)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Trouble(f"{generation / NAME} cannot be read: {error}") from error


def write_lines(generation: Path, lines: Iterable[Line]) -> None:
    text = "".join(f"{one.sha256} {one.size} {one.modified:.3f} {one.key}\n" for one in lines)
    write_private(generation / FILES, text.encode())


def read_lines(generation: Path) -> Iterator[Line]:
    with (generation / FILES).open(encoding="utf-8") as listed:
        for text in listed:
            sha256, size, modified, key = text.rstrip("\n").split(" ", 3)
            # Whoever restores may be root, and not know who has had the backup in hands.
            if key.startswith("/") or ".." in PurePosixPath(key).parts:
                raise Trouble(f"{generation / FILES}: {key} lies outside the file store; this is no backup of ours")
            yield Line(key, sha256, int(size), float(modified))


def check_parts(generation: Path, manifest: Manifest) -> None:
    """Raises Trouble where a part is not as it was written."""
    for part in manifest.parts:
        path = generation / part.name
        if not path.is_file():
            raise Trouble(f"{path} is missing: this backup is not whole; try an earlier one")
        if path.stat().st_size != part.size or sha256_of(path) != part.sha256:
            raise Trouble(f"{path} is not as it was written (its hash differs); try an earlier backup")
