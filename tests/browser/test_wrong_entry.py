"""One wrong entry: ana corrects it standing in a dead spot, then takes the whole visit back from the outbox."""

from pathlib import Path

from playwright.sync_api import expect

from fieldapp.core.db import Database
from tests.browser.deeds import all_sent, eventually, get_ready, log_visit, snapshot, states, stored, visits
from tests.browser.screens import Phone
from tests.browser.thumb import Thumb
from tests.cast import Cast

TAPS = 3  # from the page of a visit, and from the outbox


def test_ana_corrects_a_visit_without_a_network_and_withdraws_it_from_the_outbox(
    phone: Phone, db: Database, cast: Cast, tmp_path: Path
) -> None:
    get_ready(phone)
    log_visit(phone, "完成六成")
    all_sent(phone.page, 1)
    visit = visits(db)[0].id

    page = phone.open(f"/visits/{visit}")
    expect(page.locator("[data-opens]")).to_be_visible()
    assert phone.barriers() == []
    phone.offline()
    thumb = Thumb()
    thumb.tap(page.locator("[data-opens]"))
    thumb.tap(page.locator("#wrong-sheet a[href='#correct']"))
    page.locator("#f-progress").fill("完成七成")
    thumb.tap(page.locator("#correct [type=submit]"))
    assert thumb.taps == TAPS
    waits = page.locator("[data-waiting-here] .cell")
    expect(waits).to_contain_text("更正")
    expect(waits).to_contain_text("建设进度")
    assert states(page)[1] in ("saved", "sealed"), "it waits on this phone"

    page.locator("#f-photos").set_input_files([snapshot(tmp_path, "gate", size=(400, 300))])
    page.locator("#add [type=submit]").click()
    expect(waits.filter(has_text="1 张照片")).to_be_visible()

    phone.online()
    expect(page.locator(".facts").first).to_contain_text("完成七成")  # sent by itself, and the page reads it
    expect(waits).to_have_count(0)
    all_sent(page, 3)
    assert len(stored(db)) == 1, "the photo went up with its addition"
    page.locator("#correct").evaluate("fold => (fold.open = true)")
    page.locator("#f-progress_percent").fill("170")  # the server wants it mended: what is typed stays
    page.locator("#correct [type=submit]").click()
    expect(page.locator("#f-progress_percent-error")).to_contain_text("0 到 100")
    expect(page.locator("#f-progress_percent")).to_have_value("170")
    page.locator("#supplements details summary").click()
    expect(page.locator("#supplements details")).to_contain_text("完成六成")
    assert visits(db)[0].progress == "完成七成"

    phone.offline()
    page = phone.open(f"/visits/{visit}")  # one's own opens from the phone's store
    expect(page.locator("[data-visit-facts]")).to_contain_text("完成七成")
    expect(page.locator("[data-visit-said]")).to_contain_text("建设进度")
    assert phone.barriers() == []
    page.locator("[data-visit-outbox]").click()
    page.locator('[data-says="correction"]').click()
    expect(page.locator("#say-progress")).to_have_value("完成七成")  # a second correction starts from the first
    assert phone.barriers() == []
    page.locator("[data-say-sheet] [data-close]").click()
    thumb = Thumb()
    thumb.tap(page.locator(f'[data-record="{visit}"] .cell-link'))
    thumb.tap(page.locator('[data-says="withdrawal"]'))
    page.locator("#say-reason").fill("登记重复")
    thumb.tap(page.locator('[data-say="withdrawal"] [type=submit]'))
    assert thumb.taps == TAPS
    expect(page.locator("[data-view='outbox']")).to_contain_text("撤回")
    phone.online()
    all_sent(page, 4)
    eventually("withdrawn", lambda: visits(db)[0].withdrawn_at, lambda at: at is not None)
