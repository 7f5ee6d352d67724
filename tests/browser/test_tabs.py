"""Two tabs of one browser: one visit is open in one place, and each is sent once."""

from pathlib import Path

from playwright.sync_api import expect

from fieldapp.core.db import Database
from tests.browser.deeds import (
    Form,
    all_sent,
    eventually,
    get_ready,
    held,
    log_visit,
    new_visit,
    snapshot,
    stored,
    visits,
)
from tests.browser.faults import Wire
from tests.browser.screens import Phone


def test_a_draft_that_is_open_in_one_tab_is_free_in_another_once_that_is_closed(phone: Phone) -> None:
    page = get_ready(phone)
    form = new_visit(phone).choose().kind().write(progress="写到一半")
    draft = eventually(
        "a draft",
        lambda: held(page, "records"),
        lambda rows: [row["form"].get("progress") for row in rows] == ["写到一半"],
    )[0]["id"]

    other = phone.new_tab(f"/capture?draft={draft}")
    expect(other.locator('[data-view="closed"]')).to_be_visible()
    expect(other.locator('[data-slot="why"]')).to_contain_text("标签页")
    expect(other.locator('form[data-view="form"]')).to_be_hidden()

    form.write(progress="写到一半，继续写")
    eventually(
        "what was written since",
        lambda: [row["form"]["progress"] for row in held(page, "records")],
        lambda found: found == ["写到一半，继续写"],
    )
    page.close()
    expect(other.locator('form[data-view="form"]')).to_be_visible()  # by itself
    expect(other.locator('[data-text="progress"]')).to_have_value("写到一半，继续写")
    assert Form(other).save()
    assert [row["form"]["progress"] for row in held(other, "records")] == ["写到一半，继续写"]


FREEZE = """() => {
  navigator.locks.request("outbox", () => new Promise(() => {})).catch(() => undefined);
  return new Promise((resolve) => {
    const asked = indexedDB.open("fieldapp");
    asked.onsuccess = () => {
      const tx = asked.result.transaction("meta", "readwrite");
      const until = Date.now() - 61_000;
      tx.objectStore("meta").put({ key: "sending", value: { holder: "a page that the system has frozen", until } });
      tx.oncomplete = () => resolve(asked.result.close());
    };
  });
}"""


def test_two_tabs_that_send_at_the_same_moment_send_each_record_once_though_a_frozen_page_holds_the_lock(
    far_phone: Phone, wire: Wire, db: Database, tmp_path: Path
) -> None:
    get_ready(far_phone)
    far_phone.offline()
    for n in range(3):
        log_visit(far_phone, f"第{n}次", [snapshot(tmp_path, f"photo {n}", size=(640, 480 + n))])
    first = far_phone.open("/outbox")
    second = far_phone.new_tab("/outbox")
    far_phone.new_tab("/capture").evaluate(FREEZE)
    far_phone.online()  # both hear of it at once
    for tab in (first, second):
        all_sent(tab, 3)
        expect(tab.locator("[data-group=sent] [data-record]")).to_have_count(3)
    assert (len(visits(db)), len(stored(db))) == (3, 3)
    puts = [line for line in wire.seen if line.startswith("PUT /api/v1/visits/")]
    assert len(puts) == len(set(puts)) == 3
