"""By phone: fifteen calls a day, so every tap counts; and the browser may be thrown away while one talks."""

from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect
from sqlalchemy import select

from fieldapp.core import changes
from fieldapp.core.db import Database, new_id
from fieldapp.projects.models import Contact, Phrase
from fieldapp.visits.models import FollowUp
from tests.browser.deeds import PROJECT, eventually, get_ready, held, new_visit, states, visits
from tests.browser.screens import Phone
from tests.browser.thumb import Thumb
from tests.cast import Cast
from tests.processes import until

HERE = ZoneInfo("Asia/Shanghai")
# Chromium without a dialler asks what to do with a number, and takes no tap until that is answered.
DIALLER = """addEventListener("click", (event) => {
  if (event.target.closest("a[href^='tel:']")) event.preventDefault();
});"""
WORDS = "二层钢结构吊装"
FINE = "电话询问近况，企业表示一切正常。"


def known_by_phone(db: Database, cast: Cast) -> None:
    """Somebody to call at 云帆, and a stock phrase for what they say."""
    with db.writing() as session:
        session.add(Contact(enterprise_id=cast.enterprise, name="王经理", title="项目经理", phone="13900000001"))
        phrase = Phrase(id=new_id(), field="content", text=FINE, order=0)
        session.add(phrase)
        changes.note(session, "phrase", phrase.id)


def back_in_the_app(phone: Phone, path: str = "/") -> Page:
    """After the call the app is opened again, and shows the call by itself."""
    page = phone.open(path)
    expect(page.locator("[data-call-fold]")).to_be_visible()
    return page


def test_a_phone_follow_up_takes_four_taps_from_the_contact_and_six_from_the_start_page(
    phone: Phone, db: Database, cast: Cast
) -> None:
    known_by_phone(db, cast)
    phone.context.add_init_script(DIALLER)
    get_ready(phone)
    under_way = new_visit(phone).choose("yfxcl").kind().write(progress=WORDS).page
    eventually(
        "what is typed", lambda: [row["form"].get("progress") for row in held(under_way, "records")], [WORDS].__eq__
    )
    page = phone.open("/")

    thumb = Thumb()
    thumb.tap(page.locator(".nav a[href='/projects']"), page.locator("main a", has_text=PROJECT).first)
    before_the_contact = thumb.taps
    thumb.tap(page.locator("a[data-call]", has_text="13900000001"))
    until("the draft of the call", lambda: page.evaluate("localStorage.getItem('fieldapp-call') !== null"))
    page = back_in_the_app(phone)
    expect(page.locator('[data-step="project"]')).to_contain_text(PROJECT)
    expect(page.locator('[data-step="met"]')).to_contain_text("王经理")
    thumb.tap(page.locator("[data-call-fold] label", has_text="已接通"), page.locator("[data-phrase]", has_text=FINE))
    thumb.tap(page.locator(".savebar-go"))
    expect(page.locator('[data-view="saved"]')).to_be_visible()
    assert (thumb.taps, thumb.taps - before_the_contact) == (6, 4)
    all_calls_sent(page, 1)
    assert [(visit.kind, visit.content, visit.said_when) for visit in visits(db)] == [("phone_follow_up", FINE, "now")]

    # One more, which nobody answers; and the visit that was under way still waits on today.
    thumb = Thumb()
    page.locator("[data-next-visit]", has_text="再记一条").click()
    page.locator('[data-list="projects"] [data-project]', has_text=PROJECT).first.click()
    expect(page.locator("[data-dial] a")).to_have_attribute("href", "tel:13900000001")
    thumb.tap(page.locator("[data-dial] a"), page.locator("[data-call-fold] label", has_text="稍后再打"))
    thumb.tap(page.locator(".savebar-go"))
    expect(page.locator('[data-view="saved"]')).to_be_visible()
    assert thumb.taps == 3
    all_calls_sent(page, 2)
    with db.reading() as session:
        (again,) = session.scalars(select(FollowUp))
        assert (again.text, again.due_on) == ("再打电话给王经理", visits(db)[-1].occurred_at.astimezone(HERE).date())
    page = phone.open("/")
    waiting = page.locator('[data-list="drafts"] a')
    expect(waiting).to_have_count(1)
    waiting.click()
    expect(page.locator('[data-text="progress"]')).to_have_value(WORDS)


def all_calls_sent(page: Page, n: int) -> None:
    eventually(f"{n} calls sent", lambda: states(page).count("sent"), lambda sent: sent == n)
