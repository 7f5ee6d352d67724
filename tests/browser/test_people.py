"""Two people, one phone: what waits of the first stays, unseen, until the first is back."""

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from fieldapp.core.db import Database
from tests.browser.deeds import (
    PROJECT,
    all_sent,
    eventually,
    get_ready,
    held,
    log_visit,
    reference,
    snapshot,
    states,
    stored,
    visits,
)  # fmt: skip
from tests.browser.screens import Phone
from tests.cast import Cast

WORDS = "只有安娜知道的一句话"
CACHES = """async () => {
  const texts = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) texts.push(request.url + " " + await (await cache.match(request)).text());
  }
  return texts.join(" ");
}"""


def ana_leaves_a_visit(phone: Phone, tmp_path: Path) -> None:
    """She logs one without a network and hands the phone on; her login ends with the cookie."""
    get_ready(phone)
    phone.offline()
    log_visit(phone, WORDS, [snapshot(tmp_path, "hers")])
    phone.context.clear_cookies(name="fieldapp")
    phone.online()


def stop_workers(phone: Phone) -> None:
    session = phone.context.new_cdp_session(phone.page)
    session.send("ServiceWorker.enable")
    session.send("ServiceWorker.stopAllWorkers")


def others_line(page: Page) -> Any:
    return page.locator("[data-others]")


def test_the_second_person_sees_a_number_and_nothing_else(
    phone: Phone, db: Database, cast: Cast, tmp_path: Path
) -> None:
    ana_leaves_a_visit(phone, tmp_path)
    get_ready(phone, "dan")
    page = phone.open("/outbox")
    expect(others_line(page)).to_contain_text("1")
    expect(page.locator("[data-record]")).to_have_count(0)
    log_visit(phone, "丹青自己的走访")
    eventually("dan's visit sent", lambda: sorted(states(page)), lambda found: "sent" in found)
    assert [(visit.owner_id, visit.progress) for visit in visits(db)] == [(cast.dan, "丹青自己的走访")]

    phone.offline()
    stop_workers(phone)  # as the system does: what one knew by heart is gone with it
    for path in ("/outbox", "/capture", "/", f"/projects/{cast.sail}"):
        page = phone.open(path)
        expect(page.locator("h1")).to_be_visible()
        seen = page.locator("html").evaluate("(root) => root.outerHTML + document.title + root.textContent")
        assert [secret for secret in (WORDS, "安娜", str(cast.ana)) if secret in seen] == []
    assert [secret for secret in (WORDS, "安娜", str(cast.ana)) if secret in page.evaluate(CACHES)] == []
    hers = [row["key"] for row in held(page, "ref") if row["key"].startswith(str(cast.ana))]
    assert hers == []

    phone.online()
    phone.context.clear_cookies(name="fieldapp")
    phone.enter("ana")
    page = phone.open("/outbox")
    expect(page.locator("[data-group=sent] [data-record]")).to_have_count(1)
    all_sent(page, 2)
    assert sorted((str(v.owner_id), v.progress) for v in visits(db)) == sorted(
        [(str(cast.ana), WORDS), (str(cast.dan), "丹青自己的走访")]
    )
    assert len(stored(db)) == 1


def test_signing_out_keeps_what_waits_and_takes_along_what_was_looked_up(
    phone: Phone, db: Database, tmp_path: Path
) -> None:
    get_ready(phone)
    phone.context.route("**/api/v1/visits/*", lambda route: route.abort())  # so that it still waits at the sign-out
    phone.context.route("**/api/v1/uploads*", lambda route: route.abort())
    log_visit(phone, WORDS, [snapshot(tmp_path, "hers")])
    page = phone.open("/settings")
    page.locator("form[data-sign-out] button").click()
    expect(page.locator("form[data-sign-in]")).to_be_visible()
    rows = held(page, "records")
    assert [row["form"]["progress"] for row in rows] == [WORDS]
    assert len(held(page, "bytes")) == 1
    assert PROJECT[:5] not in json.dumps(held(page, "ref"), ensure_ascii=False)
    assert held(page, "ref") == []
    page = phone.open("/outbox")
    expect(page.locator("[data-nobody-others]")).to_contain_text("1")
    expect(page.locator("[data-record]")).to_have_count(0)
    assert WORDS not in page.content()

    phone.context.unroute_all()
    phone.enter("ana")
    page = phone.open("/outbox")
    all_sent(page, 1)
    assert [visit.progress for visit in visits(db)] == [WORDS]
    assert "kinds" in eventually("reference again", lambda: reference(page), lambda ref: "kinds" in ref)
