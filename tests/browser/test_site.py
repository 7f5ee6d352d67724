"""On site, without a network: what is open there, how the works get on, what to ask, the camera inside the page."""

from datetime import timedelta
from uuid import UUID

from playwright.sync_api import Page, expect
from sqlalchemy import select

from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from fieldapp.issues import queries as issues
from fieldapp.projects.models import Project
from tests.browser.deeds import Form, all_sent, eventually, get_ready, made, new_visit, reference, visits
from tests.browser.screens import Desk, Phone
from tests.browser.thumb import Thumb
from tests.cast import Cast
from tests.feed.story import Story

CATEGORY = "road"


def before(db: Database, cast: Cast) -> tuple[UUID, UUID]:
    """What was said and left open at 云帆 two days ago: two issues, one of them of the road's category."""
    story, water, road = Story(db, cast), new_id(), new_id()
    then = clock.now() - timedelta(days=2)
    story.logs("bo", at=then, progress="主体到三层", progress_percent=40,
               issues=[{"issue": water, "title": "临时用水水压不足"},
                       {"issue": road, "title": "北门道路积水", "category": CATEGORY}])  # fmt: skip
    return water, road


def takes_two_from_the_same_place(page: Page, thumb: Thumb) -> None:
    thumb.tap(page.locator("[data-open-camera]"))
    page.locator("[data-viewpoint]").fill("北门")
    expect(page.locator("[data-camera-view] video")).to_have_js_property("readyState", 4)
    for n in (1, 2):
        thumb.tap(page.locator("[data-shutter]"))
        expect(page.locator("[data-taken]")).to_have_text(f"已拍 {n} 张")
    thumb.tap(page.locator("[data-camera-done]"))
    expect(page.locator("[data-photos] [data-photo]")).to_have_count(2)


def opens_anew_what_is_open(page: Page, thumb: Thumb, road: UUID) -> None:
    """What stands open under the same category is shown before a second one is opened; it is the very thing."""
    thumb.tap(page.locator("[data-add-issue]"))
    sheet = page.locator("[data-issue-sheet]")
    sheet.locator('[data-in="title"]').fill("北门又积水了")
    sheet.locator('[data-in="category"]').select_option(CATEGORY)
    thumb.tap(sheet.locator("[data-same-issue]", has_text="北门道路积水"))
    expect(page.locator(f'[data-issue="{road}"] [data-said]')).to_have_value("北门又积水了")
    expect(page.locator('[data-list="issues"]')).to_be_hidden()


def test_a_site_visit_tells_of_issues_progress_a_milestone_and_a_stage_that_the_lead_confirms(
    phone: Phone, desk: Desk, db: Database, cast: Cast
) -> None:
    issue, road = before(db, cast)
    phone.context.grant_permissions(["geolocation", "camera"])
    page = get_ready(phone)
    eventually("what was said last", lambda: reference(page).get("progress"), bool)
    page = new_visit(phone).choose().kind().page
    phone.offline()
    form, thumb = Form(page), Thumb()

    takes_two_from_the_same_place(page, thumb)
    Form(page).shrunk()
    progress = form.step("progress")
    expect(progress.locator("[data-last-progress]")).to_contain_text("主体到三层 · 40%")
    thumb.tap(progress.locator("[data-no-change]"))
    expect(progress.locator("textarea")).to_have_value("较上次无变化")
    thumb.tap(progress.locator("[data-stage]", has_text="设备安装"), progress.locator("[data-node=equipment]"))
    thumb.tap(progress.locator("[data-proves]").first)
    thumb.tap(form.step("issues").locator(".step-head"))
    line = page.locator(f'[data-issue="{issue}"]')
    thumb.tap(line.locator("[data-update=solved]"))
    line.locator("[data-said]").fill("水泵已装，水压正常")
    thumb.tap(line.locator("[data-shows]").first)
    thumb.tap(page.locator(f'[data-issue="{road}"] [data-update=no_change]'))
    opens_anew_what_is_open(page, thumb, road)
    thumb.tap(form.step("asked").locator(".step-head"))
    form.step("asked").locator("[data-question]").first.fill("一号厂房到四层")
    expect(form.step("asked").locator("[data-question]")).to_have_count(5)
    assert phone.barriers() == []
    form.save()
    phone.online()
    all_sent(page, 1)
    assert thumb.taps == 15

    (_, visit) = visits(db)
    assert (visit.progress, visit.stage) == ("较上次无变化", "S09")
    assert [one["node"] for one in visit.milestones] == ["equipment"]
    assert [one["answer"] for one in visit.asked] == ["一号厂房到四层"]
    with db.reading() as session:
        (_, said) = issues.events(session, [issue])[issue]
        assert (said.type, said.body["text"], len(said.body["photos"])) == ("solved", "水泵已装，水压正常", 1)
        assert [(one.type, one.body.get("text")) for one in issues.events(session, [road])[road]][1:] == [
            ("progress", "北门又积水了")
        ]

    eventually("both pictures drawn", lambda: made(db), lambda n: n == 2)
    desk.sign_in("lin")
    card = desk.page.locator("[data-stage-seen]")
    expect(card).to_contain_text("设备安装")
    card.locator("form[action$=confirmation] button").click()
    expect(desk.page.locator(".entry", has_text="主体施工 → 设备安装")).to_be_visible()
    with db.reading() as session:
        assert session.scalar(select(Project.stage).where(Project.id == cast.sail)) == "S09"
    desk.page.locator("#comparisons summary").click()
    slider = desk.page.locator("[data-compare-range]")
    slider.focus()
    slider.press("ArrowRight")
    expect(slider).to_have_js_property("value", "55")
    assert desk.barriers() == []
