"""An officer's day on one phone: what was prepared in the morning opens on the way, where there is no network."""

import re
from datetime import timedelta

from playwright.sync_api import expect
from sqlalchemy import select

from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.projects.models import Contact
from fieldapp.visits.models import FollowUp
from tests.browser.deeds import PROJECT, Form, all_sent, eventually, get_ready, reference
from tests.browser.screens import Phone
from tests.browser.thumb import Thumb
from tests.cast import Cast
from tests.feed.story import Story


def prepare(db: Database, cast: Cast) -> None:
    """Two visits, an open issue, whom to call, and a promise that is due."""
    story, now = Story(db, cast), clock.now()
    with db.writing() as session:
        session.add(Contact(enterprise_id=cast.enterprise, name="周明", title="项目经理", phone="13800005678"))
    story.logs("bo", at=now - timedelta(days=3), progress="主体二层封顶", progress_percent=60, photos=0)
    story.logs("ana", at=now - timedelta(days=1), issues=[{"title": "临时用电容量不足"}],
               next_step={"text": "复核水压", "on": (now + timedelta(hours=8)).date().isoformat()})  # fmt: skip
    for words in ("送规划图", "问环评进度"):
        story.logs("ana", at=now - timedelta(days=5), next_step={"text": words})


def test_the_morning_is_read_and_logged_without_a_network(phone: Phone, db: Database, cast: Cast) -> None:
    prepare(db, cast)
    get_ready(phone)
    page = phone.page
    eventually("the pages to carry", lambda: reference(page), lambda ref: "briefs" in ref)
    phone.offline()

    page = phone.open("/")
    expect(page.locator("h1")).to_have_text("今日")
    expect(page.locator("[data-as-of]")).to_contain_text("本机数据")
    promise = page.locator("[data-follow-up]", has_text="复核水压")
    expect(promise.locator("a[data-call]")).to_have_attribute("href", "tel:13800005678")
    other = page.locator("[data-follow-up]", has_text="送规划图")
    thumb = Thumb()
    thumb.tap(other.get_by_role("link", name=re.compile("^改期")), page.locator("[data-put-off-days] button").first)
    assert thumb.taps == 2
    expect(other).to_contain_text("改到明天")
    third = page.locator("[data-follow-up]", has_text="问环评进度")
    third.get_by_role("button", name=re.compile("^完成")).click()
    expect(third.locator("[data-said-here]")).to_have_text("完成")
    expect(third.locator(".cell-actions")).to_be_hidden()
    assert phone.barriers() == []

    page.locator(".nav a[href='/projects']").click()
    expect(page.locator("h1")).to_have_text("项目")
    page.locator("[data-find]").fill("yfxcl")
    page.locator("[data-list-here] a", has_text=PROJECT).click()
    expect(page.locator("h1")).to_have_text(PROJECT)
    brief = page.locator("[data-brief]")
    for words in ("主体二层封顶", "60%", "复核水压", "临时用电容量不足", "13800005678", "柏宁"):
        expect(brief).to_contain_text(words)
    assert phone.barriers() == []
    brief.locator("a[href^='/visits/']", has_text="柏宁").click()  # a colleague's: at least its line
    expect(page.locator("[data-list-here]")).to_contain_text("柏宁 二层钢结构吊装")
    expect(page.locator("[data-only-line]")).to_be_visible()
    page.locator("[data-back]").click()
    brief.locator("a[href^='/issues/']").click()
    expect(page.locator("[data-brief]")).to_contain_text("临时用电容量不足")
    page.locator("[data-back]").click()
    expect(page).to_have_url(f"{phone.url}/issues")
    expect(page.locator("[data-list-here]")).to_contain_text("临时用电容量不足")

    page = phone.open("/")
    promise.get_by_role("link", name=re.compile("^登记")).click()
    form = Form(page)
    expect(page.locator('form[data-view="form"]')).to_be_visible()
    form.kind("phone_follow_up").write(content="水压已复核，恢复正常")
    form.save()
    page = phone.open("/")
    expect(page.locator("[data-unsent]")).to_contain_text(PROJECT)
    expect(promise.locator("[data-ticked]")).to_be_visible()
    expect(promise.locator(".cell-actions")).to_be_hidden()
    expect(other).to_contain_text("改到明天")  # still, on a page that is opened anew

    phone.online()
    all_sent(page, 3)
    with db.reading() as session:
        kept = {one.text: one for one in session.scalars(select(FollowUp))}
    assert kept["复核水压"].done_at is not None and kept["复核水压"].done_by_visit is not None
    assert kept["问环评进度"].done_at is not None and kept["问环评进度"].done_by_visit is None
    assert kept["送规划图"].done_at is None and kept["送规划图"].due_on is not None
