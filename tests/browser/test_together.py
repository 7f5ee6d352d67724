"""Several officers, several enterprises; and what a whole site visit costs in taps."""

from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, expect
from sqlalchemy import select

from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from fieldapp.core.payload import Arrival, Times
from fieldapp.feed.actions import log_visit
from fieldapp.projects.models import Enterprise, Project
from fieldapp.visits.body import VisitBody
from fieldapp.visits.models import Participant, Supplement, VisitEnterprise
from tests.browser.deeds import PROJECT, Form, eventually, get_ready, snapshot, states, visits
from tests.browser.screens import Phone
from tests.browser.thumb import Thumb
from tests.cast import Cast

PHOTOS, FROM_THE_START_PAGE, FURTHER_ISSUE = 3, 12, 5


def was_there(db: Database, cast: Cast, name: str, words: str) -> None:
    """A colleague's visit to 云帆, a quarter of an hour ago, is with the office."""
    at = clock.now() - timedelta(minutes=15)
    body = VisitBody(
        kind="site_inspection",
        project=cast.sail,
        content=words,
        met=[{"name": "王经理"}],
        next_step={"text": "复看基坑"},
    )
    with db.writing() as session:
        arrival = Arrival(new_id(), Times(at, at, at))
        log_visit(session, cast.person(session, name), arrival, body, zone_readable=True)


def a_second_enterprise(db: Database, cast: Cast) -> None:
    with db.writing() as session:
        firm = Enterprise(id=new_id(), zone_id=cast.zone, name="海岬装备有限公司", initials="hjzbyxgs")
        session.add(firm)
        session.flush()
        session.get_one(Project, cast.reef).enterprise_id = firm.id


def saved(page: Page, n: int) -> None:
    expect(page.locator('[data-view="saved"]')).to_be_visible()
    eventually(f"{n} records sent", lambda: states(page).count("sent"), lambda sent: sent == n)


def test_a_visit_beside_a_colleagues_joins_it_and_a_briefing_stands_with_all_its_enterprises(
    phone: Phone, db: Database, cast: Cast, tmp_path: Path
) -> None:
    was_there(db, cast, "bo", "看了基坑")
    a_second_enterprise(db, cast)
    get_ready(phone)
    page = phone.open("/")
    form, thumb = Form(page), Thumb()

    thumb.tap(page.locator(".nav a[href='/capture']"))
    with page.expect_response("**/together?*"):  # asked while the form is filled in
        thumb.tap(page.locator('[data-list="projects"] [data-project]', has_text=PROJECT).first)
    for n in range(PHOTOS):  # the camera's own taps are not ours; opening it is one
        thumb.taps += 1
        form.take(snapshot(tmp_path, f"photo-{n}", size=(400, 300)))
    thumb.tap(page.locator("[data-like-last]", has_text="王经理 · 复看基坑"))
    expect(page.locator('[data-step="met"]')).to_contain_text("王经理")
    form.write(progress="二层钢结构吊装")  # its fold stands open
    before = thumb.taps
    thumb.tap(form.step("issues").locator(".step-head"), page.locator("[data-add-issue]"))
    sheet = page.locator("[data-issue-sheet]")
    sheet.locator('[data-in="title"]').fill("围挡未封闭")
    thumb.tap(sheet.locator("[data-issue-photo]").first, sheet.locator("[type=submit]"))
    assert thumb.taps - before <= FURTHER_ISSUE
    form.shrunk()
    thumb.tap(page.locator(".savebar-go"))
    expect(page.locator("[data-joint] h2")).to_have_text("与柏宁的走访合并为联合走访？")
    assert phone.barriers() == []
    thumb.tap(page.locator("[data-joint] [value=merge]"))
    saved(page, 2)
    assert thumb.taps <= FROM_THE_START_PAGE
    with db.reading() as session:
        (said,) = session.scalars(select(Supplement))
        assert session.scalars(select(Participant.user_id)).all() == [cast.ana]
    assert [visit.owner_id for visit in visits(db)] == [cast.bo]
    assert said.visit_id == visits(db)[0].id
    assert "建设进度：二层钢结构吊装" in said.body["text"]
    assert len(said.body["photos"]) == PHOTOS

    page = phone.open("/capture?kind=policy_briefing")
    page.locator("[data-undecided]").click()
    thumb = Thumb()
    thumb.tap(page.locator("[data-firms-open]"), page.locator("[data-firms-all]", has_text="全选这 2 家"))
    thumb.tap(page.locator("[data-firm-sheet] .sheet-foot [data-close]"))
    expect(page.locator("[data-firms-chosen] [data-firm]")).to_have_count(2)
    briefing = Form(page).write(content="宣讲惠企政策")
    briefing.unfold("when").locator("label", has_text="昨天").click()
    expect(page.locator("[data-later]")).to_be_visible()
    expect(page.locator("[data-accuracy]")).to_have_attribute("data-state", "none")
    page.locator(".savebar-go").click()
    saved(page, 3)
    (_, later) = visits(db)
    assert (later.said_when, later.later_entry, later.lat, later.position_absent) == (
        "yesterday",
        True,
        None,
        "later_entry",
    )
    with db.reading() as session:
        assert len(session.scalars(select(VisitEnterprise)).all()) == 2
