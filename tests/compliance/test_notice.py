"""The notice of first sign-in: read once a version, kept with its time, and never in anybody's way."""

import dataclasses
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from fieldapp.app import create_app
from fieldapp.compliance import texts
from fieldapp.compliance.models import NoticeSeen
from fieldapp.core.db import Database
from fieldapp.core.models import Audit
from fieldapp.settings import Settings
from tests.cast import NOON, NOTICE, Cast
from tests.conftest import sign_in
from tests.feed.pages import Reader

Readers = Callable[[str | None], Reader]


@pytest.fixture
def new_here(db: Database, cast: Cast) -> None:
    with db.writing() as session:
        session.execute(delete(NoticeSeen))


def test_it_is_on_top_of_every_page_until_it_was_read(
    db: Database, cast: Cast, reader: Readers, new_here: None
) -> None:
    ana = reader("ana")
    for page in ("/", "/projects", "/settings", "/issues"):
        said = ana.get(page).one(data_first_notice=True).text
        assert all(word in said for word in ("记录什么", "为什么", "保存多久", "谁能看到"))
    form = ana.get("/projects").one("form", action="/notice")
    given = {one.attrs["name"]: one.attrs["value"] for one in form.all("input")}
    assert ana.post("/notice", given) == "/projects"
    assert not ana.get("/").all(data_first_notice=True)
    ana.post("/notice", given)
    with db.reading() as session:
        rows = session.execute(select(NoticeSeen.user_id, NoticeSeen.version, NoticeSeen.at)).all()
        assert [tuple(row) for row in rows] == [(cast.ana, NOTICE, NOON)]
        assert len(session.scalars(select(Audit).where(Audit.verb == "notice.confirmed")).all()) == 1
    assert reader("bo").get("/").all(data_first_notice=True)


def test_it_stands_before_no_page_and_before_no_record(client_of: Callable[..., FlaskClient], new_here: None) -> None:
    ana = client_of("ana")
    codes = {
        path: ana.get(path).status_code for path in ("/", "/capture", "/outbox", "/api/v1/me", "/api/v1/reference")
    }
    assert set(codes.values()) == {200}
    assert "data-first-notice" not in ana.get("/capture").text


def test_a_changed_text_is_shown_again(
    settings: Settings, db: Database, cast: Cast, reader: Readers, client_of: Callable[..., FlaskClient]
) -> None:
    assert not reader("ana").get("/").all(data_first_notice=True)
    changed = create_app(dataclasses.replace(settings, notice="- 保存多久：三年\n\n请阅读。"))
    client = changed.test_client()
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    sign_in(changed, client, db, cast, "ana")
    shown = Reader(client).get("/")
    assert "保存多久：三年" in shown.one(data_first_notice=True).text
    Reader(client).post("/notice", {"version": NOTICE, "next": "/"})  # the old one, from a page that stood open
    assert Reader(client).get("/").all(data_first_notice=True)
    changed.extensions["fieldapp"].db.close()


def test_another_process_knows_who_has_read_it(app: Flask, db: Database, cast: Cast, reader: Readers) -> None:
    """Those of the cast have read it: the row says so, and it is asked for once a process."""
    ana = reader("ana")
    ana.get("/")
    with db.writing() as session:
        session.execute(delete(NoticeSeen))
    assert not ana.get("/").all(data_first_notice=True)


@pytest.mark.parametrize("name", texts.NAMES)
def test_our_texts_say_how_long_things_are_kept(name: str) -> None:
    for language, for_ever, days in (("zh", "不设期限", "90 天"), ("en", "as long as", "90 days")):
        ours = texts.text_of(name, Settings(), language)
        set_ = texts.text_of(name, Settings(keep_positions_days=90, keep_photos_days=90), language)
        assert "{" not in ours and "{" not in set_
        assert "检查" not in ours
        assert (for_ever in ours and days in set_) or name == texts.TERMS
    versions = {texts.version_of(name, Settings()), texts.version_of(name, Settings(keep_photos_days=90))}
    assert len(versions) == (1 if name == texts.TERMS else 2)


def test_a_text_is_read_in_pieces() -> None:
    blocks = texts.blocks("## 一\n甲\n乙\n\n丙\n- 丁\n- 戊\n\n- 己")
    assert [(one.kind, one.lines) for one in blocks] == [
        ("heading", ["一"]), ("paragraph", ["甲", "乙"]), ("paragraph", ["丙"]), ("list", ["丁", "戊"]),
        ("list", ["己"]),
    ]  # fmt: skip
