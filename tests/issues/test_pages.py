"""The list of open issues, and one issue to read."""

from collections.abc import Callable
from datetime import timedelta

from fieldapp.core.db import Database, new_id
from fieldapp.issues.models import Issue
from tests.cast import NOON, Cast
from tests.feed.pages import Node, Reader
from tests.feed.story import Story

Readers = Callable[[str], Reader]


def titles(page: Node) -> list[str]:
    return [one.text for one in page.all(css="cell-title")]


def test_open_issues_stand_by_their_due_date_then_by_age(story: Story, reader: Readers) -> None:
    story.logs("ana", at=NOON - timedelta(days=3), issues=[{"title": "老的"}])
    story.logs(
        "ana", at=NOON - timedelta(days=2), issues=[{"title": "后天", "enterprise_deadline": NOON + timedelta(days=2)}]
    )
    story.logs(
        "ana",
        at=NOON - timedelta(days=1),
        issues=[{"title": "超期", "enterprise_deadline": NOON - timedelta(hours=30)}],
    )
    story.logs("ana", issues=[{"title": "新的"}])
    page = reader("lin").get("/issues")
    assert titles(page) == ["超期", "后天", "老的", "新的"]
    assert [badge.text for badge in page.all(css="due")] == ["超期 · 1 天", "正常 · 还剩 2 天"]


def test_a_long_list_goes_on(story: Story, reader: Readers) -> None:
    for n in range(4):
        at = NOON - timedelta(hours=n)
        deadline = NOON + timedelta(days=1) if n % 2 else None
        story.logs("ana", at=at, issues=[{"title": f"{n}-{m}", "enterprise_deadline": deadline} for m in range(10)])
    lin, found = reader("lin"), []
    page = lin.get("/issues")
    while True:
        found += titles(page)
        more = page.all("li", data_more=True)
        if not more:
            break
        page = lin.get(more[0].attrs["hx-get"])
    assert len(found) == len(set(found)) == 40
    assert [title[0] for title in found] == ["3"] * 10 + ["1"] * 10 + ["2"] * 10 + ["0"] * 10


def test_filters_by_state_and_by_what_is_mine(story: Story, cast: Cast, reader: Readers) -> None:
    mine = story.logs("ana", issues=[{"title": "我的"}])
    story.logs("dan", project=cast.reef, issues=[{"title": "他的"}])
    story.dispatch(story.issue_of(mine))
    ana = reader("ana")
    assert set(titles(ana.get("/issues"))) == {"我的", "他的"}
    assert titles(ana.get("/issues?mine=1")) == ["我的"]
    assert titles(ana.get("/issues?state=dispatched")) == ["我的"]
    assert titles(ana.get("/issues?state=open&mine=1")) == []
    assert len(titles(ana.get("/issues?state=struck_off"))) == 2  # no state of an open issue: no filter


def test_uma_sees_what_was_dispatched_to_her_unit_and_nothing_else(story: Story, cast: Cast, reader: Readers) -> None:
    visit, other = (
        story.logs("ana", issues=[{"title": "给供水"}]),
        story.logs("ana", issues=[{"title": "未分派", "category": "water"}]),
    )
    issue = story.issue_of(visit)
    uma = reader("uma")
    assert titles(uma.get("/issues")) == []
    story.dispatch(issue)
    assert titles(uma.get("/issues")) == ["给供水"]
    page = uma.get(f"/issues/{issue}")
    assert "供水公司 · 签收" in page.text and "云帆新材料（一期）" in page.text
    assert page.all("a", href=f"/projects/{cast.sail}") == [] and page.all("a", href=f"/visits/{visit}") == []
    assert uma.client.get(f"/issues/{story.issue_of(other)}").status_code == 404


def test_a_unit_finds_what_waits_what_is_in_hand_and_what_is_done(
    story: Story, db: Database, cast: Cast, reader: Readers
) -> None:
    found = {
        title: story.issue_of(story.logs("ana", issues=[{"title": title}]))
        for title in ("新来", "在办", "办好", "销号")
    }
    for issue in found.values():
        story.dispatch(issue)
    with db.writing() as session:
        for title, state in (("在办", "handling"), ("办好", "replied"), ("销号", "struck_off")):
            issue = session.get_one(Issue, found[title])
            issue.state, issue.closed_at = state, NOON if state == "struck_off" else None
    uma = reader("uma")
    assert [titles(uma.get(f"/issues?part={part}")) for part in ("waiting", "handling")] == [["新来"], ["在办"]]
    assert set(titles(uma.get("/issues?part=done"))) == {"办好", "销号"}
    page = uma.get("/issues?part=done")
    assert [one.text for one in page.one("nav", css="nav").all("a", aria_current="page")] == ["已办结"]
    assert set(titles(reader("lin").get("/issues?part=done"))) == {"新来", "在办", "办好"}  # a unit's bar only


def test_an_issue_tells_its_story_newest_last(story: Story, cast: Cast, reader: Readers) -> None:
    visit = story.logs(
        "ana", issues=[{"title": "水压不足", "text": "二层用水", "raised_by": "周明", "category": "water"}]
    )
    issue = story.issue_of(visit)
    story.event("bo", issue, "progress", text="已报供水公司", at=NOON + timedelta(minutes=1))
    page = reader("lin").get(f"/issues/{issue}")
    assert [one.text for one in page.one(css="timeline").all(css="entry-title")] == ["登记", "有进展"]
    assert "已报供水公司" in page.text and "二层用水" in page.text and "周明" in page.text and "用水" in page.text
    assert page.one(css="next-step-who").text == "团队负责人 · 分派"
    assert page.all("a", href=f"/visits/{visit}") and page.all("a", href=f"/projects/{cast.sail}")


def test_the_clocks_speak_in_words(story: Story, db: Database, reader: Readers) -> None:
    issue = story.issue_of(story.logs("ana", issues=[{"enterprise_deadline": NOON + timedelta(hours=5)}]))
    story.dispatch(issue)
    with db.writing() as session:
        session.get_one(Issue, issue).due_at = NOON - timedelta(days=3, hours=1)
    clocks = reader("lin").get(f"/issues/{issue}").all(css="clock")
    assert [clock.attrs["data-state"] for clock in clocks] == ["over", "soon"]
    assert [clock.one(css="clock-words").text for clock in clocks] == ["办理时限 · 超期 3 天", "企业期限 · 还剩 5 小时"]


def test_sensitive_issues_and_those_of_hidden_projects_are_404_to_others(
    story: Story, cast: Cast, reader: Readers
) -> None:
    sensitive = story.issue_of(story.logs("ana", issues=[{"sensitive": True, "title": "敏感的"}]))
    early = story.issue_of(story.logs("ana", project=cast.talk, issues=[{"title": "签约前"}]))
    seen = {
        name: [reader(name).client.get(f"/issues/{id}").status_code for id in (sensitive, early, new_id())]
        for name in ("ana", "bo", "lin", "dan", "dee", "uma", "zoe")
    }
    assert seen == {
        "ana": [200, 200, 404], "bo": [404, 200, 404], "lin": [200, 200, 404], "dan": [404, 404, 404],
        "dee": [200, 200, 404], "uma": [404, 404, 404], "zoe": [404, 404, 404],
    }  # fmt: skip
    assert titles(reader("dan").get("/issues")) == []
    assert titles(reader("bo").get("/issues")) == ["签约前"]


def test_an_issues_photos_are_shown_with_the_event_that_brought_them(story: Story, reader: Readers) -> None:
    visit = story.logs("ana", photos=2, issues=[{}], issue_photos=1)
    page = reader("lin").get(f"/issues/{story.issue_of(visit)}")
    assert len(page.one(css="timeline").all("img")) == 1


def test_a_stranger_is_asked_to_sign_in(story: Story, reader: Readers) -> None:
    issue = story.issue_of(story.logs("ana", issues=[{}]))
    for path in ("/issues", f"/issues/{issue}"):
        answer = reader(None).client.get(path)  # type: ignore[arg-type]
        assert answer.status_code == 302 and answer.headers["Location"].startswith("/login?next=")
