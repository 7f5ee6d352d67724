"""A phone's export file, handed in at a desk (docs/sync-protocol.md 13).

The sealed bytes go through the very doors that phones use, so the same record from the phone, before or after, is one
record. The file is read record by record, never whole.
"""

import binascii
import hashlib
import logging
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import InvalidOperation
from io import SEEK_END, BytesIO
from tempfile import TemporaryFile
from typing import IO, Any
from uuid import UUID

import ijson
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection

from fieldapp.accounts import queries as accounts
from fieldapp.core.db import Database
from fieldapp.core.problems import Problem
from fieldapp.photos.body import MAX_PHOTO_BYTES
from fieldapp.settings import Settings
from fieldapp.sync import envelope, receipts, records
from fieldapp.sync.models import Raw
from fieldapp.sync.parts import Body
from fieldapp.sync.payloads import MAX_RAW_BYTES, Receipt
from fieldapp.sync.upload_places import Announced
from fieldapp.sync.uploads import Uploads

FORMAT = "fieldapp-export/1"
DEEPEST = 12
BUFFER = 1024 * 1024  # a text that spans several is read anew with each: photos take minutes in small ones
LONGEST = MAX_PHOTO_BYTES // 3 * 4 + 2 * BUFFER  # of a single value
LONG, LONGEST_NAME = 64 * 1024, 200
MOST_VALUES = 2_000  # of one record: twenty photos make some 250
MOST_RECORDS = 20_000
OF_ALL = 2  # levels around a record: the file's own, and the list of them
TYPES = ("visit", "supplement", "issue_event")
SHA256 = re.compile(r"[0-9a-f]{64}")
NO_NUMBERS = (InvalidOperation, SystemError)  # what the parser makes of 1e99999999999999999999 and of 5,000 digits
log = logging.getLogger("fieldapp.imports")


class NotAnExport(Exception):
    """The file is not one that fieldapp exported, or it is cut short. What came before the cut was taken in."""


class CutShort(NotAnExport):
    """It began as an export does and does not end as one."""


@dataclass
class Taken:
    """What became of one record of the file: its receipt, or why there is none."""

    id: str
    type: str = ""
    new: bool = False  # its bytes had not come before, from the phone or a desk
    receipt: Receipt | None = None
    problem: str = ""
    photos: dict[str, str] = field(default_factory=dict)  # photo id -> why its bytes were not taken


def take(db: Database, settings: Settings, uploads: Uploads, file: IO[bytes], importer: UUID) -> Iterator[Taken]:
    """Take an export file in, record by record. Raises NotAnExport where the file ends too early or is none."""
    _check(file)
    watched = _Watched(file)
    try:
        with TemporaryFile() as shelf:
            events = _bounded(ijson.basic_parse(watched, buf_size=BUFFER), watched, shelf)
            for number, item in enumerate(ijson.items(ijson.parse(events), "records.item")):
                if number >= MOST_RECORDS:
                    raise CutShort("too many")
                yield _take_one(db, settings, uploads, item, importer)
    except (ijson.JSONError, UnicodeDecodeError, *NO_NUMBERS) as error:
        raise CutShort(str(error)) from error


class _Watched:
    """The file, read for as long as no single value of it is longer than a photo: the parser keeps the whole of it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.since = file, 0

    def read(self, size: int = -1) -> bytes:
        part = self._file.read(size)
        self.since += len(part)
        if self.since > LONGEST:
            raise CutShort("too long")
        return part


@dataclass(frozen=True)
class _Shelved:
    """A long text of a record, kept out of memory until it is its turn."""

    shelf: IO[bytes]
    at: int
    size: int

    def text(self) -> bytes:
        self.shelf.seek(self.at)
        return self.shelf.read(self.size)


def _bounded(events: Iterable[tuple[str, Any]], watched: _Watched, shelf: IO[bytes]) -> Iterator[tuple[str, Any]]:
    """The parser's events, as long as they are those of an export. It keeps the whole path of each level, so a hundred
    thousand brackets would take all memory there is; and a record is made whole of them, with all its photos."""
    depth = count = 0
    for event, value in events:
        watched.since = 0
        depth += event.startswith("start_") - event.startswith("end_")
        count = count + 1 if depth > OF_ALL else 0
        if depth > DEEPEST or count > MOST_VALUES or (event == "map_key" and len(value) > LONGEST_NAME):
            raise CutShort("too deep, or too much of it")
        if event == "start_map" and count == 1:
            shelf.truncate(0)  # the record of before has been taken in
        yield event, _shelved(shelf, value) if event == "string" and len(value) > LONG else value


def _shelved(shelf: IO[bytes], text: str) -> _Shelved:
    at = shelf.seek(0, SEEK_END)
    return _Shelved(shelf, at, shelf.write(text.encode(errors="replace")))


def _check(file: IO[bytes]) -> None:
    """The format stands first in the file; looking at the head is enough."""
    head = file.read(200)
    file.seek(0)
    if FORMAT.encode() not in head:
        raise NotAnExport("no format")


def _take_one(db: Database, settings: Settings, uploads: Uploads, item: Any, importer: UUID) -> Taken:
    if not isinstance(item, dict):
        return Taken("", problem="unreadable")
    taken = Taken(str(item.get("id", "")), type=item["type"] if item.get("type") in TYPES else "")
    try:
        id, raw = UUID(taken.id), _bytes(item.get("raw_b64"))
    except ValueError:
        taken.problem = "unreadable"
        return taken
    if len(raw) > MAX_RAW_BYTES:
        taken.problem = "record-too-large"
    elif hashlib.sha256(raw).hexdigest() != item.get("sha256"):
        taken.problem = "checksum"
    if taken.problem:
        return taken
    try:
        taken.new = records.accept(db, settings, id, raw, records.Sender(importer, importing=True)).first
        by = _as_whom(db, id, str(item["sha256"]), importer)
        photos = item.get("photos")
        for photo in photos if isinstance(photos, list) else []:
            _take_photo(uploads, id, photo, by, taken)
        with db.reading() as session:
            taken.receipt = receipts.receipt_for(session, id, str(item["sha256"]))
    except envelope.NotJson:
        taken.problem = "not-json"
    except (DBAPIError, NoConnection):
        log.warning("a record of an import must be handed in again", exc_info=True)
        taken.problem = "busy"
    return taken


def _as_whom(db: Database, id: UUID, sha256: str, importer: UUID) -> UUID:
    """Its photos are its author's, whoever brought its text here first; of an unknown author the importer's."""
    with db.reading() as session:
        owner = session.scalar(select(Raw.owner_id).where(Raw.record_id == id, Raw.payload_sha256 == sha256))
        return owner if owner is not None and accounts.is_user(session, owner) else importer


def _bytes(text: Any) -> bytes:
    """The bytes of a base64 text. Raises ValueError."""
    if not isinstance(text, str | _Shelved):
        raise ValueError("not a text")
    try:
        return b64decode(text.text() if isinstance(text, _Shelved) else text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def _take_photo(uploads: Uploads, record: UUID, photo: Any, by: UUID, taken: Taken) -> None:
    """Bring one photo's bytes in by the door of uploads. What goes wrong with it is told, and the others go on."""
    if not isinstance(photo, dict) or photo.get("b64") is None:
        return  # the phone no longer had the bytes
    name = str(photo.get("id", ""))
    try:
        data = _bytes(photo["b64"])
        if not SHA256.fullmatch(str(photo.get("sha256"))):
            raise ValueError("not a hash")
        announced = Announced(record, UUID(name), str(photo["sha256"]), len(data))
        place = uploads.create(by, announced, with_body=True)
        if place.receipt:
            return
        if place.lease is None:
            place = uploads.claim(by, place.id, place.offset)
        rest = data[place.offset :]
        uploads.receive(place, Body(BytesIO(rest).read, len(rest)))
    except ValueError:
        taken.photos[name] = "unreadable"
    except Problem as problem:
        taken.photos[name] = problem.code
    except DBAPIError:
        log.warning("a photo of an import must be handed in again", exc_info=True)
        taken.photos[name] = "busy"
