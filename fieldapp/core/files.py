"""Where photo bytes live: a folder of this machine, or an S3 bucket.

obstore reads and writes both. Into a folder we put the files ourselves: obstore's local store renames without an
fsync, and a receipt must not say `stored` before the bytes would survive a power cut (docs/sync-protocol.md 8). Of a
bucket every request has a time limit of ours; what it has not said yes to is not stored.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from fieldapp.core import disk
from fieldapp.core.db import new_id
from fieldapp.core.passing import Away
from fieldapp.settings import YES, BadSetting, shown

PIECE = 64 * 1024
RANGE = 1024 * 1024  # asked of a bucket at once: a request stays short however slowly a phone takes what it is sent
AT_ONCE = 4  # parts of a large photo on their way into a bucket: on a thin line each must arrive in time
REACHED_WITHIN = timedelta(seconds=3)
ANSWERS_WITHIN = timedelta(seconds=20)  # one request to a bucket; an upload's lease must outlive all that `put` asks
TRIED_FOR = timedelta(seconds=15)  # no try begins later than this after the first
FRESH = "fresh"  # the folder of files that are being written


@dataclass(frozen=True)
class Listed:
    """A key that holds something: how many bytes, and since when (seconds)."""

    key: str
    size: int
    modified: float


class Files:
    """Keys are relative paths such as `evidence/ab/ab12…`. What a key holds is replaced as a whole or not at all."""

    def __init__(self, url: str, *, fsync: Callable[[int], None] = os.fsync) -> None:
        self._fsync = fsync
        self._root: Path | None = None
        self._lasting: set[Path] = set()
        self._store: ObjectStore
        if urlsplit(url).scheme == "file":
            self._root = Path(unquote(urlsplit(url).path))
            self._root.mkdir(parents=True, exist_ok=True)
            self._store = LocalStore(self._root)
        else:
            self._store = _bucket(url)

    def put(self, key: str, path: Path) -> None:
        """Make `key` hold the bytes of the file at `path`, for good. The file itself stays until its owner drops it."""
        self.sync(path)
        if self._root is None:
            self._bring(key, path)
            return
        target = self._place_of(key)
        if not _linked(path, target):  # something is there, or the disk is another one
            with self._fresh() as fresh:
                if not _linked(path, fresh):
                    shutil.copyfile(path, fresh)
                    self.sync(fresh)
                fresh.replace(target)
        self.sync(target.parent)

    def put_bytes(self, key: str, data: bytes) -> None:
        if self._root is None:
            self._bring(key, data)
            return
        target = self._place_of(key)
        with self._fresh() as fresh:
            fresh.write_bytes(data)
            self.sync(fresh)
            fresh.replace(target)
        self.sync(target.parent)

    def _bring(self, key: str, what: Path | bytes) -> None:
        """Into the bucket; it has said yes when this returns."""
        try:
            with _asking():
                obstore.put(self._store, key, what, max_concurrency=AT_ONCE)
        except FileNotFoundError as error:  # the bucket itself
            raise Away(*error.args) from error

    def open(self, key: str) -> BinaryIO:
        """A stream of the bytes, from the beginning. Raises FileNotFoundError."""
        if self._root is not None:
            return (self._root / key).open("rb")
        return cast(BinaryIO, self._fetched(key))

    def _fetched(self, key: str) -> "_Fetched":
        with _asking():
            return _Fetched(obstore.open_reader(self._store, key, buffer_size=RANGE))

    def sent(self, key: str) -> tuple[int, Iterator[bytes]]:
        """How many bytes a key of a bucket holds, and those bytes. Raises FileNotFoundError at once."""
        stream = self._fetched(key)
        return stream.size, iter(lambda: stream.read(PIECE), b"")

    def pieces(self, key: str) -> Iterator[bytes]:
        """The bytes in pieces, never whole in memory."""
        with self.open(key) as stream:
            while piece := bytes(stream.read(PIECE)):
                yield piece

    def path(self, key: str) -> Path | None:
        """The file of a key where it is one on this machine."""
        return None if self._root is None else self._root / key

    def size(self, key: str) -> int | None:
        """How many bytes a key holds; none: it holds nothing."""
        try:
            with _asking():
                return int(obstore.head(self._store, key)["size"])
        except FileNotFoundError:
            return None

    def listing(self) -> Iterator[Listed]:
        """Everything that is kept, in no order."""
        if self._root is not None:
            for path in _walk(self._root):
                if path.name.startswith("."):
                    continue
                with suppress(FileNotFoundError):  # deleted since
                    known = path.stat()
                    yield Listed(path.relative_to(self._root).as_posix(), known.st_size, known.st_mtime)
            return
        with _asking():
            for chunk in obstore.list(self._store):
                for one in chunk:
                    yield Listed(one["path"], one["size"], one["last_modified"].timestamp())

    def unfinished(self) -> Iterator[Path]:
        """Files that a `put` was writing when its process was killed; those being written this moment too."""
        return (path for path in _walk(self._root) if path.name.startswith(".")) if self._root else iter(())

    def forget_unfinished(self, before: datetime) -> None:
        """Delete what killed processes were writing, as far as it is older than `before`."""
        for path in (self._root / FRESH).glob(".*") if self._root else ():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before.timestamp():
                    path.unlink()

    def delete(self, key: str) -> None:
        """Forget a key. That it holds nothing is no error."""
        with suppress(FileNotFoundError), _asking():
            obstore.delete(self._store, key)

    def sync(self, path: Path) -> None:
        """Have the kernel write a file, or the names in a folder, to the disk."""
        disk.sync(path, self._fsync)

    def _place_of(self, key: str) -> Path:
        """Where a key's file goes, in a folder whose name a power cut cannot take."""
        target = cast(Path, self._root) / key
        self._make_last(target.parent)
        return target

    @contextmanager
    def _fresh(self) -> Iterator[Path]:
        """A name that nobody else uses, gone at the end whatever happened; should we be killed, it is swept away."""
        folder = cast(Path, self._root) / FRESH
        folder.mkdir(exist_ok=True)
        path = folder / f".{new_id().hex}"
        try:
            yield path
        finally:
            # Also after success: renaming one hard link over another of the same file leaves both names.
            path.unlink(missing_ok=True)

    def _make_last(self, folder: Path) -> None:
        """Once a process, and also where it is there: whoever made it may not have come to sync it."""
        if folder in self._lasting:
            return
        if folder != self._root:
            self._make_last(folder.parent)
        folder.mkdir(exist_ok=True)
        self.sync(folder.parent)
        self._lasting.add(folder)


class _Fetched:
    """What a bucket holds, range by range."""

    def __init__(self, opened: Any) -> None:
        self._opened, self.size = opened, opened.size

    def read(self, size: int = -1) -> bytes:
        with _asking():
            return bytes(self._opened.read(None if size < 0 else size))

    def close(self) -> None:
        self._opened.close()

    def __enter__(self) -> "_Fetched":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


@contextmanager
def _asking() -> Iterator[None]:
    """A bucket that does not do what it is asked is away: whoever asked may come again. Raises Away."""
    try:
        yield
    except BaseError as error:
        raise Away(str(error).partition("\n")[0][:300]) from error


def _bucket(url: str) -> ObjectStore:
    """Raises BadSetting; the errors of obstore would print the whole address, with its keys."""
    more: dict[str, Any] = {}
    if urlsplit(url).scheme in {"s3", "s3a"}:
        # One at a time is all we delete, and not every store answers a list as obstore wants it (JuiceFS).
        more["config"] = {"disable_bulk_delete": True}
    try:
        return from_url(
            url,
            client_options={
                "allow_http": os.environ.get("AWS_ALLOW_HTTP", "").lower() in YES,
                "connect_timeout": REACHED_WITHIN,
                "timeout": ANSWERS_WITHIN,
            },
            retry_config={"max_retries": 2, "retry_timeout": TRIED_FOR},
            **more,
        )
    except (ValueError, BaseError):
        raise BadSetting(f"FIELDAPP_FILES_URL names no store that can be used: {shown(url)}") from None


def _walk(root: Path) -> Iterator[Path]:
    """The files below a folder."""
    for folder, _folders, names in os.walk(root):
        for name in names:
            yield Path(folder, name)


def _linked(path: Path, fresh: Path) -> bool:
    """Whether the file could be given a second name: not across disks, and not on every file system."""
    try:
        os.link(path, fresh)
    except OSError:
        return False
    return True
