"""滨海示范区, the invented zone: its coast, roads, areas and plots, and the 24 projects on them.

Nothing here exists. Shapes are laid out in metres east and north of a point on a quiet shore, turned a little, and
given as GeoJSON in WGS-84; land areas follow from the plots, so that figures and map agree.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from fieldapp.demo.people import CONTACTS

ZONE = "滨海示范区"
AREAS = ("临港产业片区", "新材料产业片区", "装备制造片区", "综合服务片区")
ORIGIN = (37.100, 119.640)
TURN = math.radians(-9)
MU_M2 = 666.67

Metres = tuple[float, float]


@dataclass(frozen=True)
class DemoContact:
    name: str
    title: str
    phone: str


@dataclass(frozen=True)
class DemoEnterprise:
    name: str
    short_name: str
    sector: str
    contacts: tuple[DemoContact, ...]


@dataclass(frozen=True)
class DemoProject:
    """One project. `days_in_stage` is how long the present stage has lasted on the day of the demo load."""

    key: str
    enterprise: str  # the name of a DemoEnterprise
    name: str
    phase: str  # 一期, 二期 or nothing
    stage: str
    days_in_stage: int
    area: str
    investment: int  # 万元
    site_area: float  # 亩, from the plot
    lat: float
    lng: float
    fence: dict[str, Any]
    key_project: bool
    building: str  # what one says for its main building
    product: str


# key, enterprise, project, phase, stage, days in it, 万元, main building, product, share of the half block
_ROWS: tuple[tuple[str, str, str, str, str, int, int, str, str, float], ...] = (
    ("jingge-1", "鲸歌新材料", "高性能海藻纤维项目", "一期", "S12", 140, 86000, "纺丝车间", "海藻纤维", 0.94),
    ("jingge-2", "鲸歌新材料", "高性能海藻纤维项目", "二期", "S08", 96, 52000, "二号纺丝车间", "海藻纤维", 0.72),
    ("wangchao", "望潮石装备", "深水养殖装备制造基地项目", "", "S09", 38, 43500, "总装车间", "养殖网箱", 0.8),
    ("xingcha-1", "星槎重工", "海上风电塔筒项目", "一期", "S13", 210, 120000, "塔筒联合厂房", "风电塔筒", 1.0),
    ("xingcha-2", "星槎重工", "海上风电塔筒项目", "二期", "S07", 12, 78000, "法兰加工车间", "塔筒法兰", 0.86),
    ("tinglan", "听澜冷链物流", "临港冷链仓储中心项目", "", "S08", 150, 26800, "一号冷库", "冷链仓储", 0.62),
    ("shibei", "拾贝生物科技", "贝类多肽提取项目", "", "S10", 20, 19800, "提取车间", "贝类多肽", 0.55),
    ("denghuo", "灯火储能", "钠电储能模组项目", "", "S08", 60, 95000, "电芯车间", "储能模组", 0.9),
    ("canglang-1", "沧浪膜业", "海水淡化膜组件项目", "一期", "S11", 15, 38600, "制膜车间", "淡化膜组件", 0.66),
    ("canglang-2", "沧浪膜业", "海水淡化膜组件项目", "二期", "S03", 45, 30200, "二号制膜车间", "淡化膜组件", 0.5),
    ("bailu", "白鹭食品", "海洋预制菜加工项目", "", "S12", 60, 16500, "加工车间", "预制菜", 0.48),
    ("yanhua", "盐花精细化学", "溴系阻燃剂项目", "", "S06", 25, 67200, "合成装置", "阻燃剂", 0.82),
    ("haitong", "海桐建筑工业", "装配式构件生产线项目", "", "S09", 52, 22400, "构件车间", "装配式构件", 0.7),
    ("fanying", "帆影复合材料", "碳纤维船艇部件项目", "", "S05", 33, 41000, "成型车间", "碳纤维部件", 0.58),
    ("shuoguo", "硕果智能装备", "码头自动化装卸装备项目", "", "S08", 21, 58800, "联合厂房", "装卸装备", 0.84),
    ("xinghe", "星河半导体材料", "高纯石英制品项目", "", "S04", 18, 73500, "洁净厂房", "石英制品", 0.64),
    ("qingyu", "青屿新能源", "渔光互补配套制氢项目", "", "S05", 70, 88000, "电解制氢站", "绿氢", 0.92),
    ("yuntai", "云苔环保", "海洋塑料再生利用项目", "", "S07", 30, 12600, "再生车间", "再生粒子", 0.44),
    ("zhaoyang", "朝飏检测", "检验检测中心项目", "", "S10", 9, 9800, "检测楼", "检测服务", 0.36),
    ("anlan", "安澜人才公寓", "人才公寓及配套项目", "", "S06", 44, 35000, "三号公寓楼", "人才公寓", 0.4),
    ("yueling", "月令乐器", "智能乐器制造项目", "", "S02", 26, 8600, "总装车间", "智能乐器", 0.38),
    ("luming", "鹿鸣医疗器械", "康复辅具产业园项目", "", "S03", 12, 27500, "装配车间", "康复辅具", 0.52),
    ("muyun", "牧云数据", "海洋数据中心项目", "", "S01", 40, 64000, "数据机房", "数据服务", 0.46),
    ("heguang", "鹤广航空器材", "无人机整机项目", "", "S00", 55, 31000, "总装车间", "无人机", 0.42),
)  # fmt: skip
_SECTORS: dict[str, str] = {
    "鲸歌新材料": "化学原料和化学制品制造业",
    "望潮石装备": "专用设备制造业",
    "星槎重工": "通用设备制造业",
    "听澜冷链物流": "装卸搬运和仓储业",
    "拾贝生物科技": "医药制造业",
    "灯火储能": "电气机械和器材制造业",
    "沧浪膜业": "橡胶和塑料制品业",
    "白鹭食品": "农副食品加工业",
    "盐花精细化学": "化学原料和化学制品制造业",
    "海桐建筑工业": "非金属矿物制品业",
    "帆影复合材料": "非金属矿物制品业",
    "硕果智能装备": "通用设备制造业",
    "星河半导体材料": "计算机、通信和其他电子设备制造业",
    "青屿新能源": "电力、热力生产和供应业",
    "云苔环保": "废弃资源综合利用业",
    "朝飏检测": "专业技术服务业",
    "安澜人才公寓": "房屋建筑业",
    "月令乐器": "文教、工美、体育和娱乐用品制造业",
    "鹿鸣医疗器械": "专用设备制造业",
    "牧云数据": "软件和信息技术服务业",
    "鹤广航空器材": "铁路、船舶、航空航天和其他运输设备制造业",
}

# Plots by column (an area each) and row, from the coast inland: which project has the west and the east half.
_BLOCKS: tuple[tuple[tuple[str, str], ...], ...] = (
    (("xingcha-1", "xingcha-2"), ("tinglan", "wangchao"), ("bailu", "shuoguo")),
    (("jingge-1", "jingge-2"), ("canglang-1", "canglang-2"), ("yanhua", "qingyu")),
    (("denghuo", "haitong"), ("fanying", "xinghe"), ("yuntai", "shibei")),
    (("heguang", "muyun"), ("luming", "yueling"), ("zhaoyang", "anlan")),
)
_MERIDIANS = (-3000.0, -1500.0, 0.0, 1500.0, 3000.0)
_PARALLELS = (1700.0, 550.0, -600.0, -1750.0)
_COAST: tuple[Metres, ...] = (
    (-4300, 2180),
    (-3900, 2260),
    (-3550, 2210),
    (-3250, 2330),
    (-2900, 2360),
    (-2900, 3150),
    (-2740, 3150),
    (-2740, 2380),
    (-2250, 2380),
    (-2250, 2860),
    (-2100, 2860),
    (-2100, 2370),
    (-1600, 2330),
    (-1150, 2250),
    (-800, 2310),
    (-350, 2430),
    (50, 2470),
    (420, 2390),
    (760, 2300),
    (900, 2060),
    (1010, 2060),
    (1160, 2330),
    (1600, 2450),
    (2050, 2520),
    (2450, 2470),
    (2900, 2350),
    (3300, 2400),
    (3700, 2290),
    (4300, 2350),
)


def enterprises() -> list[DemoEnterprise]:
    made = []
    for place, (short, sector) in enumerate(_SECTORS.items()):
        contacts = tuple(
            DemoContact(name, title, f"139{number:08d}")
            for number, (name, title) in enumerate(CONTACTS[place * 2 : place * 2 + 2], place * 2 + 1)
        )
        made.append(DemoEnterprise(full_name(short), short, sector, contacts))
    return made


def full_name(short: str) -> str:
    """As on a licence; the bracket where a real firm names its city shows that it is none."""
    return f"{short}（滨海示范）有限公司"


def projects() -> list[DemoProject]:
    plots = {key: (column, ring) for column, key, ring in _plots()}
    made = []
    for key, short, name, phase, stage, days, investment, building, product, _ in _ROWS:
        column, ring = plots[key]
        lat, lng = _degrees(_middle(ring))
        made.append(
            DemoProject(
                key=key,
                enterprise=full_name(short),
                name=short + name,
                phase=phase,
                stage=stage,
                days_in_stage=days,
                area=AREAS[column],
                investment=investment,
                site_area=round(_surface(ring) / MU_M2, 1),
                lat=lat,
                lng=lng,
                fence=_polygon(ring),
                key_project=investment >= 50000,
                building=building,
                product=product,
            )
        )
    return made


def area_boundaries() -> dict[str, dict[str, Any]]:
    """Area name to GeoJSON polygon."""
    made = {}
    for column, name in enumerate(AREAS):
        west, east = _MERIDIANS[column], _MERIDIANS[column + 1]
        shore = [point for point in _COAST if west < point[0] < east and point[1] < 2600]
        made[name] = _polygon([(west, -1900), (west, 2230), *shore, (east, 2230), (east, -1900)])
    return made


def basemap() -> dict[str, Any]:
    """The outline map: a FeatureCollection whose features say `kind` (sea, land, area, green, plot, water, road, rail,
    coast, boundary) and mostly `name`, in the order in which to draw them."""
    sea = [*_COAST, (4300, 4600), (-4300, 4600)]
    land = [*_COAST, (4300, -2700), (-4300, -2700)]
    features = [_feature("sea", "示范湾", _polygon(sea)), _feature("land", "", _polygon(land))]
    features += [_feature("area", name, shape) for name, shape in area_boundaries().items()]
    features.append(
        _feature("green", "滨海公园", _polygon([(-40, 1790), (-40, 2380), (420, 2330), (760, 2230), (880, 1790)]))
    )
    features.append(_feature("green", "中央绿地", _polygon([(1580, -560), (1580, -330), (2200, -330), (2200, -560)])))
    features += [_feature("plot", project.name, project.fence) | {"id": project.key} for project in projects()]
    features.append(
        _feature("water", "中心河", _line([(955, 2100), (1150, 1800), (1478, 1640), (1478, -1800), (1450, -2600)]))
    )
    for number, x in zip("一二三四五", _MERIDIANS, strict=True):
        features.append(_feature("road", f"经{number}路", _line([(x, -2150), (x, 1720)])))
    for number, y in zip("一二三四", _PARALLELS, strict=True):
        features.append(_feature("road", f"纬{number}路", _line([(-3350, y), (3350, y)])))
    features.append(
        _feature(
            "road",
            "滨海大道",
            _line([(-4200, 1990), (-2600, 2040), (-900, 2010), (800, 1990), (2400, 2100), (4200, 2060)]),
        )
    )
    features.append(
        _feature(
            "rail", "疏港铁路", _line([(-4200, -2250), (-3400, -2100), (-3260, -900), (-3260, 1900), (-2960, 2330)])
        )
    )
    features.append(_feature("coast", "", _line(_COAST)))
    features.append(_feature("boundary", ZONE, _polygon(_hull())))
    return {"type": "FeatureCollection", "features": features}


def _hull() -> list[Metres]:
    shore = [point for point in _COAST if -3350 < point[0] < 3350]
    return [(-3350, -2150), (-3350, 2230), *shore, (3350, 2390), (3350, -2150)]


def _plots() -> Iterable[tuple[int, str, list[Metres]]]:
    shares = {row[0]: row[-1] for row in _ROWS}
    for column, rows in enumerate(_BLOCKS):
        west, east = _MERIDIANS[column] + 40, _MERIDIANS[column + 1] - 40
        middle = (west + east) / 2
        for row, keys in enumerate(rows):
            north, south = _PARALLELS[row] - 40, _PARALLELS[row + 1] + 40
            for half, key in enumerate(keys):
                left, right = (west, middle - 20) if half == 0 else (middle + 20, east)
                yield column, key, _plot(left, right, south, north, shares[key], (column + row + half) % 3)


def _plot(left: float, right: float, south: float, north: float, share: float, corner: int) -> list[Metres]:
    """A plot that takes its share of a half block, on the road side; some have a corner cut off."""
    wide = (right - left) * (0.28 + 0.7 * share)
    deep = (north - south) * (0.2 + 0.76 * share)
    if corner == 1:
        left = right - wide
    right = left + wide
    if corner == 2:
        north = south + deep
    south = north - deep
    cut = 0.16 * wide
    if corner == 0:
        return [(left, south), (left, north), (right - cut, north), (right, north - cut), (right, south)]
    return [(left, south), (left, north), (right, north), (right, south)]


# -- from metres to GeoJSON ------------------------------------------------------------------------


def _degrees(point: Metres) -> tuple[float, float]:
    """(lat, lng) of a place in the zone's own metres: turned, then scaled by the length of a degree at 37 N."""
    east = point[0] * math.cos(TURN) - point[1] * math.sin(TURN)
    north = point[0] * math.sin(TURN) + point[1] * math.cos(TURN)
    lat = ORIGIN[0] + north / 110_977
    return round(lat, 6), round(ORIGIN[1] + east / (111_320 * math.cos(math.radians(ORIGIN[0]))), 6)


def _placed(points: Iterable[Metres]) -> list[list[float]]:
    return [[lng, lat] for lat, lng in map(_degrees, points)]


def _polygon(ring: Sequence[Metres]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [_placed([*ring, ring[0]])]}


def _line(points: Sequence[Metres]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": _placed(points)}


def _feature(kind: str, name: str, geometry: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"kind": kind, "name": name}, "geometry": geometry}


def _surface(ring: Sequence[Metres]) -> float:
    """Square metres of a ring (shoelace)."""
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)) / 2


def _middle(ring: Sequence[Metres]) -> Metres:
    return sum(x for x, _ in ring) / len(ring), sum(y for _, y in ring) / len(ring)
