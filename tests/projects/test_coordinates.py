"""Datums, distances and fences: a position keeps its place whatever a phone's map believed."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from fieldapp.projects import coordinates
from fieldapp.projects.coordinates import Point, distance_m, in_fence, in_mainland, likely_datum_mix, to_wgs84

GCOORD: list[dict[str, Any]] = json.loads((Path(__file__).parent / "gcoord_points.json").read_text(encoding="utf-8"))[
    "points"
]

MAINLAND = {
    "Dandong, station": (40.124, 124.378),
    "Dandong, port": (39.865, 124.16),
    "Zhuhai, Gongbei": (22.2205, 113.5485),
    "Zhuhai, Hengqin": (22.125, 113.52),
    "Shenzhen, Luohu": (22.536, 114.114),
    "Shenzhen, Yantian port": (22.573, 114.265),
    "Shenzhen, Shekou": (22.48, 113.91),
    "Xiamen, island": (24.48, 118.09),
    "Xiamen, Xiang'an": (24.60, 118.25),
    "Fuzhou, Lianjiang": (26.20, 119.54),
    "Pingtan": (25.50, 119.79),
    "Qingdao, Dongjiakou port": (35.59, 119.79),
    "Tianjin, Nangang": (38.72, 117.60),
    "Tianjin, Nangang, reclaimed": (38.70, 117.75),
    "Heihe": (50.245, 127.49),
    "Manzhouli": (49.595, 117.43),
    "Suifenhe": (44.40, 131.15),
    "Hunchun": (42.86, 130.36),
    "Erenhot": (43.65, 111.98),
    "Khorgas": (44.21, 80.41),
    "Kashgar": (39.47, 75.99),
    "Tashkurgan": (37.77, 75.23),
    "Nyingchi": (29.65, 94.36),
    "Ruili": (24.01, 97.85),
    "Pingxiang": (22.10, 106.77),
    "Dongxing": (21.548, 107.97),
    "Sanya": (18.25, 109.51),
    "Haikou": (20.04, 110.20),
    "Zhoushan, Dongji": (30.19, 122.69),
    "Yantai, Changdao": (37.92, 120.74),
    "Mohe": (53.48, 122.37),
}
ELSEWHERE = {
    "Hong Kong, Central": (22.281, 114.158),
    "Hong Kong, Sheung Shui": (22.502, 114.128),
    "Hong Kong, Yuen Long": (22.445, 114.035),
    "Hong Kong, airport": (22.309, 113.915),
    "Macau, peninsula": (22.1987, 113.5439),
    "Macau, Taipa": (22.156, 113.557),
    "Macau, Coloane": (22.12, 113.565),
    "Kinmen": (24.436, 118.318),
    "Lieyu": (24.43, 118.24),
    "Matsu, Nangan": (26.155, 119.935),
    "Matsu, Beigan": (26.222, 119.995),
    "Dongyin": (26.37, 120.49),
    "Wuqiu": (24.99, 119.45),
    "Penghu": (23.57, 119.57),
    "Taipei": (25.038, 121.565),
    "Kaohsiung": (22.63, 120.30),
    "Seoul": (37.5665, 126.978),
    "Incheon": (37.456, 126.705),
    "Baengnyeong": (37.96, 124.68),
    "Jeju": (33.50, 126.53),
    "Pyongyang": (39.03, 125.75),
    "Sinuiju": (40.095, 124.405),
    "Vladivostok": (43.115, 131.886),
    "Khabarovsk": (48.48, 135.08),
    "Blagoveshchensk": (50.275, 127.54),
    "Zabaikalsk": (49.65, 117.33),
    "Ulaanbaatar": (47.886, 106.906),
    "Zamyn-Uud": (43.71, 111.90),
    "Almaty": (43.238, 76.945),
    "Osh": (40.53, 72.80),
    "Islamabad": (33.69, 73.05),
    "Delhi": (28.61, 77.21),
    "Kathmandu": (27.717, 85.324),
    "Thimphu": (27.472, 89.639),
    "Myitkyina": (25.38, 97.40),
    "Vientiane": (17.975, 102.633),
    "Hanoi": (21.028, 105.834),
    "Mong Cai": (21.525, 107.94),
    "Nagasaki": (32.75, 129.87),
    "Berlin": (52.52, 13.405),
    "Sydney": (-33.87, 151.21),
}
# The shift at five zones, domain guide 3.8 (metres).
SHIFTS = {
    (38.70, 117.63): 531,
    (43.86, 125.43): 601,
    (23.28, 112.83): 605,
    (35.61, 119.78): 488,
    (37.78, 117.38): 572,
}

latitudes = st.floats(min_value=18.0, max_value=53.6)
longitudes = st.floats(min_value=73.4, max_value=135.1)
anywhere = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@pytest.mark.parametrize("place", MAINLAND)
def test_border_and_coastal_zones_are_mainland(place: str) -> None:
    assert in_mainland(*MAINLAND[place])


@pytest.mark.parametrize("place", ELSEWHERE)
def test_neighbours_are_left_alone(place: str) -> None:
    point = ELSEWHERE[place]
    assert not in_mainland(*point)
    for crs in ("gcj02", "bd09"):
        assert coordinates.from_wgs84(*point, crs) == point


@pytest.mark.parametrize("place", ["Seoul", "Hong Kong, Central", "Taipei", "Ulaanbaatar", "Vladivostok", "Hanoi"])
def test_a_fix_abroad_is_not_moved_whatever_it_is_called(place: str) -> None:
    point = ELSEWHERE[place]
    for crs in ("wgs84", "gcj02", "bd09"):
        assert to_wgs84(*point, crs) == point


def test_outline_is_a_closed_region_of_enough_corners() -> None:
    ring, box = coordinates._mainland()
    assert len(ring) >= 80
    assert len(set(ring)) == len(ring)
    assert box == pytest.approx((17.95, 53.57, 73.60, 134.77), abs=0.05)


@pytest.mark.parametrize(("point", "metres"), SHIFTS.items())
def test_shift_has_the_size_measured_at_five_zones(point: tuple[float, float], metres: int) -> None:
    assert distance_m(point, coordinates.wgs84_to_gcj02(*point)) == pytest.approx(metres, abs=25)


@pytest.mark.parametrize("row", GCOORD, ids=lambda row: str(row["point"]))
def test_conversions_agree_with_gcoord(row: dict[str, Any]) -> None:
    point = row["point"]
    assert distance_m(coordinates.wgs84_to_gcj02(*point), row["gcj02"]) < 1
    assert distance_m(coordinates.wgs84_to_bd09(*point), row["bd09"]) < 1
    assert distance_m(to_wgs84(*point, "gcj02"), row["from_gcj02"]) < 1
    assert distance_m(to_wgs84(*point, "bd09"), row["from_bd09"]) < 1


@given(latitudes, longitudes)
def test_round_trip_inside_is_exact(lat: float, lng: float) -> None:
    assume(in_mainland(lat, lng))
    for crs in ("gcj02", "bd09"):
        there = coordinates.from_wgs84(lat, lng, crs)
        assert there != (lat, lng)
        assert distance_m((lat, lng), to_wgs84(*there, crs)) < 0.5


@given(latitudes, longitudes)
def test_between_gcj02_and_bd09_is_exact_too(lat: float, lng: float) -> None:
    assume(in_mainland(lat, lng))
    gcj = coordinates.wgs84_to_gcj02(lat, lng)
    bd = coordinates.gcj02_to_bd09(*gcj)
    assert distance_m(bd, coordinates.wgs84_to_bd09(lat, lng)) < 0.01
    assert distance_m(gcj, coordinates.bd09_to_gcj02(*bd)) < 0.5


@given(anywhere)
def test_outside_nothing_is_shifted(point: tuple[float, float]) -> None:
    assume(not in_mainland(*point))
    for crs in ("gcj02", "bd09"):
        assert coordinates.from_wgs84(*point, crs) == point


@given(anywhere)
@example((90.0, 180.0))
@example((-90.0, -180.0))
@example((0.0, 0.0))
@example((54.5, 105.0))
def test_nothing_is_ever_not_a_number(point: tuple[float, float]) -> None:
    for crs in ("wgs84", "gcj02", "bd09"):
        for made in (coordinates.from_wgs84(*point, crs), to_wgs84(*point, crs)):
            assert all(math.isfinite(value) for value in made)
            assert distance_m(point, made) < 3000


def test_unknown_datum_is_taken_as_stored() -> None:
    assert to_wgs84(37.0, 119.9, "cgcs2000") == Point(37.0, 119.9)


def test_distance_follows_the_ellipsoid() -> None:
    # one degree of latitude at 37 N on WGS-84
    assert distance_m((36.5, 120.0), (37.5, 120.0)) == pytest.approx(110_977, abs=10)
    assert distance_m((37.0, 119.9), (37.0, 119.9)) == 0


SITE = Point(37.1, 119.6)


def test_a_shifted_fix_on_site_is_recognised_and_mended() -> None:
    shifted = coordinates.wgs84_to_gcj02(*SITE)
    assert likely_datum_mix(shifted, SITE, 200)
    assert distance_m(to_wgs84(*shifted, "gcj02"), SITE) < 0.5


def test_a_fix_that_is_simply_elsewhere_is_no_datum_mix() -> None:
    shifted = coordinates.wgs84_to_gcj02(*SITE)
    mirrored = Point(2 * SITE.lat - shifted.lat, 2 * SITE.lng - shifted.lng)
    assert distance_m(mirrored, SITE) == pytest.approx(distance_m(shifted, SITE), abs=1)
    assert not likely_datum_mix(mirrored, SITE, 200)


def test_a_fix_on_a_large_site_is_no_datum_mix() -> None:
    assert not likely_datum_mix(coordinates.wgs84_to_gcj02(*SITE), SITE, 800)


def test_near_and_far_fixes_are_no_datum_mix() -> None:
    assert not likely_datum_mix((SITE.lat + 0.001, SITE.lng), SITE, 50)
    assert not likely_datum_mix((SITE.lat + 0.02, SITE.lng), SITE, 50)


SQUARE = [[119.0, 37.0], [119.1, 37.0], [119.1, 37.1], [119.0, 37.1], [119.0, 37.0]]
HOLE = [[119.04, 37.04], [119.06, 37.04], [119.06, 37.06], [119.04, 37.06], [119.04, 37.04]]


def fences() -> dict[str, dict[str, Any]]:
    polygon = {"type": "Polygon", "coordinates": [SQUARE, HOLE]}
    feature = {"type": "Feature", "properties": {}, "geometry": polygon}
    return {
        "polygon": polygon,
        "multipolygon": {"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE]]},
        "feature": feature,
        "collection": {"type": "FeatureCollection", "features": [feature]},
    }


@pytest.mark.parametrize("shape", ["polygon", "multipolygon", "feature", "collection"])
def test_fence_holds_what_is_in_it_and_not_its_holes(shape: str) -> None:
    fence = fences()[shape]
    assert in_fence(37.02, 119.02, fence)
    assert not in_fence(37.05, 119.05, fence)
    assert not in_fence(37.2, 119.02, fence)


@pytest.mark.parametrize(
    "fence",
    [
        None,
        {},
        {"type": "Point", "coordinates": [119.02, 37.02]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[]]},
        {"type": "Feature", "geometry": None},
    ],
)
def test_what_is_no_area_holds_nothing(fence: dict[str, Any] | None) -> None:
    assert not in_fence(37.02, 119.02, fence)
