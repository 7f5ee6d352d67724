"""The start page, and the list of projects."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select, update

from fieldapp.core.db import Database
from fieldapp.feed import queries
from fieldapp.projects.models import Contact, Opened, Project
from tests.cast import NOON, Cast
from tests.feed.pages import Node, Reader
from tests.feed.story import Story

Readers = Callable[[str], Reader]


def section(page: Node, title: str) -> Node:
    return next(one for one in page.all("section") if one.all("h2") and one.all("h2")[0].text == title)


def titles(node: Node) -> list[str]:
    return [one.text for one in node.all(css="cell-title")]


def test_today_shows_what_concerns_ana(story: Story, cast: Cast, db: Database, reader: Readers) -> None:
    story.logs("ana", issues=[{"title": "临时用水"}], next_step={"text": "复核水压", "on": "2026-11-20"})
    story.logs("bo", content="别人的")
    page = reader("ana").get("/")
    assert titles(section(page, "待跟进")) == ["复核水压"]
    assert titles(section(page, "我的问题诉求")) == ["临时用水"]
    assert titles(section(page, "今天登记")) == ["云帆新材料（一期）"]
    assert titles(section(page, "久未联系")) == ["远山食品（一期）"]


def test_a_project_contacted_by_phone_is_no_longer_waiting(
    story: Story, cast: Cast, db: Database, reader: Readers
) -> None:
    with db.writing() as session:
        session.execute(update(Project).values(last_contact_at=NOON - timedelta(days=31)))
    assert len(titles(section(reader("ana").get("/"), "久未联系"))) == 2
    story.logs("bo", kind="phone_follow_up")
    assert titles(section(reader("ana").get("/"), "久未联系")) == ["远山食品（一期）"]


def test_a_project_may_wish_to_be_contacted_less_often(cast: Cast, db: Database, reader: Readers) -> None:
    with db.writing() as session:
        session.execute(update(Project).values(last_contact_at=NOON - timedelta(days=31), contact_every_days=90))
    assert "没有久未联系的项目" in reader("ana").get("/").text


def test_a_units_start_page_is_what_waits_to_be_accepted(cast: Cast, reader: Readers) -> None:
    answer = reader("uma").client.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/issues?part=waiting")


def test_the_phone_finds_where_to_say_what_it_holds(cast: Cast, reader: Readers) -> None:
    page = reader("ana").get("/")
    waiting = page.one(data_waiting=True)
    assert waiting.attrs["data-owner"] == str(cast.ana) and "hidden" in waiting.attrs
    assert waiting.all("template", data_waiting_template=True) and page.all(data_ready_offline=True)


def test_what_is_to_be_sorted_out_is_counted_by_whoever_knows(cast: Cast, reader: Readers) -> None:
    before = list(queries.to_sort_out)
    queries.to_sort_out[:] = [lambda _session, person: 3 if person.is_lead else 0]
    try:
        assert [cell.attrs["href"] for cell in reader("lin").get("/").all("a", css="cell-link", href="/review")] == [
            "/review"
        ]
        assert reader("ana").get("/").all("a", css="cell-link", href="/review") == []
    finally:
        queries.to_sort_out[:] = before


# -- projects ------------------------------------------------------------------------------------------------------


def test_the_list_of_projects_is_searched_by_name_initials_and_enterprise(cast: Cast, reader: Readers) -> None:
    ana, dan = reader("ana"), reader("dan")
    assert titles(ana.get("/projects")) == ["云帆新材料（一期）", "远山食品（一期）", "海岬装备（一期）"]  # hers first
    assert titles(dan.get("/projects")) == ["海岬装备（一期）", "云帆新材料（一期）"]
    assert titles(ana.get("/projects?q=hjzb")) == ["海岬装备（一期）"]
    assert titles(ana.get("/projects?q=海岬")) == ["海岬装备（一期）"]
    assert len(titles(dan.get("/projects?q=云帆新材料有限"))) == 2
    assert value_of(ana.get("/projects?q=hjzb")) == "hjzb"


def value_of(page: Node) -> str:
    return page.one("input", name="q").attrs["value"]


def test_a_long_list_goes_on_as_one_scrolls_and_keeps_its_search(cast: Cast, db: Database, reader: Readers) -> None:
    with db.writing() as session:
        template = session.get_one(Project, cast.reef)
        for n in range(70):
            session.add(
                Project(
                    zone_id=template.zone_id, enterprise_id=template.enterprise_id, name=f"批量 & {n:02}", stage="S05"
                )
            )
    dan, found = reader("dan"), []
    page = dan.get("/projects?q=批量 %26")
    while True:
        found += [title for title in titles(page) if title.startswith("批量")]
        more = page.all("li", data_more=True)
        if not more:
            break
        page = dan.get(more[0].attrs["hx-get"])
    assert found == [f"批量 & {n:02}" for n in range(70)]


def test_phone_numbers_are_whole_for_the_assigned_and_masked_for_others(
    cast: Cast, db: Database, reader: Readers
) -> None:
    with db.writing() as session:
        session.add(Contact(enterprise_id=cast.enterprise, name="周明", title="项目经理", phone="13800005678"))
    mine, theirs = reader("ana").get(f"/projects/{cast.sail}"), reader("dan").get(f"/projects/{cast.sail}")
    assert mine.all("a", href="tel:13800005678")
    assert "138****5678" in theirs.text and "13800005678" not in theirs.text
    assert theirs.all("a", href="tel:13800005678") == []


def test_the_head_tells_who_serves_it_its_stage_and_its_open_issues(story: Story, cast: Cast, reader: Readers) -> None:
    story.logs("ana", issues=[{}, {"sensitive": True}])
    page = reader("lin").get(f"/projects/{cast.sail}")
    assert "云帆新材料有限公司" in page.text and "东片区 · 主体施工" in page.text
    assert "安娜 主责" in page.text and "未销号 2 件" in page.text and "今天联系过" in page.text
    assert "未销号 1 件" in reader("bo").get(f"/projects/{cast.sail}").text
    assert page.all("a", css="bar-action", href=f"/capture?project={cast.sail}")


def test_opening_a_project_is_remembered_once_a_day(cast: Cast, db: Database, reader: Readers) -> None:
    for _ in range(2):
        reader("dan").get(f"/projects/{cast.sail}")
    with db.reading() as session:
        assert [(row.user_id, row.project_id, row.at) for row in session.scalars(select(Opened))] == [
            (cast.dan, cast.sail, NOON)
        ]
