"""The part files of uploads: what has arrived of a photo, byte after byte. A part's size is its upload's offset.

Bytes are hashed while they stream to the disk. Whoever finishes a part has it checked, then synced into the store.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from io import FileIO
from pathlib import Path
from typing import NoReturn
from uuid import UUID

from fieldapp.core.files import Files
from fieldapp.core.incoming import SMALL
from fieldapp.core.passing import Away, no_room
from fieldapp.core.problems import Problem
from fieldapp.photos.models import evidence_key

PIECE = 64 * 1024  # written and hashed at once


@dataclass(frozen=True)
class Body:
    """The body of a request: how to read it, its length if it said so, the checksum of a piece."""

    read: Callable[[int], bytes]
    length: int | None
    checksum: bytes | None = None
    most: int = SMALL  # that one read may ask for

    def is_whole(self, size: int) -> bool:
        """Whether it says that it brings a whole photo of this size."""
        return self.length == size > 0 and self.checksum is None


NOTHING_MORE = Body(lambda _length: b"", 0)


class Parts:
    """The folder they lie in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def size(self, upload_id: UUID) -> int:
        try:
            return self._path(upload_id).stat().st_size
        except FileNotFoundError:
            return 0  # never begun, or begun on another machine

    def append(
        self, upload_id: UUID, size: int, body: Body, before_writing: Callable[[], None]
    ) -> tuple[int, str | None]:
        """Write what comes of `size` bytes; the new offset, and the hash if the whole photo came in this one body.

        `before_writing` raises where the part is no longer ours: once finished, it is the evidence file itself."""
        digest = hashlib.sha256()
        with self._path(upload_id).open("ab", buffering=0) as part:
            start = part.tell()
            wanted = size - start if body.length is None else body.length
            if start + wanted > size:
                raise Problem(400, "bad-request", "more bytes than the photo has")
            came = 0
            try:
                for piece in _pieces(_arriving(body, wanted, before_writing)):
                    before_writing()  # the last of a silent body lay here for long
                    _write_all(part, piece)
                    digest.update(piece)
                    came += len(piece)
            except OSError as error:
                _storage_failed(error)
            finally:
                proven = body.checksum is None or digest.digest() == body.checksum
                if not proven:
                    before_writing()
                    part.truncate(start)
        if not proven and came == wanted:
            raise Problem(460, "checksum", headers=(("Upload-Offset", str(start)),))
        return start + came if proven else start, digest.hexdigest() if start == 0 else None

    def finish(self, upload_id: UUID, sha256: str, digest: str | None, files: Files) -> None:
        """All bytes are here: check them (`digest` is their hash, if known) and put them where they stay."""
        part = self._path(upload_id)
        if (digest or _hash_of(part)) != sha256:
            part.unlink()
            raise Problem(460, "checksum", headers=(("Upload-Offset", "0"),))
        try:
            files.put(evidence_key(sha256), part)
        except OSError as error:
            if not no_room(error) and not isinstance(error, Away):
                part.unlink(missing_ok=True)  # after a failed sync nobody knows what the disk holds: start again
            _storage_failed(error)

    def drop(self, upload_id: UUID) -> None:
        self._path(upload_id).unlink(missing_ok=True)

    def older_than(self, when: datetime) -> set[UUID]:
        """The uploads whose parts nobody has written to since. What is not named as a part is none of ours."""
        found = set()
        for path in self._folder.glob("*.part"):
            with suppress(ValueError, FileNotFoundError):  # another's name; gone meanwhile
                if path == self._path(id := UUID(path.stem)) and path.stat().st_mtime < when.timestamp():
                    found.add(id)
        return found

    def _path(self, upload_id: UUID) -> Path:
        return self._folder / f"{upload_id}.part"


def _arriving(body: Body, wanted: int, before_writing: Callable[[], None]) -> Iterator[bytes]:
    """The body as it comes. A truncated one looks like a normal end: only counting tells."""
    while wanted > 0:
        try:
            data = body.read(min(body.most, wanted))
        except Exception:  # reset, silent for too long, broken chunks: what came before is kept
            return
        if not data:
            return
        wanted -= len(data)
        before_writing()
        yield data


def _pieces(arriving: Iterator[bytes]) -> Iterator[bytes]:
    """What arrives in drops, put together: each piece costs a write."""
    drops: list[bytes] = []
    size = 0
    for data in arriving:
        drops.append(data)
        size += len(data)
        if size >= PIECE:
            yield b"".join(drops)
            drops, size = [], 0
    if drops:
        yield b"".join(drops)


def _write_all(part: FileIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[part.write(rest) :]


def _storage_failed(error: OSError) -> NoReturn:
    """The disk is full or broken: the phone keeps what it has and comes again."""
    if no_room(error):
        raise Problem(507, "disk-full", headers=(("Retry-After", "300"),)) from error
    raise Problem(503, "busy", headers=(("Retry-After", "60"),)) from error


def _hash_of(path: Path) -> str:
    with path.open("rb", buffering=0) as part:
        return hashlib.file_digest(part, "sha256").hexdigest()
