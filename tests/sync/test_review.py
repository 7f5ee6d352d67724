"""`/review`: each row with its acts, for whoever may settle it."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from fieldapp.sync import actions
from fieldapp.sync.models import ReviewItem
from fieldapp.visits.models import Visit, VisitProject
from tests.cast import NOON, Cast
from tests.statements import statements_of
from tests.sync.phone import Phone, photo

ClientOf = Callable[..., FlaskClient]


@pytest.fixture(autouse=True)
def noon() -> Any:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def ana(client_of: ClientOf, cast: Cast) -> Phone:
    return Phone(cast.ana, client_of("ana"))


def only_item(db: Database) -> ReviewItem:
    with db.reading() as session:
        return session.scalars(select(ReviewItem).where(ReviewItem.closed_at.is_(None))).one()


def settled(db: Database) -> bool:
    with db.reading() as session:
        return session.scalar(select(ReviewItem.id).where(ReviewItem.closed_at.is_(None))) is None


def test_a_visit_for_an_unknown_project_is_placed_by_the_lead(
    client_of: ClientOf, db: Database, cast: Cast, ana: Phone
) -> None:
    visit = ana.visit(new_id(), {"progress": "二层结构完成"})
    assert ana.send(visit).json["state"] == "unplaced"
    lin, item = client_of("lin"), only_item(db)
    assert f"/review/{item.id}" in lin.get("/review").text
    page = lin.get(f"/review/{item.id}?q=yfxcl")
    assert "二层结构完成" in page.text and "云帆新材料" in page.text
    assert lin.post(f"/review/{item.id}/place", data={"project": str(cast.sail)}).status_code == 303
    with db.reading() as session:
        assert session.scalars(select(VisitProject.project_id).where(VisitProject.visit_id == visit.id)).all() == [
            cast.sail
        ]
    assert settled(db)
    assert (
        lin.post(f"/review/{item.id}/place", data={"project": str(cast.reef)}).headers["Location"] == "/review?gone=1"
    )


def test_of_two_versions_the_office_takes_one(client_of: ClientOf, db: Database, cast: Cast, ana: Phone) -> None:
    first = ana.visit(cast.sail, {"progress": "第一版"})
    other = ana.visit(cast.sail, {"progress": "第二版"}, id=first.id)
    ana.send(first)
    assert ana.send(other).status_code == 409
    lin, item = client_of("lin"), only_item(db)
    page = lin.get(f"/review/{item.id}").text
    assert "第一版" in page and "第二版" in page
    assert lin.post(f"/review/{item.id}/choose", data={"sha256": "0" * 64}).status_code == 422
    assert lin.post(f"/review/{item.id}/choose", data={"sha256": other.sha256}).status_code == 303
    with db.reading() as session:
        assert session.get_one(Visit, first.id).progress == "第二版"


def test_an_item_is_closed_with_a_reason_only(client_of: ClientOf, db: Database, cast: Cast, ana: Phone) -> None:
    ana.send(ana.visit(new_id()))
    lin, item = client_of("lin"), only_item(db)
    for bad in ("", "   ", "长" * 201):
        answer = lin.post(f"/review/{item.id}/close", data={"reason": bad})
        assert answer.status_code == 422 and bad.strip() in answer.text and 'role="alert"' not in answer.text
        assert 'aria-invalid="true"' in answer.text
    assert lin.post(f"/review/{item.id}/close", data={"reason": "重复登记"}).status_code == 303
    with db.reading() as session:
        closed = session.get_one(ReviewItem, item.id)
        assert (closed.closed_by, closed.closing) == (cast.lin, "重复登记")


def test_retry_says_when_it_still_cannot_be_filed(client_of: ClientOf, db: Database, cast: Cast, ana: Phone) -> None:
    ana.send(ana.visit(new_id()))
    item = only_item(db)
    assert client_of("lin").post(f"/review/{item.id}/retry").status_code == 422
    assert not settled(db)


def test_another_teams_lead_the_officers_and_the_unit_see_nothing_of_it(
    client_of: ClientOf, db: Database, cast: Cast, ana: Phone
) -> None:
    ana.send(ana.visit(new_id()))
    item = only_item(db)
    for who in ("dan", "ana"):  # an officer's list holds only what a desk brought for them: test_imports.py
        assert str(item.id) not in client_of(who).get("/review").text
        assert client_of(who).get(f"/review/{item.id}").status_code == 404
        assert client_of(who).post(f"/review/{item.id}/close", data={"reason": "x"}).location == "/review?gone=1"
    assert client_of("uma").get("/review").status_code == 404
    assert client_of("uma").post(f"/review/{item.id}/close", data={"reason": "x"}).status_code == 404
    assert only_item(db).closed_at is None
    assert client_of(None).get("/review").status_code == 302


def test_an_admin_is_shown_author_time_and_reason_and_nothing_else(
    client_of: ClientOf, db: Database, cast: Cast, ana: Phone
) -> None:
    ana.send(ana.visit(new_id(), {"progress": "不给管理员看", "typed_project": "也不给"}, photos=[photo()]))
    zoe, item = client_of("zoe"), only_item(db)
    page = zoe.get(f"/review/{item.id}?q=yfxcl").text
    assert "安娜" in page and "项目不存在，或登记人" in page
    for withheld in ("不给管理员看", "也不给", "踏查现场", "1 张照片", "云帆新材料"):
        assert withheld not in page
    for act in ("place", "choose", "confirm"):
        assert zoe.post(f"/review/{item.id}/{act}", data={"project": str(cast.sail)}).status_code == 404


def test_the_other_two_powers_see_nothing_of_it(client_of: ClientOf, db: Database, cast: Cast, ana: Phone) -> None:
    visit = ana.visit(new_id())
    ana.send(visit)
    item = only_item(db)
    for who in ("sia", "abe"):
        for url in ("/review", "/review/rows", f"/review/{item.id}", f"/records/{visit.id}/raw"):
            assert client_of(who).get(url).status_code == 404, (who, url)
        assert client_of(who).post(f"/review/{item.id}/close", data={"reason": "x"}).status_code == 404


def test_what_waits_comes_in_groups_with_what_to_do_and_how_many(
    client_of: ClientOf, db: Database, cast: Cast, ana: Phone
) -> None:
    for _ in range(7):
        ana.send(ana.visit(new_id()))
    first = ana.visit(cast.sail)
    ana.send(first)
    ana.send(ana.visit(cast.sail, {"progress": "另一版"}, id=first.id))
    lin = client_of("lin")
    page = lin.get("/review").text
    assert page.index("同一记录有两个版本") < page.index("尚未归入")
    assert "查看全部 7 项" in page and len(re.findall(r'href="/review/[0-9a-f-]{36}"', page)) == 6
    whole = lin.get("/review?group=filing").text
    assert len(re.findall(r'href="/review/[0-9a-f-]{36}"', whole)) == 7 and "可以关联到项目" in whole
    assert lin.get("/review?group=nonsense").status_code == 200
    assert "此类没有待处理事项" in lin.get("/review?group=photos").text


def test_the_list_costs_the_same_however_long_it_is(client_of: ClientOf, db: Database, cast: Cast) -> None:
    def statements() -> int:
        client = client_of("lin")
        with statements_of(client) as asked:
            assert client.get("/review").status_code == 200
        return len(asked)

    def open_some(number: int) -> None:
        with db.writing() as session:
            for kind in ("late_author", "unplaced", "imported"):
                actions.open_review(session, kind, f"{kind}:{number}", user_id=cast.ana, record_id=new_id())

    open_some(0)
    statements()  # opens the connections
    few = statements()
    for number in range(1, 5):
        open_some(number)
    assert statements() == few


def test_a_desk_does_not_read_a_sensitive_text(client_of: ClientOf, db: Database, cast: Cast, ana: Phone) -> None:
    ana.send(ana.visit(new_id(), {"progress": "涉个人事项", "sensitive": True}))
    page = client_of("dee").get(f"/review/{only_item(db).id}")
    assert page.status_code == 200 and "涉个人事项" not in page.text


def test_leads_are_told_of_phones_only_how_many(client_of: ClientOf, db: Database, cast: Cast) -> None:
    with db.writing() as session:
        actions.open_review(session, "silent_device", "silent:x", device_id=new_id(), user_id=cast.ana)
    item = only_item(db)
    assert "1" in client_of("lin").get("/review").text
    assert client_of("lin").get(f"/review/{item.id}").status_code == 404
    assert client_of("zoe").get(f"/review/{item.id}").status_code == 200


@pytest.mark.parametrize("act", ["place", "choose", "match", "confirm", "burn"])
def test_an_act_that_an_item_does_not_have_is_404(client_of: ClientOf, db: Database, cast: Cast, act: str) -> None:
    with db.writing() as session:
        actions.open_review(session, "late_author", "late:x", user_id=cast.ana)
    assert client_of("lin").post(f"/review/{only_item(db).id}/{act}").status_code == 404


def test_many_items_come_in_pages(client_of: ClientOf, db: Database, cast: Cast) -> None:
    with db.writing() as session:
        for number in range(65):
            actions.open_review(session, "late_author", f"late:{number}", user_id=cast.ana)
    seen: list[UUID] = []
    url: str | None = "/review"
    while url:
        text = client_of("lin").get(url).text
        seen += [UUID(id) for id in re.findall(r'href="/review/([0-9a-f-]{36})"', text)]
        more = re.search(r'hx-get="(/review/rows\?after=[^"]+)"', text)
        url = more.group(1) if more else None
    assert len(seen) == len(set(seen)) == 65


def test_a_photo_that_will_not_be_seen_asks_for_a_person(
    client_of: ClientOf, db: Database, cast: Cast, ana: Phone
) -> None:
    huge = photo(size=70_000_000)
    visit = ana.visit(cast.sail, photos=[huge])
    assert ana.send(visit).json["photos"][0]["state"] == "refused"
    item = only_item(db)
    assert item.kind == "refused_photo" and str(item.photo_id) == huge["id"]
    assert client_of("lin").get(f"/review/{item.id}").status_code == 200
    kept = ana.visit(cast.sail, photos=[photo()])
    ana.send(kept)
    lost = {"photo": kept.said["photos"][0]["id"], "reason": "lost"}
    ana.send(ana.supplement(kept.id, "photo_withdrawn", lost))
    with db.reading() as session:
        assert set(session.scalars(select(ReviewItem.kind))) == {"refused_photo", "lost_photo"}


def test_a_reason_with_what_no_database_takes_closes_all_the_same(
    client_of: ClientOf, db: Database, cast: Cast
) -> None:
    ana = Phone(cast.ana, client_of("ana"))
    ana.send(ana.visit(new_id()))
    with db.reading() as session:
        item = session.scalars(select(ReviewItem)).one()
    assert client_of("lin").post(f"/review/{item.id}/close", data={"reason": "已\x00处理"}).status_code == 303
    with db.reading() as session:
        assert session.get_one(ReviewItem, item.id).closing == "已处理"
