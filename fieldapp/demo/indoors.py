"""Scenes under a roof: equipment, meetings, the service hall, a paper on a desk."""

import math
import random

from fieldapp.demo import figures
from fieldapp.demo.canvas import FINE, WHITE, Colour, Day, Labels, Picture, lit, mix
from fieldapp.demo.figures import people, person


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
    labels.append(((mid[0] / FINE, mid[1] / FINE), "项目推进专题协调会", 15, WHITE))
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
    labels.append(((mid[0] / FINE, mid[1] / FINE), "企业服务综合窗口", 30, WHITE))
    for i, x in enumerate((-5.4, -2.7, 0.0, 2.7, 5.4)):
        if rng.random() < 0.8:
            _clerk(pic, rng, x, 8.0)
        pic.box((x + 0.35, 1.05, 7.6), (x + 0.9, 1.5, 7.65), (36, 40, 46))
        pic.face(
            [(x - 0.45, 2.05, 7.0), (x + 0.45, 2.05, 7.0), (x + 0.45, 2.4, 7.0), (x - 0.45, 2.4, 7.0)],
            (24, 28, 34),
        )
        sign = pic.at(x, 2.22, 7.0)
        labels.append(((sign[0] / FINE, sign[1] / FINE), f"{i + 1:02d}", 18, (255, 92, 64)))
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
    x0, y0, x1, y1 = 326.0 + rng.uniform(-8, 14), 34.0, 836.0 + rng.uniform(-8, 14), 700.0
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
                ((cx - r) * FINE, (cy - r) * FINE, (cx + r) * FINE, (cy + r) * FINE),
                outline=(206, 48, 44, 190),
                width=round(width * FINE),
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
    px, py = rng.uniform(866, 884), rng.uniform(250, 420)
    pic.stroke([(px + 8, py + 10), (px + 78, py + 210)], (0, 0, 0, 60), 13)
    pic.stroke([(px, py), (px + 70, py + 200)], (32, 34, 40), 13)
    pic.stroke([(px + 58, py + 166), (px + 70, py + 200)], (196, 198, 202), 11)
    hx, hy = 150 + rng.uniform(-10, 10), 210 + rng.uniform(-40, 60)
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
