"""Photos of a form that came back: parked for an hour, so that nobody has to choose them again."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO
from uuid import UUID

from fieldapp.core import clock, jobs
from fieldapp.core.db import new_id
from fieldapp.photos.body import MAX_PHOTO_BYTES

KEPT = timedelta(hours=1)
PIECE = 64 * 1024


class Unfit(Exception):
    """A file that is no photo of ours: empty, or too large."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Parked:
    """A photo that its form still has to bring home."""

    token: str
    sha256: str
    size: int
    type: str
    name: str


class Parking:
    """One person's parked photos. Another's are out of reach: the folder bears their id."""

    def __init__(self, data_dir: Path, user_id: UUID) -> None:
        self._folder = data_dir / "parked" / user_id.hex

    def path(self, parked: Parked) -> Path:
        return self._folder / parked.token

    def put(self, stream: IO[bytes], name: str, type: str) -> Parked:
        """Keep an uploaded file. Raises Unfit."""
        self._folder.mkdir(parents=True, exist_ok=True)
        token, digest, size = new_id().hex, hashlib.sha256(), 0
        target = self._folder / token
        with target.open("wb") as out:
            while piece := stream.read(PIECE):
                size += len(piece)
                if size > MAX_PHOTO_BYTES:
                    break
                digest.update(piece)
                out.write(piece)
        if size == 0 or size > MAX_PHOTO_BYTES:
            target.unlink()
            raise Unfit("empty" if size == 0 else "too-large")
        parked = Parked(token, digest.hexdigest(), size, type[:80] or "application/octet-stream", name[:120])
        target.with_suffix(".json").write_text(json.dumps(asdict(parked)))
        return parked

    def find(self, token: str) -> Parked | None:
        """A photo parked before; none where the hour is over."""
        try:
            said = (self._folder / UUID(token).hex).with_suffix(".json").read_text()
        except (ValueError, FileNotFoundError):
            return None
        return Parked(**json.loads(said))

    def drop(self, parked: Parked) -> None:
        self.path(parked).unlink(missing_ok=True)
        self.path(parked).with_suffix(".json").unlink(missing_ok=True)


@jobs.every_minute
def sweep(context: jobs.Context) -> None:
    """Forget what was parked more than an hour ago."""
    for path in (context.settings.data_dir / "parked").glob("*/*"):
        if clock.now() - datetime.fromtimestamp(path.stat().st_mtime, UTC) > KEPT:
            path.unlink(missing_ok=True)
