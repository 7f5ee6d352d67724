"""`/search`: what each of the cast finds, and what nobody may find out by searching."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from fieldapp.core.db import Database, new_id
from fieldapp.feed import search_actions, search_queries
from fieldapp.issues.models import Issue
from fieldapp.projects.models import Assignment, Contact, Enterprise, Project
from fieldapp.search import actions as search
from fieldapp.visits.models import Visit
from tests.cast import NOON, Cast
from tests.feed.pages import Node, Reader
from tests.feed.story import Story
from tests.statements import statements_of

Readers = Callable[[str], Reader]
NUMBER = "13800005678"


def add(db: Database, *rows: Any) -> None:
    with db.writing() as session:
        session.add_all(rows)


def found(page: Node) -> list[str]:
    """Where the hits lead."""
    return [a.attrs["href"].partition("#")[0] for a in page.one("main").all("a", css="cell-link")]


def number_of(db: Database, model: Any, id: UUID) -> str:
    with db.reading() as session:
        return str(session.scalar(select(model.number).where(model.id == id)))


def test_ana_finds_enterprise_project_person_issue_and_visit_grouped(
    story: Story, cast: Cast, db: Database, reader: Readers
) -> None:
    add(db, Contact(enterprise_id=cast.enterprise, name="云中鹤", phone=NUMBER))
    visit = story.logs("ana", content="已与云中鹤谈妥", issues=[{"title": "云梯停放"}])
    issue = story.issue_of(visit)
    ana = reader("ana")
    page = ana.get("/search?q=云")
    assert found(page) == [f"/enterprises/{cast.enterprise}"]  # one character: enterprises and numbers only
    page = ana.get("/search?q=云帆")
    projects = {f"/projects/{id}" for id in (cast.sail, cast.reef, cast.talk)}
    assert found(page)[0] == f"/enterprises/{cast.enterprise}" and set(found(page)[1:]) == projects
    page = ana.get("/search?q=云中鹤")
    assert found(page) == [f"/enterprises/{cast.enterprise}", f"/visits/{visit}"]
    assert [mark.text for mark in page.one("main").all("mark")] == ["云中鹤"] * 2
    assert found(ana.get("/search?q=云梯")) == [f"/issues/{issue}"]
    assert f"/projects/{cast.reef}" in found(ana.get("/search?q=hjzb"))
    assert found(ana.get("/search?q=没有的")) == [] and found(ana.get("/search")) == []


def test_met_people_next_steps_and_later_additions_are_found_and_follow_the_fold(story: Story, reader: Readers) -> None:
    visit = story.logs("ana", met=[{"name": "欧阳慧", "title": "安环部长"}], next_step={"text": "下周复核围挡"})
    bo = reader("bo")
    for query in ("欧阳", "安环", "围挡 复核", "二层钢"):
        assert found(bo.get(f"/search?q={query}&kind=visit")) == [f"/visits/{visit}"], query
    story.says("bo", visit, "addition", text="塔吊已拆除")
    story.says("ana", visit, "correction", fields={"content": "改为三层混凝土"})
    assert [found(bo.get(f"/search?q={query}")) for query in ("塔吊", "混凝", "二层钢")] == [
        [f"/visits/{visit}"]
    ] * 2 + [[]]
    story.says("ana", visit, "withdrawal", reason="重复")
    for name in ("ana", "lin", "bo"):
        assert [found(reader(name).get(f"/search?q={query}")) for query in ("塔吊", "混凝", "欧阳")] == [[]] * 3


def test_answers_to_questions_are_found_and_follow_corrections_moves_and_withdrawals(
    story: Story, cast: Cast, reader: Readers
) -> None:
    asked = [{"question": "power", "text": "用电缺口多大", "answer": "尚缺三百千伏安"}, {"text": "有无停工"}]
    visit, bo = story.logs("ana", asked=asked), reader("bo")

    def hits(query: str) -> list[str]:
        return found(bo.get(f"/search?q={query}"))

    assert hits("千伏安") == hits("用电缺口") == [f"/visits/{visit}"] and hits("停工") == []
    assert "用电缺口多大 尚缺三百" in bo.get("/search?q=千伏安&kind=visit").text  # the rest is set off
    story.says("ana", visit, "correction", fields={"asked": [{**asked[0], "answer": "已经增容"}]})
    assert hits("增容") == [f"/visits/{visit}"] and hits("千伏安") == []
    story.says("ana", visit, "move", project=cast.talk)  # of ana's and bo's team
    assert hits("增容") == [f"/visits/{visit}"] and found(reader("dan").get("/search?q=增容")) == []
    story.says("ana", visit, "withdrawal", reason="重复")
    assert hits("增容") == found(reader("ana").get("/search?q=增容")) == []


def test_an_issue_is_found_by_what_was_said_of_it_until_it_is_withdrawn(story: Story, reader: Readers) -> None:
    issue = story.issue_of(story.logs("ana", issues=[{"title": "水压不足", "text": "高峰时段"}]))
    story.event("ana", issue, "progress", text="已更换减压阀")
    bo = reader("bo")
    for query in ("水压", "高峰", "减压阀"):
        assert found(bo.get(f"/search?q={query}")) == [f"/issues/{issue}"], query
    story.event("ana", issue, "withdrawn")
    assert found(bo.get("/search?q=水压")) == found(bo.get("/search?q=减压阀")) == []


def test_a_number_is_found_as_one_says_it(story: Story, db: Database, reader: Readers) -> None:
    visit = story.logs("ana", issues=[{}])
    issue, ana = story.issue_of(visit), reader("ana")
    said, of_issue = number_of(db, Visit, visit), number_of(db, Issue, issue)
    for query in (said, said.lower(), f"ＺＦ-{said[3:]}", said[3:7] + "-1", "zf1", "1", "000001"):
        assert f"/visits/{visit}" in found(ana.get(f"/search?q={query}")), query
    assert found(ana.get(f"/search?q={of_issue}")) == [f"/issues/{issue}"]
    assert found(ana.get("/search?q=zf2")) == []
    story.says("ana", visit, "withdrawal", reason="重复")
    assert f"/visits/{visit}" not in found(ana.get(f"/search?q={said}"))


def test_the_last_four_digits_find_a_person_only_for_who_may_see_the_number(
    cast: Cast, db: Database, reader: Readers
) -> None:
    firm = Enterprise(id=new_id(), name="海岬重工", initials="hjzg")
    port = Project(id=new_id(), zone_id=cast.zone, enterprise_id=firm.id, name="海岬码头", stage="S08")
    add(db, firm)
    add(db, port)
    add(db, Assignment(project_id=port.id, team_id=cast.second_team, starts_on=date(2026, 1, 1)))
    add(db, Contact(enterprise_id=firm.id, name="周明", phone="138 0000-5678"))
    assert found(reader("dan").get("/search?q=5678")) == [f"/enterprises/{firm.id}"]
    for name in ("ana", "lin", "dee"):
        assert found(reader(name).get("/search?q=5678")) == []
    page = reader("ana").get("/search?q=周明")
    assert "5678" in page.text and "0000-5678" not in page.text
    for query in ("567", "05678", "00005678"):
        assert found(reader("dan").get(f"/search?q={query}")) == []


def test_sensitive_and_negotiation_text_is_found_by_those_only_who_may_read_it(
    story: Story, cast: Cast, db: Database, reader: Readers
) -> None:
    marker = "暗号七七"
    story.logs("ana", content=marker, sensitive=True, issues=[{"title": marker, "sensitive": True}])
    story.logs("ana", project=cast.talk, content=marker, issues=[{"title": marker}])
    story.logs("ana", project=None, typed_project=marker)
    talks = Enterprise(id=new_id(), name=f"{marker}集团")
    project = Project(id=new_id(), zone_id=cast.zone, enterprise_id=talks.id, name=marker, stage="S00")
    add(db, talks)
    add(db, project)
    add(db, Assignment(project_id=project.id, team_id=cast.first_team, starts_on=date(2026, 1, 1)))
    add(db, Contact(enterprise_id=talks.id, name=marker, phone=NUMBER))
    counts = {}
    for name in ("ana", "bo", "dan", "zoe"):
        everything = found(reader(name).get(f"/search?q={marker}"))
        alone = [found(reader(name).get(f"/search?q={marker}&kind={kind}")) for kind in search_queries.KINDS]
        assert sorted(everything) == sorted(href for one in alone for href in one)
        counts[name] = [len(one) for one in alone]
    assert counts == {"ana": [1, 1, 1, 2, 3], "bo": [1, 1, 1, 1, 2], "dan": [0] * 5, "zoe": [0] * 5}
    assert marker not in reader("dan").get("/search?q=暗号").text
    assert reader("uma").client.get(f"/search?q={marker}").status_code == 404


def test_pages_of_one_kind_follow_each_other(story: Story, reader: Readers) -> None:
    for n in range(45):
        story.logs("ana", at=NOON - timedelta(minutes=n), content=f"桩基施工第{n}根")
    lin, hits = reader("lin"), []
    page = lin.get("/search?q=桩基")
    assert len(found(page)) == search_queries.FEW
    assert page.all("a", href="/search?q=%E6%A1%A9%E5%9F%BA&kind=visit")
    page = lin.get("/search?q=桩基&kind=visit")
    while True:
        hits += [note.text.replace(" ", "") for note in page.all("span", css="cell-note")]
        more = page.all("li", data_more=True)
        if not more:
            break
        page = lin.get(more[0].attrs["hx-get"])
    assert hits == [f"桩基施工第{n}根" for n in range(45)]


def test_what_was_typed_is_shown_as_text(story: Story, reader: Readers) -> None:
    story.logs("ana", content="<b>粗体</b>的 & 符号")
    page = reader("ana").get("/search?q=粗体")
    assert page.one("span", css="cell-note").text == "<b> 粗体 </b>的 & 符号" and page.all("b") == []
    reader("ana").get("/search?q=" + "%22%3E%3Cscript%3E" + "x" * 300)
    reader("ana").get("/search?q=粗体&kind=nonsense&after=nonsense")


def test_every_page_leads_to_it(story: Story, cast: Cast, reader: Readers) -> None:
    visit = story.logs("ana")
    for path in (
        "/",
        "/projects",
        f"/projects/{cast.sail}",
        "/enterprises",
        f"/visits/{visit}",
        "/issues",
        "/map",
        "/settings",
    ):
        assert reader("ana").get(path).all("a", href="/search"), path


@pytest.mark.parametrize("few, many", [(3, 20)])
def test_twenty_hits_cost_as_many_statements_as_three(
    story: Story, cast: Cast, db: Database, few: int, many: int
) -> None:
    counts = []
    for n in range(many):
        story.logs("ana", at=NOON - timedelta(minutes=n), content="桩基施工", issues=[{"title": "桩基偏位"}])
        if n + 1 in (few, many):
            with db.reading() as session:
                person = cast.person(session, "lin")
                with statements_of(db) as asked:
                    for kind in ("visit", "issue"):
                        shown = search_queries.results(session, person, "桩基", zone_readable=True, kind=kind)
                        assert shown.count == n + 1
            counts.append(len(asked))
    assert counts[0] == counts[1]


def test_the_index_made_anew_finds_what_it_found_before(story: Story, db: Database, reader: Readers) -> None:
    visit = story.logs("ana", issues=[{"title": "水压不足"}])
    story.says("bo", visit, "addition", text="塔吊已拆除")
    gone = story.logs("ana", content="写错了的塔吊")
    story.says("ana", gone, "withdrawal", reason="重复")
    with db.writing() as session:
        search.forget_all(session)
    assert found(reader("bo").get("/search?q=塔吊")) == []
    for _time in range(2):
        assert search_actions.rebuild(db) == 3
        bo = reader("bo")
        assert found(bo.get("/search?q=塔吊")) == [f"/visits/{visit}"]
        assert found(bo.get("/search?q=水压")) == [f"/issues/{story.issue_of(visit)}"]
