"""Reading the bytes of a record, leniently (docs/sync-protocol.md 2).

What cannot be read is stored all the same and goes to `/review`; so reading never refuses more than bytes that are no
JSON object. Each part is read as far as it goes: head facts, then the manifest, then the whole.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from fieldapp.core.payload import Arrival, Count, Sha256, Times
from fieldapp.photos.body import MAX_PHOTOS, PhotoClaim
from fieldapp.sync.payloads import SCHEMA, Envelope, FollowUpRecord, IssueEventRecord, SupplementRecord, VisitRecord

READERS: dict[str, type[Envelope]] = {
    "visit": VisitRecord,
    "supplement": SupplementRecord,
    "issue_event": IssueEventRecord,
    "follow_up": FollowUpRecord,
}
Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
# schema n -> what makes its record one of n + 1. Every schema ever shipped keeps its entry and its fixtures
# (tests/sync/fixtures/schema-n); the raw bytes stay as they came.
UPCASTERS: dict[int, Upcaster] = {}

NEWER, UNREADABLE, DIFFERS = "newer-schema", "unreadable", "id-differs"
_MANIFEST = TypeAdapter(list[PhotoClaim])
_COUNT = TypeAdapter(Count)
_SHA256 = TypeAdapter(Sha256)


class NotJson(ValueError):
    """These bytes are no JSON object."""


@dataclass(frozen=True)
class Reading:
    """What could be read of a record. `record` is whole; without it `reason` says why."""

    type: str
    schema: int | None
    rev: int
    replaces: str | None
    owner: UUID | None
    device: UUID | None
    seq: int | None
    claims: list[PhotoClaim] | None  # none: not even the manifest could be read
    record: Envelope | None
    reason: str = ""
    detail: str = ""

    @property
    def target(self) -> UUID | None:
        """What a supplement or event is about."""
        if isinstance(self.record, SupplementRecord):
            return self.record.body.visit
        if isinstance(self.record, FollowUpRecord):
            return self.record.body.visit or self.record.body.follow_up
        return self.record.body.issue if isinstance(self.record, IssueEventRecord) else None

    def arrival(self, payload_sha256: str, received_at: Any) -> Arrival:
        record = self.record
        if record is None:
            raise ValueError("only what was read whole is projected")
        times = Times(
            record.occurred_at, record.recorded_at, received_at, record.clock_offset_ms, record.clock_measured_at
        )
        return Arrival(record.id, times, record.schema_, record.rev, record.device, record.seq, payload_sha256)


def read(raw: bytes, id: UUID) -> Reading:
    """The record in these bytes, sent under `id`. Raises NotJson."""
    said = _object(raw)
    claims = _claims(said.get("photos"))
    record, reason, detail = _whole(said, id)
    if claims is not None and len(claims) > MAX_PHOTOS and record is not None:
        record, reason, detail = None, UNREADABLE, "photos"
    kind = said.get("type")
    rev = _count(said.get("rev"))
    return Reading(
        type=kind if isinstance(kind, str) and kind in READERS else "unknown",
        schema=_count(said.get("schema")),
        rev=rev if rev and rev > 0 else 1,
        replaces=_hash(said.get("replaces")),
        owner=_uuid(said.get("owner")),
        device=_uuid(said.get("device")),
        seq=_count(said.get("seq")),
        claims=claims,
        record=record,
        reason=reason,
        detail=detail,
    )


def _whole(said: dict[str, Any], id: UUID) -> tuple[Envelope | None, str, str]:
    schema = _count(said.get("schema"))
    if schema is not None and schema > SCHEMA:
        return None, NEWER, str(schema)
    kind = said.get("type")
    reader = READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        return None, UNREADABLE, "type"
    try:
        record = reader.model_validate(_upcast(said, schema))
    except ValidationError as error:
        return None, UNREADABLE, ".".join(str(part) for part in error.errors(include_url=False)[0]["loc"])[:200]
    except Exception as error:  # an upcaster met what it did not expect: kept, and tried again by the next version
        return None, UNREADABLE, type(error).__name__
    if record.id != id or (isinstance(record, IssueEventRecord) and record.body.id != id):
        return None, DIFFERS, str(record.id)
    return record, "", ""


def _upcast(said: dict[str, Any], schema: int | None) -> dict[str, Any]:
    while schema in UPCASTERS:
        said = UPCASTERS[schema](said)
        schema += 1
    return {**said, "schema": SCHEMA} if schema == SCHEMA else said


# -- JSON, with what databases cannot hold taken out ---------------------------------------------------------------


def _object(raw: bytes) -> dict[str, Any]:
    try:
        said = json.loads(raw, parse_int=_int, parse_float=_float, parse_constant=_constant)
        if not isinstance(said, dict):
            raise NotJson("not an object")
        # No database takes U+0000 in text, nor half a surrogate pair; in UTF-8 both reach us as escapes only.
        if b"\\u0000" in raw or b"\\ud" in raw or b"\\uD" in raw or not _is_utf8(raw):
            cleaned: dict[str, Any] = _clean(said)
            return cleaned
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from error
    return said


def _is_utf8(raw: bytes) -> bool:
    """Whether these bytes are what Python's reader, which takes half surrogates and UTF-16 too, need not have taken."""
    try:
        return "\x00" not in raw.decode()
    except UnicodeDecodeError:
        return False


def _int(text: str) -> int | float | None:
    return int(text) if len(text) < 20 else _float(text)


def _float(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_clean(key): _clean(one) for key, one in value.items()}
    return [_clean(one) for one in value] if isinstance(value, list) else value


# -- single facts, each read for itself ----------------------------------------------------------------------------


def _claims(value: Any) -> list[PhotoClaim] | None:
    if not value and (value is None or isinstance(value, list)):
        return []
    try:
        claims = _MANIFEST.validate_python(value)
    except ValidationError:
        return None
    return claims if len({claim.id for claim in claims}) == len(claims) else None


def _count(value: Any) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    try:
        return _COUNT.validate_python(value)
    except ValidationError:
        return None


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _hash(value: Any) -> str | None:
    try:
        return _SHA256.validate_python(value)
    except ValidationError:
        return None
