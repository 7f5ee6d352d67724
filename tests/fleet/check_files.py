"""Every photo's bytes are in the file store, hash for hash, and nothing else is: no part, no half-written file."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fieldapp.core.files import Files
from fieldapp.settings import Settings

if TYPE_CHECKING:
    from tests.fleet.check import Findings


def check_files(
    found: "Findings", settings: Settings, photos: Sequence[Any], uploads: Sequence[Any], *, waits: bool
) -> None:
    """`waits`: unfinished uploads may still lie there, as long as the database knows them."""
    files = Files(settings.files)
    known = {row.sha256 for row in photos}
    stored = {row.sha256 for row in photos if row.stored_at is not None and row.purged_at is None}
    here, thumbs = set[str](), set[str]()
    for key in [listed.key for listed in files.listing()]:
        kind, name = key.partition("/")[0], key.rpartition("/")[2]
        if kind == "evidence":
            found.must("foreign", name in known, f"file {key}: no photo has these bytes")
            here.add(name)
            if name in stored:
                found.must("lost", _hash_of(files, key) == name, f"file {key}: other bytes than it is named by")
        elif kind == "thumb":
            thumbs.add(name.partition(".")[0])
        elif kind == "fresh":
            found.fault("wrong", f"left behind: {key}")
    for sha256 in stored - here:
        found.fault("lost", f"the bytes of {sha256} are not in the file store")
    found.sets("thumbnail", {row.id for row in photos if row.derivative == "made"}, thumbs)
    for path in files.unfinished():
        found.fault("wrong", f"left behind: {path.relative_to(files.path('') or path.anchor)}")
    unfinished = {row.id for row in uploads}
    for path in settings.parts_dir.iterdir():
        found.must("wrong", waits and path.stem in unfinished, f"left behind: parts/{path.name}")
    if not waits:
        for row in uploads:
            found.fault("wrong", f"upload {row.id} of photo {row.photo_id} is still known")


def _hash_of(files: Files, key: str) -> str:
    digest = hashlib.sha256()
    for piece in files.pieces(key):
        digest.update(piece)
    return digest.hexdigest()
