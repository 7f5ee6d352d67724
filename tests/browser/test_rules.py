"""A newcomer reads the notice, says something unnamed, and gives a boss a project by text and by link."""

from playwright.sync_api import expect
from sqlalchemy import delete

from fieldapp.compliance.models import NoticeSeen
from fieldapp.core import clock
from fieldapp.core.db import Database
from tests.browser.deeds import eventually
from tests.browser.screens import Desk, Phone
from tests.browser.thumb import Thumb
from tests.cast import Cast
from tests.feed.story import Story


def served(phone: Phone, path: str, sign: str) -> None:
    """The page as the server has it: a busy machine may take the three seconds after which the shell stands in."""
    eventually(f"{path} from the server", lambda: phone.open(path).locator(sign).count(), lambda found: found == 1)


def test_from_the_first_sign_in_to_a_link_for_the_boss(phone: Phone, desk: Desk, db: Database, cast: Cast) -> None:
    Story(db, cast).logs("bo", at=clock.now(), progress="二层封顶", issues=[{}])
    with db.writing() as session:
        session.execute(delete(NoticeSeen).where(NoticeSeen.user_id == cast.ana))
    barriers: dict[str, list[str]] = {}

    page = phone.open("/login")
    page.get_by_role("link", name="投诉建议").click()
    page.get_by_label("内容").fill("登记时项目太难找。")
    page.get_by_role("button", name="提交").click()
    expect(page.locator("[data-code]")).to_be_visible()
    barriers["feedback"] = phone.barriers()

    phone.sign_in("ana", own_device=False)
    page = phone.page
    served(phone, "/", "[data-first-notice]")
    barriers["notice"] = phone.barriers()
    phone.open("/capture")  # it stands before nothing
    expect(page.get_by_label("搜索项目和企业")).to_be_visible()
    served(phone, "/", "[data-first-notice]")
    page.get_by_role("button", name="已阅知").click()
    expect(page.locator("[data-first-notice]")).to_have_count(0)

    served(phone, f"/projects/{cast.sail}", "a[href$='/share']")
    thumb = Thumb()
    thumb.tap(page.get_by_role("link", name="复制项目情况"))
    phone.context.grant_permissions(["clipboard-read", "clipboard-write"])
    thumb.tap(page.get_by_role("button", name="复制项目情况"))
    expect(page.get_by_role("button", name="已复制")).to_be_visible()
    assert "二层封顶" in page.evaluate("navigator.clipboard.readText()")
    assert thumb.taps == 2
    barriers["share"] = phone.barriers()
    thumb.tap(page.get_by_role("button", name="生成只读链接"))
    address = page.locator("textarea[id^=link-]")
    expect(address).to_be_visible()
    thumb.tap(page.get_by_role("button", name="复制链接"))
    assert thumb.taps == 4

    boss = desk.page
    boss.goto(address.input_value())
    expect(boss.get_by_text("二层封顶")).to_be_visible()
    expect(boss.locator("nav")).to_have_count(0)
    barriers["link"] = desk.barriers()
    thumb.tap(page.get_by_role("button", name="收回"))
    expect(page.get_by_text("链接已失效")).to_be_visible()
    desk.expects("404")
    boss.reload()
    expect(boss.locator("h1")).to_have_text("链接已失效")
    assert {name: found for name, found in barriers.items() if found} == {}
