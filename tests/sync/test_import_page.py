"""The page for a phone's export file at a desk: what was new, what was there, what needs a person, id for id."""

import json
import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient

from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from fieldapp.sync.models import Raw
from fieldapp.visits.models import Visit
from tests.cast import NOON, Cast
from tests.sync.phone import Phone, photo
from tests.sync.test_imports import PICTURE, count, exported, open_kinds

ClientOf = Callable[..., FlaskClient]


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    """A page has no SQL of its own: what it shows is tried on both databases in `test_imports`."""
    return sqlite_url


@pytest.fixture(autouse=True)
def noon() -> Any:
    with clock.frozen(NOON):
        yield


def chosen(file: bytes, name: str = "fieldapp-export-20261120-120000.json") -> dict[str, Any]:
    return {"file": (BytesIO(file), name)}


def counts_of(page: str) -> list[int]:
    """New, there, to a person, not taken: as the page counts them."""
    found = [int(number) for number in re.findall(r'<div class="figure"><b>(\d+)</b>', page)]
    return [found[1], found[0], found[2], found[3]]


def test_the_page_says_id_for_id_what_was_new_there_or_needs_a_person(
    client_of: ClientOf, db: Database, cast: Cast
) -> None:
    ana = Phone(cast.ana, client_of("ana"))
    known, fresh, lost = ana.visit(cast.sail), ana.visit(cast.sail, photos=[photo(PICTURE)]), ana.visit(new_id())
    ana.send(known)
    file = json.loads(exported(known, fresh, lost))
    file["records"].append({"id": "no id", "raw_b64": "%"})
    handed, dee = json.dumps(file).encode(), client_of("dee")
    page = dee.post("/imports", data=chosen(handed)).text
    assert counts_of(page) == [1, 1, 1, 1]
    for sealed in (known, fresh, lost):
        assert str(sealed.id) in page
    assert "照片已收 1/1" in page and "项目不存在，或登记人无权查看该项目" in page and "无法读取" in page
    before = (count(db, Visit), count(db, Raw), open_kinds(db))
    assert counts_of(dee.post("/imports", data=chosen(handed)).text) == [0, 2, 1, 1], "twice changes nothing"
    assert (count(db, Visit), count(db, Raw), open_kinds(db)) == before


def test_a_page_that_looks_on_hears_of_each_record_and_of_the_end(
    client_of: ClientOf, db: Database, cast: Cast
) -> None:
    phone = Phone(cast.ana)
    file = exported(phone.visit(cast.sail), phone.visit(cast.sail))
    answer = client_of("dee").post("/imports/live", data=file)
    first, second, end = [json.loads(line) for line in answer.text.splitlines()]
    assert first["row"].startswith("<li") and second["row"].startswith("<li") and counts_of(end["end"])[0] == 2


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (b"", "请选择手机导出的文件"),
        (b"not json", "不是本系统导出的文件"),
        (b"PK\x03\x04 a workbook", "不是本系统导出的文件"),
        (b'{"format":"fieldapp-export/1","records":[]}', "文件中没有记录"),
        (b'{"format":"fieldapp-export/1","records":[' + b"[" * 10_000, "没有导入任何记录"),
        (b'{"format":"fieldapp-export/1","records":[{"id":"<script>alert(1)</script>"}]}', "未导入"),
    ],
    ids=["none-chosen", "text", "workbook", "empty", "brackets", "script"],
)
def test_a_hostile_file_or_none_gets_a_clear_word(
    client_of: ClientOf, db: Database, cast: Cast, file: bytes, says: str
) -> None:
    dee = client_of("dee")
    answer = dee.post("/imports", data=chosen(file, "fieldapp-export.json" if file else ""))
    assert answer.status_code == (200 if file else 422)
    assert says in answer.text and "<script>alert" not in answer.text
    if file:
        end = json.loads(dee.post("/imports/live", data=file).text.splitlines()[-1])["end"]
        assert says in end and "<script>alert" not in end
    assert count(db, Raw) == 0


@pytest.mark.parametrize("cut", [300, -3])
def test_a_truncated_file_says_what_was_taken_and_what_to_do(
    client_of: ClientOf, db: Database, cast: Cast, cut: int
) -> None:
    phone = Phone(cast.ana)
    file = exported(phone.visit(cast.sail), phone.visit(cast.sail))
    page = client_of("dee").post("/imports", data=chosen(file[:cut])).text
    assert "文件不完整" in page and 'role="alert"' in page
    taken = count(db, Visit)
    assert counts_of(client_of("dee").post("/imports", data=chosen(file)).text)[:2] == [2 - taken, taken]
    assert count(db, Visit) == 2


def test_a_file_that_is_too_large_is_refused_before_it_is_read(client_of: ClientOf, cast: Cast) -> None:
    answer = client_of("dee").post(
        "/imports",
        data=b"",
        content_type="multipart/form-data; boundary=x",
        headers={"Content-Length": str(2 * 1024**3)},
    )
    assert answer.status_code == 422 and "1 GB" in answer.text


def test_only_desk_and_admin_find_the_page(client_of: ClientOf, cast: Cast) -> None:
    for who in ("ana", "lin", "uma", "sia", "abe"):
        assert client_of(who).get("/imports").status_code == 404
        assert client_of(who).post("/imports", data=chosen(b"{}")).status_code == 404
        assert client_of(who).post("/imports/live", data=b"{}").status_code == 404
    for who in ("dee", "zoe"):
        assert client_of(who).get("/imports").status_code == 200
        assert 'href="/imports"' in client_of(who).get("/review").text
        assert 'href="/imports"' in client_of(who).get("/settings").text
