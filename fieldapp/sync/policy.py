"""Who sorts out what on `/review`, and by which acts (docs/sync-protocol.md 14).

| item | officer | lead | desk | system administrator | security administrator, auditor, others |
| --- | --- | --- | --- | --- | --- |
| a record's | own imports | of their teams | all; of sensitive ones not the text | all: id, author, time, reason | no |
| a device's | no | a number | a number | all | no |

Acts on a record are for whoever sees its item. What asks for having read it (choosing a version, placing, confirming)
is for staff: an administrator reads none. An import is confirmed by its author or a lead; an author unknown here is
matched by desk or administrator. The raw bytes open to their author, and to a system administrator who says why.
"""

from sqlalchemy import ColumnElement, or_, true

from fieldapp.accounts.policy import Person
from fieldapp.sync.models import ReviewItem

IMPORTED = "imported"
OF_DEVICES = ("device_gap", "silent_device", "replaced_device")
ACTS = {
    "failed": ("retry", "place"),
    "unplaced": ("place", "retry"),
    "variant": ("choose",),
    "held": ("retry",),
    IMPORTED: ("confirm", "match"),
}
BY_READERS = ("place", "choose", "confirm")


def to_sort(person: Person) -> ColumnElement[bool]:
    """The items that this person may open."""
    if person.is_admin:
        return true()
    not_devices = ReviewItem.kind.not_in(OF_DEVICES)
    if person.is_desk:
        return not_devices
    if not person.is_lead:
        return (ReviewItem.kind == IMPORTED) & (ReviewItem.user_id == person.id)
    mine = or_(ReviewItem.team_id.in_(person.led_team_ids), ReviewItem.user_id == person.id)
    return not_devices & mine


def acts(person: Person, item: ReviewItem) -> tuple[str, ...]:
    """What this person may do about an open item; whoever sorts out may close it with a reason."""
    if not (person.is_lead or person.is_desk or person.is_admin):
        return ("confirm",) if item.kind == IMPORTED and item.user_id == person.id else ()
    allowed = ACTS.get(item.kind, ())
    if item.user_id is not None or not (person.is_desk or person.is_admin):  # only an unknown author is matched
        allowed = tuple(act for act in allowed if act != "match")
    if not (person.is_lead or item.user_id == person.id):
        allowed = tuple(act for act in allowed if act != "confirm")
    if not person.is_staff:
        allowed = tuple(act for act in allowed if act not in BY_READERS)
    return (*allowed, "close")


def reads_texts(person: Person) -> bool:
    """Who may tell versions by what they say. None of the three powers reads visits."""
    return person.is_staff


def may_open_raw(person: Person) -> bool:
    """A system administrator, who says why; their author has a door of their own (`/api/v1/records/…/raw`)."""
    return person.is_admin
