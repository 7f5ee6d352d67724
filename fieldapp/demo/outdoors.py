"""Scenes of what serves the plots: substation, road, sea wall, a drained gate."""

import math
import random

from fieldapp.demo import figures
from fieldapp.demo.canvas import CONCRETE, SOIL, WHITE, Colour, Day, Labels, Picture, lit, mix, soil
from fieldapp.demo.figures import people, person


def substation(rng: random.Random, day: Day, progress: float, labels: Labels) -> Picture:
    x: float
    pic = Picture(day, rng, ground="gravel", horizon=rng.randint(420, 450), eye_m=2.1, centre=rng.uniform(430, 530))
    figures.skyline(pic)
    grey: Colour = (168, 174, 178)
    for z in (92, 62):
        for x in (-21, -7, 7, 21):
            for side in (-0.8, 0.8):
                pic.bar((x + side, 0, z), (x, 12, z), grey, 0.3)
        pic.bar((-21, 11.6, z), (21, 11.6, z), grey, 0.5)
        for x in range(-20, 21, 2):
            pic.bar((x, 11.0, z), (x + 1, 12.0, z), lit(grey, 0.9), 0.14)
    for x in (-16, -13.5, -11, -2.5, 0, 2.5, 11, 13.5, 16):
        pic.bar((x, 11.4, 62), (x, 9.9, 62), (120, 70, 54), 0.34)
        pic.bar((x, 9.9, 62), (x, 9.2, 92), figures.DARK, 0.06)
        if progress > 0.3:
            pic.bar((x, 9.9, 62), (x * 0.9, 5.6, 46), figures.DARK, 0.07)
    fitted = 3 if progress > 0.66 else 2 if progress > 0.3 else 1
    for i, x in enumerate((-12.5, 0.0, 12.5)):
        pic.box((x - 3.4, 0, 44), (x + 3.4, 0.5, 50), CONCRETE)
        if i >= fitted:
            for dx in (-2.6, 2.6):
                pic.bar((x + dx, 0.5, 44), (x + dx, 1.3, 44), figures.RUST, 0.12)
            continue
        body: Colour = (140, 152, 158)
        pic.box((x - 2.6, 0.5, 45), (x + 2.6, 4.0, 49), body)
        for dx in (-3.2, -2.95, 2.7, 2.95):
            pic.box((x + dx, 1.0, 45), (x + dx + 0.18, 3.6, 48), lit(body, 0.86))
        for k in range(6):
            pic.bar((x - 2.2 + k * 0.9, 0.7, 45), (x - 2.2 + k * 0.9, 3.8, 45), lit(body, 0.8), 0.12)
        for dx in (-1.6, 0.0, 1.6):
            for k in range(5):
                pic.box((x + dx - 0.26, 4.0 + k * 0.32, 46), (x + dx + 0.26, 4.16 + k * 0.32, 46.4), (126, 62, 46))
            pic.bar((x + dx, 4.0, 46), (x + dx, 5.8, 46), (126, 62, 46), 0.22)
        pic.box((x - 1.5, 4.3, 48.4), (x + 1.7, 5.0, 49), lit(body, 1.1))
    pic.box((-34, 0, 52), (-20, 5.2, 60), (224, 220, 208))
    for x in (-32.5, -28.5, -24.5):
        pic.face([(x, 1.6, 51.9), (x + 2.2, 1.6, 51.9), (x + 2.2, 3.8, 51.9), (x, 3.8, 51.9)], figures.GLASS)
    pic.patch([(-30, 22), (30, 22), (30, 27), (-30, 27)], lit(CONCRETE, 0.94))
    x = -36.0
    while x < 36:
        pic.bar((x, 0, 34), (x, 1.9, 34), (214, 218, 218), 0.07)
        x += 2.4
    for y in (0.3, 1.1, 1.85):
        pic.bar((-36, y, 34), (36, y, 34), (214, 218, 218), 0.05)
    if rng.random() < 0.5:
        figures.mobile_crane(pic, rng.choice((-15, 16)), 38, 1, (7, 13))
    people(pic, 2, 4, (0.0, 5.8), (9.5, 14))
    return pic


def road_paving(rng: random.Random, day: Day, progress: float, labels: Labels) -> Picture:
    pic = Picture(
        day,
        rng,
        ground="grass" if day.season in ("spring", "summer") else soil(day, rng),
        horizon=rng.randint(250, 285),
        eye_m=2.7,
        centre=rng.uniform(400, 560),
    )
    figures.skyline(pic)
    half = 7.0
    pic.patch([(-half - 3, 2.5), (half + 3, 2.5), (half + 3, 160), (-half - 3, 160)], (186, 178, 160))
    pic.patch([(-half, 2.5), (half, 2.5), (half, 160), (-half, 160)], (150, 142, 126))
    edge = 150 - 125 * max(0.2, progress)
    for a, b, tone in ((edge, 60.0, 0.92), (60.0, 160.0, 1.05)):
        if b > a:
            pic.patch([(-half, a), (0.2, a), (0.2, b), (-half, b)], lit((66, 67, 70), tone))
    pic.patch([(0.2, 34), (half, 34), (half, 160), (0.2, 160)], (92, 92, 94))
    for z in range(40, 150, 9):
        pic.patch([(-0.1, z), (0.1, z), (0.1, z + 4), (-0.1, z + 4)], (232, 232, 226))
    for x in (-half - 0.3, half):
        pic.box((x, 0, 2.5), (x + 0.3, 0.22, 160), (206, 204, 196))
    for z in range(110, 12, -12):
        for x in (-half - 5, half + 5):
            figures.tree(pic, x, z, rng.uniform(4.2, 5.6))
        if z % 24 == 2:
            pic.bar((-half - 2.2, 0, z), (-half - 2.2, 8.4, z), (196, 200, 202), 0.14)
            pic.bar((-half - 2.2, 8.4, z), (-half + 0.2, 8.8, z), (196, 200, 202), 0.1)
    figures.dump_truck(pic, -3.4, 44, 1, (58, 104, 160))
    figures.paver(pic, -3.0, max(27.0, min(edge, 36.0)), 1)
    figures.roller(pic, 3.2, rng.uniform(21, 26), rng.choice((-1, 1)))
    for z in range(32, 8, -3):
        figures.cone(pic, 0.5, z)
    if day.weather != "rain":
        for i in range(5):
            cx, cy = pic.at(-3.0 + rng.uniform(-2, 2), 1.6 + i * 0.4, 28)
            r = pic.per_m(28) * rng.uniform(0.7, 1.3)
            pic.pen.ellipse((cx - r, cy - r * 0.5, cx + r, cy + r * 0.5), fill=(240, 240, 240, 26))
    people(pic, 2, 4, (1.4, 6.2), (11, 17))
    return pic


def dyke(rng: random.Random, day: Day, progress: float, labels: Labels) -> Picture:
    """The sea wall: crest road on one side, armour blocks and sea on the other."""
    pic = Picture(day, rng, ground="sea", horizon=rng.randint(235, 270), eye_m=4.6, centre=rng.uniform(520, 600))
    figures.skyline(pic, "sea")
    for _ in range(rng.randint(1, 2)):
        _ship(pic, rng, rng.uniform(480, 860))
    for _ in range(70):
        z = rng.uniform(14, 150)
        x = rng.uniform(-2, 60) * z / 60
        wide = rng.uniform(0.6, 2.6)
        pic.bar((x, 0.0, z), (x + wide, 0.0, z), (236, 244, 246, 120), 0.07)
    top: Colour = (184, 182, 174)
    pic.face([(-60, 1.6, 3), (-4.6, 1.6, 3), (-4.6, 1.6, 220), (-60, 1.6, 220)], mix(day.leaf, SOIL, 0.45))
    pic.face([(-9.4, 1.62, 3), (-4.0, 1.62, 3), (-4.0, 1.62, 220), (-9.4, 1.62, 220)], (148, 146, 140))
    for z in range(6, 150, 8):
        pic.face([(-6.8, 1.63, z), (-6.6, 1.63, z), (-6.6, 1.63, z + 3.4), (-6.8, 1.63, z + 3.4)], (226, 224, 214))
    pic.face([(-4.0, 1.6, 3), (3.4, -0.2, 3), (3.4, -0.2, 220), (-4.0, 1.6, 220)], lit(top, 0.84))
    for z in range(4, 120, 3):
        pic.bar((-4.0, 1.62, z), (3.4, -0.18, z), lit(top, 0.7), 0.05)
    finished = 14 + 110 * progress
    z = min(120.0, finished)
    while z > 6:
        for x in (2.6, 3.6, 4.5):
            _armour(pic, rng, x + rng.uniform(-0.3, 0.3), z + rng.uniform(-0.4, 0.4), 0.55 if x < 3 else 0.2)
        z -= 1.15 if z < 30 else 2.4
    for _ in range(40):
        z = rng.uniform(8, 100)
        x, y = pic.at(5.2 + rng.uniform(-0.4, 0.6), 0, z)
        r = pic.per_m(z) * rng.uniform(0.15, 0.4)
        pic.pen.ellipse((x - r * 2, y - r * 0.4, x + r * 2, y + r * 0.4), fill=(244, 248, 248, 150))
    pic.box((-4.5, 1.6, 5), (-4.0, 2.5, 200), (208, 206, 198))
    if progress < 0.9:
        _on_crest(pic, rng)
    for i in range(rng.randint(2, 4)):
        person(
            pic,
            -7.6 + i * 1.1,
            rng.uniform(14, 19),
            rng.choice((figures.STAND, figures.POINT, figures.PAPERS)),
            y=1.62,
        )
    for _ in range(rng.randint(2, 6)):
        x, y, r = rng.uniform(300, 900), rng.uniform(50, 200), rng.uniform(5, 11)
        pic.stroke(
            [
                (x - r, y - r * 0.4),
                (x - r * 0.4, y - r * 0.5),
                (x, y),
                (x + r * 0.4, y - r * 0.5),
                (x + r, y - r * 0.4),
            ],
            (92, 100, 108),
            1.6,
        )
    return pic


def _on_crest(pic: Picture, rng: random.Random) -> None:
    """A crane at the end of the finished stretch."""
    s = figures.Sprite(pic, -6.4, rng.uniform(34, 44), 1, y=1.62)
    s.block(-2.0, 0, 2.0, 0.8, (44, 44, 46), 0.3)
    s.block(-1.8, 0.8, 1.4, 2.6, (206, 84, 44), 0.2)
    s.block(0.4, 1.5, 1.3, 2.4, figures.GLASS)
    s.line([(0.6, 2.0), (9.0, 11.0)], (206, 84, 44), 0.4)
    s.line([(9.0, 11.0), (9.0, 4.2)], figures.DARK, 0.07)
    s.line([(8.3, 3.3), (9.0, 4.2), (9.7, 3.3)], (170, 170, 164), 0.5)


def _armour(pic: Picture, rng: random.Random, x: float, z: float, y: float) -> None:
    tone = rng.uniform(0.78, 1.06)
    cx, cy = pic.at(x, y + 0.3, z)
    m = pic.per_m(z)
    turn = rng.uniform(0, math.tau)
    paint = pic.far(lit((172, 172, 164), tone), z)
    dark = pic.far(lit((120, 122, 118), tone), z)
    for i in range(4):
        angle = turn + i * math.tau / 4 + 0.3
        ex, ey = cx + math.cos(angle) * 0.62 * m, cy + math.sin(angle) * 0.42 * m
        shade = dark if math.sin(angle) > 0.2 else paint
        width = max(2, round(0.42 * m))
        pic.pen.line([(cx, cy), (ex, ey)], fill=shade, width=width)
        pic.pen.ellipse((ex - width / 2, ey - width / 2, ex + width / 2, ey + width / 2), fill=shade)


def _ship(pic: Picture, rng: random.Random, x: float) -> None:
    y = pic.horizon + 4
    dim = pic.day.haze
    hull = mix(rng.choice(((62, 84, 120), (150, 60, 52), (60, 66, 70))), dim, 0.45)
    pic.flat([(x - 60, y - 12), (x + 66, y - 12), (x + 56, y), (x - 54, y)], hull)
    pic.rect(x - 52, y - 30, x - 34, y - 12, mix(WHITE, dim, 0.3))
    for i in range(5):
        pic.rect(
            x - 26 + i * 16,
            y - 12 - rng.choice((6, 9, 12)),
            x - 12 + i * 16,
            y - 12,
            mix(rng.choice(((190, 92, 60), (70, 120, 160), (196, 170, 90), (96, 140, 110))), dim, 0.45),
        )


def _drainage(rng: random.Random, day: Day, labels: Labels, *, mended: bool) -> Picture:
    """The gate of a plot on the road; the same seed gives the same place before and after."""
    place = random.Random(rng.randrange(1 << 30))
    pic = Picture(day, place, ground="asphalt", horizon=275, eye_m=1.75, centre=place.uniform(440, 520))
    figures.skyline(pic)
    shed: Colour = place.choice(((206, 214, 218), (146, 178, 204), (214, 206, 188)))
    pic.patch([(-60, 11), (60, 11), (60, 70), (-60, 70)], lit(CONCRETE, 1.02))
    pic.box((-16, 0, 42), (17, 7, 70), shed)
    for x in (-13, -7.5, 8.5, 13.5):
        pic.face([(x, 3.6, 41.9), (x + 2.6, 3.6, 41.9), (x + 2.6, 5.2, 41.9), (x, 5.2, 41.9)], figures.GLASS)
    pic.face([(-3, 0, 41.9), (3, 0, 41.9), (3, 4.6, 41.9), (-3, 4.6, 41.9)], lit((92, 128, 158), 0.9))
    pic.face([(-16, 6.2, 41.9), (17, 6.2, 41.9), (17, 7, 41.9), (-16, 7, 41.9)], lit((92, 128, 158), 1.1))
    for x in (-12.5, -9.0, 9.4, 13.0):
        figures.tree(pic, x, 24, place.uniform(4.6, 5.6))
    figures.hoarding(pic, -36, -6.2, 18)
    figures.hoarding(pic, 6.2, 36, 18)
    post: Colour = place.choice(((196, 188, 172), (178, 96, 72), (206, 208, 206)))
    for i in range(27):
        x = -5.2 + i * 0.4
        pic.bar((x, 0.15, 17), (x, 1.5, 17), (196, 202, 206), 0.05)
    for up in (0.25, 0.9, 1.5):
        pic.bar((-5.3, up, 17), (5.3, up, 17), (196, 202, 206), 0.08)
    for x in (-6.4, 5.3):
        pic.box((x, 0, 16.5), (x + 1.1, 3.4, 17.5), post)
        pic.box((x - 0.15, 3.4, 16.4), (x + 1.25, 3.65, 17.6), lit(post, 1.1))
    pic.patch([(-5.4, 10.6), (5.4, 10.6), (4.8, 16.6), (-4.8, 16.6)], lit((106, 108, 112), 1.05))
    pic.box((-60, 0, 10.7), (-5.6, 0.16, 11), (214, 212, 204))
    pic.box((5.6, 0, 10.7), (60, 0.16, 11), (214, 212, 204))
    for x in range(-30, 31, 5):
        pic.patch([(x, 5.2), (x + 2.6, 5.2), (x + 2.6, 5.35), (x, 5.35)], (226, 226, 220))
    if mended:
        pic.patch([(-9, 9.5), (9, 9.5), (9, 10.3), (-9, 10.3)], (52, 54, 58))
        for i in range(91):
            pic.bar((-9 + i * 0.2, 0.01, 9.5), (-9 + i * 0.2, 0.01, 10.3), (184, 188, 192), 0.08)
        pic.patch([(-6, 6.4), (5, 6.4), (5, 9.3), (-6, 9.3)], (74, 76, 80, 150))
        for x in (-6.6, 5.6):
            figures.cone(pic, x, 9)
    else:
        figures.puddle(pic, place.uniform(-1, 1), 13.2, 9, 4.5)
        figures.puddle(pic, place.uniform(-2, 0), 9.4, 13, 3.4)
        figures.puddle(pic, place.uniform(0, 2), 7.0, 7.5, 2.2)
        for _ in range(30):
            x, z = place.uniform(-6, 6), place.uniform(6.2, 14)
            scrap: Colour = place.choice(((112, 92, 60), (92, 104, 62), (206, 206, 200)))
            pic.bar((x, 0.02, z), (x + place.uniform(0.1, 0.4), 0.02, z), scrap, 0.05)
        for x in (-5.0, 4.8):
            figures.cone(pic, x, 6.2)
        pic.bar((-5.0, 0.55, 6.2), (4.8, 0.55, 6.2), (214, 66, 50), 0.05)
    people(pic, 1, 3, (1.4, 3.9), (6.6, 8.4))
    return pic


def drainage_before(rng: random.Random, day: Day, progress: float, labels: Labels) -> Picture:
    return _drainage(rng, day, labels, mended=False)


def drainage_after(rng: random.Random, day: Day, progress: float, labels: Labels) -> Picture:
    return _drainage(rng, day, labels, mended=True)
