"""Whatever stands between the phone and the office: nothing is lost, and afterwards everything is there once."""

from pathlib import Path

from playwright.sync_api import Page, expect

from fieldapp.core.db import Database
from tests.browser.deeds import (
    all_sent,
    eventually,
    get_ready,
    held,
    log_visit,
    snapshot,
    states,
    stored,
    visits,
)
from tests.browser.faults import Wire
from tests.browser.screens import Phone
from tests.cast import PASSWORD

RECORDS, UPLOADS = "/api/v1/visits/", "/api/v1/uploads"


def kept_whole(page: Page, n: int) -> None:
    """`n` records wait, with all their words, and a photo's bytes each."""
    waiting = [row for row in held(page, "records") if row["state"] in {"saved", "sealed", "needs_you"}]
    assert [bool(row["form"]["progress"]) for row in waiting] == [True] * n
    lying = {row["id"] for row in held(page, "bytes")}
    assert all(photo in lying for row in waiting for photo in row["photo_ids"])


TAP = """() => {
  const button = document.querySelector("[data-send]:not([aria-busy])");
  const sending = document.querySelector("[data-group=sending] li");
  if (button?.offsetParent && !sending) button.click();
}"""


def tap(page: Page) -> list[str]:
    """On "send now", where it is offered and not at work already; the states after that.

    Looked for and tapped in one breath: the phone sends by itself too, and the button may be gone a moment later."""
    page.evaluate(TAP)
    return states(page)


def send_all(phone: Phone, n: int) -> None:
    """The officer opens the outbox and taps "send now" until nothing is left to be sent."""
    page = phone.open("/outbox")
    expect(page.locator('[data-view="outbox"]')).to_be_visible()

    eventually(f"{n} records sent", lambda: tap(page), lambda found: found == ["sent"] * n)


GATES = ["500", "502", "413", "portal", "login", "refuse"]


def meets(phone: Phone, wire: Wire, how: str, method: str, path: str) -> Page:
    """The phone runs into this gate, and nothing gets past it."""
    wire.becomes(how, method=method, path=path)
    before = len(wire.broke(how))
    page = phone.open("/outbox")  # opening it forgets the back-off
    expect(page.locator('[data-view="outbox"]')).to_be_visible()
    eventually(
        f"{how} on {path}",
        lambda: (tap(page), wire.broke(how)[before:])[1],
        lambda lines: any(path in line for line in lines),
    )
    return page


def test_gates_that_answer_instead_of_the_office_take_nothing(
    far_phone: Phone, wire: Wire, db: Database, tmp_path: Path
) -> None:
    """Each once in front of the record, and once in front of its photo."""
    get_ready(far_phone)
    wire.becomes(GATES[0], method="PUT", path=RECORDS)
    log_visit(far_phone, "基坑支护完成", [snapshot(tmp_path, "one")])
    for how in GATES:
        kept_whole(meets(far_phone, wire, how, "PUT", RECORDS), 1)
        assert visits(db) == []
    wire.becomes(GATES[0], method="POST|PATCH|HEAD", path=UPLOADS)
    far_phone.open("/outbox")
    eventually("the record is there", lambda: visits(db), bool)
    for how in GATES:
        kept_whole(meets(far_phone, wire, how, "POST|PATCH|HEAD", UPLOADS), 1)
        assert (len(visits(db)), stored(db)) == (1, [])
    wire.mends()
    send_all(far_phone, 1)
    assert (len(visits(db)), len(stored(db))) == (1, 1)


def test_answers_lost_after_the_office_had_acted_double_nothing(
    far_phone: Phone, wire: Wire, db: Database, tmp_path: Path
) -> None:
    get_ready(far_phone)
    far_phone.offline()
    for n in range(2):
        log_visit(far_phone, f"第{n}次", [snapshot(tmp_path, f"photo {n}", size=(640, 480 + n))])
    wire.breaks("drop", method="PUT", path=RECORDS, times=3)
    wire.breaks("drop", method="POST", path=UPLOADS, times=3)
    far_phone.online()
    eventually("an answer lost", lambda: wire.broke("drop"), bool)
    send_all(far_phone, 2)
    assert {line.split()[0] for line in wire.broke("drop")} == {"PUT", "POST"}
    assert (len(visits(db)), len(stored(db))) == (2, 2)


def test_a_server_that_never_answers_is_given_up_and_keeps_nobody_waiting(
    far_phone: Phone, wire: Wire, db: Database
) -> None:
    get_ready(far_phone)
    wire.breaks("hang")
    wire.breaks("slow", method="GET", path="/projects")
    said = log_visit(far_phone, "塔吊安装")
    assert "已保存" in said  # saying so did not wait for the office
    eventually("it hangs", wire.broke, lambda lines: any(RECORDS in line for line in lines))
    page = far_phone.open("/capture?new")  # the next visit can be begun meanwhile
    expect(page.locator('[data-view="pick"]')).to_be_visible()
    assert [row["form"]["progress"] for row in held(page, "records")] == ["塔吊安装"]
    page = far_phone.open("/projects")  # what the phone carries takes the place of a silent page
    expect(page.locator("h1")).to_have_text("项目")
    expect(page.locator('a[href="/capture"]').first).to_be_visible()
    expect(page.locator("[data-as-of]")).to_be_visible()
    wire.mends()
    expect(page.locator("[data-as-of]")).to_have_count(0)  # the page that came late, by itself
    expect(page.locator("h1")).to_have_text("项目")  # and all of it
    send_all(far_phone, 1)
    assert len(visits(db)) == 1


def test_a_login_that_ended_stops_the_queue_never_takes_the_shells_place_and_the_next_one_sends_all(
    phone: Phone, db: Database, tmp_path: Path
) -> None:
    get_ready(phone)
    phone.offline()
    log_visit(phone, "登录已过期", [snapshot(tmp_path, "one")])
    phone.context.clear_cookies(name="fieldapp")
    phone.online()
    phone.open("/")
    expect(phone.page.locator("form[data-sign-in]")).to_be_visible()
    phone.offline()
    expect(phone.open("/capture").locator('[data-view="pick"]')).to_be_visible()
    phone.online()
    page = phone.open("/outbox")
    expect(page.locator("[data-sign-in]")).to_be_visible()
    expect(page.locator("[data-strip-text]")).to_contain_text("登录")
    kept_whole(page, 1)
    assert visits(db) == []
    page.locator("[data-sign-in] a").click()
    page.locator("[name=username]").fill("ana")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form[data-sign-in] [type=submit]").click()
    expect(page.locator("[data-group=sent] [data-record]")).to_have_count(1)
    all_sent(page, 1)
    assert (len(visits(db)), len(stored(db))) == (1, 1)
