"""Pages without a network, WeChat, an old browser, no JavaScript: what each of them is told, and the plain form."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from fieldapp.core import clock
from fieldapp.core.db import Database
from tests.browser.deeds import Form, eventually, get_ready, held, made, snapshot, stored, visits
from tests.browser.faults import Wire
from tests.browser.screens import PHONE, PLACE, Phone
from tests.cast import PASSWORD, Cast
from tests.conftest import LiveServer
from tests.feed.story import Story

WECHAT = "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36 MicroMessenger/8.0.49"
FORM = {"content": "普通表单登记", "issues-0-title": "围挡未封闭"}


@pytest.fixture
def other_browser(chromium_of_all: Browser) -> Iterator[Any]:
    """A phone that is no phone of ours: another agent, an older browser, or none of our scripts."""
    opened: list[BrowserContext] = []

    def open_one(**how: Any) -> BrowserContext:
        opened.append(chromium_of_all.new_context(**PHONE, **{**PLACE, **how}))
        return opened[-1]

    yield open_one
    for context in opened:
        context.close()


def sign_in(page: Page, url: str, name: str = "ana") -> None:
    page.goto(f"{url}/login")
    page.locator("[name=username]").fill(name)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form[data-sign-in] [type=submit]").click()
    expect(page.locator("form[data-sign-in]")).to_have_count(0)


def test_a_page_that_was_not_brought_says_so_and_leads_to_the_visit_form(phone: Phone, cast: Cast) -> None:
    get_ready(phone)
    phone.offline()
    page = phone.open("/map")
    expect(page.locator("h1")).to_have_text("离线")
    page.locator('main a[href="/capture"]').first.click()
    expect(page.locator('[data-view="pick"]')).to_be_visible()
    page.go_back()
    expect(page.locator("h1")).to_have_text("离线")
    phone.online()  # the page tries again by itself
    expect(page.locator("#map-rows")).to_be_attached()


def test_a_fragment_that_does_not_come_leaves_the_page_and_says_why(
    far_phone: Phone, wire: Wire, db: Database, cast: Cast
) -> None:
    phone = far_phone
    story, now = Story(db, cast), clock.now()
    for n in range(35):
        story.logs("ana", at=now - timedelta(hours=n + 1), position=None)
    get_ready(phone)
    page = phone.open("/map")
    rows = page.locator("#map-rows a[href^='/visits/']")
    expect(rows).to_have_count(30)
    phone.expects("502")
    wire.breaks("502", path="/map/rows", times=1)  # a proxy's page is not put where the rows belong
    page.locator("#map-more a").click()
    eventually("the gate was met", wire.broke, bool)
    expect(rows).to_have_count(30)
    expect(page.get_by_text("Something on the way")).to_have_count(0)
    phone.offline()
    page.locator("#map-more a").click()
    expect(page.locator("[data-toasts] .toast")).to_contain_text("网络")
    expect(rows).to_have_count(30)
    phone.online()
    page.locator("#map-more a").click()
    expect(rows).to_have_count(35)


def test_going_back_without_a_network_shows_what_the_address_says(phone: Phone, cast: Cast) -> None:
    get_ready(phone)
    phone.open("/projects")
    page = phone.page
    page.locator(f'a[href="/projects/{cast.sail}"]').first.click()
    expect(page.locator("h1")).to_contain_text("云帆新材料")
    phone.offline()
    page.go_back()
    # The list from the browser's own cache, or what stands in for it; never the project under the list's address.
    expect(page.locator("h1")).to_have_text(re.compile("^(项目|离线)$"))
    assert page.url.endswith("/projects")


def test_wechat_is_told_to_open_a_browser(other_browser: Any, served: LiveServer) -> None:
    page = other_browser(user_agent=WECHAT).new_page()
    page.goto(f"{served.url}/capture")
    notice = page.locator('[data-notice="wechat"]')
    expect(notice).to_contain_text("浏览器")
    expect(notice.locator('a[href="/visits/new"]')).to_be_visible()


def test_a_browser_that_cannot_keep_visits_leads_to_the_plain_form(other_browser: Any, served: LiveServer) -> None:
    for lacking in ("BroadcastChannel", "structuredClone", "HTMLDialogElement", "indexedDB"):
        context = other_browser()
        context.add_init_script(f"Object.defineProperty(window, '{lacking}', {{ value: undefined }});")
        page = context.new_page()
        page.goto(f"{served.url}/capture")
        notice = page.locator('[data-notice="too-old"]')
        expect(notice, lacking).to_be_visible()
        expect(page.locator('form[data-view="form"], [data-view="pick"]').filter(visible=True)).to_have_count(0)
        expect(notice.locator('a[href^="/visits/new"]')).to_be_visible()
    sign_in(page, served.url)
    page.goto(f"{served.url}/capture")
    notice.locator("a").click()
    expect(page.locator('form[action^="/visits/new"]')).to_be_visible()


def test_without_javascript_the_plain_form_takes_three_photos_and_is_safe_twice(
    other_browser: Any, served: LiveServer, db: Database, cast: Cast, tmp_path: Path
) -> None:
    page = other_browser(java_script_enabled=False).new_page()
    sign_in(page, served.url)
    page.goto(f"{served.url}/capture")
    page.locator('noscript a[href="/visits/new"], main a[href="/visits/new"]').first.click()
    fill_plain_form(page, cast, [snapshot(tmp_path, name) for name in ("one", "two", "three")])
    page.locator("main form .form-actions [type=submit]").click()
    expect(page.locator("h1")).to_be_visible()
    [visit] = visits(db)
    assert visit.content == FORM["content"]
    assert len(stored(db)) == 3
    eventually("pictures", lambda: made(db), lambda n: n == 3)

    page.go_back()  # and once more the very same form
    page.locator("main form .form-actions [type=submit]").click()
    expect(page.locator("h1")).to_be_visible()
    assert (len(visits(db)), len(stored(db))) == (1, 3)
    page.goto(f"{served.url}/visits/{visit.id}")
    expect(page.locator(".photos a[data-photo] img")).to_have_count(3)


def test_a_plain_form_whose_answer_was_lost_is_one_visit(
    other_browser: Any, wire: Wire, db: Database, cast: Cast, tmp_path: Path
) -> None:
    """Chromium sends a form again by itself where a connection in use breaks; the person does otherwise."""
    page = other_browser(java_script_enabled=False).new_page()
    sign_in(page, wire.url)
    page.goto(f"{wire.url}/visits/new")
    fill_plain_form(page, cast, [snapshot(tmp_path, "one")])
    wire.breaks("drop", method="POST", path="/visits/new", times=1)
    page.locator("main form .form-actions [type=submit]").click(no_wait_after=True)
    eventually("the visit is there", lambda: visits(db), bool)
    wire.mends()
    if not page.url.startswith(f"{wire.url}/visits/"):
        page.goto(f"{wire.url}/visits/{visits(db)[0].id}")
    assert (len(visits(db)), len(stored(db))) == (1, 1)


def fill_plain_form(page: Page, cast: Cast, photos: list[Path]) -> None:
    page.locator("[name=project]").select_option(str(cast.sail))
    for name, value in FORM.items():
        page.locator(f'[name="{name}"]').fill(value)
    page.locator("[name=photos]").set_input_files(photos)


def test_a_project_tapped_on_before_the_form_has_come_is_one_visit(other_browser: Any, served: LiveServer) -> None:
    """Two forms on one page hear every tap twice, and keep two visits."""
    page = other_browser(service_workers="block").new_page()
    sign_in(page, served.url)
    page.goto(f"{served.url}/settings")
    eventually("reference data", lambda: len(held(page, "ref")), bool)
    asked: list[Route] = []
    page.route("**/capture/form.js", lambda route: asked.append(route))
    page.goto(f"{served.url}/capture?new")
    page.locator('[data-list="projects"] [data-project]').first.click()
    eventually("the form was asked for", lambda: (page.wait_for_timeout(1), asked)[1], bool)
    asked[0].continue_()
    form = Form(page)
    expect(page.locator('form[data-view="form"]')).to_be_visible()
    form.kind().write(progress="只有一次", problems="也只有一次").save()
    assert [row["form"]["progress"] for row in held(page, "records")] == ["只有一次"]
