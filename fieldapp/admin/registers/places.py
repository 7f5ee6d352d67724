"""Fields that say where something is: a point, and a shape."""

import json
import re
from dataclasses import dataclass
from typing import Any, ClassVar

from flask_babel import gettext as _

from fieldapp.admin.registers.fields import Columns, Field, Typed, Wrong
from fieldapp.admin.registers.known import Known
from fieldapp.projects.coordinates import Point as Degrees
from fieldapp.projects.coordinates import in_mainland, to_wgs84

PAIR = re.compile(r"\s*(-?\d{1,3}(?:\.\d+)?)\s*°?\s*[,，、;；\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*°?\s*")
DEGREES = re.compile(r"-?\d{1,3}(?:\.\d+)?")
DATUMS = ("wgs84", "gcj02", "bd09")
LARGEST_SHAPE = 200_000  # characters of GeoJSON
PLACES = 7  # digits of a degree that are kept: a centimetre


def pair_of(text: str) -> Degrees | None:
    """Two numbers as one copies them from a map, "latitude, longitude"; some maps put the longitude first."""
    found = PAIR.fullmatch(text)
    if found is None:
        return None
    first, second = float(found[1]), float(found[2])
    turned = abs(first) > 90 or (in_mainland(second, first) and not in_mainland(first, second))
    lat, lng = (second, first) if turned else (first, second)
    return Degrees(lat, lng) if abs(lat) <= 90 and abs(lng) <= 180 else None


@dataclass(frozen=True, kw_only=True)
class Point(Field):
    """Latitude and longitude: picked on the map, typed, or pasted. WGS-84 is what is kept."""

    widget: ClassVar[str] = "point"

    @property
    def columns(self) -> tuple[str, ...]:
        return ("lat", "lng")

    def inputs(self, row: Any, known: Known) -> dict[str, list[str]]:
        put = {name: [_degrees_of(getattr(row, name))] for name in ("lat", "lng")}
        return {**put, "pasted": [""], "datum": ["wgs84"]}

    def read(self, typed: Typed, known: Known) -> dict[str, Any]:
        pasted, datum = typed.one("pasted"), typed.one("datum") or "wgs84"
        if datum not in DATUMS:
            raise Wrong(_("Please choose one."))
        if not pasted and not typed.one("lat") and not typed.one("lng"):
            return {"lat": None, "lng": None}
        here = pair_of(pasted) if pasted else _degrees(typed.one("lat"), typed.one("lng"))
        if here is None and pasted:
            raise Wrong(_("Two numbers, such as 37.1012, 119.6544."))
        if here is None:
            raise Wrong(_("Latitude is between -90 and 90, longitude between -180 and 180."))
        kept = to_wgs84(here.lat, here.lng, datum)
        return {"lat": round(kept.lat, PLACES), "lng": round(kept.lng, PLACES)}

    def say(self, columns: Columns, known: Known) -> str:
        said = [f"{columns[name]:.6f}" for name in ("lat", "lng") if columns.get(name) is not None]
        return ", ".join(said)


def _degrees_of(value: float | None) -> str:
    return "" if value is None else f"{value:.{PLACES}f}".rstrip("0").rstrip(".")


def _degrees(lat: str, lng: str) -> Degrees | None:
    if not DEGREES.fullmatch(lat) or not DEGREES.fullmatch(lng):
        return None
    here = Degrees(float(lat), float(lng))
    return here if abs(here.lat) <= 90 and abs(here.lng) <= 180 else None


@dataclass(frozen=True, kw_only=True)
class Shape(Field):
    """GeoJSON: the outline of a zone (a FeatureCollection), the boundary of an area, the fence of a project."""

    whole: bool = False  # a FeatureCollection, not one area
    widget: ClassVar[str] = "shape"

    def inputs(self, row: Any, known: Known) -> dict[str, list[str]]:
        shape = getattr(row, self.name)
        return {self.name: [json.dumps(shape, ensure_ascii=False, separators=(",", ":")) if shape else ""]}

    def read(self, typed: Typed, known: Known) -> dict[str, Any]:
        text = typed.one(self.name)
        if not text:
            return {self.name: None}
        if len(text) > LARGEST_SHAPE:
            raise Wrong(_("At most %(most)s characters fit.", most=LARGEST_SHAPE))
        try:
            shape = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise Wrong(_("This is not GeoJSON.")) from error
        return {self.name: _collection(shape) if self.whole else _area(shape)}

    def say(self, columns: Columns, known: Known) -> str:
        return _("Drawn") if columns.get(self.name) else ""


def _collection(shape: Any) -> dict[str, Any]:
    features = shape.get("features") if isinstance(shape, dict) and shape.get("type") == "FeatureCollection" else None
    if not isinstance(features, list) or not all(_is_feature(one) for one in features):
        raise Wrong(_("GeoJSON of the type FeatureCollection is needed, in WGS-84."))
    return {"type": "FeatureCollection", "features": features}


def _is_feature(one: Any) -> bool:
    shape = one.get("geometry") if isinstance(one, dict) and one.get("type") == "Feature" else None
    properties = one.get("properties") if isinstance(one, dict) else None
    return isinstance(shape, dict) and (properties is None or isinstance(properties, dict)) and _is_geometry(shape)


def _area(shape: Any) -> dict[str, Any]:
    """The polygons of what was pasted, be it bare or the one feature of a file."""
    if isinstance(shape, dict) and shape.get("type") == "FeatureCollection" and isinstance(shape.get("features"), list):
        shape = shape["features"][0] if len(shape["features"]) == 1 else None
    if isinstance(shape, dict) and shape.get("type") == "Feature":
        shape = shape.get("geometry")
    if not isinstance(shape, dict) or shape.get("type") not in DEPTH_OF_AREAS or not _is_geometry(shape):
        raise Wrong(_("GeoJSON of the type Polygon or MultiPolygon is needed, in WGS-84."))
    return {"type": shape["type"], "coordinates": shape["coordinates"]}


DEPTHS = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
DEPTH_OF_AREAS = {"Polygon", "MultiPolygon"}


def _is_geometry(shape: dict[str, Any]) -> bool:
    depth = DEPTHS.get(shape.get("type", ""))
    return depth is not None and _are_points(shape.get("coordinates"), depth)


def _are_points(value: Any, depth: int) -> bool:
    """Lists in lists down to [lng, lat, …]; a ring closes by itself."""
    if not isinstance(value, list) or not value:
        return False
    if depth:
        return all(_are_points(one, depth - 1) for one in value)
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in value)
    return numbers and len(value) >= 2 and abs(value[0]) <= 180 and abs(value[1]) <= 90
