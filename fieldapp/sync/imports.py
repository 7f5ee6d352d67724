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
from io import BytesIO
from typing import IO, Any
from uuid import UUID

import ijson
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection

from fieldapp.accounts import queries as accounts
from fieldapp.core.db import Database
from fieldapp.core.problems import Problem
from fieldapp.settings import Settings
from fieldapp.sync import envelope, receipts, records
from fieldapp.sync.models import Raw
from fieldapp.sync.parts import Body
from fieldapp.sync.payloads import MAX_RAW_BYTES, Receipt
from fieldapp.sync.upload_places import Announced
from fieldapp.sync.uploads import Uploads

FORMAT = "fieldapp-export/1"
DEEPEST = 12
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
    try:
        for item in ijson.items(ijson.parse(_shallow(ijson.basic_parse(file))), "records.item"):
            yield _take_one(db, settings, uploads, item, importer)
    except (ijson.JSONError, UnicodeDecodeError, *NO_NUMBERS) as error:
        raise CutShort(str(error)) from error


def _shallow(events: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """The parser's events, as long as they nest no deeper than an export does: it keeps the whole path of each level,
    so a hundred thousand brackets would take all memory there is."""
    depth = 0
    for event, value in events:
        depth += event.startswith("start_") - event.startswith("end_")
        if depth > DEEPEST:
            raise CutShort("too deep")
        yield event, value


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
    if not isinstance(text, str):
        raise ValueError("not a text")
    try:
        return b64decode(text, validate=True)
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
