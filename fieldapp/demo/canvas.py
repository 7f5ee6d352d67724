"""The paper under the demo pictures: weather, sky, ground, a pinhole camera, and the finish of a phone photo.

Scenes think in metres: x to the right, y up from the ground, z away from the camera. Drawing happens at twice
the size and is then halved, which smooths the edges; skies and grounds are made once and kept.
"""

import io
import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

WIDTH, HEIGHT = 960, 720
FINE = 2
SKY = 520

Colour = tuple[int, int, int]
Paint = tuple[int, int, int] | tuple[int, int, int, int]
Spot = tuple[float, float, float]
# Letters to be set once the sheet is finished: place on it, text, height, colour.
Labels = list[tuple[tuple[float, float], str, int, Colour]]

CONCRETE: Colour = (188, 188, 182)
SOIL: Colour = (152, 118, 84)
RED: Colour = (196, 40, 36)
WHITE: Colour = (248, 248, 246)


def mix(a: Paint, b: Paint, share: float) -> Colour:
    """`a` with a share of `b`."""
    share = min(1.0, max(0.0, share))
    return (
        round(a[0] + (b[0] - a[0]) * share),
        round(a[1] + (b[1] - a[1]) * share),
        round(a[2] + (b[2] - a[2]) * share),
    )


def lit(colour: Paint, factor: float) -> Colour:
    return (
        min(255, round(colour[0] * factor)),
        min(255, round(colour[1] * factor)),
        min(255, round(colour[2] * factor)),
    )


# -- weather ----------------------------------------------------------------

# weather: top of the sky, bottom of the sky (also the haze), how much cloud 0..1, light
SKIES: dict[str, tuple[Colour, Colour, float, float]] = {
    "clear": ((74, 136, 201), (196, 220, 235), 0.25, 1.0),
    "fair": ((98, 150, 204), (208, 222, 230), 0.7, 1.0),
    "overcast": ((150, 163, 175), (205, 210, 212), 1.0, 0.94),
    "haze": ((164, 172, 172), (214, 208, 194), 0.15, 0.95),
    "dusk": ((92, 110, 160), (242, 196, 150), 0.6, 0.97),
    "rain": ((118, 130, 142), (176, 184, 188), 1.0, 0.93),
    "snow": ((176, 186, 196), (222, 226, 230), 0.8, 0.99),
}


@dataclass(frozen=True)
class Day:
    """Light and season of a picture. All pictures of one day share their weather."""

    weather: str
    season: str

    @classmethod
    def of(cls, when: datetime) -> "Day":
        season = ("winter", "spring", "summer", "autumn")[when.month % 12 // 3]
        if when.hour >= 18 or (when.hour >= 17 and season in ("winter", "autumn")):
            return cls("dusk", season)
        odds = {
            "winter": {"clear": 4, "fair": 2, "overcast": 3, "haze": 3, "snow": 2},
            "spring": {"clear": 4, "fair": 4, "overcast": 2, "haze": 2},
            "summer": {"clear": 3, "fair": 5, "overcast": 2, "rain": 2},
            "autumn": {"clear": 6, "fair": 4, "overcast": 2, "haze": 1},
        }[season]
        pick = random.Random(when.toordinal() * 7919 + 17)
        return cls(pick.choices(list(odds), list(odds.values()))[0], season)

    @property
    def haze(self) -> Colour:
        return SKIES[self.weather][1]

    @property
    def light(self) -> float:
        return SKIES[self.weather][3]

    @property
    def sunny(self) -> bool:
        return self.weather in ("clear", "fair", "dusk")

    @property
    def leaf(self) -> Colour:
        return {
            "winter": (136, 122, 98),
            "spring": (128, 160, 84),
            "summer": (78, 128, 66),
            "autumn": (170, 142, 72),
        }[self.season]


@lru_cache(maxsize=24)
def _sky(weather: str, variant: int, height: int) -> Image.Image:
    top, low, cloud, _ = SKIES[weather]
    column = Image.new("RGB", (1, 64))
    for row in range(64):
        column.putpixel((0, row), mix(top, low, (row / 63) ** 0.8))
    sky = column.resize((WIDTH, height), Image.Resampling.BICUBIC)
    dice = random.Random(f"{weather} {variant}")
    if weather in ("clear", "dusk"):
        sun = Image.new("L", (WIDTH, height), 0)
        x = dice.randrange(120, 840)
        y = height * (0.82 if weather == "dusk" else 0.2)
        for radius, glow in ((190, 26), (110, 50), (60, 90), (26, 190)):
            ImageDraw.Draw(sun).ellipse((x - radius, y - radius, x + radius, y + radius), fill=glow)
        sky.paste((255, 240, 214), mask=sun.filter(ImageFilter.GaussianBlur(22)))
    mask = Image.new("L", (WIDTH, height), 0)
    pen = ImageDraw.Draw(mask)
    for _ in range(round(cloud * 11)):
        x, y = dice.randrange(-80, WIDTH), dice.randrange(0, max(1, height * 3 // 4))
        wide = dice.randrange(120, 340) * (0.5 + 0.7 * (1 - y / height))
        for _ in range(9):
            w, h = wide * dice.uniform(0.25, 0.6), wide * dice.uniform(0.06, 0.14)
            cx, cy = x + dice.uniform(0, wide), y + dice.uniform(-0.05, 0.05) * wide
            pen.ellipse((cx - w / 2, cy - h, cx + w / 2, cy + h), fill=dice.randrange(70, 150))
    white = mix(low, (255, 255, 255), 0.75 if weather != "rain" else 0.1)
    sky.paste(white, mask=mask.filter(ImageFilter.GaussianBlur(9)))
    return sky


# ground: dark tone, light tone
GROUNDS: dict[str, tuple[Colour, Colour]] = {
    "earth": ((130, 102, 72), (184, 154, 116)),
    "clay": ((138, 96, 68), (180, 132, 98)),
    "gravel": ((122, 118, 110), (190, 186, 176)),
    "concrete": ((160, 160, 156), (190, 190, 184)),
    "asphalt": ((80, 82, 86), (104, 106, 110)),
    "grass": ((88, 104, 60), (152, 160, 98)),
    "floor": ((164, 174, 170), (190, 198, 194)),
    "sand": ((180, 158, 122), (214, 194, 156)),
    "sea": ((62, 100, 118), (126, 158, 168)),
    "snow": ((188, 190, 192), (236, 238, 240)),
}


def soil(day: Day, rng: random.Random) -> str:
    if day.weather == "snow":
        return "snow"
    return rng.choice(("earth", "earth", "clay", "sand"))


@lru_cache(maxsize=32)
def _ground(kind: str, haze: Colour, variant: int) -> Image.Image:
    """A plane seen at a grazing angle; the first row is the horizon."""
    dark, light = GROUNDS[kind]
    plane = ImageOps.colorize(_plane(variant), dark, light)
    fog = Image.new("L", (1, plane.height))
    for row in range(plane.height):
        fog.putpixel((0, row), round(215 * math.exp(-row / 46)))
    plane.paste(haze, mask=fog.resize(plane.size))
    return plane


@lru_cache(maxsize=2)
def _plane(variant: int) -> Image.Image:
    """Noise of two sizes laid flat: u = far * x / (1 + y / near), v = deep / (1 + y / near)."""
    wide, tall = 4096, 2048
    grain = _noise(wide // 2, tall // 2, f"plane {variant}")
    fine = ImageOps.autocontrast(grain.filter(ImageFilter.GaussianBlur(0.8)), cutoff=2)
    patches = ImageOps.autocontrast(grain.reduce(10).resize(grain.size, Image.Resampling.BICUBIC), cutoff=2)
    tile = Image.blend(fine, patches, 0.5).resize((wide, tall), Image.Resampling.BILINEAR)
    near, far, deep, middle = 12.0, 4.2, 2040.0, wide / 2
    flat = tile.transform(
        (WIDTH, HEIGHT - 150),
        Image.Transform.PERSPECTIVE,
        (far, middle / near, middle - far * WIDTH / 2, 0.0, 0.0, deep, 0.0, 1 / near),
        Image.Resampling.BICUBIC,
    )
    return ImageChops.add(
        flat, _noise(*flat.size, "gravel").point([(level - 128) // 9 + 14 for level in range(256)]), 1, -14
    )


@lru_cache(maxsize=8)
def _noise(width: int, height: int, seed: str) -> Image.Image:
    return Image.frombytes("L", (width, height), random.Random(seed).randbytes(width * height))


@lru_cache(maxsize=16)
def _finish(light: float, variant: int) -> Image.Image:
    """What a small lens and sensor do, as one factor: darker corners, grain, the light of the day."""
    soft = _noise(WIDTH, HEIGHT, f"grain {variant}").filter(ImageFilter.GaussianBlur(0.7))
    grain = soft.point([min(255, 243 + round((level - 128) * 0.13)) for level in range(256)])
    small = Image.new("L", (96, 72))
    for y in range(72):
        for x in range(96):
            off = math.hypot((x - 47.5) / 60, (y - 35.5) / 47)
            small.putpixel((x, y), round(light * (255 - 46 * max(0.0, off - 0.45))))
    return ImageChops.multiply(small.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC), grain).convert("RGB")


# -- the picture ----------------------------------------------------------------


class Picture:
    """A sheet with a camera: `at` turns metres into pixels of the fine sheet."""

    def __init__(
        self,
        day: Day,
        rng: random.Random,
        *,
        ground: str | None,
        horizon: float = 290,
        eye_m: float = 2.6,
        focal: float = 820,
        centre: float = 480,
    ) -> None:
        self.day, self.rng = day, rng
        self.outdoors = ground is not None
        self.horizon, self.eye_m, self.focal, self.centre = horizon, eye_m, focal, centre
        base = Image.new("RGB", (WIDTH, HEIGHT), (226, 228, 226))
        if ground is not None:
            base.paste(_sky(day.weather, rng.randrange(2), SKY).crop((0, SKY - round(horizon), WIDTH, SKY)))
            base.paste(_ground(ground, day.haze, rng.randrange(2)), (0, round(horizon)))
        self.image = base.resize((WIDTH * FINE, HEIGHT * FINE), Image.Resampling.NEAREST)
        self.pen = ImageDraw.Draw(self.image, "RGBA")

    # positions

    def at(self, x: float, y: float, z: float) -> tuple[float, float]:
        scale = self.focal / max(z, 0.4)
        return ((self.centre + x * scale) * FINE, (self.horizon + (self.eye_m - y) * scale) * FINE)

    def per_m(self, z: float) -> float:
        """Fine pixels per metre at a depth."""
        return self.focal / max(z, 0.4) * FINE

    def far(self, colour: Paint, z: float) -> Paint:
        """A colour with the haze of its distance."""
        if not self.outdoors:
            return colour
        hazed = mix(colour, self.day.haze, 1 - math.exp(-z / 260))
        return hazed if len(colour) == 3 else (*hazed, colour[3])

    # strokes in metres

    def face(self, spots: Iterable[Spot], paint: Paint) -> None:
        placed = list(spots)
        depth = sum(spot[2] for spot in placed) / len(placed)
        self.pen.polygon([self.at(*spot) for spot in placed], fill=self.far(paint, depth))

    def bar(self, a: Spot, b: Spot, paint: Paint, thick_m: float) -> None:
        depth = (a[2] + b[2]) / 2
        width = max(1, round(thick_m * self.per_m(depth)))
        self.pen.line([self.at(*a), self.at(*b)], fill=self.far(paint, depth), width=width)

    def box(self, low: Spot, high: Spot, paint: Paint) -> None:
        """An upright block between two corners: top, the side one can see, and front, each in its light."""
        (x0, y0, z0), (x1, y1, z1) = low, high
        if y1 < self.eye_m:
            self.face([(x0, y1, z0), (x1, y1, z0), (x1, y1, z1), (x0, y1, z1)], lit(paint, 1.12))
        elif y0 > self.eye_m:
            self.face([(x0, y0, z0), (x1, y0, z0), (x1, y0, z1), (x0, y0, z1)], lit(paint, 0.55))
        side = x1 if x1 < 0 else x0 if x0 > 0 else None
        if side is not None:
            self.face([(side, y0, z0), (side, y1, z0), (side, y1, z1), (side, y0, z1)], lit(paint, 0.74))
        self.face([(x0, y0, z0), (x1, y0, z0), (x1, y1, z0), (x0, y1, z0)], paint)

    def patch(self, spots: Sequence[tuple[float, float]], paint: Paint) -> None:
        """A shape lying on the ground, by (x, z)."""
        self.face([(x, 0.0, z) for x, z in spots], paint)

    def shadow(self, x: float, z: float, half_m: float) -> None:
        cx, cy = self.at(x, 0, z)
        wide = half_m * self.per_m(z)
        dark = 80 if self.day.sunny else 45
        self.pen.ellipse((cx - wide, cy - wide * 0.17, cx + wide, cy + wide * 0.17), fill=(20, 18, 16, dark))

    # strokes on the sheet (960 x 720)

    def flat(self, points: Sequence[tuple[float, float]], paint: Paint) -> None:
        self.pen.polygon([(x * FINE, y * FINE) for x, y in points], fill=paint)

    def rect(self, x0: float, y0: float, x1: float, y1: float, paint: Paint, round_by: float = 0) -> None:
        place = (x0 * FINE, y0 * FINE, x1 * FINE, y1 * FINE)
        if round_by:
            self.pen.rounded_rectangle(place, round_by * FINE, fill=paint)
        else:
            self.pen.rectangle(place, fill=paint)

    def oval(self, x0: float, y0: float, x1: float, y1: float, paint: Paint) -> None:
        self.pen.ellipse((x0 * FINE, y0 * FINE, x1 * FINE, y1 * FINE), fill=paint)

    def stroke(self, points: Sequence[tuple[float, float]], paint: Paint, width: float) -> None:
        self.pen.line(
            [(x * FINE, y * FINE) for x, y in points],
            fill=paint,
            width=max(1, round(width * FINE)),
            joint="curve",
        )

    # finish

    def finished(self, size: tuple[int, int]) -> Image.Image:
        """Halved, shaded towards the corners, with the grain of a small sensor."""
        light = self.day.light if self.outdoors else 1.0
        sheet = ImageChops.multiply(self.image.reduce(FINE), _finish(light, self.rng.randrange(2)))
        return sheet if size == sheet.size else sheet.resize(size, Image.Resampling.BILINEAR)


def jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()
