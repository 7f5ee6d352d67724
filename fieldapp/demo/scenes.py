"""The demo zone's photos: simple site scenes with a dated name board, drawn by the program.

`draw("tower_crane", rng=..., when=..., board=[...], progress=0.4)` answers JPEG bytes; the same rng state,
time and font give the same bytes. A scene is a function of a picture and how far the works are (0 to 1).
"""

import math
import multiprocessing
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from fieldapp.demo import figures
from fieldapp.demo.canvas import Colour, Day, Picture, jpeg, lit, mix
from fieldapp.demo.figures import people, person
from fieldapp.demo.lettering import Lettering, paste_board, write

SIZE = (960, 720)
Label = tuple[tuple[float, float], str, int, Colour]
Labels = list[Label]
Scene = Callable[[random.Random, Day, float, Labels], Picture]

CONCRETE: Colour = (188, 188, 182)
SOIL: Colour = (152, 118, 84)
RED: Colour = (196, 40, 36)
WHITE: Colour = (248, 248, 246)


def draw(
    scene: str,
    *,
    rng: random.Random,
    when: datetime,
    board: Sequence[str] = (),
    progress: float = 0.5,
    size: tuple[int, int] = SIZE,
    lettering: Lettering | None = None,
) -> bytes:
    """One photo as JPEG. `when` is local time and decides season, light and weather; `board` is the text of
    the name board in the lower left; `lettering` defaults to the font found on this machine."""
    letters = lettering or Lettering.found()
    labels: Labels = []
    picture = SCENES[scene](rng, Day.of(when), min(1.0, max(0.0, progress)), labels)
    image = picture.finished(SIZE)
    for spot, text, height, colour in labels:
        write(image, spot, text, height, colour, letters)
    if size != SIZE:
        image = image.resize(size)
    paste_board(image, board, letters)
    return jpeg(image)


@dataclass(frozen=True)
class Shot:
    """One photo to be drawn, as plain data that another process can take."""

    scene: str
    seed: int
    when: datetime
    board: tuple[str, ...] = ()
    progress: float = 0.5


def draw_shot(shot: Shot) -> bytes:
    rng = random.Random(shot.seed)
    return draw(shot.scene, rng=rng, when=shot.when, board=shot.board, progress=shot.progress)


def draw_all(shots: Sequence[Shot], workers: int = 2) -> Iterator[bytes]:
    """The photos of many shots, in order. Drawing needs a core, so it is spread over processes; they are
    spawned and not forked, as the caller may hold a database open. One worker: no process is started."""
    if workers <= 1 or len(shots) < 20:
        yield from map(draw_shot, shots)
        return
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(draw_shot, shots, chunksize=8)


# -- earth and foundations ----------------------------------------------------------------


def earthwork(rng: random.Random, day: Day, progress: float, labels: Labels) -> Picture:
    pic = Picture(day, rng, ground=_soil(day, rng), horizon=rng.randint(250, 300), eye_m=rng.uniform(3.0, 5.0))
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
        ground=_soil(day, rng),
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
        ground=_soil(day, rng),
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


# -- structures ----------------------------------------------------------------


def tower_crane(rng: random.Random, day: Day, progress: float, labels: Labels) -> Picture:
    pic = Picture(
        day,
        rng,
        ground=_soil(day, rng),
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
    labels.append(((mid[0] / 2, mid[1] / 2), "主体结构顺利封顶", 40, (255, 226, 120)))
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
        ground=rng.choice(("gravel", _soil(day, rng))),
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


# -- indoors ----------------------------------------------------------------


def equipment(rng: random.Random, day: Day, progress: float, labels: Labels) -> Picture:
    """Inside the workshop: equipment set on its bases, more of it as work goes on."""
    x: float
    z: float
    pic = Picture(day, rng, ground="floor", horizon=330, eye_m=2.4, centre=rng.uniform(430, 530))
    half, tall, deep = 12.0, 9.0, 62.0
    wall: Colour = rng.choice(((206, 214, 216), (214, 212, 202), (196, 210, 222)))
    pic.rect(0, 0, 960, 331, lit(wall, 0.7))
    pic.face([(-half, tall, 2), (half, tall, 2), (half, tall, deep), (-half, tall, deep)], lit(wall, 0.62))
    pic.face([(-half, 0, deep), (half, 0, deep), (half, tall, deep), (-half, tall, deep)], lit(wall, 1.04))
    for x in (-half, half):
        pic.face([(x, 0, 1), (x, tall, 1), (x, tall, deep), (x, 0, deep)], lit(wall, 0.88))
        pic.face([(x, 0, 1), (x, 1.2, 1), (x, 1.2, deep), (x, 0, deep)], lit((92, 128, 158), 0.95))
        for z in range(8, 60, 8):
            pic.face(
                [(x, 5.0, z), (x, 7.2, z), (x, 7.2, z + 5), (x, 5.0, z + 5)],
                mix((236, 244, 248), day.haze, 0.25),
            )
    for z in range(60, 4, -8):
        for x in (-half + 0.2, half - 0.6):
            pic.box((x, 0, z), (x + 0.4, tall, z + 0.4), (150, 158, 166))
        pic.bar((-half, tall - 0.7, z), (half, tall - 0.7, z), (132, 140, 148), 0.3)
        for i in range(-6, 6):
            pic.bar((i * 2, tall - 0.7, z), (i * 2 + 1, tall, z), (132, 140, 148), 0.12)
            pic.bar((i * 2 + 1, tall, z), (i * 2 + 2, tall - 0.7, z), (132, 140, 148), 0.12)
        for x in (-5, 5):
            pic.bar((x - 0.8, tall - 1.0, z + 3), (x + 0.8, tall - 1.0, z + 3), (255, 252, 236), 0.16)
    lift = rng.uniform(26, 44)
    pic.box((-half, 6.6, lift), (half, 7.3, lift + 0.8), figures.YELLOW)
    hook = rng.uniform(-5, 5)
    pic.bar((hook, 6.6, lift), (hook, 4.4, lift), figures.DARK, 0.1)
    pic.box((hook - 0.4, 6.9, lift - 0.4), (hook + 0.4, 7.9, lift), (206, 84, 44))
    for x in (-2.6, 2.4):
        pic.patch([(x, 3), (x + 0.18, 3), (x + 0.18, deep), (x, deep)], (226, 180, 50))
    rows = [50.0, 39.0, 30.0, 22.0, 16.0]
    fitted = max(1, round(len(rows) * max(0.25, progress)))
    kind = rng.randrange(3)
    for i, z in enumerate(rows):
        for x in (-7.3, 7.0):
            pic.box((x - 2.2, 0, z), (x + 2.2, 0.3, z + 3.4), (168, 168, 162))
            if i < fitted:
                _machine(pic, rng, x, z, (kind + (x > 0)) % 3)
            elif i == fitted:
                pic.box((x - 1.6, 0.3, z), (x + 1.6, 2.5, z + 2.6), (196, 156, 100))
                for up in (0.9, 1.6, 2.2):
                    pic.bar((x - 1.6, up, z), (x + 1.6, up, z), (150, 114, 70), 0.07)
    people(pic, 2, 4, (-1.6, 2.4), (10, 18))
    return pic


def _machine(pic: Picture, rng: random.Random, x: float, z: float, kind: int) -> None:
    if kind == 0:  # an upright vessel
        s = figures.Sprite(pic, x, z)
        for i, tone in enumerate((0.62, 0.78, 0.92, 1.06, 1.14, 1.04, 0.9, 0.72)):
            a = -1.4 + i * 0.35
            s.block(a, 1.0, a + 0.37, 4.6, lit((186, 194, 200), tone))
        s.shape([(-1.4, 4.6), (-1.0, 5.1), (0, 5.3), (1.0, 5.1), (1.4, 4.6)], (206, 212, 216))
        s.shape([(-1.4, 1.0), (-0.5, 0.4), (0.5, 0.4), (1.4, 1.0)], (130, 138, 144))
        for leg in (-1.2, 1.2):
            s.line([(leg, 0.2), (leg, 1.2)], (96, 102, 108), 0.16)
        s.line([(0, 5.3), (0, 5.9), (2.2 if x < 0 else -2.2, 5.9)], (96, 140, 176), 0.2)
        s.block(-0.4, 2.4, 0.4, 3.0, (52, 96, 150))
    elif kind == 1:  # a machining centre
        pic.box((x - 1.9, 0.3, z), (x + 1.9, 2.7, z + 2.8), (226, 230, 230))
        pic.face(
            [
                (x - 1.2, 1.0, z - 0.01),
                (x + 0.6, 1.0, z - 0.01),
                (x + 0.6, 2.3, z - 0.01),
                (x - 1.2, 2.3, z - 0.01),
            ],
            (70, 92, 108),
        )
        pic.face(
            [
                (x + 0.9, 1.3, z - 0.01),
                (x + 1.6, 1.3, z - 0.01),
                (x + 1.6, 2.2, z - 0.01),
                (x + 0.9, 2.2, z - 0.01),
            ],
            (36, 64, 92),
        )
        pic.face(
            [
                (x - 1.9, 0.3, z - 0.01),
                (x + 1.9, 0.3, z - 0.01),
                (x + 1.9, 0.6, z - 0.01),
                (x - 1.9, 0.6, z - 0.01),
            ],
            (52, 104, 154),
        )
        pic.bar((x + 1.5, 2.7, z), (x + 1.5, 3.3, z), rng.choice(((70, 176, 96), (230, 170, 50))), 0.14)
    else:  # a line of rollers and a cabinet
        pic.box((x - 2.0, 0.3, z), (x + 2.0, 1.2, z + 2.4), (86, 132, 150))
        for i in range(9):
            pic.bar((x - 1.9 + i * 0.47, 1.25, z), (x - 1.9 + i * 0.47, 1.25, z + 2.4), (206, 210, 212), 0.2)
        pic.box((x - 0.6, 1.2, z + 1.4), (x + 0.8, 3.4, z + 2.4), (214, 206, 186))
        pic.box((x - 0.9, 3.4, z + 1.3), (x + 1.1, 3.9, z + 2.5), (122, 130, 138))


def meeting(rng: random.Random, day: Day, progress: float, labels: Labels) -> Picture:
    x: float
    z: float
    pic = Picture(day, rng, ground=None, horizon=270, eye_m=1.75, focal=640)
    wall: Colour = rng.choice(((224, 222, 212), (214, 222, 224), (228, 216, 200)))
    pic.rect(0, 0, 960, 720, lit(wall, 0.94))
    pic.face([(-5, 0, 1), (5, 0, 1), (5, 0, 10), (-5, 0, 10)], (142, 116, 92))
    pic.face([(-5, 0, 10), (5, 0, 10), (5, 3.4, 10), (-5, 3.4, 10)], wall)
    for x in (-5, 5):
        pic.face([(x, 0, 1), (x, 3.4, 1), (x, 3.4, 10), (x, 0, 10)], lit(wall, 0.86))
    pic.face([(-5, 3.4, 1), (5, 3.4, 1), (5, 3.4, 10), (-5, 3.4, 10)], (238, 238, 232))
    for z in (4, 6, 8):
        for x in (-2.5, 1.5):
            pic.face(
                [(x, 3.38, z), (x + 1.2, 3.38, z), (x + 1.2, 3.38, z + 0.8), (x, 3.38, z + 0.8)],
                (255, 253, 242),
            )
    side = rng.choice((-5, 5))
    for z in (3.6, 5.6, 7.6):
        pic.face(
            [(side, 0.9, z), (side, 2.8, z), (side, 2.8, z + 1.4), (side, 0.9, z + 1.4)],
            mix(day.haze, (120, 170, 214), 0.3),
        )
        pic.bar((side, 0.9, z + 0.7), (side, 2.8, z + 0.7), WHITE, 0.06)
    pic.face([(-1.9, 1.35, 9.9), (1.9, 1.35, 9.9), (1.9, 3.05, 9.9), (-1.9, 3.05, 9.9)], (28, 34, 42))
    pic.face([(-1.82, 1.43, 9.89), (1.82, 1.43, 9.89), (1.82, 2.97, 9.89), (-1.82, 2.97, 9.89)], (236, 242, 248))
    pic.face([(-1.82, 2.67, 9.88), (1.82, 2.67, 9.88), (1.82, 2.97, 9.88), (-1.82, 2.97, 9.88)], (24, 92, 150))
    mid = pic.at(0, 2.82, 9.88)
    labels.append(((mid[0] / 2, mid[1] / 2), "项目推进专题协调会", 15, WHITE))
    for i in range(6):
        up = rng.uniform(0.2, 0.95)
        pic.face(
            [
                (-1.5 + i * 0.3, 1.55, 9.88),
                (-1.32 + i * 0.3, 1.55, 9.88),
                (-1.32 + i * 0.3, 1.55 + up, 9.88),
                (-1.5 + i * 0.3, 1.55 + up, 9.88),
            ],
            rng.choice(((42, 130, 180), (70, 160, 130), (232, 160, 60))),
        )
    for i in range(5):
        pic.bar(
            (0.55, 2.45 - i * 0.2, 9.88),
            (1.6 - rng.uniform(0, 0.5), 2.45 - i * 0.2, 9.88),
            (132, 144, 156),
            0.05,
        )
    seats = [(z, x) for z in (8.4, 7.0, 5.8, 4.8) for x in (-1.75, 1.75)]
    seats.insert(0, (9.2, 0.0))
    rng.shuffle(seats)
    taken = sorted(seats[: rng.randint(6, 9)], reverse=True)
    top: Colour = rng.choice(((150, 104, 66), (176, 136, 96), (120, 84, 60)))
    for z, x in taken:
        _seated(pic, rng, x, z)
    pic.box((-1.25, 0, 3.4), (1.25, 0.7, 8.9), lit(top, 0.6))
    pic.box((-1.35, 0.68, 3.3), (1.35, 0.76, 9.0), top)
    pic.face([(-0.35, 0.77, 4.0), (0.35, 0.77, 4.0), (0.35, 0.77, 8.4), (-0.35, 0.77, 8.4)], (86, 60, 42))
    for z in (8.2, 6.8, 5.6, 4.6):
        for x in (-1.0, 0.72):
            pic.face(
                [(x, 0.77, z), (x + 0.3, 0.77, z), (x + 0.3, 0.77, z + 0.38), (x, 0.77, z + 0.38)],
                (248, 248, 244),
            )
            pic.box((x + 0.36, 0.76, z + 0.2), (x + 0.42, 0.98, z + 0.26), (150, 196, 222))
    for z in (7.6, 6.2, 5.0):
        s = figures.Sprite(pic, 0, z, y=0.77)
        for dx in (-0.12, 0, 0.12):
            s.disc(dx, 0.14, 0.1, (78, 138, 78))
        s.disc(0.0, 0.2, 0.07, rng.choice(((226, 120, 130), (240, 200, 90), (236, 236, 230))))
    return pic


def _seated(pic: Picture, rng: random.Random, x: float, z: float) -> None:
    s = figures.Sprite(pic, x, z, 1 if x < 0 else -1)
    coat = rng.choice(((44, 56, 84), (62, 64, 70), (206, 214, 222), (98, 52, 56), (72, 98, 92)))
    s.block(-0.34, 0.4, 0.3, 1.12, (40, 42, 46), 0.06)
    s.shape([(-0.26, 0.5), (-0.24, 1.12), (-0.1, 1.24), (0.12, 1.24), (0.26, 1.12), (0.28, 0.5)], coat)
    s.line([(0.2, 1.1), (0.34, 0.86), (0.56, 0.82)], lit(coat, 0.86), 0.12)
    s.shape([(-0.05, 1.24), (0.02, 1.08), (0.09, 1.24)], WHITE)
    s.disc(0.02, 1.36, 0.125, figures.SKIN)
    s.shape([(-0.12, 1.38), (-0.1, 1.5), (0.02, 1.54), (0.13, 1.49), (0.15, 1.42), (0.02, 1.45)], (40, 34, 32))


def service_hall(rng: random.Random, day: Day, progress: float, labels: Labels) -> Picture:
    x: float
    pic = Picture(day, rng, ground=None, horizon=285, eye_m=1.7, focal=640, centre=rng.uniform(440, 520))
    pic.rect(0, 0, 960, 720, (226, 230, 230))
    pic.face([(-9, 0, 1), (9, 0, 1), (9, 0, 9), (-9, 0, 9)], (206, 204, 196))
    for i in range(-9, 10):
        pic.bar((i, 0.0, 1.2), (i, 0.0, 9), (188, 186, 178), 0.02)
    for z in (2, 3, 4, 5, 6.5, 8):
        pic.bar((-9, 0, z), (9, 0, z), (188, 186, 178), 0.02)
    pic.face([(-9, 0, 9), (9, 0, 9), (9, 3.6, 9), (-9, 3.6, 9)], (236, 238, 236))
    pic.face([(-9, 3.6, 1), (9, 3.6, 1), (9, 3.6, 9), (-9, 3.6, 9)], (246, 246, 242))
    for x in range(-7, 8, 2):
        pic.face([(x, 3.58, 4), (x + 1.2, 3.58, 4), (x + 1.2, 3.58, 5), (x, 3.58, 5)], (255, 255, 250))
    pic.face([(-9, 2.5, 8.9), (9, 2.5, 8.9), (9, 3.25, 8.9), (-9, 3.25, 8.9)], (18, 90, 140))
    mid = pic.at(0, 2.88, 8.9)
    labels.append(((mid[0] / 2, mid[1] / 2), "企业服务综合窗口", 30, WHITE))
    for i, x in enumerate((-5.4, -2.7, 0.0, 2.7, 5.4)):
        if rng.random() < 0.8:
            _clerk(pic, rng, x, 8.0)
        pic.box((x + 0.35, 1.05, 7.6), (x + 0.9, 1.5, 7.65), (36, 40, 46))
        pic.face(
            [(x - 0.45, 2.05, 7.0), (x + 0.45, 2.05, 7.0), (x + 0.45, 2.4, 7.0), (x - 0.45, 2.4, 7.0)],
            (24, 28, 34),
        )
        sign = pic.at(x, 2.22, 7.0)
        labels.append(((sign[0] / 2, sign[1] / 2), f"{i + 1:02d}", 18, (255, 92, 64)))
    pic.box((-9, 0, 7.0), (9, 1.05, 7.8), (214, 200, 176))
    pic.face([(-9, 0.1, 6.99), (9, 0.1, 6.99), (9, 0.28, 6.99), (-9, 0.28, 6.99)], (18, 90, 140))
    pic.box((-9, 1.05, 6.9), (9, 1.12, 7.9), (240, 238, 232))
    for x in (-6.75, -4.05, -1.35, 1.35, 4.05, 6.75):
        pic.face(
            [(x - 0.03, 1.1, 7.0), (x + 0.03, 1.1, 7.0), (x + 0.03, 2.5, 7.0), (x - 0.03, 2.5, 7.0)],
            (190, 196, 200),
        )
        pic.face(
            [(x + 0.1, 1.3, 7.0), (x + 2.6, 1.3, 7.0), (x + 2.6, 2.0, 7.0), (x + 0.1, 2.0, 7.0)],
            (214, 232, 240, 60),
        )
    for x in (-5.4, -2.7, 0.0, 2.7, 5.4):
        s = figures.Sprite(pic, x + rng.uniform(-0.2, 0.2), 6.1)
        s.block(-0.25, 0.42, 0.25, 0.52, (52, 84, 118), 0.05)
        s.block(-0.25, 0.6, 0.25, 1.0, (52, 84, 118), 0.05)
        s.line([(0, 0.04), (0, 0.44)], figures.STEEL, 0.07)
        s.line([(-0.22, 0.03), (0.22, 0.03)], figures.STEEL, 0.07)
    spots = rng.sample((-5.4, -2.7, 0.0, 2.7, 4.6), rng.randint(2, 3))
    for x in spots:
        person(pic, x + 0.3, 5.7, rng.choice((figures.PAPERS, figures.STAND)), helmet=False)
    plant = figures.Sprite(pic, rng.choice((-3.3, 3.4)), 4.6)
    plant.shape([(-0.25, 0), (0.25, 0), (0.32, 0.5), (-0.32, 0.5)], (236, 236, 232))
    for i in range(9):
        lean = (i - 4) / 4
        plant.line(
            [(0, 0.5), (lean * 0.35, 1.0), (lean * 0.62, 1.25 + 0.35 * (1 - abs(lean)))],
            lit((70, 126, 72), 0.85 + 0.05 * (i % 4)),
            0.09,
        )
    person(pic, rng.uniform(0.6, 1.9), 3.6, figures.PAPERS, helmet=False)
    return pic


def _clerk(pic: Picture, rng: random.Random, x: float, z: float) -> None:
    s = figures.Sprite(pic, x, z)
    s.shape([(-0.3, 0.9), (-0.26, 1.3), (-0.1, 1.4), (0.1, 1.4), (0.26, 1.3), (0.3, 0.9)], (40, 58, 96))
    s.shape([(-0.08, 1.4), (0, 1.18), (0.08, 1.4)], WHITE)
    s.disc(0, 1.54, 0.13, figures.SKIN)
    s.shape(
        [(-0.14, 1.53), (-0.12, 1.67), (0, 1.71), (0.12, 1.67), (0.14, 1.53), (0.08, 1.62), (-0.06, 1.63)],
        (38, 32, 30),
    )


def document(rng: random.Random, day: Day, progress: float, labels: Labels) -> Picture:
    """A sign-in sheet on a desk, seen from above."""
    pic = Picture(day, rng, ground=None)
    desk: Colour = rng.choice(((150, 110, 76), (172, 134, 96), (122, 92, 68), (180, 176, 168)))
    pic.rect(0, 0, 960, 720, desk)
    for i in range(34):
        y = i * 22 + rng.uniform(-6, 6)
        pic.stroke(
            [
                (0, y),
                (320, y + rng.uniform(-5, 5)),
                (660, y + rng.uniform(-5, 5)),
                (960, y + rng.uniform(-4, 4)),
            ],
            (*lit(desk, rng.choice((0.9, 1.07))), 120),
            rng.uniform(1.5, 5),
        )
    x0, y0, x1, y1 = 232.0 + rng.uniform(-14, 14), 34.0, 742.0 + rng.uniform(-14, 14), 700.0
    pic.rect(x0 + 9, y0 + 11, x1 + 9, y1 + 9, (0, 0, 0, 70))
    pic.rect(x0, y0, x1, y1, (250, 249, 244))
    labels.append(
        (
            ((x0 + x1) / 2, y0 + 46),
            rng.choice(("会 议 签 到 表", "现场对接签到表", "材料接收清单")),
            32,
            (30, 30, 34),
        )
    )
    left, right, top, step = x0 + 36, x1 - 36, y0 + 92, 43.0
    columns = [left, left + 56, left + 190, left + 330, right]
    rows = 13
    for i in range(rows + 1):
        pic.stroke([(left, top + i * step), (right, top + i * step)], (60, 62, 68), 1.2)
    for x in columns:
        pic.stroke([(x, top), (x, top + rows * step)], (60, 62, 68), 1.2)
    for i, word in enumerate(("序号", "单位", "姓名", "签字")):
        labels.append((((columns[i] + columns[i + 1]) / 2, top + step / 2), word, 17, (40, 40, 46)))
    signed = rng.randint(6, 11)
    for row in range(1, rows):
        y = top + row * step + step / 2
        labels.append(((left + 28, y), str(row), 15, (60, 60, 66)))
        if row > signed:
            continue
        ink = rng.choice(((34, 44, 110), (34, 36, 44)))
        for column in (1, 2, 3):
            _scribble(pic, rng, columns[column] + 14, y, columns[column + 1] - columns[column] - 30, ink)
    if rng.random() < 0.75:
        cx, cy = right - 90, top + rows * step - 66
        for r, width in ((62, 4.0), (30, 1.2)):
            pic.pen.ellipse(
                ((cx - r) * 2, (cy - r) * 2, (cx + r) * 2, (cy + r) * 2),
                outline=(206, 48, 44, 190),
                width=round(width * 2),
            )
        star = []
        for i in range(10):
            r = 24 if i % 2 == 0 else 10
            angle = -math.pi / 2 + i * math.pi / 5
            star.append((cx + r * math.cos(angle), cy + r * math.sin(angle)))
        pic.flat(star, (206, 48, 44, 190))
        for i in range(14):
            angle = math.pi * 0.8 + i * math.pi * 1.4 / 13
            a, b = cx + 46 * math.cos(angle), cy + 46 * math.sin(angle)
            pic.rect(a - 4, b - 6, a + 4, b + 6, (206, 48, 44, 130))
    px, py = rng.uniform(770, 820), rng.uniform(250, 420)
    pic.stroke([(px + 8, py + 10), (px + 78, py + 210)], (0, 0, 0, 60), 13)
    pic.stroke([(px, py), (px + 70, py + 200)], (32, 34, 40), 13)
    pic.stroke([(px + 58, py + 166), (px + 70, py + 200)], (196, 198, 202), 11)
    hx, hy = 118 + rng.uniform(-10, 10), 210 + rng.uniform(-40, 60)
    pic.oval(hx - 86, hy - 60, hx + 98, hy + 84, (0, 0, 0, 60))
    hat = rng.choice(((244, 196, 48), (206, 54, 46), (48, 102, 182)))
    pic.oval(hx - 96, hy - 76, hx + 88, hy + 68, lit(hat, 0.82))
    pic.oval(hx - 78, hy - 70, hx + 70, hy + 52, hat)
    pic.stroke([(hx - 66, hy - 26), (hx, hy - 44), (hx + 58, hy - 26)], lit(hat, 1.14), 8)
    return pic


def _scribble(pic: Picture, rng: random.Random, x: float, y: float, wide: float, ink: Colour) -> None:
    """Handwriting that says nothing."""
    length = rng.uniform(0.45, 0.95) * wide
    count = max(2, round(length / 19))
    for i in range(count):
        cx = x + i * length / count
        for _ in range(rng.randint(3, 5)):
            a = (cx + rng.uniform(0, 14), y + rng.uniform(-10, 8))
            b = (a[0] + rng.uniform(-3, 12), a[1] + rng.uniform(-3, 9))
            pic.stroke(
                [a, ((a[0] + b[0]) / 2 + rng.uniform(-2, 2), (a[1] + b[1]) / 2), b],
                ink,
                rng.uniform(1.0, 1.9),
            )


# -- utilities, roads, water ----------------------------------------------------------------


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
        ground="grass" if day.season in ("spring", "summer") else _soil(day, rng),
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


def _soil(day: Day, rng: random.Random) -> str:
    if day.weather == "snow":
        return "snow"
    return rng.choice(("earth", "earth", "clay", "sand"))


SCENES: dict[str, Scene] = {
    scene.__name__: scene
    for scene in (
        earthwork,
        foundation,
        pipeline_trench,
        tower_crane,
        topping_out,
        steel_frame,
        equipment,
        substation,
        road_paving,
        meeting,
        service_hall,
        document,
        dyke,
        drainage_before,
        drainage_after,
    )
}
