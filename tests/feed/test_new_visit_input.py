"""Every bad input of the plain form: told at its field, and nothing typed is lost."""

from collections.abc import Callable

import pytest

from fieldapp.core.db import Database
from fieldapp.photos.models import Photo
from fieldapp.settings import Settings
from fieldapp.visits.models import Visit
from tests.cast import Cast
from tests.feed.pages import Reader
from tests.feed.test_new_visit import count, error_at, filled, picture, value

Readers = Callable[[str], Reader]


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    """What a form says does not depend on the database."""
    return sqlite_url


BAD = {
    "no project": ({"project": ""}, "typed_project", "请在上面选择项目"),
    "no kind": ({"kind": ""}, "kind", "请选择走访类型"),
    "a kind that is none": ({"kind": "party"}, "kind", "请选择走访类型"),
    "no time": ({"said_when": "time"}, "occurred_at", "请填写走访时间"),
    "a time that is none": ({"said_when": "time", "occurred_at": "昨天"}, "occurred_at", "写法如"),
    "a time to come": ({"said_when": "time", "occurred_at": "2026-11-20T12:01"}, "occurred_at", "还没到"),
    "the year 1": ({"said_when": "time", "occurred_at": "0001-01-01T00:00"}, "occurred_at", "核对年份"),
    "a day that is none": ({"next_on": "2026-02-30"}, "next_on", "写法如"),
    "a year far off": ({"next_on": "9999-12-31"}, "next_on", "核对年份"),
    "more than a hundred percent": ({"progress_percent": "101"}, "progress_percent", "0 到 100"),
    "a percentage without end": ({"progress_percent": "9" * 5000}, "progress_percent", "0 到 100"),
    "half a percent": ({"progress_percent": "½"}, "progress_percent", "0 到 100"),
    "too long a text": ({"content": "长" * 20_001}, "content", "最多 20000 字"),
    "too long a line": ({"met_name": "长" * 201}, "met_name", "最多 200 字"),
    "an issue without a title": ({"issues-0-text": "水压不足"}, "issues-0-title", "请写几个字"),
    "an issue's day": ({"issues-0-title": "水", "issues-0-deadline": "soon"}, "issues-0-deadline", "写法如"),
}  # fmt: skip


@pytest.mark.parametrize("more, id, said", BAD.values(), ids=BAD)
def test_bad_input_is_told_at_its_field_and_everything_stays(
    cast: Cast, db: Database, reader: Readers, more: dict[str, str], id: str, said: str
) -> None:
    data = {**filled(cast, answers="已答复"), **more}
    page = reader("ana").post("/visits/new", {**data, "photos": [picture()]}, 422)
    assert said in error_at(page, id)
    assert page.all(data_error_summary=True)[0].all("a", href=f"#{id}")
    assert value(page, "answers") == "已答复" and len(page.all("input", name="parked")) == 1
    assert all(value(page, name) == given for name, given in more.items() if name not in ("kind", "said_when"))
    assert count(db, Visit) == 0


def test_photos_too_many_and_empty_ones_are_told_and_the_others_stay(cast: Cast, reader: Readers) -> None:
    many = [picture(f"{n}.jpg", b"x%d" % n) for n in range(21)]
    page = reader("ana").post("/visits/new", {**filled(cast), "photos": many}, 422)
    assert "最多 20 张照片，未收“20.jpg”" in error_at(page, "f-photos")
    assert len(page.all("input", name="parked")) == 20
    page = reader("ana").post(
        "/visits/new", {**filled(cast), "photos": [picture("a.jpg"), picture("nil.jpg", b"")]}, 422
    )
    assert "“nil.jpg”是空文件" in error_at(page, "f-photos")
    assert len(page.all("input", name="parked")) == 1


def test_a_photo_over_the_limit_is_not_taken(
    cast: Cast, settings: Settings, reader: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fieldapp.feed.parking.MAX_PHOTO_BYTES", 10)
    page = reader("ana").post("/visits/new", {**filled(cast), "photos": [picture("big.jpg", b"x" * 11)]}, 422)
    assert "“big.jpg”超过 64 MB" in error_at(page, "f-photos")
    assert list((settings.data_dir / "parked").glob("*/*")) == []


def test_what_is_no_picture_is_kept_all_the_same(cast: Cast, db: Database, reader: Readers) -> None:
    reader("ana").post("/visits/new", {**filled(cast), "photos": [picture("x.svg", b"<svg onload='x'/>")]})
    assert (count(db, Visit), count(db, Photo)) == (1, 1)


@pytest.mark.parametrize(
    "more",
    [
        {"issues-²-title": "x"},
        {f"issues-{'9' * 5000}-title": "x"},
        {"issues-0-title": "水", "issues-0-category": "长" * 500},
    ],
    ids=["another digit", "a number without end", "a category that is none"],
)
def test_a_form_that_is_not_ours_is_a_visit_all_the_same(
    cast: Cast, db: Database, reader: Readers, more: dict[str, str]
) -> None:
    reader("ana").post("/visits/new", {**filled(cast), **more}, 303)
    assert count(db, Visit) == 1
