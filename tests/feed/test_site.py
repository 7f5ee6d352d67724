"""How a project gets on, as its page tells it: milestones, the stage that a lead confirms, photos side by side."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import update

from fieldapp.core.db import Database
from fieldapp.feed import comparison_queries, queries, site_lines
from fieldapp.photos.models import Photo
from fieldapp.projects.models import Project
from fieldapp.visits import site_queries, stages
from tests.cast import NOON, Cast
from tests.feed.pages import Reader
from tests.feed.story import Story
from tests.statements import statements_of

Opens = Callable[..., Reader]


def shown(db: Database, ids: list[UUID], **said: object) -> None:
    """These photos have arrived and been drawn."""
    with db.writing() as session:
        values = {"state": "stored", "derivative": "made", **said}
        session.execute(update(Photo).where(Photo.id.in_(ids)).values(values))


def test_milestones_stand_on_the_timeline_and_answers_on_the_visits_page(
    cast: Cast, story: Story, reader: Opens
) -> None:
    asked = [
        {"question": "S08-1", "text": "离封顶还有多久？", "answer": "一号厂房已封顶"},
        {"text": "没答的", "answer": ""},
    ]
    visit = story.logs("ana", milestones=[{"node": "topping_out", "on": "2026-11-18"}], asked=asked)
    page = reader("bo").get(f"/projects/{cast.sail}")
    (entry,) = [node for node in page.all("li", css="entry", id=True) if "封顶" in node.text]
    assert entry.one("a").attrs["href"] == f"/visits/{visit}"
    only = reader("bo").get(f"/projects/{cast.sail}?kind=milestone")
    assert len(only.all("li", css="entry", id=True)) == 1
    said = reader("bo").get(f"/visits/{visit}").text
    assert "封顶" in said and "离封顶还有多久？" in said and "一号厂房已封顶" in said and "没答的" not in said


def test_a_sensitive_visits_milestones_are_not_for_others(cast: Cast, story: Story, reader: Opens) -> None:
    story.logs("ana", milestones=[{"node": "topping_out"}], sensitive=True)
    assert len(reader("ana").get(f"/projects/{cast.sail}").all("li", css="entry", id=True)) == 2
    assert reader("dan").get(f"/projects/{cast.sail}").all("li", css="entry", id=True) == []


def test_the_lead_confirms_on_today_and_the_timeline_says_so(
    db: Database, cast: Cast, story: Story, reader: Opens
) -> None:
    story.logs("ana", stage="S09")
    for name in ("ana", "dan", "dee"):
        assert reader(name).get("/").all(data_stage_seen=True) == []
        assert reader(name).get(f"/projects/{cast.sail}").all(data_stage_seen=True) == []
    lin = reader("lin")
    assert len(lin.get(f"/projects/{cast.sail}").all(data_stage_seen=True)) == 1
    form = lin.get("/").one(data_stage_seen=True).all("form")[0]
    answer = lin.client.post(form.attrs["action"])
    assert (answer.status_code, answer.location) == (303, f"/projects/{cast.sail}")
    again = lin.client.post(form.attrs["action"])
    assert again.status_code == 303
    with db.reading() as session:
        assert session.get_one(Project, cast.sail).stage == "S09"
    page = lin.get(f"/projects/{cast.sail}")
    assert page.all(data_stage_seen=True) == []
    assert [node for node in page.all("li", css="entry", id=True) if "设备安装" in node.text and "林岚" in node.text]


def test_only_a_lead_decides(cast: Cast, story: Story, reader: Opens) -> None:
    story.logs("ana", stage="S09")
    action = reader("lin").get("/").one(data_stage_seen=True).all("form")[1].attrs["action"]
    assert [reader(name).client.post(action).status_code for name in ("ana", "dee", "zoe", "uma")] == [404] * 4
    assert reader("lin").client.post(action).status_code == 303


def test_before_and_after_and_a_viewpoint_again_stand_side_by_side(
    db: Database, cast: Cast, story: Story, reader: Opens
) -> None:
    for days in (3, 2, 1):
        story.logs("ana", photos=1, at=NOON - timedelta(days=days))
        shown(db, story.photos, viewpoint="北门", taken_at=NOON - timedelta(days=days))
    story.logs("bo", photos=2, issues=[{"title": "围挡破损"}], issue_photos=2)
    shown(db, story.photos[:1], role="before", taken_at=NOON - timedelta(hours=2))
    shown(db, story.photos[1:], role="after", taken_at=NOON - timedelta(hours=1))
    first, second = reader("dan").get(f"/projects/{cast.sail}/comparisons").all("figure")
    assert ("围挡破损" in first.text, len(first.all("img"))) == (True, 2)
    assert ("北门" in second.text, len(second.all("img"))) == (True, 3)
    assert second.one("input").attrs["max"] == "2"


def test_a_sensitive_photo_is_compared_by_its_own_only(db: Database, cast: Cast, story: Story, reader: Opens) -> None:
    story.logs("ana", photos=2)
    shown(db, story.photos, viewpoint="北门")
    shown(db, story.photos[:1], sensitive=True)
    address = f"/projects/{cast.sail}/comparisons"
    assert len(reader("ana").get(address).all("figure")) == 1
    assert reader("dan").get(address).all("figure") == []
    assert reader("uma").client.get(address).status_code == 404


def test_the_camera_is_told_the_last_picture_of_each_viewpoint(
    db: Database, cast: Cast, story: Story, reader: Opens
) -> None:
    story.logs("ana", photos=2, at=NOON - timedelta(days=2))
    shown(db, story.photos, viewpoint="北门", taken_at=NOON - timedelta(days=2))
    story.logs("ana", photos=2, at=NOON - timedelta(days=1))
    shown(db, story.photos[:1], viewpoint="北门", taken_at=NOON - timedelta(days=1))
    shown(db, story.photos[1:], viewpoint="塔吊", sensitive=True)
    address, last = f"/projects/{cast.sail}/viewpoints.json", story.photos
    assert reader("dan").client.get(address).json == [{"name": "北门", "photo": str(last[0])}]
    assert [one["name"] for one in reader("ana").client.get(address).json] == ["北门", "塔吊"]
    assert reader("uma").client.get(address).status_code == 404
    assert reader("dan").client.get(f"/projects/{cast.talk}/viewpoints.json").status_code == 404


def test_many_of_them_cost_as_many_statements_as_few(db: Database, cast: Cast, story: Story) -> None:
    queries.let_photos_ask(zone_readable=True)

    def statements() -> list[int]:
        counted = []
        for ask in (
            lambda session, lin: site_lines.stage_cards(
                session, stages.waiting(session, lin, zone_readable=True, limit=9)
            ),
            lambda session, lin: comparison_queries.comparisons(session, lin, cast.sail, zone_readable=True),
            lambda session, lin: site_queries.last_progress(session, lin, [cast.sail, cast.reef], zone_readable=True),
        ):
            with statements_of(db) as asked, db.reading() as session:
                assert ask(session, cast.person(session, "lin"))
            counted.append(len(asked))
        return counted

    def more(n: int) -> None:
        for _ in range(n):
            story.logs("ana", photos=2, stage="S09", progress="封顶", issues=[{}], issue_photos=2)
            shown(db, story.photos[:1], role="before", viewpoint="北门")
            shown(db, story.photos[1:], role="after", viewpoint="塔吊")

    more(2)
    few = statements()
    more(5)
    assert statements() == few
