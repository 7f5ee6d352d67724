"""Scenes of structures: the rising frame, the topped-out roof, the steel workshop."""

import random

from fieldapp.demo import figures
from fieldapp.demo.canvas import CONCRETE, FINE, RED, Colour, Day, Labels, Picture, lit, mix, soil
from fieldapp.demo.figures import people, person


def tower_crane(rng: random.Random, day: Day, progress: float, labels: Labels) -> Picture:
    pic = Picture(
        day,
        rng,
        ground=soil(day, rng),
        horizon=rng.randint(470, 510),
        eye_m=2.0,
        centre=rng.uniform(400, 560),
    )
    figures.skyline(pic)
    side = rng.choice((-1, 1))
    floors = rng.randint(6, 8)
    done = max(0.4, floors * progress)
    figures.tower_crane(pic, side * 17, 62, max(21.0, done * 3.4 + 9), 25, -side)
    _frame(pic, rng, -12.0 - side * 4, 12.0 - side * 4, 46, 60, floors, done)
    if rng.random() < 0.5:
        figures.tower_crane(pic, -side * 33, 95, rng.uniform(24, 32), 22, side)
    figures.hoarding(pic, -40, -15, 40)
    figures.hoarding(pic, 15, 40, 40)
    figures.mound(pic, side * 9, 27, 7, 1.7, (196, 178, 140))
    for i in range(5):
        pic.box(
            (-side * 9 - 2.4, 0.12 * i, 24),
            (-side * 9 + 2.4, 0.12 * i + 0.09, 25),
            lit(figures.RUST, 0.9 + 0.05 * (i % 3)),
        )
    if rng.random() < 0.5:
        figures.dump_truck(pic, side * 3, 33, rng.choice((-1, 1)), (58, 104, 160))
    people(pic, 2, 4, (0.0, 6.0), (10, 15))
    return pic


def _frame(
    pic: Picture, rng: random.Random, x0: float, x1: float, z0: float, z1: float, floors: int, done: float
) -> None:
    """A concrete frame of which `done` storeys stand; below, the scaffold with its green net follows."""
    storey, bays = 3.4, 5
    whole = int(done)
    tall = whole * storey
    columns = [x0 + (x1 - x0) * i / bays for i in range(bays + 1)]
    for floor in range(whole + 1):
        y = floor * storey
        if floor < whole:
            pic.face([(x0, y, z1), (x1, y, z1), (x1, y + storey, z1), (x0, y + storey, z1)], lit(CONCRETE, 0.42))
            pic.face(
                [(x0, y + storey, z0), (x1, y + storey, z0), (x1, y + storey, z1), (x0, y + storey, z1)],
                lit(CONCRETE, 0.55),
            )
            for x in columns:
                pic.box((x - 0.3, y, z1 - 0.6), (x + 0.3, y + storey, z1), lit(CONCRETE, 0.6))
            for x in columns:
                pic.box((x - 0.35, y, z0), (x + 0.35, y + storey, z0 + 0.7), CONCRETE)
            pic.box((x0 - 0.5, y + storey - 0.6, z0), (x1 + 0.5, y + storey, z1), lit(CONCRETE, 1.02))
    if done < floors - 0.05:
        share = max(0.35, done - whole)
        for x in columns:
            pic.box((x - 0.4, tall, z0), (x + 0.4, tall + storey * share, z0 + 0.8), (190, 148, 92))
            for dx in (-0.25, 0.0, 0.25):
                pic.bar(
                    (x + dx, tall + storey * share, z0),
                    (x + dx, tall + storey * share + 1.1, z0),
                    figures.RUST,
                    0.09,
                )
        for x in (x0 + 3, x1 - 4, (x0 + x1) / 2):
            person(pic, x + rng.uniform(-1, 1), z0 + 1, figures.WORK, y=tall)
    else:
        pic.box((x0, tall, z0), (x1, tall + 1.1, z0 + 0.3), lit(CONCRETE, 1.05))
    _scaffold(
        pic,
        x0 - 1.2,
        x1 + 1.2,
        z0 - 1.3,
        (whole + 0.5) * storey if whole else 2.0,
        net=max(0.0, (whole - 1.2)) * storey,
    )


def _scaffold(pic: Picture, x0: float, x1: float, z: float, tall: float, net: float) -> None:
    pipe = (186, 160, 92)
    if net > 0:
        pic.face([(x0, 0, z), (x1, 0, z), (x1, net, z), (x0, net, z)], (54, 128, 96, 176))
        step = 0.0
        while step < net:
            pic.bar((x0, step, z), (x1, step, z), (36, 96, 74, 150), 0.1)
            step += 1.8
    x = x0
    while x <= x1 + 0.01:
        pic.bar((x, 0, z), (x, tall, z), pipe, 0.09)
        x += (x1 - x0) / 14
    y = 1.8
    while y <= tall:
        pic.bar((x0, y, z), (x1, y, z), pipe, 0.08)
        y += 1.8
    for i in range(4):
        a = x0 + (x1 - x0) * i / 4
        pic.bar((a, 0, z), (a + (x1 - x0) / 4, tall, z), lit(pipe, 0.86), 0.07)


def topping_out(rng: random.Random, day: Day, progress: float, labels: Labels) -> Picture:
    """On the roof on the day the last concrete is poured."""
    pic = Picture(day, rng, ground="concrete", horizon=rng.randint(240, 275), eye_m=1.9, centre=rng.uniform(440, 520))
    figures.skyline(pic)
    y0 = pic.horizon
    dim = mix(day.leaf, day.haze, 0.5)
    pic.rect(0, y0 + 1, 960, y0 + 46, dim)
    for _ in range(16):
        x, w = rng.uniform(-40, 940), rng.uniform(40, 130)
        y = y0 + rng.uniform(8, 40)
        pic.rect(
            x,
            y - 12,
            x + w,
            y + 4,
            mix(rng.choice(((196, 202, 206), (120, 150, 176), (206, 196, 182))), day.haze, 0.4),
        )
        pic.rect(x, y - 14, x + w, y - 8, mix((92, 126, 160), day.haze, 0.35))
    figures.tower_crane(pic, rng.choice((-1, 1)) * 12, 34, 12, 20, rng.choice((-1, 1)))
    pic.box((-30, 0, 27), (30, 1.1, 27.3), lit(CONCRETE, 1.03))
    for i in range(-9, 10):
        for dx in (-0.15, 0.15):
            pic.bar((i * 2.6 + dx, 1.1, 27), (i * 2.6 + dx, 1.9, 27), figures.RUST, 0.06)
    for i in range(-8, 9):
        pic.bar((i * 3.0, 0.01, 5), (i * 3.0, 0.01, 27), lit(CONCRETE, 0.82), 0.05)
    figures.flags(pic, [-10.5, -7.5, 7.5, 10.5], 25, 5.2)
    x0, x1, z = -6.2, 6.2, 21.0
    for x in (x0, 0.0, x1):
        pic.bar((x, 0, z), (x, 3.9, z), (150, 152, 156), 0.12)
    pic.face([(x0, 2.2, z), (x1, 2.2, z), (x1, 3.9, z), (x0, 3.9, z)], RED)
    pic.face([(x0, 3.75, z), (x1, 3.75, z), (x1, 3.9, z), (x0, 3.9, z)], (228, 186, 70))
    mid = pic.at(0, 3.0, z)
    labels.append(((mid[0] / FINE, mid[1] / FINE), "主体结构顺利封顶", 40, (255, 226, 120)))
    if progress < 0.95:
        pic.patch([(-9, 15), (-2, 15), (-1, 19), (-10, 19)], lit(CONCRETE, 0.7))
        for x in (-7.0, -4.0):
            person(pic, x, 16.5, figures.WORK)
    for i in range(rng.randint(5, 7)):
        person(
            pic,
            -1.6 + i * 1.25,
            14.5 + rng.uniform(-0.6, 0.6),
            rng.choice((figures.STAND, figures.STAND, figures.POINT)),
        )
    people(pic, 1, 2, (1.4, 4.4), (8.5, 10))
    return pic


def steel_frame(rng: random.Random, day: Day, progress: float, labels: Labels) -> Picture:
    """A workshop of portal frames, clad from the back as work goes on."""
    pic = Picture(
        day,
        rng,
        ground=rng.choice(("gravel", soil(day, rng))),
        horizon=rng.randint(430, 470),
        eye_m=2.2,
        centre=rng.uniform(400, 560),
    )
    figures.skyline(pic)
    side = rng.choice((-1, 1))
    x0, x1, eave, ridge = -13.0 - side * 3, 13.0 - side * 3, 9.0, 11.6
    mid = (x0 + x1) / 2
    paint: Colour = rng.choice(((176, 78, 60), (150, 158, 166), (92, 128, 164)))
    clad: Colour = rng.choice(((214, 220, 222), (112, 156, 190), (222, 216, 200)))
    first, last, bays = 30.0, 86.0, 8
    depths = [first + (last - first) * i / bays for i in range(bays + 1)]
    standing = max(2, round((bays + 1) * min(1.0, 0.25 + progress)))
    skinned = max(0, round(bays * (progress - 0.35) / 0.6))
    pic.patch([(x0, first), (x1, first), (x1, last), (x0, last)], (196, 196, 190, 140))
    for i in range(bays, -1, -1):
        z = depths[i]
        if bays - i >= standing:
            for x in (x0, x1):
                pic.box((x - 0.4, 0, z), (x + 0.4, 0.5, z + 0.8), CONCRETE)
            continue
        if i < bays:
            far = depths[i + 1]
            if bays - i <= skinned:
                tone = 0.8
                for x in (x0, x1):
                    pic.face([(x, 0.8, z), (x, eave, z), (x, eave, far), (x, 0.8, far)], lit(clad, tone))
                for a, b in (((x0, eave), (mid, ridge)), ((mid, ridge), (x1, eave))):
                    pic.face([(*a, z), (*b, z), (*b, far), (*a, far)], lit(clad, 0.55))
            else:
                for share in (0.0, 0.25, 0.5, 0.75, 1.0):
                    for foot in (x0, x1):
                        x, y = foot + (mid - foot) * share, eave + (ridge - eave) * share
                        pic.bar((x, y, z), (x, y, far), lit(paint, 0.8), 0.16)
                for x in (x0, x1):
                    pic.bar((x, 5.0, z), (x, 5.0, far), lit(paint, 0.8), 0.14)
                if i % 3 == 1:
                    for x in (x0, x1):
                        pic.bar((x, 0, z), (x, eave, far), lit(paint, 0.7), 0.08)
                        pic.bar((x, eave, z), (x, 0, far), lit(paint, 0.7), 0.08)
        for x in (x0, x1):
            pic.box((x - 0.3, 0, z), (x + 0.3, eave, z + 0.3), paint)
        pic.bar((x0, eave, z), (mid, ridge, z), paint, 0.6)
        pic.bar((mid, ridge, z), (x1, eave, z), lit(paint, 0.9), 0.6)
    figures.mobile_crane(pic, side * 15, 40, -side, (9, 14))
    for i in range(4):
        pic.box(
            (-side * 5 - 3, 0.25 * i, 22),
            (-side * 5 + 3, 0.25 * i + 0.16, 23),
            lit(paint, 0.86 + 0.08 * (i % 2)),
        )
    people(pic, 2, 4, (0.5, 6.0), (9.5, 14))
    return pic
