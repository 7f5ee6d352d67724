"""One wrong entry: corrected, filed elsewhere, a photo taken back, withdrawn. Everything follows at once, and the
original stays in a fold."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from fieldapp.core.db import Database, new_id
from fieldapp.photos.models import Photo
from fieldapp.projects.models import Enterprise, Programme, Project
from fieldapp.visits.models import Supplement, Visit
from tests.cast import NOON, SITE, Cast
from tests.feed.pages import Node, Reader
from tests.feed.story import Story, stood

Readers = Callable[[str], Reader]


def form_of(page: Node, action: str) -> tuple[str, dict[str, str]]:
    """The form of a visit's page as a browser would send it untouched."""
    form = next(one for one in page.all("form", method="post") if one.attrs["action"].endswith(f"/{action}"))
    sent: dict[str, str] = {}
    for field in form.all("input", name=True):
        if field.attrs.get("type") not in ("radio", "checkbox") or "checked" in field.attrs:
            sent[field.attrs["name"]] = field.attrs.get("value", "")
    sent |= {area.attrs["name"]: area.text for area in form.all("textarea")}
    for choice in form.all("select"):
        chosen = choice.all("option", selected=True) or choice.all("option")
        sent[choice.attrs["name"]] = chosen[0].attrs["value"]
    return form.attrs["action"], sent


def correct(who: Reader, visit: UUID, status: int = 303, **changed: str) -> Any:
    action, sent = form_of(who.get(f"/visits/{visit}"), "correction")
    return who.post(action, {**sent, **changed}, status)


def row(db: Database, visit: UUID) -> Visit:
    with db.reading() as session:
        return session.get_one(Visit, visit)


def supplements(db: Database) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Supplement)) or 0


def said_of(db: Database, visit: UUID) -> dict[str, Any]:
    with db.reading() as session:
        query = select(Supplement).where(Supplement.visit_id == visit).order_by(Supplement.received_at.desc())
        return session.scalars(query).first().body  # type: ignore[union-attr]


def test_ana_corrects_what_she_wrote_and_only_what_differs_is_said(story: Story, db: Database, reader: Readers) -> None:
    visit = story.logs("ana", content="完成六成", progress_percent=60, met=[{"name": "周明"}, {"name": "陈一"}])
    ana = reader("ana")
    place = correct(
        ana, visit, content="完成七成", progress_percent="70", met_title="项目经理", next_text="复看",
        next_on="2026-12-01", occurred_at="2026-11-20T10:30",
    )  # fmt: skip
    assert place == f"/visits/{visit}?said=correction#supplements"
    said = said_of(db, visit)["fields"]
    assert said == {
        "content": "完成七成", "progress_percent": 70, "occurred_at": "2026-11-20T10:30:00+08:00",
        "met": [{"name": "周明", "title": "项目经理"}, {"name": "陈一"}],
        "next_step": {"text": "复看", "on": "2026-12-01"},
    }  # fmt: skip
    page = reader("bo").get(f"/visits/{visit}")
    assert "完成七成" in page.text and "70 %" in page.text and "10:30" in page.text
    assert "完成六成" in page.one(id="supplements").one("details").text, "the original stays in a fold"
    assert "复看" in ana.get("/").text, "what is to be done follows"


def test_the_stage_the_place_who_else_was_there_and_the_programmes_are_corrected_too(
    story: Story, db: Database, cast: Cast, reader: Readers
) -> None:
    with db.writing() as session:
        session.add_all([Programme(code="p1", name="百日攻坚"), Programme(code="p2", name="惠企直达", order=1)])
    visit = story.logs("ana", outside=[{"unit": "供电公司", "name": "李工"}], programmes=["p1"], position=stood(0.02))
    ana = reader("ana")
    action, sent = form_of(ana.get(f"/visits/{visit}"), "correction")
    assert (sent["outside"], sent["programmes"], sent["point"][:6]) == (
        "供电公司 李工",
        "p1",
        f"{SITE[0] + 0.02:.6f}"[:6],
    )
    far = row(db, visit).distance_m
    changed = {"stage": "S06", "outside": "供电公司 李工\n自来水公司", "point": f"{SITE[0]}，{SITE[1]}"}
    ana.post(action, {**sent, **changed, "programmes": ["p2", "p1"]})
    assert said_of(db, visit)["fields"] == {
        "stage": "S06", "outside": [{"unit": "供电公司", "name": "李工"}, {"unit": "自来水公司"}],
        "programmes": ["p1", "p2"], "position": {"lat": SITE[0], "lng": SITE[1], "source": "manual"},
    }  # fmt: skip
    now = row(db, visit)
    assert far is not None and far > 2000 and now.distance_m == pytest.approx(0, abs=1)
    page = ana.get(f"/visits/{visit}")
    assert all(words in page.text for words in ("自来水公司", "惠企直达", "手动标注"))
    assert "百日攻坚" in page.one(id="supplements").one("details").text, "the original reads in words"
    correct(ana, visit, point="", outside="", programmes="")
    assert (row(db, visit).lat, row(db, visit).outside, row(db, visit).programmes) == (None, [], [])


def test_the_time_of_a_visit_moves_it_on_the_timeline_and_on_today(
    story: Story, db: Database, cast: Cast, reader: Readers
) -> None:
    visit = story.logs("ana")
    assert str(visit) in str([one.attrs for one in reader("ana").get("/").all("a", href=True)])
    correct(reader("ana"), visit, occurred_at="2026-11-18T09:00")
    assert row(db, visit).occurred_at == NOON - timedelta(days=2, hours=3)
    assert str(visit) not in str([one.attrs for one in reader("ana").get("/").all("a", href=True)])
    with db.reading() as session:
        assert session.get_one(Project, cast.sail).last_contact_at == NOON - timedelta(days=2, hours=3)


def test_a_correction_sent_twice_is_one_and_another_under_its_id_comes_back(
    story: Story, db: Database, reader: Readers
) -> None:
    visit, id = story.logs("ana"), str(new_id())
    for _ in range(2):
        correct(reader("ana"), visit, id=id, content="对的")
    assert supplements(db) == 1
    page = correct(reader("ana"), visit, 422, id=id, content="另一句")
    assert form_of(page, "correction")[1]["content"] == "另一句"
    assert form_of(page, "correction")[1]["id"] != id
    assert row(db, visit).content == "对的"


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("progress_percent", "101", "0 到 100"),
        ("occurred_at", "gestern", "2026-11-22 09:41"),
        ("occurred_at", "2026-11-20T23:59", "还没到"),
        ("next_on", "morgen", "2026-11-22"),
        ("content", "字" * 20_001, "20000"),
        ("kind", "moon_landing", "类型"),
        ("stage", "S99", "阶段"),
        ("point", "云帆北门", "37.123456, 119.123456"),
        ("point", "91.5, 119.1", "37.123456, 119.123456"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_nothing_typed_is_lost(
    story: Story, db: Database, reader: Readers, field: str, text: str, said: str
) -> None:
    visit = story.logs("ana")
    page = correct(reader("ana"), visit, 422, needs="要一条路", **{field: text})
    assert said in page.one(id=f"f-{field}-error").text
    assert form_of(page, "correction")[1]["needs"] == "要一条路"
    assert page.one("details", id="correct").attrs.get("open") is not None
    assert supplements(db) == 0


def test_saying_what_stands_there_already_is_no_correction(story: Story, db: Database, reader: Readers) -> None:
    page = correct(reader("ana"), story.logs("ana"), 422)
    assert "没有改动" in page.one(id="correct").text
    assert supplements(db) == 0


def test_who_is_offered_what(story: Story, reader: Readers) -> None:
    visit = story.logs("ana", photos=1)
    offered = {}
    for name in ("ana", "bo", "lin", "dan", "dee"):
        page = reader(name).get(f"/visits/{visit}")
        offered[name] = sorted(
            id for id in ("add", "correct", "move", "take-back", "withdraw") if page.all(id=id)
        )  # fmt: skip
    assert offered == {
        "ana": ["add", "correct", "move", "take-back", "withdraw"], "bo": ["add"], "lin": ["add", "move", "withdraw"],
        "dan": ["add"], "dee": ["add", "move"],
    }  # fmt: skip


@pytest.mark.parametrize("door", ["correction", "move", "photo-withdrawal", "withdrawal", "additions"])
def test_no_door_opens_for_who_may_not(story: Story, db: Database, cast: Cast, reader: Readers, door: str) -> None:
    visit, hidden = story.logs("ana", photos=1), story.logs("ana", sensitive=True)
    data = {"id": str(new_id()), "content": "x", "kind": "site_inspection", "occurred_at": "2026-11-20T10:00",
            "project": str(cast.reef), "photo": str(story.photos), "reason": "x", "text": "x"}  # fmt: skip
    for name in ("bo", "dan", "uma", "zoe"):
        if door != "additions":
            assert reader(name).client.post(f"/visits/{visit}/{door}", data=data).status_code == 404
        assert reader(name).client.post(f"/visits/{hidden}/{door}", data=data).status_code == 404
    assert supplements(db) == 0


# -- filed elsewhere -----------------------------------------------------------------------------------------------


def test_a_visit_to_be_filed_goes_where_one_tap_says(story: Story, db: Database, cast: Cast, reader: Readers) -> None:
    visit = story.logs("ana", project=None, typed_project="云帆", issues=[{"title": "水压不足"}])
    ana = reader("ana")
    page = ana.get(f"/visits/{visit}")
    offered = page.one("section", id="move").all("button", name="project")
    assert offered[0].attrs["value"] == str(cast.sail), "what was typed is looked for"
    action, sent = form_of(page, "move")
    for _ in range(2):  # a double tap
        ana.post(action, {**sent, "project": str(cast.sail)})
    assert supplements(db) == 1
    assert row(db, visit).state == "placed"
    timeline = reader("bo").get(f"/projects/{cast.sail}").text
    assert "踏查现场" in timeline and "水压不足" in timeline, "its issue goes with it"


def test_a_visit_is_never_moved_to_nowhere(story: Story, db: Database, cast: Cast, reader: Readers) -> None:
    visit, ana = story.logs("ana"), reader("ana").client
    with db.writing() as session:
        hidden = Enterprise(id=new_id(), zone_id=cast.zone, name="未公开", confirmed=False, proposed_by=cast.dan)
        session.add(hidden)
        session.flush()
        theirs = hidden.id
    for enterprise in ("nothing", str(new_id()), str(theirs)):
        answer = ana.post(f"/visits/{visit}/move", data={"id": str(new_id()), "enterprise": enterprise})
        assert answer.status_code == 404, enterprise
    with db.reading() as session:
        assert [one.project_id for one in session.get_one(Visit, visit).projects] == [cast.sail]


def test_near_ones_are_offered_where_nothing_was_typed(story: Story, cast: Cast, reader: Readers) -> None:
    visit = story.logs("ana", project=None, position=stood(0.001))
    offered = reader("ana").get(f"/visits/{visit}").one("section", id="move").all("button", name="project")
    assert {one.attrs["value"] for one in offered} == {str(cast.sail), str(cast.talk)}


def test_a_project_is_searched_by_name_without_js_and_by_fragment(story: Story, cast: Cast, reader: Readers) -> None:
    visit, ana = story.logs("ana"), reader("ana")
    page = ana.get(f"/visits/{visit}?find=海岬")
    assert [one.attrs["value"] for one in page.one(id="move").all("button", name="project")] == [str(cast.reef)]
    piece = ana.get(f"/visits/{visit}/places?find=hjzb")
    assert [one.attrs["value"] for one in piece.all("button", name="project")] == [str(cast.reef)]
    assert ana.get(f"/visits/{visit}/places?find=云帆新材料有限").all("button", name="enterprise")
    assert "远山" not in reader("dee").get(f"/visits/{visit}/places?find=没有这个").text
    reader("bo").get(f"/visits/{visit}/places", 404)


def test_a_moved_visit_leaves_one_timeline_for_the_other_with_what_took_part(
    story: Story, db: Database, cast: Cast, reader: Readers
) -> None:
    visit, ana = story.logs("ana", projects=[cast.talk]), reader("ana")
    action, sent = form_of(ana.get(f"/visits/{visit}?find=海岬"), "move")
    ana.post(action, {**sent, "project": str(cast.reef)})
    with db.reading() as session:
        links = session.get_one(Visit, visit).projects
        assert [(link.project_id, link.main) for link in links] == [(cast.reef, True), (cast.talk, False)]
    assert str(visit) not in str([a.attrs for a in ana.get(f"/projects/{cast.sail}").all("a", href=True)])
    assert str(visit) in str([a.attrs for a in ana.get(f"/projects/{cast.reef}").all("a", href=True)])
    assert "云帆新材料（一期）" in ana.get(f"/visits/{visit}").one(id="supplements").one("details").text


# -- photos, and the whole visit -----------------------------------------------------------------------------------


def test_a_photo_is_taken_back_by_who_took_it(story: Story, db: Database, reader: Readers) -> None:
    visit = story.logs("ana", photos=2)
    first, ana = story.photos[0], reader("ana")
    action, sent = form_of(ana.get(f"/visits/{visit}"), "photo-withdrawal")
    refused = ana.post(action, {**sent, "photo": ""}, 422)
    assert "请选择照片" in refused.one(id="take-back").text
    for _ in range(2):
        ana.post(action, {**sent, "photo": str(first)})
    assert supplements(db) == 1
    assert len(reader("bo").get(f"/visits/{visit}").one(id="photos").all("img")) == 1
    assert reader("ana").client.get(f"/photos/{first}/thumb").status_code == 404
    with db.reading() as session:
        photo = session.get_one(Photo, first)
        assert (photo.state, photo.reason, photo.purged_at) == ("withdrawn", "拍错了", None), "its bytes are kept"


def test_a_withdrawn_visit_is_gone_for_others_from_every_page(story: Story, cast: Cast, reader: Readers) -> None:
    visit = story.logs("ana", position=stood(), next_step={"text": "再去看看"})
    ana = reader("ana")
    assert "再去看看" in ana.get("/").text
    action, sent = form_of(ana.get(f"/visits/{visit}"), "withdrawal")
    ana.post(action, {**sent, "reason": "登记重复"})
    for name in ("bo", "dan", "dee"):
        reader(name).get(f"/visits/{visit}", 404)
        assert str(visit) not in str([a.attrs for a in reader(name).get(f"/projects/{cast.sail}").all("a", href=True)])
    for name in ("ana", "lin"):
        assert "登记重复" in reader(name).get(f"/visits/{visit}").text
        assert str(visit) not in reader(name).client.get("/map").text, "it counts nowhere"
    assert "再去看看" not in ana.get("/").text
    assert not reader("ana").get(f"/visits/{visit}").all(id="correct")
