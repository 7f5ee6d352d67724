"""Photos that come with a plain form: parked with it until it is whole, then kept as evidence like a phone's."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import request
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from fieldapp.core.db import new_id
from fieldapp.core.login import person
from fieldapp.core.web import files, settings
from fieldapp.feed.forms import clean
from fieldapp.feed.parking import Parked, Parking, Unfit
from fieldapp.photos.body import MAX_PHOTO_BYTES, MAX_PHOTOS, PhotoClaim
from fieldapp.photos.models import evidence_key

MAX_FORM_BYTES = (MAX_PHOTOS + 1) * MAX_PHOTO_BYTES


@dataclass
class Chosen:
    """The photos of a form: those parked with it, and what was wrong with others."""

    parked: list[Parked] = field(default_factory=list)
    error: str = ""

    def claims(self) -> list[PhotoClaim]:
        """The manifest that they make; each time with new ids."""
        return [PhotoClaim(id=new_id(), sha256=one.sha256, size=one.size, type=one.type) for one in self.parked]

    def unpark(self) -> None:
        """The form is home."""
        for one in self.parked:
            _parking().drop(one)


def choose_photos() -> Chosen:
    """What was parked with the form and is still wanted, and what comes with it now."""
    parking, dropped = _parking(), set(request.form.getlist("drop"))
    tokens = [token for token in request.form.getlist("parked") if token not in dropped]
    found = [parking.find(token) for token in tokens]
    chosen = Chosen([one for one in found if one is not None])
    if None in found:
        chosen.error = _("The photos chosen before were kept for an hour only. Please choose them again.")
    for file in request.files.getlist("photos"):
        if file.filename:
            _park(parking, chosen, file)
    return chosen


def _park(parking: Parking, chosen: Chosen, file: FileStorage) -> None:
    name = clean(file.filename)[:60]
    if len(chosen.parked) >= MAX_PHOTOS:
        chosen.error = _("%(n)s photos at most; “%(name)s” was not taken.", n=MAX_PHOTOS, name=name)
        return
    try:
        chosen.parked.append(parking.put(file.stream, name, file.mimetype))
    except Unfit as unfit:
        said = {
            "empty": _("“%(name)s” is empty. Please choose it again.", name=name),
            "too-large": _("“%(name)s” is larger than 64 MB and was not taken.", name=name),
        }
        chosen.error = said[unfit.reason]


def keep(photos: Sequence[Parked]) -> None:
    """Their bytes as evidence, before the rows that speak of them are written."""
    for one in photos:
        files().put(evidence_key(one.sha256), _parking().path(one))


def keep_what_is_gone(photos: Sequence[Parked]) -> None:
    """After the rows are written: a file may have been deleted with a purged photo, just before we wrote."""
    keep([one for one in photos if files().size(evidence_key(one.sha256)) is None])


def _parking() -> Parking:
    return Parking(settings().data_dir, person().id)
