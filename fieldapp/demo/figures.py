"""What stands about in the demo pictures: people in helmets, machines, cranes, trees, the far shore."""

import math
import random
from collections.abc import Sequence

from fieldapp.demo.canvas import Colour, Paint, Picture, Spot, lit, mix

YELLOW: Colour = (236, 178, 44)
ORANGE: Colour = (232, 118, 42)
STEEL: Colour = (122, 134, 146)
RUST: Colour = (146, 84, 56)
DARK: Colour = (48, 50, 54)
GLASS: Colour = (122, 162, 182)
SKIN: Colour = (224, 178, 142)
HELMETS: tuple[Colour, ...] = ((244, 196, 48), (244, 244, 240), (206, 54, 46), (48, 102, 182))
VESTS: tuple[Colour, ...] = ((240, 120, 40), (196, 214, 56), (60, 92, 140), (92, 100, 108))
COATS: tuple[Colour, ...] = ((52, 66, 98), (88, 94, 100), (126, 62, 62), (70, 104, 110), (206, 210, 212))
TROUSERS: tuple[Colour, ...] = ((58, 70, 96), (74, 74, 78), (96, 88, 72))
STAND, POINT, PAPERS, WORK = "stand", "point", "papers", "work"


def person(pic: Picture, x: float, z: float, pose: str = STAND, *, y: float = 0.0, helmet: bool = True) -> None:
    """A figure of about 1.72 m."""
    rng = pic.rng
    flip = rng.choice((-1, 1))
    tall = rng.uniform(0.94, 1.05)
    vest, hat = rng.choice(VESTS if helmet else COATS), rng.choice(HELMETS)
    cloth, skin = rng.choice(TROUSERS), SKIN
    m = pic.per_m(z) * tall
    fx, fy = pic.at(x, y, z)

    def spot(dx: float, up: float) -> tuple[float, float]:
        return fx + dx * flip * m, fy - up * m

    def limb(points: Sequence[tuple[float, float]], paint: Colour, thick: float) -> None:
        placed = [spot(*point) for point in points]
        width = max(1, round(thick * m))
        shade = pic.far(paint, z)
        pic.pen.line(placed, fill=shade, width=width, joint="curve")
        for px, py in (placed[0], placed[-1]):
            pic.pen.ellipse((px - width / 2, py - width / 2, px + width / 2, py + width / 2), fill=shade)

    if y == 0.0:
        pic.shadow(x + 0.12, z, 0.42)
    bend = 0.34 if pose == WORK else 0.0
    hip, neck = (0.0, 0.88 - bend * 0.3), (bend, 1.42 - bend * 0.9)
    for side in (-0.1, 0.1):
        limb(
            [(side * 1.15, 0.06), (side * 1.1 + bend * 0.15, 0.48), (side * 0.7, hip[1])],
            lit(cloth, 1 + side),
            0.16,
        )
        limb([(side * 1.15, 0.045), (side * 1.15 + 0.09, 0.035)], DARK, 0.09)
    back = lit(vest, 0.78)
    arms = {
        STAND: [[(-0.2, 1.34), (-0.27, 1.08), (-0.24, 0.84)], [(0.2, 1.34), (0.27, 1.08), (0.25, 0.84)]],
        POINT: [[(-0.2, 1.34), (-0.27, 1.08), (-0.22, 0.86)], [(0.19, 1.36), (0.46, 1.42), (0.74, 1.5)]],
        PAPERS: [[(-0.2, 1.34), (-0.24, 1.08), (0.06, 1.06)], [(0.2, 1.34), (0.27, 1.08), (0.14, 1.05)]],
        WORK: [[(0.2, 1.02), (0.42, 0.76), (0.5, 0.5)], [(0.34, 1.04), (0.52, 0.78), (0.62, 0.54)]],
    }[pose]
    limb(arms[0], back, 0.11)
    hx, hy = hip
    nx, ny = neck
    torso = [
        (hx - 0.17, hy),
        (nx - 0.22, ny - 0.02),
        (nx - 0.1, ny + 0.04),
        (nx + 0.1, ny + 0.04),
        (nx + 0.22, ny - 0.02),
    ]
    pic.pen.polygon([spot(*point) for point in [*torso, (hx + 0.17, hy)]], fill=pic.far(vest, z))
    for share in (0.28, 0.6) if helmet else ():
        cx, cy = hx + (nx - hx) * share, hy + (ny - hy) * share
        a, b = spot(cx - 0.18, cy), spot(cx + 0.18, cy)
        pic.pen.line([a, b], fill=pic.far((232, 236, 226), z), width=max(1, round(0.05 * m)))
    limb(arms[1], lit(vest, 0.9), 0.11)
    if pose == PAPERS:
        sheet = [spot(0.0, 1.0), spot(0.3, 0.98), (spot(0.3, 1.2)), spot(0.02, 1.22)]
        pic.pen.polygon(sheet, fill=pic.far((246, 246, 240), z))
    head = spot(nx + 0.02 + bend * 0.2, ny + 0.17)
    r = 0.115 * m
    pic.pen.ellipse((head[0] - r * 0.9, head[1] - r, head[0] + r * 0.9, head[1] + r * 1.1), fill=pic.far(skin, z))
    crown = pic.far(hat if helmet else (44, 38, 34), z)
    pic.pen.pieslice(
        (head[0] - r * 1.12, head[1] - r * 1.5, head[0] + r * 1.12, head[1] + r * 0.9), 180, 360, fill=crown
    )
    if helmet:
        brim = sorted((head[0] - r * 1.2 * flip, head[0] + r * 1.55 * flip))
        pic.pen.rectangle((brim[0], head[1] - r * 0.42, brim[1], head[1] - r * 0.2), fill=crown)


def people(
    pic: Picture, low: int, high: int, xs: tuple[float, float], zs: tuple[float, float], *, y: float = 0.0
) -> None:
    """A few figures, the far ones first; neighbours keep apart."""
    rng = pic.rng
    count = rng.randint(low, high)
    depths = sorted((rng.uniform(*zs) for _ in range(count)), reverse=True)
    slots = [xs[0] + (xs[1] - xs[0]) * (i + rng.uniform(0.2, 0.8)) / max(1, count) for i in range(count)]
    rng.shuffle(slots)
    for x, z in zip(slots, depths, strict=True):
        person(pic, x, z, rng.choice((STAND, POINT, PAPERS, STAND, WORK)), y=y)


class Sprite:
    """A flat thing drawn in its own metres, standing at a place and facing left or right."""

    def __init__(self, pic: Picture, x: float, z: float, flip: int = 1, y: float = 0.0) -> None:
        self.pic, self.z, self.flip = pic, z, flip
        self.fx, self.fy = pic.at(x, y, z)
        self.m = pic.per_m(z)

    def spot(self, x: float, y: float) -> tuple[float, float]:
        return self.fx + x * self.flip * self.m, self.fy - y * self.m

    def shape(self, points: Sequence[tuple[float, float]], paint: Paint) -> None:
        self.pic.pen.polygon([self.spot(*point) for point in points], fill=self.pic.far(paint, self.z))

    def line(self, points: Sequence[tuple[float, float]], paint: Paint, thick: float) -> None:
        self.pic.pen.line(
            [self.spot(*point) for point in points],
            fill=self.pic.far(paint, self.z),
            width=max(1, round(thick * self.m)),
            joint="curve",
        )

    def disc(self, x: float, y: float, r: float, paint: Paint) -> None:
        cx, cy = self.spot(x, y)
        r *= self.m
        self.pic.pen.ellipse((cx - r, cy - r, cx + r, cy + r), fill=self.pic.far(paint, self.z))

    def block(self, x0: float, y0: float, x1: float, y1: float, paint: Paint, soft: float = 0.0) -> None:
        (ax, ay), (bx, by) = self.spot(x0, y0), self.spot(x1, y1)
        place = (min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
        if soft and place[2] - place[0] > 4 * soft * self.m:
            self.pic.pen.rounded_rectangle(place, soft * self.m, fill=self.pic.far(paint, self.z))
        else:
            self.pic.pen.rectangle(place, fill=self.pic.far(paint, self.z))

    def wheels(self, xs: Sequence[float], r: float) -> None:
        for x in xs:
            self.disc(x, r, r, (38, 38, 40))
            self.disc(x, r, r * 0.5, (150, 152, 154))


def excavator(pic: Picture, x: float, z: float, flip: int = 1, paint: Colour = YELLOW, reach: float = 0.0) -> None:
    pic.shadow(x, z, 3.4)
    s = Sprite(pic, x, z, flip)
    s.block(-2.0, 0.0, 2.0, 0.86, (44, 44, 46), 0.4)
    for wheel in (-1.5, -0.75, 0.0, 0.75, 1.5):
        s.disc(wheel, 0.38, 0.27, (92, 92, 92))
    s.block(-1.0, 0.86, 1.0, 1.1, DARK)
    s.shape([(-2.5, 1.1), (1.5, 1.1), (1.5, 1.5), (-0.1, 1.9), (-2.4, 2.1)], paint)
    s.shape([(-2.5, 1.1), (-1.5, 1.1), (-1.5, 2.05), (-2.4, 2.1)], lit(paint, 0.72))
    s.shape([(-0.2, 1.5), (1.3, 1.5), (1.3, 2.3), (0.9, 3.0), (-0.2, 3.0)], lit(paint, 0.94))
    s.shape([(-0.02, 1.95), (1.12, 1.95), (1.1, 2.3), (0.8, 2.84), (-0.02, 2.84)], GLASS)
    elbow = (4.2, 4.5 + reach)
    wrist = (6.1, 1.9 + reach * 1.4)
    s.line([(1.2, 1.6), (2.5, 4.0 + reach * 0.6), elbow], lit(paint, 0.9), 0.42)
    s.line([elbow, wrist], lit(paint, 0.82), 0.34)
    s.line([(1.6, 2.0), (3.0, 3.9 + reach * 0.7)], (196, 198, 200), 0.13)
    s.line([(3.3, 4.7 + reach), (4.9, 3.9 + reach)], (196, 198, 200), 0.12)
    wx, wy = wrist
    s.shape(
        [
            (wx + 0.25, wy + 0.1),
            (wx + 0.1, wy - 0.9),
            (wx - 0.7, wy - 1.1),
            (wx - 1.05, wy - 0.4),
            (wx - 0.5, wy - 0.2),
        ],
        (70, 66, 62),
    )


def dump_truck(pic: Picture, x: float, z: float, flip: int = 1, paint: Colour = (186, 56, 44)) -> None:
    pic.shadow(x, z, 4.2)
    s = Sprite(pic, x, z, flip)
    s.block(-4.0, 0.7, 3.9, 1.05, DARK)
    s.shape([(-4.2, 1.15), (1.5, 1.15), (1.9, 2.7), (-4.5, 2.7)], lit(paint, 0.86))
    for rib in (-3.4, -2.2, -1.0, 0.2):
        s.line([(rib, 1.2), (rib, 2.65)], lit(paint, 0.68), 0.12)
    s.shape([(-4.1, 2.7), (-2.6, 3.25), (-0.8, 3.05), (0.6, 3.3), (1.7, 2.7)], (140, 110, 80))
    s.shape([(2.1, 0.9), (4.1, 0.9), (4.1, 2.0), (3.8, 3.0), (2.1, 3.0)], paint)
    s.shape([(2.7, 2.0), (3.95, 2.0), (3.7, 2.8), (2.7, 2.8)], GLASS)
    s.block(3.85, 0.75, 4.25, 1.25, (210, 210, 204))
    s.wheels((-3.3, -2.1, 3.1), 0.56)


def roller(pic: Picture, x: float, z: float, flip: int = 1) -> None:
    pic.shadow(x, z, 2.8)
    s = Sprite(pic, x, z, flip)
    s.disc(1.7, 0.8, 0.8, (96, 98, 102))
    s.disc(1.7, 0.8, 0.3, (64, 66, 70))
    s.shape([(-2.2, 0.8), (1.0, 0.8), (1.0, 1.5), (-2.2, 1.75)], YELLOW)
    s.line([(1.0, 1.1), (1.7, 0.85)], DARK, 0.2)
    s.shape([(-0.5, 1.6), (0.8, 1.5), (0.8, 2.9), (-0.5, 2.9)], lit(YELLOW, 0.9))
    s.block(-0.35, 1.9, 0.65, 2.75, GLASS)
    s.block(-0.7, 2.9, 1.0, 3.05, (236, 236, 232))
    s.wheels((-1.4,), 0.75)


def paver(pic: Picture, x: float, z: float, flip: int = 1) -> None:
    pic.shadow(x, z, 3.4)
    s = Sprite(pic, x, z, flip)
    s.block(-2.4, 0.0, 1.6, 0.75, (44, 44, 46), 0.35)
    s.shape([(-3.0, 0.7), (1.8, 0.7), (1.8, 1.7), (-1.0, 1.9), (-3.0, 1.5)], ORANGE)
    s.shape([(1.8, 0.5), (3.4, 0.5), (3.8, 1.7), (1.8, 1.7)], lit(ORANGE, 0.75))
    s.shape([(2.0, 1.7), (3.7, 1.7), (3.0, 2.1), (2.2, 2.0)], (40, 40, 44))
    s.block(-4.0, 0.05, -3.0, 0.6, (70, 72, 76))
    s.line([(-2.4, 1.6), (-2.4, 3.3)], DARK, 0.1)
    s.line([(0.6, 1.8), (0.6, 3.3)], DARK, 0.1)
    s.block(-2.9, 3.25, 1.1, 3.42, (240, 240, 236))


def mobile_crane(pic: Picture, x: float, z: float, flip: int = 1, boom: tuple[float, float] = (11.0, 15.0)) -> None:
    pic.shadow(x, z, 5.0)
    s = Sprite(pic, x, z, flip)
    s.block(-4.6, 0.8, 4.8, 1.5, (228, 188, 60))
    s.block(3.2, 1.3, 4.9, 2.7, YELLOW, 0.2)
    s.block(3.6, 1.9, 4.8, 2.5, GLASS)
    s.block(-2.6, 1.5, 0.4, 2.6, lit(YELLOW, 0.84))
    s.line([(-1.8, 2.4), boom], lit(YELLOW, 0.92), 0.5)
    s.line([boom, (boom[0], 5.4)], DARK, 0.05)
    s.block(boom[0] - 1.8, 4.9, boom[0] + 1.8, 5.3, (150, 74, 52))
    s.line([(boom[0], 6.2), (boom[0] - 1.6, 5.3)], DARK, 0.04)
    s.line([(boom[0], 6.2), (boom[0] + 1.6, 5.3)], DARK, 0.04)
    s.wheels((-3.6, -2.4, 2.2, 3.6), 0.6)


def tower_crane(pic: Picture, x: float, z: float, tall: float, jib: float, flip: int = 1) -> None:
    """Lattice mast and jib with a load on the hook."""
    s = Sprite(pic, x, z, flip)
    paint = (222, 162, 40)
    half = 0.8
    for side in (-half, half):
        s.line([(side, 0), (side, tall)], paint, 0.24)
    steps = max(4, round(tall / 2.2))
    for i in range(steps):
        a, b = tall * i / steps, tall * (i + 1) / steps
        s.line([(-half, a), (half, b), (-half, b)], lit(paint, 0.88), 0.1)
    s.block(-1.1, tall, 1.1, tall + 0.8, lit(paint, 0.7))
    s.block(1.0, tall - 0.6, 2.5, tall + 1.2, (232, 232, 228))
    s.block(1.2, tall + 0.1, 2.4, tall + 1.0, GLASS)
    top = tall + 6.0
    s.line([(-0.8, tall + 0.8), (0, top), (0.8, tall + 0.8)], paint, 0.2)
    base, back = tall + 1.0, -jib * 0.32
    s.line([(back, base), (jib, base)], paint, 0.22)
    s.line([(0, base + 1.3), (jib * 0.97, base + 0.9)], paint, 0.14)
    cells = max(6, round(jib / 2.4))
    for i in range(cells):
        a, b = jib * i / cells, jib * (i + 1) / cells
        s.line([(a, base), ((a + b) / 2, base + 1.15), (b, base)], lit(paint, 0.9), 0.08)
    s.line([(back, base), (0, top), (jib * 0.7, base + 1.0)], (96, 96, 98), 0.07)
    s.block(back - 0.4, base - 2.1, back + 2.6, base, (112, 112, 110))
    hook = jib * pic.rng.uniform(0.35, 0.85)
    drop = base - pic.rng.uniform(6, max(7, tall * 0.45))
    s.line([(hook, base), (hook, drop)], DARK, 0.06)
    s.block(hook - 0.25, drop - 0.6, hook + 0.25, drop, (206, 54, 46))
    s.line([(hook - 1.4, drop - 1.9), (hook, drop - 0.6), (hook + 1.4, drop - 1.9)], DARK, 0.05)
    s.block(hook - 1.7, drop - 2.3, hook + 1.7, drop - 1.9, RUST)


def cone(pic: Picture, x: float, z: float) -> None:
    s = Sprite(pic, x, z)
    s.block(-0.2, 0, 0.2, 0.05, (40, 40, 40))
    s.shape([(-0.14, 0.05), (0.14, 0.05), (0.03, 0.72), (-0.03, 0.72)], (228, 84, 40))
    s.shape([(-0.09, 0.3), (0.09, 0.3), (0.065, 0.47), (-0.065, 0.47)], (240, 240, 236))


def tree(pic: Picture, x: float, z: float, tall: float = 5.0) -> None:
    s = Sprite(pic, x, z)
    pic.shadow(x, z, tall * 0.25)
    s.line([(0, 0), (0.05, tall * 0.55)], (98, 78, 58), 0.18)
    bare = pic.day.season == "winter"
    dice = random.Random(round(x * 31 + z * 17))
    if bare:
        for _ in range(9):
            y = tall * dice.uniform(0.35, 0.6)
            s.line(
                [(0, y), (dice.uniform(-1, 1) * tall * 0.24, y + tall * dice.uniform(0.2, 0.42))],
                (112, 94, 74),
                0.06,
            )
        return
    for i in range(7):
        angle = i * math.tau / 7 + dice.random()
        r = tall * dice.uniform(0.14, 0.2)
        shade = lit(pic.day.leaf, dice.uniform(0.82, 1.14))
        s.disc(math.cos(angle) * tall * 0.15, tall * 0.68 + math.sin(angle) * tall * 0.14, r, shade)
    s.disc(-tall * 0.05, tall * 0.74, tall * 0.15, lit(pic.day.leaf, 1.16))


def flags(pic: Picture, xs: Sequence[float], z: float, tall: float = 7.0) -> None:
    for i, x in enumerate(xs):
        s = Sprite(pic, x, z)
        s.line([(0, 0), (0, tall)], (136, 140, 146), 0.1)
        paint = ((204, 46, 40), (226, 176, 48), (52, 108, 172), (66, 142, 92))[i % 4]
        sag = pic.rng.uniform(0.05, 0.3)
        s.shape(
            [
                (0, tall),
                (0.8, tall - sag),
                (1.7, tall - 0.1),
                (1.7, tall - 1.1),
                (0.8, tall - 1.15 - sag),
                (0, tall - 1.05),
            ],
            paint,
        )


def hoarding(pic: Picture, x0: float, x1: float, z: float, tall: float = 2.4) -> None:
    """The blue and white fence round a site."""
    pic.box((x0, 0, z), (x1, tall, z + 0.1), (226, 232, 234))
    pic.face([(x0, 0, z), (x1, 0, z), (x1, tall * 0.22, z), (x0, tall * 0.22, z)], (58, 118, 170))
    pic.face([(x0, tall * 0.92, z), (x1, tall * 0.92, z), (x1, tall, z), (x0, tall, z)], (58, 118, 170))
    x = x0
    while x <= x1:
        pic.bar((x, 0, z), (x, tall, z), (176, 186, 192), 0.1)
        x += 3.0


def skyline(pic: Picture, kind: str = "zone") -> None:
    """What one sees on the horizon of a coastal zone: sheds, tanks, columns, wind turbines."""
    rng, day = pic.rng, pic.day
    y0 = pic.horizon + 2

    def dim(colour: Colour, share: float = 0.62) -> Colour:
        return mix(colour, day.haze, share)

    hill = [(0.0, y0)]
    height = rng.uniform(6, 18)
    for i in range(25):
        swell = height * (0.6 + 0.4 * math.sin(i * 0.7 + height)) + rng.uniform(0, 4)
        hill.append((i * 40.0, y0 - swell))
    if rng.random() < 0.55:
        pic.flat([*hill, (960, y0)], dim((96, 120, 126), 0.72))
    if kind != "sea" or rng.random() < 0.8:
        for _ in range(rng.randint(3, 6)):
            turbine(pic, rng.uniform(20, 940), y0, rng.uniform(46, 88), dim((240, 244, 246), 0.25))
    if kind == "sea":
        return
    x = rng.uniform(-60, 20)
    while x < 970:
        what = rng.random()
        wide = rng.uniform(50, 150)
        if what < 0.5:
            tall = rng.uniform(10, 24)
            wall = dim(rng.choice(((206, 212, 214), (122, 154, 182), (186, 190, 188))), 0.5)
            pic.flat(
                [
                    (x, y0),
                    (x, y0 - tall),
                    (x + wide / 2, y0 - tall - 5),
                    (x + wide, y0 - tall),
                    (x + wide, y0),
                ],
                wall,
            )
            pic.rect(x, y0 - tall * 0.55, x + wide, y0 - tall * 0.4, dim((96, 132, 166), 0.5))
        elif what < 0.66:
            for i in range(rng.randint(2, 4)):
                a = x + i * 27
                pic.rect(a, y0 - 17, a + 22, y0, dim((218, 220, 218), 0.5))
                pic.rect(a + 15, y0 - 17, a + 22, y0, dim((176, 182, 184), 0.5))
        elif what < 0.78:
            stack = rng.uniform(52, 84)
            pic.rect(x + 12, y0 - stack, x + 18, y0, dim((198, 198, 196), 0.5))
            pic.rect(x + 12, y0 - stack, x + 18, y0 - stack + 8, dim((206, 70, 60), 0.5))
            pic.rect(x + 30, y0 - stack * 0.6, x + 40, y0, dim((168, 176, 182), 0.5))
            pic.rect(x + 22, y0 - 14, x + 60, y0, dim((186, 190, 188), 0.5))
        x += wide * rng.uniform(0.7, 1.5)
    for _ in range(26):
        a, r = rng.uniform(0, 960), rng.uniform(3, 8)
        pic.oval(a - r * 1.6, y0 - r * 0.9, a + r * 1.6, y0 + r * 0.8, dim(day.leaf, 0.45))


def turbine(pic: Picture, x: float, y: float, tall: float, paint: Colour) -> None:
    pic.stroke([(x, y), (x, y - tall)], paint, max(1.0, tall / 45))
    turn = pic.rng.uniform(0, math.tau / 3)
    for i in range(3):
        angle = turn + i * math.tau / 3
        reach = tall * 0.48
        pic.stroke(
            [(x, y - tall), (x + reach * math.sin(angle), y - tall - reach * math.cos(angle))],
            paint,
            max(0.8, tall / 55),
        )


def mound(pic: Picture, x: float, z: float, wide: float, tall: float, paint: Colour) -> None:
    """A heap of soil or sand, lit from one side."""
    dice = pic.rng
    left, right = x - wide / 2, x + wide / 2
    ridge = [
        (left + wide * i / 10, tall * math.sin(math.pi * i / 10) ** 0.8 * dice.uniform(0.82, 1.05)) for i in range(11)
    ]
    pic.shadow(x + wide * 0.06, z, wide * 0.56)
    pic.face([*[(px, py, z) for px, py in ridge], (right, -0.12, z), (left, -0.12, z)], paint)
    split: list[Spot] = [(px, py, z) for px, py in ridge[5:]]
    pic.face(
        [*split, (right, -0.12, z), (x + wide * 0.12, -0.1, z), (x + wide * 0.06, tall * 0.4, z)],
        lit(paint, 0.8),
    )
    for _ in range(14):
        share = dice.uniform(0.12, 0.88)
        up = tall * math.sin(math.pi * share) * dice.uniform(0.08, 0.75)
        cx, cy = pic.at(left + wide * share, up, z)
        r = pic.per_m(z) * dice.uniform(0.04, 0.13)
        pic.pen.ellipse(
            (cx - r, cy - r * 0.7, cx + r, cy + r * 0.7),
            fill=pic.far(lit(paint, dice.choice((0.72, 1.14))), z),
        )


def puddle(pic: Picture, x: float, z: float, wide: float, deep: float) -> None:
    spots = []
    for i in range(18):
        angle = i * math.tau / 18
        wobble = pic.rng.uniform(0.78, 1.1)
        spots.append((x + math.cos(angle) * wide / 2 * wobble, z + math.sin(angle) * deep / 2 * wobble))
    pic.patch(spots, mix((120, 110, 96), (70, 60, 50), 0.4))
    inner = [(x + (px - x) * 0.93, z + (pz - z) * 0.9) for px, pz in spots]
    pic.patch(inner, mix(pic.day.haze, (110, 124, 134), 0.35))


def tracks(pic: Picture, x: float, z0: float, z1: float, drift: float, paint: Colour) -> None:
    """The two ruts of a lorry, going away."""
    for side in (0.0, 1.9):
        pic.patch(
            [(x + side, z0), (x + side + 0.5, z0), (x + side + 0.5 + drift, z1), (x + side + drift, z1)],
            (*paint, 60),
        )
