"""An enterprise's page: one place for its projects, its people and all that happened there."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from fieldapp.core.db import Database, new_id
from fieldapp.core.models import Audit
from fieldapp.feed import enterprise_actions, enterprise_queries, timeline_queries
from fieldapp.feed.brief_queries import Reach
from fieldapp.projects import credit_code
from fieldapp.projects import enterprise_queries as enterprises
from fieldapp.projects.models import Assignment, Contact, Enterprise, Project
from fieldapp.visits.models import VisitEnterprise
from tests.cast import NOON, Cast
from tests.feed.pages import Node, Reader
from tests.feed.story import Story
from tests.statements import statements_of

Readers = Callable[[str], Reader]
NUMBER = "138 0000 5678"


def entries(page: Node) -> list[Node]:
    return [node for node in page.all("li", css="entry") if "id" in node.attrs]


def add(db: Database, *rows: Any) -> None:
    with db.writing() as session:
        session.add_all(rows)


def firm(db: Database, name: str, **more: Any) -> UUID:
    one = Enterprise(id=new_id(), name=name, **more)
    id = one.id
    add(db, one)
    return id


def project(db: Database, cast: Cast, enterprise: UUID, name: str, stage: str = "S08", **more: Any) -> UUID:
    id = new_id()
    add(db, Project(id=id, zone_id=cast.zone, enterprise_id=enterprise, name=name, stage=stage, **more))
    return id


def contact(db: Database, enterprise: UUID, name: str = "周明", **more: Any) -> UUID:
    id = new_id()
    add(db, Contact(id=id, enterprise_id=enterprise, name=name, title="项目经理", phone=NUMBER, **more))
    return id


def audited(db: Database, verb: str) -> list[str]:
    with db.reading() as session:
        return list(session.scalars(select(Audit.subject_id).where(Audit.verb == verb)))


# -- what it shows -------------------------------------------------------------------------------------------------


def test_the_page_tells_who_serves_it_who_to_call_its_projects_and_its_open_issues(
    story: Story, cast: Cast, db: Database, reader: Readers
) -> None:
    contact(db, cast.enterprise)
    add(db, Assignment(project_id=cast.sail, user_id=cast.bo, starts_on=date(2025, 1, 1), ends_on=date(2025, 12, 31)))
    story.logs("ana", issues=[{"title": "北门用电不足"}])
    page = reader("ana").get(f"/enterprises/{cast.enterprise}")
    assert page.one("h1").text == "云帆新材料有限公司"
    facts = " ".join(facts.text for facts in page.all("dl", css="facts"))
    assert "安娜" in facts and "项目服务一队" in facts and "2026-01-01" in facts
    assert "柏宁" in facts  # who served it before
    assert page.all("a", href=f"tel:{NUMBER}")
    listed = {a.attrs["href"] for a in page.all("a", css="brief-line")}
    assert {f"/projects/{cast.sail}", f"/projects/{cast.reef}", f"/projects/{cast.talk}"} <= listed
    assert "北门用电不足" in page.text


def test_a_credit_code_is_checked_and_a_wrong_one_only_warns(db: Database, cast: Cast, reader: Readers) -> None:
    assert credit_code.fits("91350100M000100Y43") and not credit_code.fits("91350100M000100Y44")
    assert not credit_code.fits("9135O100M000100Y43") and not credit_code.fits("91350100M000100Y4")
    right, wrong = firm(db, "对的", uscc="91350100M000100Y43"), firm(db, "错的", uscc="91350100M000100Y44")
    tags = [
        len(reader("ana").get(f"/enterprises/{id}").all("dl", css="facts")[0].all(css="tag")) for id in (right, wrong)
    ]
    assert tags == [0, 1]


def test_a_visit_to_three_of_its_projects_stands_once_on_its_timeline(
    story: Story, cast: Cast, reader: Readers
) -> None:
    story.logs("ana", projects=[cast.talk, cast.reef])
    [entry] = entries(reader("ana").get(f"/enterprises/{cast.enterprise}?kind=site"))
    assert "云帆新材料" in entry.text and "海岬装备" in entry.text
    assert "海岬装备" not in entries(reader("ana").get(f"/projects/{cast.sail}?kind=site"))[0].text


def test_its_timeline_goes_on_where_the_page_ended(story: Story, cast: Cast, reader: Readers) -> None:
    for n in range(25):
        story.logs("ana", at=NOON - timedelta(minutes=n), content=f"第 {n} 次", project=[cast.sail, cast.reef][n % 2])
    lin, texts = reader("lin"), []
    page = lin.get(f"/enterprises/{cast.enterprise}")
    while True:
        texts += [entry.one("p", css="entry-text").text for entry in entries(page)]
        more = [one for one in page.all("li", data_more=True) if "timeline" in one.attrs["hx-get"]]
        if not more:
            break
        page = lin.get(more[0].attrs["hx-get"])
    assert texts == [f"第 {n} 次" for n in range(25)]


def test_a_sensitive_visit_and_a_project_in_talks_show_to_their_team_only(
    story: Story, cast: Cast, reader: Readers
) -> None:
    story.logs("ana", project=cast.talk, content="尚在洽谈")
    story.logs("ana", content="不便公开", sensitive=True)
    for name, talks, open in (("ana", True, True), ("lin", True, True), ("bo", True, False), ("dan", False, False)):
        page = reader(name).get(f"/enterprises/{cast.enterprise}")
        assert ("远山食品" in page.text, "尚在洽谈" in page.text, "不便公开" in page.text) == (talks, talks, open)


def test_an_enterprise_with_which_one_only_talks_is_known_to_its_team_only(
    db: Database, cast: Cast, reader: Readers
) -> None:
    one = firm(db, "远山食品有限公司")
    talk = project(db, cast, one, "远山二期", "S00")
    add(db, Assignment(project_id=talk, team_id=cast.first_team, starts_on=date(2026, 1, 1)))
    for name, status in (("ana", 200), ("dee", 200), ("dan", 404), ("zoe", 404), ("uma", 404)):
        who = reader(name)
        assert who.client.get(f"/enterprises/{one}").status_code == status
        assert who.client.get(f"/enterprises/{one}/timeline").status_code == status
        if name in ("ana", "dee", "dan"):
            assert ("远山食品" in who.get("/enterprises").text) == (status == 200)


def test_a_project_and_today_lead_to_it(story: Story, cast: Cast, reader: Readers) -> None:
    page = reader("ana").get(f"/projects/{cast.sail}")
    assert page.all("a", href=f"/enterprises/{cast.enterprise}")
    assert reader("ana").get("/projects").all("a", href="/enterprises")


# -- numbers -------------------------------------------------------------------------------------------------------


def test_a_number_is_masked_for_those_not_assigned_and_each_look_at_it_is_audited(
    db: Database, cast: Cast, reader: Readers
) -> None:
    one = firm(db, "海岬重工")
    mine = project(db, cast, one, "海岬码头")
    add(db, Assignment(project_id=mine, team_id=cast.second_team, starts_on=date(2026, 1, 1)))
    who = contact(db, one)
    page = reader("dan").get(f"/enterprises/{one}")
    assert page.all("a", href=f"tel:{NUMBER}")
    ana = reader("ana")
    page = ana.get(f"/enterprises/{one}")
    assert NUMBER not in page.text and "5678" in page.text and page.all("a", href=f"tel:{NUMBER}") == []
    url = page.one("form", action=f"/enterprises/{one}/contacts/{who}/number").attrs["action"]
    assert audited(db, "contact.revealed") == []
    answer = ana.client.post(url)
    assert answer.status_code == 200 and f"tel:{NUMBER}" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    fragment = ana.client.post(url, headers={"HX-Request": "true"})
    assert f"tel:{NUMBER}" in fragment.text and "<html" not in fragment.text
    [row] = [row for row in page.all("div", css="contact") if row.all("form", action=url)]
    assert row.one("form", action=url).attrs["hx-target"] == "closest .contact"  # which the fragment replaces
    assert audited(db, "contact.revealed") == [str(who)] * 2
    assert NUMBER not in ana.get(f"/enterprises/{one}").text
    assert reader("dan").client.post(url).status_code == 200 and len(audited(db, "contact.revealed")) == 2
    for stranger in ("zoe", "uma"):
        assert reader(stranger).client.post(url).status_code == 404


# -- adding --------------------------------------------------------------------------------------------------------


def form_of(page: Node, action: str) -> dict[str, str]:
    """The hidden fields of a form, as a browser sends them back."""
    fields = page.one("form", action=action, method="post").all("input", type="hidden")
    return {field.attrs["name"]: field.attrs["value"] for field in fields}


def test_ana_adds_a_contact_once_however_often_the_form_is_sent(db: Database, cast: Cast, reader: Readers) -> None:
    ana, url = reader("ana"), f"/enterprises/{cast.enterprise}/contacts"
    given = {
        **form_of(ana.get(f"/enterprises/{cast.enterprise}"), url),
        "name": "吴敏",
        "title": "",
        "phone": "１３９-00001111",
    }
    for _send in range(2):
        assert ana.post(url, given) == f"/enterprises/{cast.enterprise}#contacts"
    with db.reading() as session:
        [one] = session.scalars(select(Contact))
    assert (one.confirmed, one.phone_tail, one.proposed_by) == (False, "1111", cast.ana)
    other = ana.post(url, {**given, "name": "另一人"}, status=422)
    assert other.one("input", name="name").attrs["value"] == "另一人"
    again = form_of(other, url)
    assert again["contact_id"] != given["contact_id"]
    assert len(audited(db, "contact.added")) == 1


def test_a_contact_without_a_name_or_with_half_a_number_comes_back_with_all_that_was_typed(
    cast: Cast, reader: Readers
) -> None:
    page = reader("ana").post(f"/enterprises/{cast.enterprise}/contacts", {"title": "厂长", "phone": "12"}, status=422)
    assert [page.one("input", name=n).attrs.get("aria-invalid") for n in ("name", "title", "phone")] == [
        "true",
        None,
        "true",
    ]
    assert page.one("input", name="title").attrs["value"] == "厂长"
    assert page.one("input", name="title").attrs["type"] == "text"


def test_bo_adds_an_enterprise_by_its_name_and_the_desk_confirms_it(db: Database, cast: Cast, reader: Readers) -> None:
    bo = reader("bo")
    given = {
        **form_of(bo.get("/enterprises/new"), "/enterprises"),
        "enterprise": "星澜电子有限公司",
        "name": "钱工",
        "phone": NUMBER,
    }
    place = bo.post("/enterprises", given)
    assert bo.post("/enterprises", given) == place
    for name, status in (("bo", 200), ("ana", 200), ("lin", 200), ("dee", 200), ("dan", 404)):
        assert reader(name).client.get(place).status_code == status
    assert f"tel:{NUMBER}" in bo.client.get(place).text
    dee = reader("dee")
    assert dee.get(place).all("form", action=f"{place}/confirmation")
    assert bo.get(place).all("form", action=f"{place}/confirmation") == []
    assert bo.client.post(f"{place}/confirmation").status_code == 404
    for _send in range(2):
        assert dee.post(f"{place}/confirmation", {}) == place
    assert reader("dan").client.get(place).status_code == 200
    assert len(audited(db, "enterprise.added")) == len(audited(db, "enterprise.confirmed")) == 1
    assert "xldzyxgs" in _initials(db)


def test_the_desk_finds_what_waits_to_be_confirmed(db: Database, cast: Cast, reader: Readers) -> None:
    for n in range(40):
        firm(db, f"待{n:02d}", confirmed=False, proposed_by=cast.bo, proposed_team=cast.first_team)
    dee, names = reader("dee"), []
    page = dee.get("/enterprises?part=unconfirmed")
    while True:
        names += [cell.text for cell in page.all("span", css="cell-title")]
        more = page.all("li", data_more=True)
        if not more:
            break
        page = dee.get(more[0].attrs["hx-get"])
    assert names == [f"待{n:02d}" for n in range(40)]
    assert dee.get("/enterprises").all("a", href="/enterprises?part=unconfirmed")
    bo = reader("bo").get("/enterprises?part=unconfirmed")  # who does not confirm sees the list that they know
    assert "云帆新材料有限公司" in bo.text and not bo.all("a", href="/enterprises?part=unconfirmed")


def _initials(db: Database) -> set[str]:
    with db.reading() as session:
        return set(session.scalars(select(Enterprise.initials)))


def test_what_is_called_alike_is_shown_before_another_is_added(cast: Cast, db: Database, reader: Readers) -> None:
    ana = reader("ana")
    given = {"id": str(new_id()), "contact_id": str(new_id()), "enterprise": "云帆新材"}
    page = ana.post("/enterprises", given, status=422)
    assert page.all("a", href=f"/enterprises/{cast.enterprise}")
    assert page.one("input", name="enterprise").attrs["value"] == "云帆新材"
    ana.post("/enterprises", {**given, "anyway": "1"})
    page = ana.post("/enterprises", {"enterprise": "", "uscc": "9" * 20}, status=422)
    assert page.one("input", name="enterprise").attrs["aria-invalid"] == "true"
    firm(db, "已有", uscc="91350100M000100Y43")
    page = ana.post("/enterprises", {"enterprise": "另一家", "uscc": "91350100m000100y43"}, status=422)
    assert page.one("input", name="uscc").attrs["aria-invalid"] == "true"


def test_a_visit_on_the_phone_brings_a_new_enterprise_and_whom_one_met_there_once(
    story: Story, cast: Cast, db: Database, reader: Readers
) -> None:
    new, person = new_id(), new_id()
    met = [{"name": "孙立", "title": "经理", "phone": NUMBER, "contact": person}, {"name": "只见过面"}]
    visit = story.logs("ana", project=None, enterprises=[new], typed_project="临港精密", met=met)
    with db.reading() as session:
        one, who = session.get_one(Enterprise, new), session.get_one(Contact, person)
        assert (one.name, one.confirmed, who.enterprise_id, who.phone, who.confirmed) == (
            "临港精密",
            False,
            new,
            NUMBER,
            False,
        )
        assert session.scalar(select(func.count()).select_from(Contact)) == 1
    assert "5678" not in str(_column(db, visit, "met"))
    assert entries(reader("ana").get(f"/enterprises/{new}"))
    story.logs(
        "bo", project=None, enterprises=[new], typed_project="临港精密（又）", met=[{"name": "孙立", "phone": NUMBER}]
    )
    with db.reading() as session:
        assert session.get_one(Enterprise, new).name == "临港精密"
        assert session.scalar(select(func.count()).select_from(Contact)) == 1


def _column(db: Database, visit: UUID, name: str) -> Any:
    with db.reading() as session:
        return session.execute(text(f"SELECT {name} FROM visit")).scalars().all()


def test_a_visit_to_an_enterprise_that_nobody_has_confirmed_is_for_the_team_until_then(
    story: Story, cast: Cast, reader: Readers
) -> None:
    new = new_id()
    visit = story.logs("ana", project=None, enterprises=[new], typed_project="临港精密", issues=[{"title": "落户意向"}])
    issue = story.issue_of(visit)

    def seen(name: str) -> list[int]:
        paths = (f"/enterprises/{new}", f"/visits/{visit}", f"/issues/{issue}")
        return [reader(name).client.get(path).status_code for path in paths]

    assert {name: seen(name) for name in ("bo", "lin", "dee", "dan")} == {
        "bo": [200] * 3, "lin": [200] * 3, "dee": [200] * 3, "dan": [404] * 3,
    }  # fmt: skip
    reader("dee").post(f"/enterprises/{new}/confirmation", {})
    assert seen("dan") == [200] * 3


def test_whom_one_met_on_a_visit_without_a_project_is_a_contact_once_it_is_filed(
    story: Story, cast: Cast, db: Database, reader: Readers
) -> None:
    visit = story.logs("ana", project=None, typed_project="云帆", met=[{"name": "孙立", "phone": NUMBER}])
    with db.reading() as session:
        assert session.scalars(select(Contact.enterprise_id)).all() == [None]
    assert NUMBER not in reader("ana").get(f"/enterprises/{cast.enterprise}").text
    story.says("ana", visit, "move", project=cast.sail)
    with db.reading() as session:
        assert session.scalars(select(Contact.enterprise_id)).all() == [cast.enterprise]
    assert NUMBER in reader("ana").get(f"/enterprises/{cast.enterprise}").text


def test_a_visit_filed_under_an_enterprise_takes_its_contacts_along(story: Story, cast: Cast, db: Database) -> None:
    visit = story.logs("ana", project=None, typed_project="云帆", met=[{"name": "孙立", "phone": NUMBER}])
    old = firm(db, "旧名")
    with db.writing() as session:
        enterprise_actions.merge(session, cast.person(session, "dee"), old, cast.enterprise)
    story.says("ana", visit, "move", enterprises=[old])
    with db.reading() as session:
        assert session.scalars(select(Contact.enterprise_id)).all() == [cast.enterprise]
        assert session.scalars(select(VisitEnterprise.enterprise_id)).all() == [cast.enterprise]


# -- merging -------------------------------------------------------------------------------------------------------


def test_the_desk_merges_two_and_everything_goes_over(story: Story, cast: Cast, db: Database, reader: Readers) -> None:
    old = firm(db, "云帆新材", confirmed=False, proposed_by=cast.bo, uscc="91350100M000100Y43")
    theirs = project(db, cast, old, "云帆三期")
    contact(db, old)
    contact(db, old, "吴敏")
    contact(db, cast.enterprise)
    at_both = story.logs("ana", projects=[theirs])
    alone = story.logs("bo", project=None, enterprises=[old], issues=[{"title": "围挡"}])
    dee = reader("dee")
    page = dee.get(f"/enterprises/{old}/merge")
    assert page.all("button", value=str(cast.enterprise))
    assert (
        reader("lin").client.post(f"/enterprises/{old}/merge", data={"into": str(cast.enterprise)}).status_code == 404
    )
    for _send in range(2):
        assert (
            dee.post(f"/enterprises/{old}/merge", {"into": str(cast.enterprise)}) == f"/enterprises/{cast.enterprise}"
        )
    page = dee.get(f"/enterprises/{cast.enterprise}")
    links = [
        entry.all("a", css="entry-title")[0].attrs["href"]
        for entry in entries(page)
        if entry.all("a", css="entry-title")
    ]
    assert sorted(links) == sorted(f"/visits/{id}" for id in (at_both, alone))
    assert "云帆三期" in page.text and "围挡" in page.text
    with db.reading() as session:
        kept = session.get_one(Enterprise, cast.enterprise)
        live = select(Contact.name).where(Contact.enterprise_id == kept.id, Contact.archived_at.is_(None))
        assert kept.uscc == "91350100M000100Y43" and sorted(session.scalars(live)) == ["吴敏", "周明"]
        assert session.get_one(Project, theirs).enterprise_id == kept.id
    assert len(audited(db, "enterprise.merged")) == 1
    answer = reader("ana").client.get(f"/enterprises/{old}")
    assert (answer.status_code, answer.location) == (302, f"/enterprises/{cast.enterprise}")
    assert "云帆新材</span>" not in reader("ana").client.get("/enterprises").text
    late = story.logs("ana", project=None, enterprises=[old], content="还在路上的一条")
    assert f"/visits/{late}" in reader("ana").client.get(f"/enterprises/{cast.enterprise}").text


def test_merging_again_leads_to_the_last_one_and_not_into_itself(cast: Cast, db: Database, reader: Readers) -> None:
    a, b = firm(db, "甲公司"), firm(db, "乙公司")
    dee = reader("dee")
    assert dee.client.post(f"/enterprises/{a}/merge", data={"into": str(a)}).status_code == 404
    assert dee.client.post(f"/enterprises/{a}/merge", data={"into": "nothing"}).status_code == 404
    dee.post(f"/enterprises/{a}/merge", {"into": str(b)})
    dee.post(f"/enterprises/{b}/merge", {"into": str(cast.enterprise)})
    assert dee.client.get(f"/enterprises/{a}").location == f"/enterprises/{cast.enterprise}"


# -- the list ------------------------------------------------------------------------------------------------------


def test_ones_own_come_first_and_the_list_goes_on_where_the_page_ended(
    cast: Cast, db: Database, reader: Readers
) -> None:
    for n in range(70):
        firm(db, f"企业{n:02d}")
    ana, names = reader("ana"), []
    page = ana.get("/enterprises")
    while True:
        names += [cell.text for cell in page.all("span", css="cell-title")]
        more = page.all("li", data_more=True)
        if not more:
            break
        page = ana.get(more[0].attrs["hx-get"])
    assert names == ["云帆新材料有限公司", *(f"企业{n:02d}" for n in range(70))]
    assert [c.text for c in ana.get("/enterprises?q=企业07").all("span", css="cell-title")] == ["企业07"]
    assert [c.text for c in ana.get("/enterprises?q=yfxcl").all("span", css="cell-title")] == ["云帆新材料有限公司"]
    assert ana.get("/enterprises?q=100%25_").all("span", css="cell-title") == []


def test_twenty_enterprises_cost_as_many_statements_as_two(cast: Cast, db: Database, story: Story) -> None:
    for n in range(20):
        project(db, cast, firm(db, f"企业{n:02d}"), f"项目{n}")
        contact(db, cast.enterprise, f"人{n}")
        story.logs("ana", at=NOON - timedelta(hours=n), issues=[{}])

    def statements(do: Callable[[Any, Any], Any]) -> int:
        with db.reading() as session:
            person = cast.person(session, "ana")
            with statements_of(db) as asked:
                do(session, person)
        return len(asked)

    assert statements(lambda s, p: enterprises.listed(s, p, zone_readable=True)) <= 2
    assert statements(lambda s, p: enterprise_queries.project_counts(s, p, [cast.enterprise], zone_readable=True)) == 1
    assert (
        statements(
            lambda s, p: enterprise_queries.enterprise_page(
                s, Reach(p, True, 30), s.get_one(Enterprise, cast.enterprise)
            )
        )
        <= 12
    )
    with db.reading() as session:
        known = session.get_one(Enterprise, cast.enterprise)
    shown = [
        statements(lambda s, p, n=n: timeline_queries.timeline_of(
            s, p, known, zone_readable=True, zone="Asia/Shanghai", limit=n))
        for n in (4, 40)
    ]  # fmt: skip
    assert shown[0] == shown[1]


@pytest.fixture
def plan(db: Database) -> Callable[[str], str]:
    def told(statement: str) -> str:
        explain = "EXPLAIN QUERY PLAN " if db.dialect == "sqlite" else "EXPLAIN "
        with db.reading() as session:
            if db.dialect == "postgresql":
                session.execute(text("SET LOCAL enable_seqscan = off"))
            return " ".join(str(tuple(row)) for row in session.execute(text(explain + statement)))

    return told


def test_its_timeline_is_read_by_its_index(plan: Callable[[str], str]) -> None:
    where = "enterprise_id = '01930000000070008000000000000000'"
    said = plan(f"SELECT id FROM entry WHERE {where} AND left_at IS NULL ORDER BY occurred_at DESC, id DESC LIMIT 21")
    assert "ix_entry_enterprise" in said and "TEMP B-TREE" not in said
