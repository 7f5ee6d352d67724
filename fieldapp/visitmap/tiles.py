"""Where the map's tiles come from: as an administrator has set it on a page, or as the environment says."""

import math
from dataclasses import asdict, dataclass

from sqlalchemy.orm import Session

from fieldapp.accounts.policy import Person
from fieldapp.core import audit, clock
from fieldapp.core.kept import Moved
from fieldapp.core.models import Setting
from fieldapp.settings import Settings, shown, tile_host

NAME = "tiles"
TRIED_AT = 13  # the zoom of the one tile that is tried out


@dataclass(frozen=True)
class Tiles:
    url: str = ""
    labels: str = ""  # a second layer, with names
    attribution: str = ""

    @property
    def hosts(self) -> list[str]:
        """Origins that the policy of a page with a map lets images come from."""
        return sorted({tile_host(url) for url in (self.url, self.labels) if url})

    def one(self, lat: float, lng: float) -> list[str]:
        """The addresses of the one tile that shows this place, a layer each."""
        return [_filled(url, lat, lng) for url in (self.url, self.labels) if url]


def _filled(url: str, lat: float, lng: float) -> str:
    across = 2**TRIED_AT
    x = int((lng + 180) / 360 * across) % across
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * across)
    said = {"{s}": "a", "{z}": TRIED_AT, "{x}": x, "{y}": y, "{-y}": across - 1 - y, "{r}": ""}
    for mark, value in said.items():
        url = url.replace(mark, str(value))
    return url


def current(session: Session, settings: Settings) -> Tiles:
    return set_here(session) or of_environment(settings)


def of_environment(settings: Settings) -> Tiles:
    return Tiles(settings.tile_url, settings.tile_label_url, settings.tile_attribution)


def set_here(session: Session) -> Tiles | None:
    """What was set on the page, if anything was."""
    row = session.get(Setting, NAME)
    return Tiles(**row.value) if row is not None else None


def may_set(person: Person) -> bool:
    return person.is_admin


def set_tiles(session: Session, by: Person, tiles: Tiles | None, settings: Settings, *, seen: Tiles) -> None:
    """These from now on, on every page and machine; None: those of the environment again. Raises Moved where what the
    page showed is no more so."""
    row = session.get(Setting, NAME, with_for_update=True)
    was = Tiles(**row.value) if row is not None else of_environment(settings)
    if was != seen:
        raise Moved
    if tiles is None and row is not None:
        session.delete(row)
    elif tiles is not None and row is not None:
        row.value, row.changed_at = asdict(tiles), clock.now()
    elif tiles is not None:
        session.add(Setting(name=NAME, value=asdict(tiles), changed_at=clock.now()))
    now = tiles or of_environment(settings)
    if now != was:
        told = {name: [_said(name, getattr(was, name)), _said(name, getattr(now, name))] for name in asdict(now)}
        changes = {name: both for name, both in told.items() if both[0] != both[1]}
        audit.record(session, by.id, "setting.changed", "setting", NAME, changes=changes)


def _said(name: str, value: str) -> str:
    """Without the key that an address may carry."""
    return value if name == "attribution" else shown(value)
