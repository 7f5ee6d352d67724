"""What only WebKit does, and so iPhones: each was seen to fail before it was mended, or fails for others."""

from pathlib import Path

import pytest

from fieldapp.core.db import Database
from tests.browser.deeds import snapshot, stored, visits
from tests.engines.deeds import all_sent, eventually, get_ready, hashes, held, log_visit, states
from tests.engines.device import Device, PageError
from tests.engines.installed import WEBKITS

pytestmark = pytest.mark.parametrize("device", WEBKITS, indirect=True)

# Never without a transaction under way, of the kind that saving needs.
BUSY = """async () => {
  const root = document.querySelector('script[src*="/js/"]').src.replace(/js\\/.*/, "js/");
  const { openStore } = await import(`${root}outbox/store.js`);
  const store = await openStore();
  window.rounds = 0;
  addEventListener("pagehide", ({ persisted }) => sessionStorage.setItem("left", persisted ? window.rounds : "closed"));
  (async () => {
    for (;;) {
      await store.tx(["records", "photos", "bytes", "meta"], (tx) => tx.list("records"));
      window.rounds += 1;
    }
  })();
}"""
KEEP_BLOB = """() => new Promise((done, fail) => {
  const asked = indexedDB.open("trial", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("blobs");
  asked.onsuccess = () => {
    const tx = asked.result.transaction("blobs", "readwrite");
    tx.objectStore("blobs").put(new Blob(["photo"]), "one");
    tx.oncomplete = () => done("kept");
    tx.onabort = () => fail(tx.error);
  };
})"""


def work_on(phone: Device) -> None:
    phone.open("/outbox")
    phone.run(BUSY)
    eventually("work", lambda: phone.run("() => window.rounds"), lambda n: n > 0)


def test_a_page_that_one_left_in_the_middle_of_its_work_holds_nothing_up_and_goes_on_when_one_comes_back(
    phone: Device, db: Database, tmp_path: Path
) -> None:
    """WebKit keeps it frozen for the way back, locks and all: no visit could be saved until the browser was closed."""
    get_ready(phone)
    phone.offline()
    work_on(phone)
    log_visit(phone, "离开的页面不挡路", snapshot(tmp_path, "one"))
    assert states(phone)[0] in {"saved", "sealed"}
    work_on(phone)
    phone.open("/capture")
    phone.wait_for("[data-search], [data-text]")
    left = int(phone.run("() => sessionStorage.getItem('left')"))
    phone.run("() => void history.back()")
    eventually("it goes on", lambda: phone.run("() => window.rounds ?? 0"), lambda n: n > left)
    phone.online()
    all_sent(phone, 1)
    assert (len(visits(db)), len(stored(db))) == (1, 1)


def test_photos_are_kept_where_a_blob_cannot_be_and_go_by_themselves_though_the_browser_never_says_that_it_is_offline(
    phone: Device, db: Database, tmp_path: Path
) -> None:
    get_ready(phone)
    if phone.keeps:
        assert phone.run(KEEP_BLOB) == "kept"
    else:
        with pytest.raises(PageError, match="UnknownError"):
            phone.run(KEEP_BLOB)
    phone.offline()
    log_visit(phone, "无痕窗口里登记", snapshot(tmp_path, "one"), snapshot(tmp_path, "two", size=(2400, 1800)))
    kept = hashes(phone)
    assert len(kept) == 2
    assert [row["shrunk"] for row in held(phone, "photos")] == [True, True]
    assert phone.run("() => navigator.onLine") is True
    assert phone.run("() => 'sync' in ServiceWorkerRegistration.prototype") is False
    phone.online()
    phone.open("/")  # the app is opened again; nobody taps on anything
    eventually("sent by itself", lambda: states(phone), lambda found: found == ["sent"])
    assert (len(visits(db)), stored(db)) == (1, kept)
