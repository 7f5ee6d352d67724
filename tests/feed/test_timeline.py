"""What a project's timeline shows, and to whom."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from fieldapp.core.db import Database
from fieldapp.feed import queries, timeline_queries
from fieldapp.projects.models import Project
from tests.cast import NOON, Cast
from tests.feed.pages import Node, Reader
from tests.feed.story import Story, stood
from tests.statements import statements_of

Readers = Callable[[str], Reader]


def entries(page: Node) -> list[Node]:
    return [node for node in page.all("li", css="entry") if "id" in node.attrs]


def test_lin_reads_what_ana_logged_with_four_photos_and_the_number_of_the_rest(
    story: Story, cast: Cast, reader: Readers
) -> None:
    visit = story.logs("ana", photos=6, issues=[{}], position=stood(0.002))
    entry = entries(reader("lin").get(f"/projects/{cast.sail}?kind=site"))[0]
    assert "二层钢结构吊装完成约六成。" in entry.text
    assert len(entry.all("img")) == 4
    assert entry.one(css="photo-more").text == "+2"
    assert entry.one(css="entry-title").attrs["href"] == f"/visits/{visit}"
    foot = entry.one(css="entry-foot").text
    assert "安娜" in foot and "222" in foot


def test_photos_that_the_phone_still_holds_are_told_as_a_number(story: Story, cast: Cast, reader: Readers) -> None:
    story.logs("ana", photos=2, stored=False)
    entry = entries(reader("bo").get(f"/projects/{cast.sail}"))[0]
    assert entry.all("img") == []
    assert "2" in entry.one(css="entry-foot").text


def test_a_later_entry_and_a_late_upload_say_so(story: Story, cast: Cast, reader: Readers) -> None:
    story.logs("ana", at=NOON - timedelta(days=1), received=NOON - timedelta(days=1))
    story.logs("ana", at=NOON - timedelta(hours=3), received=NOON)
    story.logs("ana", at=NOON - timedelta(minutes=1), occurred=NOON - timedelta(hours=5), said_when="time")
    tags = [
        [tag.text for tag in entry.all(css="tag")] for entry in entries(reader("lin").get(f"/projects/{cast.sail}"))
    ]
    assert tags == [["补传"], ["补录"], []]


def test_days_stand_once_newest_first(story: Story, cast: Cast, reader: Readers) -> None:
    for hours in (0, 1, 30):
        story.logs("ana", at=NOON - timedelta(hours=hours))
    page = reader("lin").get(f"/projects/{cast.sail}")
    assert [day.text for day in page.all("li", css="timeline-day")] == ["今天", "昨天"]


def test_the_timeline_goes_on_where_the_page_ended(story: Story, cast: Cast, reader: Readers) -> None:
    for n in range(45):
        story.logs("ana", at=NOON - timedelta(minutes=n), content=f"第 {n} 次")
    lin = reader("lin")
    page, texts = lin.get(f"/projects/{cast.sail}"), []
    while True:
        texts += [entry.one("p", css="entry-text").text for entry in entries(page)]
        more = page.all("li", data_more=True)
        if not more:
            break
        page = lin.get(more[0].attrs["hx-get"])
        assert page.all("li", css="timeline-day") == []
    assert texts == [f"第 {n} 次" for n in range(45)]


def test_events_of_an_issue_fold_into_one_line_a_day(story: Story, cast: Cast, reader: Readers) -> None:
    visit = story.logs("ana", at=NOON - timedelta(days=1), issues=[{}])
    issue = story.issue_of(visit)
    for minutes in (5, 4, 3):
        story.event("ana", issue, "progress", at=NOON - timedelta(minutes=minutes))
    page = reader("lin").get(f"/projects/{cast.sail}?kind=issue")
    lines = [entry.text for entry in entries(page)]
    assert len(lines) == 2
    assert "有进展 ×3" in lines[0] and "登记" in lines[1]


def test_a_fold_neither_stands_on_two_pages_nor_tells_half(story: Story, cast: Cast, reader: Readers) -> None:
    issue = story.issue_of(story.logs("ana", at=NOON - timedelta(hours=2), issues=[{}]))
    for minutes in range(25):
        story.event("ana", issue, "progress", at=NOON - timedelta(minutes=minutes))
    lin = reader("lin")
    first = lin.get(f"/projects/{cast.sail}?kind=issue")
    assert ["×25" in entry.text for entry in entries(first)] == [True]
    rest = lin.get(first.one("li", data_more=True).attrs["hx-get"])
    assert entries(rest) == []


def test_filters_by_kind(story: Story, cast: Cast, reader: Readers) -> None:
    story.logs("ana", issues=[{}])
    story.logs("ana", kind="phone_follow_up", content="材料已补齐")
    lin = reader("lin")
    titles = {
        kind: [e.one(css="entry-title").text for e in entries(lin.get(f"/projects/{cast.sail}?kind={kind}"))]
        for kind in ("site", "phone", "meeting")
    }
    assert titles == {"site": ["踏查现场"], "phone": ["电话跟踪"], "meeting": []}
    assert len(entries(lin.get(f"/projects/{cast.sail}?kind=issue"))) == 1
    assert len(entries(lin.get(f"/projects/{cast.sail}?kind=nonsense"))) == 3


def test_the_page_marks_the_chip_that_is_on(story: Story, cast: Cast, reader: Readers) -> None:
    page = reader("lin").get(f"/projects/{cast.sail}?kind=phone")
    assert [chip.attrs["href"] for chip in page.all(css="chip", aria_current="true")] == [
        f"/projects/{cast.sail}?kind=phone"
    ]


# -- who sees what -------------------------------------------------------------------------------------------------


def test_a_sensitive_visit_is_for_its_team_lead_and_those_who_took_part(
    story: Story, cast: Cast, reader: Readers
) -> None:
    story.logs("ana", sensitive=True, participants=[cast.dan])
    seen = {
        name: len(entries(reader(name).get(f"/projects/{cast.sail}"))) for name in ("ana", "lin", "dan", "bo", "dee")
    }
    assert seen == {"ana": 1, "lin": 1, "dan": 1, "bo": 0, "dee": 0}


def test_a_visit_marked_sensitive_later_disappears_from_old_entries(story: Story, cast: Cast, reader: Readers) -> None:
    visit = story.logs("ana")
    assert len(entries(reader("bo").get(f"/projects/{cast.sail}"))) == 1
    story.says("ana", visit, "correction", fields={"sensitive": True})
    assert entries(reader("bo").get(f"/projects/{cast.sail}")) == []


def test_a_sensitive_issue_hides_its_events(story: Story, cast: Cast, reader: Readers) -> None:
    story.logs("ana", issues=[{"sensitive": True}])
    seen = {
        name: len(entries(reader(name).get(f"/projects/{cast.sail}?kind=issue")))
        for name in ("ana", "lin", "bo", "dan")
    }
    assert seen == {"ana": 1, "lin": 1, "bo": 0, "dan": 0}


def test_a_withdrawn_visit_is_seen_by_its_author_and_lead_only(story: Story, cast: Cast, reader: Readers) -> None:
    visit = story.logs("ana", participants=[cast.bo])
    story.says("ana", visit, "withdrawal", reason="记错项目")
    seen = {name: bool(entries(reader(name).get(f"/projects/{cast.sail}"))) for name in ("ana", "lin", "bo", "dee")}
    assert seen == {"ana": True, "lin": True, "bo": False, "dee": False}


def test_a_project_before_signing_is_a_404_to_others(cast: Cast, reader: Readers) -> None:
    for name, status in (("ana", 200), ("lin", 200), ("dee", 200), ("dan", 404), ("uma", 404), ("zoe", 404)):
        for path in ("", "/timeline", "/timeline/news"):
            assert reader(name).client.get(f"/projects/{cast.talk}{path}").status_code == status


def test_a_visit_moved_elsewhere_leaves_the_timeline(story: Story, cast: Cast, reader: Readers) -> None:
    visit = story.logs("ana")
    story.says("ana", visit, "move", project=cast.reef)
    ana = reader("ana")
    assert "二层钢结构" not in ana.get(f"/projects/{cast.sail}?kind=site").text
    assert "二层钢结构" in ana.get(f"/projects/{cast.reef}?kind=site").text


# -- live ----------------------------------------------------------------------------------------------------------


def test_news_are_nothing_until_something_shows_there(story: Story, cast: Cast, reader: Readers) -> None:
    lin = reader("lin")
    known = lin.get(f"/projects/{cast.sail}").one(data_timeline=True).attrs["data-version"]
    url = f"/projects/{cast.sail}/timeline/news?after="
    assert lin.client.get(url + known).status_code == 204
    story.logs("ana")
    answer = lin.client.get(url + known)
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    news = lin.get(url + known).one(data_timeline=True)
    assert len(entries(news)) == 1
    assert lin.client.get(url + news.attrs["data-version"]).status_code == 204


def test_a_photo_that_arrives_is_news(story: Story, cast: Cast, reader: Readers) -> None:
    story.logs("ana", photos=1, stored=False)
    lin = reader("lin")
    known = lin.get(f"/projects/{cast.sail}").one(data_timeline=True).attrs["data-version"]
    story.arrive(story.photos)
    assert lin.client.get(f"/projects/{cast.sail}/timeline/news?after={known}").status_code == 200


def test_polling_does_not_keep_a_session_alive(story: Story, cast: Cast, client_of: Any) -> None:
    client = client_of("lin", own_device=False)
    assert client.get(f"/projects/{cast.sail}/timeline/news?after=x").status_code == 200
    from fieldapp.core import clock

    clock.advance(timedelta(minutes=29))
    client.get(f"/projects/{cast.sail}/timeline/news?after=x")
    clock.advance(timedelta(minutes=2))
    assert client.get(f"/projects/{cast.sail}/timeline/news?after=x").status_code == 401


# -- cost ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("few, many", [(10, 30)])
def test_ten_entries_cost_as_many_statements_as_thirty(
    story: Story, cast: Cast, db: Database, few: int, many: int
) -> None:
    for n in range(many):
        visit = story.logs("ana", at=NOON - timedelta(hours=n), photos=2, issues=[{}], participants=[cast.bo])
        story.says("bo", visit, "addition", text="补充", at=NOON - timedelta(hours=n))
    assert _statements(db, cast, few * 3) == _statements(db, cast, many * 3)


def _statements(db: Database, cast: Cast, limit: int) -> int:
    queries.let_photos_ask(zone_readable=True)
    with db.reading() as session:
        project = session.get_one(Project, cast.sail)
        person = cast.person(session, "lin")
        with statements_of(db) as asked:
            shown = timeline_queries.timeline_of(
                session, person, project, zone_readable=True, zone="Asia/Shanghai", limit=limit
            )
    assert len(shown.lines) == limit
    return len(asked)
