"""Scenes of earth, foundations and trenches."""

import random

from fieldapp.demo import figures
from fieldapp.demo.canvas import CONCRETE, RED, SOIL, WHITE, Colour, Day, Labels, Picture, lit, soil
from fieldapp.demo.figures import people, person


def earthwork(rng: random.Random, day: Day, progress: float, labels: Labels) -> Picture:
    pic = Picture(day, rng, ground=soil(day, rng), horizon=rng.randint(250, 300), eye_m=rng.uniform(3.0, 5.0))
    figures.skyline(pic)
    figures.hoarding(pic, -60, 60, 95)
    for _ in range(rng.randint(2, 4)):
        figures.mound(pic, rng.uniform(-45, 45), rng.uniform(48, 85), rng.uniform(12, 24), rng.uniform(2.5, 5), SOIL)
    _pit(pic, rng)
    figures.tracks(pic, rng.uniform(-6, 3), 6, 60, rng.uniform(-14, 14), (70, 52, 36))
    side = rng.choice((-1, 1))
    figures.dump_truck(
        pic,
        side * rng.uniform(9, 15),
        rng.uniform(30, 38),
        -side,
        rng.choice((RED, (46, 110, 84), (224, 140, 40))),
    )
    figures.mound(pic, -side * rng.uniform(8, 12), 29, 9, 2.6, lit(SOIL, 1.05))
    figures.excavator(
        pic,
        -side * rng.uniform(1, 5),
        rng.uniform(22, 28),
        side,
        rng.choice((figures.YELLOW, figures.ORANGE)),
        rng.uniform(-0.5, 1.0),
    )
    if day.weather == "rain" or rng.random() < 0.35:
        figures.puddle(pic, rng.uniform(-3, 4), rng.uniform(11, 15), rng.uniform(3, 5), rng.uniform(2, 3))
    people(pic, 1, 3, (0.5, 6.5), (10, 16))
    return pic


def _pit(pic: Picture, rng: random.Random) -> None:
    x0, x1, z0, z1 = rng.uniform(-16, -8), rng.uniform(6, 14), 40.0, 62.0
    for i, tone in enumerate((0.92, 0.8, 0.7)):
        inset, down = i * 1.8, -i * 1.5
        spots = [
            (x0 + inset, down, z0 + inset),
            (x1 - inset, down, z0 + inset),
            (x1 - inset, down, z1 - inset),
            (x0 + inset, down, z1 - inset),
        ]
        pic.face(spots, lit(SOIL, tone))
        pic.face(
            [spots[3], spots[2], (x1 - inset, down - 1.5, z1 - inset), (x0 + inset, down - 1.5, z1 - inset)],
            lit(SOIL, tone * 1.12),
        )


def foundation(rng: random.Random, day: Day, progress: float, labels: Labels) -> Picture:
    pic = Picture(
        day,
        rng,
        ground=soil(day, rng),
        horizon=rng.randint(215, 260),
        eye_m=rng.uniform(4.2, 5.4),
        centre=rng.uniform(420, 540),
    )
    figures.skyline(pic)
    figures.hoarding(pic, -60, 60, 75)
    figures.mound(pic, rng.uniform(-34, 34), 60, 18, 3.4, SOIL)
    if rng.random() < 0.6:
        figures.tower_crane(
            pic, rng.uniform(-22, 22), 58, rng.uniform(22, 30), rng.uniform(18, 26), rng.choice((-1, 1))
        )
    x0, x1, z0, z1 = -13.0, 13.0, 8.0, 38.0
    pic.face(
        [(x0 - 0.8, 0.02, z0), (x1 + 0.8, 0.02, z0), (x1 + 0.8, 0.02, z1 + 0.8), (x0 - 0.8, 0.02, z1 + 0.8)],
        lit(CONCRETE, 0.86),
    )
    poured = z1 - (z1 - z0) * progress * 0.8
    if progress > 0.1:
        pic.face([(x0, 0.3, poured), (x1, 0.3, poured), (x1, 0.3, z1), (x0, 0.3, z1)], lit(CONCRETE, 1.03))
        pic.face(
            [(x0, 0.3, poured), (x1, 0.3, poured), (x1, 0.05, poured - 0.5), (x0, 0.05, poured - 0.5)],
            lit(CONCRETE, 0.78),
        )
    for i in range(53):
        x = x0 + i * (x1 - x0) / 52
        pic.bar((x, 0.16, z0), (x, 0.16, min(poured, z1)), figures.RUST, 0.045)
    z = z0
    while z < poured:
        pic.bar((x0, 0.2, z), (x1, 0.2, z), lit(figures.RUST, 1.15), 0.045)
        z += 0.5
    for z in (32.0, 25.0, 18.0, 12.5):
        for x in (-10.5, -3.5, 3.5, 10.5):
            for dx, dz in ((-0.3, 0.2), (0.3, 0.2), (-0.3, -0.2), (0.3, -0.2), (0, 0)):
                pic.bar((x + dx, 0.1, z + dz), (x + dx, 2.0, z + dz), lit(figures.RUST, 0.9 + dx), 0.05)
            for up in (0.5, 0.9, 1.3):
                pic.bar((x - 0.32, up, z), (x + 0.32, up, z), lit(figures.RUST, 0.8), 0.04)
    pic.box((x0 - 0.3, 0, z0), (x0, 0.6, z1), (196, 158, 104))
    pic.box((x1, 0, z0), (x1 + 0.3, 0.6, z1), (196, 158, 104))
    for _ in range(rng.randint(2, 4)):
        person(pic, rng.uniform(-8, 9), rng.uniform(15, 30), figures.WORK, y=0.2)
    people(pic, 1, 2, (1.5, 5.5), (9.5, 12.5), y=0.2)
    return pic


def pipeline_trench(rng: random.Random, day: Day, progress: float, labels: Labels) -> Picture:
    z: float
    pic = Picture(
        day,
        rng,
        ground=soil(day, rng),
        horizon=rng.randint(235, 270),
        eye_m=3.2,
        centre=rng.uniform(430, 530),
    )
    figures.skyline(pic)
    lean = rng.uniform(-5, 5)
    pipe: Colour = rng.choice(((44, 46, 50), (70, 120, 168), (178, 96, 60), (70, 132, 96)))

    def run(x: float, z: float) -> float:
        return x + lean * (z - 5) / 60

    for x in (-13, 9):
        for z in range(70, 18, -9):
            if x < 0:
                figures.tree(pic, run(x, z), z, 4.6)
    spots = [(run(-1.9, 4), 4.0), (run(1.5, 4), 4.0), (run(1.5, 70), 70.0), (run(-1.9, 70), 70.0)]
    pic.patch(spots, lit(SOIL, 0.66))
    pic.face(
        [(run(1.5, 4), 0, 4), (run(1.5, 70), 0, 70), (run(1.0, 70), -1.5, 70), (run(1.0, 4), -1.5, 4)],
        lit(SOIL, 0.84),
    )
    pic.face(
        [(run(-1.9, 4), 0, 4), (run(-1.9, 70), 0, 70), (run(-1.3, 70), -1.5, 70), (run(-1.3, 4), -1.5, 4)],
        lit(SOIL, 0.56),
    )
    pic.face(
        [
            (run(-1.3, 4), -1.5, 4),
            (run(1.0, 4), -1.5, 4),
            (run(1.0, 70), -1.5, 70),
            (run(-1.3, 70), -1.5, 70),
        ],
        lit(SOIL, 0.7),
    )
    laid = 70 - 64 * max(0.15, progress)
    for radius, tone in ((0.5, 0.62), (0.42, 0.85), (0.28, 1.1), (0.1, 1.5)):
        y = -1.5 + radius * 0.5 + 0.45
        pic.face(
            [
                (run(-radius, laid), y, laid),
                (run(radius, laid), y, laid),
                (run(radius, 70), y, 70),
                (run(-radius, 70), y, 70),
            ],
            lit(pipe, tone),
        )
    end_x, end_y = pic.at(run(0, laid), -0.95, laid)
    r = 0.5 * pic.per_m(laid)
    pic.pen.ellipse((end_x - r, end_y - r, end_x + r, end_y + r), fill=lit(pipe, 0.8))
    pic.pen.ellipse((end_x - r * 0.8, end_y - r * 0.8, end_x + r * 0.8, end_y + r * 0.8), fill=(18, 18, 20))
    for z in (46, 36, 27, 19.5, 13.5):
        figures.mound(pic, run(-6.4, z), z, 6.5, 1.7, lit(SOIL, rng.uniform(0.95, 1.08)))
    figures.excavator(pic, run(8.5, 30), 30, -1, figures.YELLOW, 0.2)
    for z in range(40, 7, -3):
        figures.cone(pic, run(2.4, z), z)
    for z in range(37, 7, -3):
        pic.bar((run(2.4, z), 0.6, z), (run(2.4, z + 3), 0.6, z + 3), rng.choice((RED, WHITE)), 0.05)
    for i in range(3):
        for j in range(3 - i):
            cx, cy = pic.at(6.0 + j * 1.05 + i * 0.52, 0.5 + i * 0.9, 15)
            r = 0.5 * pic.per_m(15)
            pic.pen.ellipse((cx - r, cy - r, cx + r, cy + r), fill=pipe, outline=lit(pipe, 1.4), width=3)
            pic.pen.ellipse((cx - r * 0.78, cy - r * 0.78, cx + r * 0.78, cy + r * 0.78), fill=(22, 22, 24))
    people(pic, 2, 3, (2.9, 5.6), (10.5, 15))
    return pic
