"""Positions between the three datums met in China, distances, and fences.

WGS-84 is what receivers give and what is stored. GCJ-02 is what AMap, Tencent and some web views give,
BD-09 what Baidu gives. Neither shift was ever published officially; the formulas below are the ones in
general use, written anew from their description, and agree with npm gcoord 1.0.7
(tests/projects/gcoord_points.json). The shift is in force on the mainland only, so everything here is
guarded by an outline of it (`mainland.json`). Degrees go in and come out, latitude before longitude;
distances are metres.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any, Literal, NamedTuple

from geopy.distance import geodesic

Crs = Literal["wgs84", "gcj02", "bd09"]


class Point(NamedTuple):
    """Degrees; WGS-84 unless the function that made it says otherwise."""

    lat: float
    lng: float


# The GCJ-02 shift is computed on the Krasovsky 1940 ellipsoid: semi-major axis in metres, eccentricity
# squared.
AXIS_M = 6_378_245.0
ECCENTRICITY2 = 0.006_693_421_622_965_823
# The wave of BD-09: 3000 periods to the half turn, then a fixed offset in degrees.
BD_WAVE = math.pi * 3000.0 / 180.0
BD_OFFSET = Point(0.006, 0.0065)

# Between these distances a point off its site may be one that was shifted: GCJ-02 moves points by 30-680 m
# and at the zones measured by 488-605 m (offline engineering 6, domain guide 3.8).
MIX_FROM_M = 400.0
MIX_TO_M = 700.0

Shift = Callable[[float, float], Point]


# -- the mainland ----------------------------------------------------------------------------------


def in_mainland(lat: float, lng: float) -> bool:
    """Whether GCJ-02 is in force at this WGS-84 point. The outline is good to about 2 km, finer at border
    towns."""
    return _near_mainland(lat, lng, margin=0.0) and _ring_holds(_mainland()[0], lat, lng)


def _near_mainland(lat: float, lng: float, margin: float) -> bool:
    south, north, west, east = _mainland()[1]
    return south - margin <= lat <= north + margin and west - margin <= lng <= east + margin


@lru_cache(maxsize=1)
def _mainland() -> tuple[tuple[tuple[float, float], ...], tuple[float, float, float, float]]:
    text = resources.files("fieldapp.projects").joinpath("mainland.json").read_text(encoding="utf-8")
    ring = tuple((float(lng), float(lat)) for lng, lat in json.loads(text)["ring"])
    lngs, lats = [lng for lng, _ in ring], [lat for _, lat in ring]
    return ring, (min(lats), max(lats), min(lngs), max(lngs))


# -- conversions -----------------------------------------------------------------------------------


def to_wgs84(lat: float, lng: float, crs: str) -> Point:
    """A position as received, in WGS-84. Outside the mainland, and for an unknown crs, it is left as it
    is."""
    if crs == "gcj02":
        return gcj02_to_wgs84(lat, lng)
    if crs == "bd09":
        return bd09_to_wgs84(lat, lng)
    return Point(lat, lng)


def from_wgs84(lat: float, lng: float, crs: str) -> Point:
    """A stored position in the datum of a map that is to show it."""
    if crs == "gcj02":
        return wgs84_to_gcj02(lat, lng)
    if crs == "bd09":
        return wgs84_to_bd09(lat, lng)
    return Point(lat, lng)


def wgs84_to_gcj02(lat: float, lng: float) -> Point:
    return _gcj_shifted(lat, lng) if in_mainland(lat, lng) else Point(lat, lng)


def gcj02_to_wgs84(lat: float, lng: float) -> Point:
    """Exact to millimetres inside. In the strip of 0.7 km along the border that both a shifted inner point
    and an unshifted outer one can name, the inner one is taken."""
    inner = _inverse(_gcj_shifted, lat, lng)
    return inner if in_mainland(*inner) else Point(lat, lng)


def wgs84_to_bd09(lat: float, lng: float) -> Point:
    return _bd_shifted(*_gcj_shifted(lat, lng)) if in_mainland(lat, lng) else Point(lat, lng)


def bd09_to_wgs84(lat: float, lng: float) -> Point:
    inner = _inverse(_gcj_shifted, *_inverse(_bd_shifted, lat, lng))
    return inner if in_mainland(*inner) else Point(lat, lng)


def gcj02_to_bd09(lat: float, lng: float) -> Point:
    return _bd_shifted(lat, lng) if in_mainland(*gcj02_to_wgs84(lat, lng)) else Point(lat, lng)


def bd09_to_gcj02(lat: float, lng: float) -> Point:
    gcj = _inverse(_bd_shifted, lat, lng)
    return gcj if in_mainland(*_inverse(_gcj_shifted, *gcj)) else Point(lat, lng)


def _gcj_shifted(lat: float, lng: float) -> Point:
    """WGS-84 to GCJ-02 without the guard: a polynomial and sine waves about 35 N 105 E, in metres, then in
    degrees by the two radii of curvature (the formula that gcoord and eviltransform carry)."""
    x, y = lng - 105.0, lat - 35.0
    root = math.sqrt(abs(x))
    bumps = 20.0 * _sin(6.0, x) + 20.0 * _sin(2.0, x)
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north_m += 2 / 3 * (bumps + 20.0 * _sin(1.0, y) + 40.0 * _sin(1 / 3, y))
    north_m += 2 / 3 * (160.0 * _sin(1 / 12, y) + 320.0 * _sin(1 / 30, y))
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east_m += 2 / 3 * (bumps + 20.0 * _sin(1.0, x) + 40.0 * _sin(1 / 3, x))
    east_m += 2 / 3 * (150.0 * _sin(1 / 12, x) + 300.0 * _sin(1 / 30, x))
    phi = math.radians(lat)
    flat = 1.0 - ECCENTRICITY2 * math.sin(phi) ** 2
    meridian_m = AXIS_M * (1.0 - ECCENTRICITY2) / (flat * math.sqrt(flat))
    parallel_m = AXIS_M / math.sqrt(flat) * math.cos(phi)
    return Point(lat + math.degrees(north_m / meridian_m), lng + math.degrees(east_m / parallel_m))


def _sin(rate: float, value: float) -> float:
    return math.sin(rate * value * math.pi)


def _bd_shifted(lat: float, lng: float) -> Point:
    """GCJ-02 to BD-09 without the guard: the degrees taken as plane polar coordinates, both waved a little,
    then an offset of about 0.9 km (gcoord's and coordtransform's formula)."""
    radius = math.hypot(lng, lat) + 0.00002 * math.sin(lat * BD_WAVE)
    angle = math.atan2(lat, lng) + 0.000003 * math.cos(lng * BD_WAVE)
    return Point(radius * math.sin(angle) + BD_OFFSET.lat, radius * math.cos(angle) + BD_OFFSET.lng)


def _inverse(shift: Shift, lat: float, lng: float) -> Point:
    """The point that `shift` moves here, by fixed-point iteration: each round leaves a few hundredths of the
    error at most (a shift hardly changes over its own length), so a few rounds reach 1e-10 degrees, 0.01 mm.
    Far from China, where the formula means nothing and may not converge, the point is left as it is."""
    guess = Point(lat, lng)
    if not _near_mainland(lat, lng, margin=1.0):
        return guess
    for _ in range(12):
        moved = shift(*guess)
        if abs(moved.lat - lat) < 1e-10 and abs(moved.lng - lng) < 1e-10:
            break
        guess = Point(guess.lat - (moved.lat - lat), guess.lng - (moved.lng - lng))
    return guess


# -- distances and fences --------------------------------------------------------------------------


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Metres along the WGS-84 ellipsoid (Karney's method, through geopy)."""
    return float(geodesic(a, b).meters)


def likely_datum_mix(point: tuple[float, float], site: tuple[float, float], radius_m: float) -> bool:
    """Whether a point said to be WGS-84 is probably GCJ-02: it lies 400-700 m off, beyond the
    site's radius, and taken as GCJ-02 it lies on the site. A hint for one tap (`to_wgs84(*point,
    "gcj02")`), never more."""
    off_m = distance_m(point, site)
    if off_m <= radius_m or not MIX_FROM_M <= off_m <= MIX_TO_M:
        return False
    return distance_m(gcj02_to_wgs84(*point), site) <= radius_m


def in_fence(lat: float, lng: float, fence: Mapping[str, Any] | None) -> bool:
    """Whether a point lies in a project's fence: GeoJSON Polygon or MultiPolygon, bare, as Feature or as
    FeatureCollection, holes respected. What is no area holds nothing."""
    return any(_polygon_holds(rings, lat, lng) for rings in _polygons(fence))


def _polygons(shape: Mapping[str, Any] | None) -> Iterable[Sequence[Sequence[Sequence[float]]]]:
    kind = shape.get("type") if shape else None
    if shape is None or kind is None:
        return
    if kind == "Polygon":
        yield shape["coordinates"]
    elif kind == "MultiPolygon":
        yield from shape["coordinates"]
    elif kind == "Feature":
        yield from _polygons(shape.get("geometry"))
    elif kind == "FeatureCollection":
        for feature in shape.get("features", ()):
            yield from _polygons(feature)


def _polygon_holds(rings: Sequence[Sequence[Sequence[float]]], lat: float, lng: float) -> bool:
    if not rings or not _ring_holds(rings[0], lat, lng):
        return False
    return not any(_ring_holds(hole, lat, lng) for hole in rings[1:])


def _ring_holds(ring: Sequence[Sequence[float]], lat: float, lng: float) -> bool:
    """Even-odd rule: a ray to the east crosses the ring an odd number of times. Points are [lng, lat,
    ...]."""
    holds = False
    if not ring:
        return holds
    before = ring[-1]
    for here in ring:
        if (here[1] > lat) != (before[1] > lat):
            crossing = here[0] + (lat - here[1]) * (before[0] - here[0]) / (before[1] - here[1])
            if lng < crossing:
                holds = not holds
        before = here
    return holds
