"""Who sorts out what on `/review`, and by which acts (docs/sync-protocol.md 14).

| item | lead | desk | system administrator |
| --- | --- | --- | --- |
| a record's | of their teams | all; of sensitive ones not the text | all (id, author, time and reason; the raw bytes) |
| a device's | a number | a number | all |

Acts on a record are for whoever sees its item. An import is confirmed by its author or a lead; an author unknown here
is matched by desk or admin; a record is placed by staff, for an admin knows no projects.
"""

from sqlalchemy import ColumnElement, or_, true

from fieldapp.accounts.policy import Person
from fieldapp.sync.models import ReviewItem

OF_DEVICES = ("device_gap", "silent_device", "replaced_device")
ACTS = {
    "failed": ("retry", "place"),
    "unplaced": ("place", "retry"),
    "variant": ("choose",),
    "held": ("retry",),
    "imported": ("confirm", "match"),
}


def to_sort(person: Person) -> ColumnElement[bool]:
    """The items that this person may open."""
    if person.is_admin:
        return true()
    not_devices = ReviewItem.kind.not_in(OF_DEVICES)
    if person.is_desk:
        return not_devices
    mine = or_(ReviewItem.team_id.in_(person.led_team_ids), ReviewItem.user_id == person.id)
    return not_devices & mine


def acts(person: Person, item: ReviewItem) -> tuple[str, ...]:
    """What this person may do about an open item; every item may be closed with a reason."""
    allowed = ACTS.get(item.kind, ())
    if item.user_id is not None or not (person.is_desk or person.is_admin):  # only an unknown author is matched
        allowed = tuple(act for act in allowed if act != "match")
    if person.is_desk and not person.is_lead:
        allowed = tuple(act for act in allowed if act != "confirm")
    if not person.is_staff:  # an admin knows no projects to place by
        allowed = tuple(act for act in allowed if act != "place")
    return (*allowed, "close")
