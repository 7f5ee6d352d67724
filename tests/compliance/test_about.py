"""`/about` and its texts, the notice that the system stops, and the restricted switches."""

import dataclasses
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from fieldapp.app import create_app
from fieldapp.cli import main
from fieldapp.compliance import switches
from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.core.models import Audit
from fieldapp.settings import Settings
from tests.cast import NOON, Cast
from tests.conftest import sign_in
from tests.feed.pages import Reader

Readers = Callable[[str | None], Reader]
With = Callable[..., Callable[[str | None], Reader]]


@pytest.fixture
def with_settings(settings: Settings, db: Database, cast: Cast) -> Iterator[With]:
    """Readers of an application that is set otherwise."""
    made: list[Flask] = []

    def build(**changed: Any) -> Callable[[str | None], Reader]:
        app = create_app(dataclasses.replace(settings, **changed))
        made.append(app)

        def reader(name: str | None) -> Reader:
            client = app.test_client()
            client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
            if name:
                sign_in(app, client, db, cast, name)
            return Reader(client)

        return reader

    yield build
    for app in made:
        app.extensions["fieldapp"].db.close()


def test_anyone_reads_who_runs_this_and_by_which_rules(with_settings: With) -> None:
    reader = with_settings(
        organiser="滨海示范区管委会",
        organiser_contact="项目服务处",
        filing_number="滨备〔2026〕1号",
        terms="## 总则\n自拟规范",
    )
    for name in (None, "ana", "uma"):
        page = reader(name).get("/about")
        assert all(
            said in page.text for said in ("滨海示范区管委会", "项目服务处", "滨备〔2026〕1号", "非涉密", "0.1.0")
        )
        for link in ("/about/terms", "/about/privacy", "/about/notice", "/feedback"):
            assert page.all("a", href=link)
            reader(name).get(link)
    assert "自拟规范" in reader(None).get("/about/terms").one("article").text
    reader(None).get("/about/else", 404)


def test_the_sign_in_page_leads_to_the_rules_and_says_that_nothing_classified_belongs_here(
    reader: Readers, cast: Cast
) -> None:
    page = reader(None).get("/login")
    assert page.all("a", href="/feedback") and page.all("a", href="/about") and "非涉密" in page.text


def test_everyone_is_told_when_the_system_stops(with_settings: With, reader: Readers) -> None:
    told = with_settings(stops_on="2027-03-31", stop_notice="数据移交市局，请联系项目服务处。")
    for name, path in (("ana", "/"), ("uma", "/issues"), ("zoe", "/settings"), (None, "/login"), (None, "/about")):
        text = told(name).get(path).text
        assert "2027年3月31日停止服务" in text and "数据移交市局" in text
        assert "停止服务" not in reader(name).get(path).text


def test_the_pages_that_phones_keep_tell_of_the_stop_and_are_fetched_anew_when_it_is_set(
    with_settings: With, reader: Readers
) -> None:
    told = with_settings(stops_on="2027-03-31", stop_notice="数据移交市局，请联系项目服务处。")
    for path in ("/capture", "/outbox", "/offline"):
        assert "2027-03-31停止服务" in told(None).client.get(path).text.replace(" ", "")
        assert "停止服务" not in reader(None).client.get(path).text
    assert told(None).client.get("/sw.js").text != reader(None).client.get("/sw.js").text


def test_a_switch_that_is_turned_on_is_dated_audited_and_told_to_the_three_powers(
    db: Database, with_settings: With, caplog: pytest.LogCaptureFixture
) -> None:
    off, on = Settings(), Settings(officer_filter=True)
    assert {(one.on, one.since) for one in switches.note(db, off)} == {(False, NOON)}
    clock.advance(timedelta(days=1))
    assert switches.note(db, off)[0].since == NOON  # as long as it stands so
    logging.getLogger("fieldapp").propagate = True
    with caplog.at_level(logging.WARNING, logger="fieldapp.compliance"):
        standing = {one.switch.setting: (one.on, one.since) for one in switches.note(db, on)}
        assert standing.pop("officer_filter") == (True, NOON + timedelta(days=1))
        assert set(standing.values()) == {(False, NOON)}
        switches.note(db, on)
    assert len([record for record in caplog.records if record.name == "fieldapp.compliance"]) == 2  # at each start
    with db.reading() as session:
        rows = session.execute(select(Audit.verb, Audit.subject_id)).all()
    assert [tuple(row) for row in rows] == [("switch.on", "FIELDAPP_OFFICER_FILTER")]
    reader = with_settings(officer_filter=True)
    for power in ("zoe", "sia", "abe"):
        assert "负责人可按人员筛选" in reader(power).get("/settings").text
    assert "负责人可按人员筛选" not in reader("ana").get("/settings").text
    said = reader("sia").get("/compliance").text  # since when, and what to write where to change it
    assert "自 2026-11-21 12:00 起" in said and "FIELDAPP_OFFICER_FILTER=no" in said and "/etc/fieldapp/env" in said
    assert "FIELDAPP_THREE_POWERS=no" in said
    clock.advance(timedelta(days=1))
    assert switches.note(db, off)[0].since == NOON + timedelta(days=2)


def test_the_command_prints_each_switch_with_its_state_and_day(
    settings: Settings, db: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("data_dir", "database_url", "secret_key"):
        monkeypatch.setenv(f"FIELDAPP_{name.upper()}", str(getattr(settings, name)))
    assert main(["compliance"]) == 0
    said = capsys.readouterr().out
    assert "FIELDAPP_OFFICER_FILTER" in said and "2026-11-20" in said and "打卡签到" in said
    monkeypatch.setenv("FIELDAPP_OFFICER_FILTER", "yes")
    assert main(["compliance"]) == 1  # something is on: for scripts
    assert "国办函〔2026〕12号" in capsys.readouterr().out
