"""Every photo's bytes are in the file store, hash for hash, and nothing else is: no part, no half-written file."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from fieldapp.settings import Settings

if TYPE_CHECKING:
    from tests.fleet.check import Findings


def check_files(
    found: "Findings", settings: Settings, photos: Sequence[Any], uploads: Sequence[Any], *, waits: bool
) -> None:
    """`waits`: unfinished uploads may still lie there, as long as the database knows them."""
    root = Path(unquote(urlsplit(settings.files).path))
    known = {row.sha256 for row in photos}
    stored = {row.sha256 for row in photos if row.stored_at is not None and row.purged_at is None}
    here: set[str] = set()
    for path in root.glob("evidence/*/*"):
        found.must("foreign", path.name in known, f"file {path.relative_to(root)}: no photo has these bytes")
        here.add(path.name)
        if path.name in stored:
            with path.open("rb") as file:
                same = hashlib.file_digest(file, "sha256").hexdigest() == path.name
            found.must("lost", same, f"file {path.relative_to(root)}: other bytes than it is named by")
    for sha256 in stored - here:
        found.fault("lost", f"the bytes of {sha256} are not in the file store")
    made = {row.id for row in photos if row.derivative == "made"}
    found.sets("thumbnail", made, {path.stem for path in root.glob("thumb/*") if not path.name.startswith(".")})
    for path in [*root.rglob(".*"), *root.glob("fresh/*")]:
        found.fault("wrong", f"left behind: {path.relative_to(root)}")
    unfinished = {row.id for row in uploads}
    for path in settings.parts_dir.iterdir():
        found.must("wrong", waits and path.stem in unfinished, f"left behind: parts/{path.name}")
    if not waits:
        for row in uploads:
            found.fault("wrong", f"upload {row.id} of photo {row.photo_id} is still known")
