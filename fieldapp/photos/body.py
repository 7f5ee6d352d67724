"""A photo as a record's manifest claims it."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from fieldapp.core.payload import Count, Line, Moment, Payload, Position, Sha256

MAX_PHOTOS = 20
MAX_PHOTO_BYTES = 64 * 1024 * 1024


class PhotoClaim(Payload):
    """One line of the manifest. `sha256` names the bytes that will be uploaded, the evidence file."""

    id: UUID
    sha256: Sha256
    size: int = Field(ge=0, le=2**53)
    type: Line = "image/jpeg"
    taken_at: Moment | None = None
    role: Literal["progress", "before", "after", "meeting", "document", "other"] = "progress"
    caption: Line = ""
    viewpoint: Line = ""
    sensitive: bool = False
    sha256_camera: Sha256 | None = Field(default=None, description="claimed hash of the camera's own bytes")
    exif_claimed: dict[str, Any] = Field(default_factory=dict)
    position: Position | None = None
    width: Count | None = None
    height: Count | None = None
