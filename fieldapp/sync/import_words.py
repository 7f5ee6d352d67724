"""What became of each record of an export file, in words."""

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from fieldapp.photos.models import STORED
from fieldapp.sync.forms import REASONS, TYPES
from fieldapp.sync.imports import CutShort, NotAnExport, Taken
from fieldapp.sync.models import HELD, UNPLACED, VARIANT

__all__ = ["TYPES"]

NEW, THERE, PERSON, NOT_TAKEN = "new", "there", "person", "not-taken"
ORDER = (NOT_TAKEN, PERSON, NEW, THERE)  # what one has to deal with comes first
HOW = {
    NEW: _l("New: taken in"),
    THERE: _l("Already here"),
    PERSON: _l("Kept, needs a person"),
    NOT_TAKEN: _l("Not taken in"),
}
STATES = {
    UNPLACED: _l("Not filed: nobody has let it in yet"),
    HELD: _l("Waits for a visit or issue that has not arrived"),
    VARIANT: _l("Two versions of one record"),
}
PROBLEMS = {
    "unreadable": _l("This entry of the file cannot be read."),
    "not-json": _l("This entry of the file cannot be read."),
    "checksum": _l("It was changed after the phone had sealed it, so it is not taken."),
    "record-too-large": _l("It is larger than any record can be."),
    "busy": _l("The server was busy. Hand the same file in once more."),
}


@dataclass(frozen=True)
class Outcome:
    """A record of the file, as the page tells of it."""

    id: str
    how: str
    type: str
    number: str
    why: str
    photos: int  # of its manifest
    stored: int
    lacking: int  # whose bytes were in the file and could not be taken

    @classmethod
    def of(cls, taken: Taken) -> "Outcome":
        receipt = taken.receipt
        if receipt is None:
            why = str(PROBLEMS.get(taken.problem, PROBLEMS["unreadable"]))
            return cls(taken.id[:36], NOT_TAKEN, taken.type, "", why, 0, 0, len(taken.photos))
        claimed = receipt.photos if isinstance(receipt.photos, list) else []
        needs = receipt.state in STATES
        why = str(REASONS.get(receipt.reason or "") or STATES[receipt.state]) if needs else ""
        return cls(
            id=str(receipt.id),
            how=PERSON if needs else NEW if taken.new else THERE,
            type=taken.type,
            number=receipt.number or "",
            why=why,
            photos=len(claimed),
            stored=sum(photo.state == STORED for photo in claimed),
            lacking=len(taken.photos),
        )


def why_not(error: NotAnExport) -> str:
    """What is wrong with the file as a whole."""
    if isinstance(error, CutShort):
        return str(
            _("The file ends too early, or is damaged from there on. What stands before was taken in. "
              "Copy it from the phone once more and hand it in again: nothing is doubled.")
        )  # fmt: skip
    return str(
        _("This is no file that this application has exported. On the phone: On this phone → Keep all that waits as "
          "a file; its name begins with “fieldapp-export-”.")
    )  # fmt: skip
