"""What waits on `/review` and what is missing from a phone's numbers: exactly what the stories made, by id."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tests.fleet.told import Told

if TYPE_CHECKING:
    from tests.fleet.check import Findings

Rows = Callable[..., Sequence[Any]]
OF_DEVICES = ("device_gap", "silent_device", "replaced_device")
OF_PHOTOS = ("refused_photo", "withdrawn_photo", "lost_photo", "unreadable_photo")


def check_review(found: "Findings", said: Told, rows: Rows) -> None:
    items = [row for row in rows("review_item") if row.closed_at is None]
    found.once("review item", (row.key for row in items))
    here = {(row.kind, _of(row)) for row in items}
    imported = {(row.record_id) for row in rows("raw", "record_id", "imported_by") if row.imported_by is not None}
    expected = said.reviews | {("imported", id) for id in imported & said.handed_in}
    # Who was first, phone or desk, the moment decides; what came by a desk first must say so, and nothing else.
    found.sets("on /review:", expected, here)
    found.figures["on /review"] = len(items)
    gaps = {(row.device_id, row.user_id, row.seq) for row in rows("gap")}
    found.sets("gap", said.gaps, gaps)
    found.figures["gaps"] = len(gaps)


def _of(row: Any) -> str:
    if row.kind in OF_DEVICES:
        return str(row.device_id)
    return str(row.photo_id if row.kind in OF_PHOTOS else row.record_id)
