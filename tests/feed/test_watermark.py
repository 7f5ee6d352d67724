"""A photo for a report says where, when, who and which visit; whoever may not see it gets nothing."""

from collections.abc import Callable
from io import BytesIO
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image, ImageChops
from sqlalchemy import select

from fieldapp.core.db import Database
from fieldapp.core.models import Audit
from fieldapp.photos import watermark
from fieldapp.photos.lettering import Lettering
from fieldapp.photos.models import Photo
from fieldapp.visits.models import Visit
from tests.cast import Cast
from tests.feed.story import Story
from tests.photos import pictures

ClientOf = Callable[..., FlaskClient]
PLAIN = Image.new("RGB", (1600, 1200), pictures.GREY)
HERE = {"lat": 37.1001, "lng": 119.9002, "accuracy_m": 8.0}


@pytest.fixture
def visit(story: Story, app: Flask, db: Database) -> tuple[UUID, UUID]:
    """A visit of ana's with a photo whose display copy is there."""
    id = story.logs("ana", photos=1, position=HERE)
    (photo,) = story.photos
    with db.reading() as session:
        key = session.get_one(Photo, photo).display_key
    app.extensions["fieldapp"].files.put_bytes(key, pictures.jpeg(PLAIN))
    return id, photo


def test_the_copy_is_the_picture_with_a_band_in_its_lower_left_and_nothing_else(
    visit: tuple[UUID, UUID], client_of: ClientOf, db: Database
) -> None:
    id, photo = visit
    answer = client_of("lin").get(f"/visits/{id}/photos/{photo}/marked")
    with db.reading() as session:
        number = session.get_one(Visit, id).number
        told = session.scalars(select(Audit).where(Audit.verb == "photo.marked")).one()
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{number}-1.jpg"'
    assert told.detail == {"visit": str(id)}
    drawn = Image.open(BytesIO(answer.get_data()))
    assert (drawn.size, len(drawn.getexif()), "icc_profile" in drawn.info) == ((1600, 1200), 0, False)
    changed = ImageChops.difference(drawn, PLAIN).point(lambda v: 255 * (v > 60)).getbbox()
    assert changed is not None
    left, top, right, bottom = changed
    assert left == 0
    assert bottom > 1190
    assert top > 700
    assert right < 1500


def test_the_band_says_project_time_position_officer_and_number(
    visit: tuple[UUID, UUID], client_of: ClientOf, db: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    id, photo = visit
    said: list[str] = []
    monkeypatch.setattr(watermark, "marked", lambda display, lines: said.extend(lines) or b"")
    client_of("ana").get(f"/visits/{id}/photos/{photo}/marked")
    with db.reading() as session:
        number = session.get_one(Visit, id).number
    project, when, where, who = said
    assert project
    assert when.startswith("2026-11-20 12:00")
    assert where == "37.10010, 119.90020 (WGS-84)，精度 8 米"
    assert who == f"安娜 · {number}"


def test_a_photo_of_another_visit_and_one_that_may_not_be_seen_are_not_found(
    visit: tuple[UUID, UUID], story: Story, client_of: ClientOf
) -> None:
    id, photo = visit
    other = story.logs("ana", sensitive=True, photos=1)
    (secret,) = story.photos
    for who, of, which in (("ana", other, photo), ("dan", other, secret), ("uma", id, photo), ("zoe", id, photo)):
        assert client_of(who).get(f"/visits/{of}/photos/{which}/marked").status_code == 404


@pytest.mark.parametrize("left", [b"", b"no picture", pictures.jpeg(PLAIN)[:900]])
def test_a_copy_that_the_disk_has_damaged_is_not_found(
    visit: tuple[UUID, UUID], client_of: ClientOf, app: Flask, db: Database, left: bytes
) -> None:
    id, photo = visit
    with db.reading() as session:
        key = session.get_one(Photo, photo).display_key
    files = app.extensions["fieldapp"].files
    files.delete(key)
    files.put_bytes(key, left)
    assert client_of("ana").get(f"/visits/{id}/photos/{photo}/marked").status_code == 404


def test_without_a_font_the_page_says_so(
    visit: tuple[UUID, UUID], client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    id, photo = visit
    monkeypatch.setattr(Lettering, "found", classmethod(lambda cls: cls(None)))
    answer = client_of("ana").get(f"/visits/{id}/photos/{photo}/marked")
    assert answer.status_code == 503
    assert "没有中文字体" in answer.get_data(as_text=True)


@pytest.mark.parametrize("size", [(2048, 1536), (480, 2048), (64, 48)])
def test_a_long_name_is_shortened_and_a_small_picture_keeps_its_half(size: tuple[int, int]) -> None:
    lines = ["云" * 90, "2026-11-20 12:00", "37.1", "安娜 · ZF-2026-000001"]
    before = Image.new("RGB", size, pictures.GREY)
    drawn = Image.open(BytesIO(watermark.marked(pictures.jpeg(before), lines)))
    changed = ImageChops.difference(drawn, before).point(lambda v: 255 * (v > 60)).getbbox()
    assert drawn.size == size
    assert changed is not None
    assert changed[1] >= size[1] * 0.35
