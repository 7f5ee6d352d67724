"""The demo photos are real JPEGs, the same each time, with or without a Chinese font on the machine."""

import io
import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from PIL import Image, ImageChops, ImageStat

from fieldapp.demo.canvas import Day
from fieldapp.demo.scenes import SCENES, SIZE, Shot, draw, draw_all, draw_shot
from fieldapp.photos.lettering import Lettering

CHINA = ZoneInfo("Asia/Shanghai")
WHEN = datetime(2026, 5, 14, 9, 41, tzinfo=CHINA)
BOARD = ["工程名称：示范项目（一期）", "时间：2026-05-14 09:41", "部位：主厂房"]
LETTERINGS = [Lettering.found(), Lettering.plain()]


def photo(scene: str, seed: int = 1, when: datetime = WHEN, board: list[str] = BOARD, **more: object) -> bytes:
    return draw(scene, rng=random.Random(seed), when=when, board=board, **more)  # type: ignore[arg-type]


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("progress", [0.0, 1.0])
def test_every_scene_is_a_photo_of_a_fair_size(scene: str, progress: float) -> None:
    data = photo(scene, progress=progress)
    image = opened(data)
    assert (image.format, image.size, image.mode) == ("JPEG", SIZE, "RGB")
    assert 60_000 <= len(data) <= 250_000
    assert sum(ImageStat.Stat(image).stddev) > 30


@pytest.mark.parametrize("scene", SCENES)
def test_a_picture_is_the_same_each_time_and_another_seed_another_picture(scene: str) -> None:
    assert photo(scene) == photo(scene)
    assert photo(scene) != photo(scene, seed=2)


@pytest.mark.parametrize("month", [1, 4, 7, 10])
@pytest.mark.parametrize("hour", [8, 18])
def test_every_season_and_hour_can_be_drawn(month: int, hour: int) -> None:
    for scene in ("earthwork", "road_paving", "dyke"):
        assert opened(photo(scene, when=datetime(2026, month, 9, hour, tzinfo=CHINA))).size == SIZE


@pytest.mark.parametrize("lettering", LETTERINGS, ids=["found", "plain"])
def test_the_board_is_in_the_lower_left(lettering: Lettering) -> None:
    bare = opened(photo("earthwork", board=[], lettering=lettering))
    with_board = opened(photo("earthwork", lettering=lettering))
    box = ImageChops.difference(bare, with_board).point([0] * 40 + [255] * 216 + ([0] * 40 + [255] * 216) * 2).getbbox()
    assert box is not None
    left, top, right, bottom = box
    assert left < SIZE[0] * 0.05 and right < SIZE[0] * 0.7
    assert top > SIZE[1] * 0.5 and bottom > SIZE[1] * 0.9


def test_without_a_chinese_font_only_what_ascii_can_say_is_drawn() -> None:
    plain = Lettering.plain()
    assert plain.sayable("时间：2026-05-14 09:41") == "2026-05-14 09:41"
    assert plain.sayable("部位：主厂房") == ""
    assert photo("topping_out", lettering=plain) == photo("topping_out", lettering=plain)
    assert photo("document", board=["部位：主厂房"], lettering=plain) == photo("document", board=[], lettering=plain)


def test_a_sign_with_no_glyphs_is_left_out_and_never_a_box() -> None:
    assert Lettering.plain().sayable("会议签到表") == ""
    with_font = Lettering.found()
    assert "\U0010fffe" not in with_font.sayable("a\U0010fffeb")


def test_before_and_after_show_the_same_place() -> None:
    before, after = (opened(photo(scene, seed=5)) for scene in ("drainage_before", "drainage_after"))
    upper = (0, 0, SIZE[0], 230)
    lower = (0, 400, SIZE[0], 560)
    assert change(before.crop(upper), after.crop(upper)) < 3
    assert change(before.crop(lower), after.crop(lower)) > 6


def change(a: Image.Image, b: Image.Image) -> float:
    return ImageStat.Stat(ImageChops.difference(a, b).convert("L")).mean[0]


def test_a_day_has_one_weather_and_a_year_has_many() -> None:
    assert Day.of(WHEN) == Day.of(WHEN.replace(hour=15, minute=2))
    year = {Day.of(WHEN + timedelta(days=i)) for i in range(365)}
    assert {day.season for day in year} == {"winter", "spring", "summer", "autumn"}
    assert {day.weather for day in year} >= {"clear", "fair", "overcast", "haze", "rain", "snow"}
    assert all(day.season == "winter" for day in year if day.weather == "snow")


def test_another_size_can_be_asked_for() -> None:
    assert opened(photo("dyke", size=(640, 480))).size == (640, 480)


def test_many_shots_come_in_order_whether_one_process_draws_or_two() -> None:
    shots = [Shot("meeting", seed, WHEN, tuple(BOARD)) for seed in range(20)]
    one = [draw_shot(shot) for shot in shots]
    assert len(set(one)) == len(one)
    assert list(draw_all(shots, workers=1)) == one
    assert list(draw_all(shots, workers=2)) == one
