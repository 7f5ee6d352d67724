"""`/audit`: who did, read and took out what."""

from collections.abc import Callable
from uuid import UUID

import pytest

from fieldapp.core import audit
from fieldapp.core.db import Database, new_id
from fieldapp.core.models import Audit
from tests.audit.conftest import Note
from tests.cast import Cast
from tests.feed.pages import Node, Reader
from tests.statements import statements_of
from tests.sync.phone import Phone

WITHHELD = "不给审计员看的走访内容"


def titles(page: Node) -> list[str]:
    return [cell.text for cell in page.all("span", css="cell-title")]


def whole(abe: Reader, url: str) -> list[str]:
    """The whole list, page after page."""
    found, page = [], abe.get(url)
    while True:
        found += titles(page)
        more = page.all("li", data_more=True)
        if not more:
            return found
        page = abe.get(more[0].attrs["hx-get"])


def test_the_auditor_reads_who_did_what_in_words(db: Database, abe: Reader, note: Note, cast: Cast) -> None:
    note("ana", "visit.logged")
    note("zoe", "record.raw_read", "record", reason="核对投诉")
    db.write(audit.seal)
    note("dee", "contact.revealed", "contact")
    page = abe.get("/audit")
    assert titles(page) == ["查看联系电话", "查看记录原始数据", "登记走访"]
    assert "佐伊" in page.text and "原因：核对投诉" in page.text and "今天 12:00" in page.text


def test_only_the_auditor_reads_it(reader: Callable[..., Reader], note: Note, db: Database) -> None:
    note("ana", "visit.logged")
    with db.reading() as session:
        (id,) = session.scalars(audit.select(Audit.id))
    for who in ("ana", "lin", "dee", "uma", "zoe", "sia"):
        client = reader(who).client
        for url in ("/audit", "/audit/rows", "/audit/seal", "/audit/export", f"/audit/{id}"):
            assert client.get(url).status_code == 404, (who, url)
        for url in ("/audit/export", "/audit/check"):
            assert client.post(url).status_code == 404, (who, url)


def test_the_log_is_narrowed_by_person_act_kind_thing_and_days(
    db: Database, abe: Reader, note: Note, cast: Cast
) -> None:
    thing = new_id()
    note("ana", "visit.logged", days_ago=40)
    note("ana", "visit.revised", id=thing, days_ago=8)
    note("bo", "photo.withdrawn", "photo", days_ago=1)
    db.write(audit.seal)
    note("", "server.restored", "server", "epoch")
    for query, found in {
        "who=安娜": ["上传走访的修改版", "登记走访"],
        "who=bo": ["撤下照片"],
        f"who={cast.ana}": ["上传走访的修改版", "登记走访"],
        "who=-": ["从备份恢复服务器"],
        "who=nobody": [],
        "act=photo.withdrawn": ["撤下照片"],
        "kind=server": ["从备份恢复服务器"],
        f"thing={thing}": ["上传走访的修改版"],
        f"kind=photo&thing={thing}": [],
        "thing=ZF-2026-999999": [],
        "days=1": ["从备份恢复服务器"],
        "days=7": ["从备份恢复服务器", "撤下照片"],
        "days=30&who=ana": ["上传走访的修改版"],
        "days=nonsense&act=visit.logged": ["登记走访"],
    }.items():
        assert whole(abe, f"/audit?{query}") == found, query


def test_a_long_log_comes_in_pages_without_a_row_twice(db: Database, abe: Reader, note: Note) -> None:
    for number in range(100):
        note("ana", "visit.logged" if number % 2 else "visit.revised")
    db.write(audit.seal)
    assert len(whole(abe, "/audit")) == 100
    assert len(whole(abe, "/audit?act=visit.logged")) == 50


def test_a_page_costs_the_same_however_much_it_shows(db: Database, abe: Reader, note: Note, cast: Cast) -> None:
    """No statement a row: of forty rows about forty things as of one."""

    def statements() -> int:
        with statements_of(abe.client) as asked:
            abe.get("/audit")
        return len(asked)

    about = (("visit.logged", "visit"), ("photo.withdrawn", "photo"), ("enterprise.added", "enterprise"))
    for verb, kind in about:
        note("ana", verb, kind)
    abe.get("/audit")
    few = statements()
    for _ in range(10):
        for who in ("ana", "bo", "lin"):
            for verb, kind in about:
                note(who, verb, kind)
    assert statements() == few


def test_why_a_visit_was_withdrawn_is_told_and_what_it_said_is_not(
    db: Database, abe: Reader, cast: Cast, reader: Callable[..., Reader]
) -> None:
    ana = Phone(cast.ana, reader("ana").client)
    visit = ana.visit(cast.sail, {"progress": WITHHELD, "needs": WITHHELD})
    number = ana.send(visit).json["number"]
    ana.send(ana.supplement(visit.id, "withdrawal", {"reason": "登记错了项目"}))
    pages = [abe.client.get(f"/audit?thing={number}").text]
    with db.reading() as session:
        ids = session.scalars(audit.select(Audit.id)).all()
    pages += [abe.client.get(f"/audit/{id}").text for id in ids]
    assert "登记错了项目" in pages[0] and number in pages[0] and "撤回走访" in pages[0]
    assert not any(WITHHELD in page for page in pages)
    assert abe.client.get(f"/visits/{visit.id}").status_code == 404


def test_an_older_withdrawal_whose_row_has_no_reason_is_told_with_that_of_its_supplement(
    db: Database, abe: Reader, note: Note, cast: Cast, reader: Callable[..., Reader]
) -> None:
    ana = Phone(cast.ana, reader("ana").client)
    visit = ana.visit(cast.sail)
    ana.send(visit)
    withdrawal = ana.supplement(visit.id, "withdrawal", {"reason": "重复登记"})
    ana.send(withdrawal)
    note("ana", "visit.withdrawal", id=visit.id, supplement=str(withdrawal.id))
    assert abe.client.get("/audit?act=visit.withdrawal").text.count("重复登记") == 2


def test_a_project_in_talks_stays_without_a_name(abe: Reader, note: Note, cast: Cast) -> None:
    note("lin", "project.stage_left", "project", cast.talk)
    note("lin", "project.stage_left", "project", cast.sail)
    page = abe.get("/audit").text
    assert "云帆新材料" in page and "远山食品" not in page


@pytest.mark.parametrize("url", ["/audit?after=nonsense", "/audit?who=%27%3B--&thing=%E2%98%83", "/audit?days=-1"])
def test_nonsense_in_the_address_breaks_nothing(abe: Reader, url: str) -> None:
    assert abe.client.get(url).status_code == 200


def test_the_start_page_of_the_auditor_is_the_log(abe: Reader, db: Database) -> None:
    assert abe.client.get("/").headers["Location"] == "/audit"
    assert abe.client.get(f"/audit/{UUID(int=1)}").status_code == 404
