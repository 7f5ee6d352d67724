"""What this phone is told once in 我的, and keeps: the size of letters, dark, the left hand, sunlight."""

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page, expect

from fieldapp.core import clock
from fieldapp.core.db import Database
from tests.browser.deeds import get_ready, new_visit
from tests.browser.screens import Phone
from tests.cast import Cast
from tests.feed.story import Story

WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# What stands beyond the right edge, for the message of a failure.
BEYOND = """[...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > innerWidth + 1
  && one.checkVisibility() && !one.closest(".chips, .table-wrap, .visually-hidden, dialog, .toasts"))
  .slice(0, 5).map((one) => `${one.tagName}.${one.className}`)"""


def test_letters_twice_as_big_break_no_page_of_a_phone(phone: Phone, db: Database, cast: Cast) -> None:
    story, now = Story(db, cast), clock.now()
    story.logs("ana", at=now - timedelta(hours=3), issues=[{"title": "临时用电容量不足"}],
               next_step={"text": "复核水压", "on": now.date().isoformat()})  # fmt: skip
    page = get_ready(phone)
    page.locator('[data-look="letters"][value="biggest"]').check()
    page.locator('[data-look="hand"][value="left"]').check()
    page.locator('[data-look="theme"][value="dark"]').check()
    for path in ("/settings", "/", "/projects", f"/projects/{cast.sail}", "/issues", "/outbox", "/lists"):
        fits(phone.open(path), path)
        expect(page.locator("html[data-letters=biggest][data-hand=left][data-theme=dark]")).to_have_count(1)
    assert page.evaluate("getComputedStyle(document.body).fontSize") == "32px"
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(13, 19, 21)"
    form = new_visit(phone).choose().kind()
    fits(page, "/capture")
    go, wish = (page.locator(css).bounding_box() for css in (".savebar-go", ".savebar-wish"))
    assert go and wish and (go["x"] < wish["x"] or go["y"] != wish["y"])  # the thumb of the left hand finds it
    assert form.save()
    page = phone.open("/settings")
    expect(page.locator('[data-look="letters"][value="biggest"]')).to_be_checked()
    page.locator('[data-look="letters"][value=""]').check()
    expect(page.locator("html[data-letters]")).to_have_count(0)


def fits(page: Page, path: str) -> None:
    look: Callable[[str], object] = page.evaluate
    assert look(WIDER) == 0, (path, look(BEYOND))
