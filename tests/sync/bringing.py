"""What upload tests share: a record whose manifest lists a photo, and the headers that bring it."""

import hashlib
import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fieldapp.core.db import Database, new_id
from fieldapp.photos import manifest_actions as manifests
from fieldapp.photos.body import PhotoClaim
from fieldapp.photos.models import Photo
from fieldapp.sync.models import Raw, Record
from tests.cast import NOON

TYPE = "application/offset+octet-stream"


@dataclass(frozen=True)
class Brought:
    """A photo on the phone."""

    record: UUID
    id: UUID
    data: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def metadata(self) -> dict[str, str]:
        return {"record": str(self.record), "photo": str(self.id), "sha256": self.sha256}

    @property
    def creation(self) -> dict[str, str]:
        """The headers of a POST."""
        said = ",".join(f"{name} {b64encode(value.encode()).decode()}" for name, value in self.metadata.items())
        return {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(self.data)), "Upload-Metadata": said}


def listed(db: Database, owner: UUID, *photos_data: bytes) -> list[Brought]:
    """A record of this owner that has arrived and is placed, with these photos in its manifest."""
    record = new_id()
    brought = [Brought(record, new_id(), data) for data in photos_data]
    claims = [PhotoClaim(id=one.id, sha256=one.sha256, size=len(one.data)) for one in brought]
    with db.writing() as session:
        raw = arrive(session, record, owner, state="projected")
        manifests.claim(session, record, owner, claims)
        session.add(
            Record(
                id=record, type="visit", owner_id=owner, state="placed", raw_id=raw.id, rev=1, received_at=NOON,
                changed_at=NOON,
            )
        )  # fmt: skip
    return brought


def arrive(session: Any, record: UUID, owner: UUID, state: str, **more: Any) -> Raw:
    raw = Raw(
        record_id=record, payload_sha256=hashlib.sha256(record.bytes).hexdigest(), payload=b"{}", owner_id=owner,
        sender_id=owner, received_at=NOON, state=state,
    )  # fmt: skip
    for name, value in more.items():
        setattr(raw, name, value)
    session.add(raw)
    session.flush()
    return raw


def patch_headers(offset: int, piece: bytes | None = None) -> dict[str, str]:
    headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": str(offset), "Content-Type": TYPE}
    if piece is not None:
        headers["Upload-Checksum"] = "sha256 " + b64encode(hashlib.sha256(piece).digest()).decode()
    return headers


def receipt_in(answer: Any) -> dict[str, Any]:
    """The receipt that the last answer carries."""
    receipt: dict[str, Any] = json.loads(b64decode(answer.headers["Fieldapp-Receipt"]))
    return receipt


def photo_of(db: Database, photo_id: UUID) -> Photo:
    with db.reading() as session:
        return session.get_one(Photo, photo_id)
