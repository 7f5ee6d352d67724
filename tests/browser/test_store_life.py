"""The store through the versions of the app, in a real Chromium: older code, newer code, a page that never lets go.

What lies in it is written down in tests/js/fixtures; here it is what this very phone has stored.
"""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from fieldapp.core.db import Database
from tests.browser.deeds import (
    all_sent,
    eventually,
    get_ready,
    held,
    log_visit,
    new_visit,
    snapshot,
    states,
    stored,
    visits,
)
from tests.browser.faults import Wire
from tests.browser.screens import Phone

OLDER: dict[str, Any] = {"version": 1, "indexes": {"records": {"owner": "owner"}}, "more": {}}
NEWER: dict[str, Any] = {
    "version": 90,
    "indexes": {
        "records": {"owner": "owner", "state": "state", "owner_state": ["owner", "state"], "weather": "weather"},
        "photos": {"record": "record"},
    },
    "more": {"weather": "雨"},
}
# Writes the store anew in another shape, as an older or newer version of the app would have made it.
REBUILD = """async ({ version, indexes, more }) => {
  const done = (asked) => new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  const before = await done(indexedDB.open("fieldapp"));
  const rows = {};
  for (const name of before.objectStoreNames) {
    const store = before.transaction(name).objectStore(name);
    rows[name] = { keyPath: store.keyPath, all: await done(store.getAll()) };
  }
  before.close();
  await done(indexedDB.deleteDatabase("fieldapp"));
  const asked = indexedDB.open("fieldapp", version);
  asked.onupgradeneeded = () => {
    for (const [name, { keyPath }] of Object.entries(rows)) {
      const made = asked.result.createObjectStore(name, { keyPath });
      for (const [index, path] of Object.entries(indexes[name] ?? {})) made.createIndex(index, path);
    }
    if (more.weather) asked.result.createObjectStore("drawings", { keyPath: "id" });
  };
  const after = await done(asked);
  for (const [name, { all }] of Object.entries(rows)) {
    const tx = after.transaction(name, "readwrite");
    for (const row of all) tx.objectStore(name).put({ ...row, ...(name === "records" ? more : {}) });
    await new Promise((resolve) => (tx.oncomplete = resolve));
  }
  after.close();
}"""
HOLD = """() => new Promise((resolve) => {
  const asked = indexedDB.open("fieldapp");
  asked.onsuccess = () => resolve(Boolean(window.held = asked.result));
})"""
SHAPE = """() => new Promise((resolve) => {
  const asked = indexedDB.open("fieldapp");
  asked.onsuccess = () => {
    resolve({ version: asked.result.version, stores: [...asked.result.objectStoreNames] });
    asked.result.close();
  };
})"""


def contents(page: Page) -> list[Any]:
    """Every record, photo and byte, hash for hash; leases and tries come and go."""
    passing = {"lease", "tries", "next_at"}
    rows = [row for store in ("records", "photos", "bytes") for row in held(page, store, hashes=True)]
    return [{name: value for name, value in row.items() if name not in passing} for row in rows]


def away(phone: Phone) -> Page:
    """Where none of the app's code runs."""
    phone.page.goto("about:blank")
    phone.online()
    return phone.open("/healthz")


def test_older_code_and_newer_code_find_a_full_store_and_all_of_it_arrives(
    far_phone: Phone, wire: Wire, db: Database, tmp_path: Path
) -> None:
    phone = far_phone
    get_ready(phone)
    photo = [snapshot(tmp_path, name, size=(640, 480 + n)) for n, name in enumerate("abcd")]
    log_visit(phone, "已上传", photo[:1])
    all_sent(phone.page, 1)
    wire.breaks("refuse", method="PUT", path="/api/v1/visits/")
    log_visit(phone, "已封存", photo[1:2])
    eventually("one is sealed", lambda: states(phone.page), lambda found: found == ["sent", "sealed"])
    phone.offline()
    log_visit(phone, "已存本机", photo[2:3])
    new_visit(phone).choose().kind().write(progress="草稿").take(photo[3]).shrunk()
    eventually("a draft", lambda: held(phone.page, "records")[-1]["form"].get("progress"), lambda text: text == "草稿")

    page = away(phone)
    before = contents(page)
    page.evaluate(REBUILD, OLDER)
    phone.expects("another page holds the store")
    frozen = phone.new_tab("/healthz")
    assert frozen.evaluate(HOLD)
    phone.offline()
    page.clock.install()
    page = phone.open("/outbox")
    eventually(
        "it is said that another page holds the store",
        lambda: (page.clock.fast_forward(2000), page.locator('[data-view="failed"]').is_visible())[1],
        bool,
    )
    frozen.close()
    page = phone.open("/outbox")
    expect(page.locator("[data-record]")).to_have_count(4)
    assert contents(page) == before
    assert page.evaluate(SHAPE)["version"] == 2

    page = away(phone)
    page.evaluate(REBUILD, NEWER)
    phone.offline()
    draft = next(row["id"] for row in held(page, "records") if row["state"] == "draft")
    page = phone.open(f"/capture?draft={draft}")
    expect(page.locator('[data-text="progress"]')).to_have_value("草稿")
    page.locator('[data-text="progress"]').fill("草稿写完了")
    page.locator(".savebar-go").click()
    expect(page.locator('[data-view="saved"] [data-slot="saved"]')).to_be_visible()
    wire.mends()
    phone.online()
    page = phone.open("/outbox")
    all_sent(page, 4)
    assert sorted(visit.progress for visit in visits(db)) == sorted(["已上传", "已封存", "已存本机", "草稿写完了"])
    assert stored(db) == sorted(row["sha256"] for row in held(page, "photos"))
    assert stored(db) == sorted(row["buf"]["sha256"] for row in before if "buf" in row)
    assert {row.get("weather") for row in held(page, "records")} == {"雨"}
    kept = page.evaluate(SHAPE)
    assert (kept["version"], "drawings" in kept["stores"]) == (90, True)
