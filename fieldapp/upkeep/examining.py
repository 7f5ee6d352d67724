"""What the doctor's checks work with, and what they yield."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from fieldapp.core.db import Database
from fieldapp.core.files import Files
from fieldapp.photos.lettering import FONTS
from fieldapp.settings import Settings


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be."""

    code: str
    what: str
    do: str
    about: list[str] = field(default_factory=list)  # ids, keys, paths


@dataclass(frozen=True)
class Limits:
    """From when on something is worth telling."""

    free_bytes: int = 2_000_000_000
    free_share: float = 0.05
    clock: timedelta = timedelta(seconds=60)
    waiting: timedelta = timedelta(minutes=15)  # for a job that is looked at each minute
    stray: timedelta = timedelta(days=1)  # younger files may be on their way
    fonts: Sequence[str] = FONTS


@dataclass(frozen=True)
class Examination:
    """One installation, as it is looked at."""

    settings: Settings
    database: Database
    files: Files
    limits: Limits
    deep: bool
