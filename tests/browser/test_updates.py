"""A new version comes while somebody writes; and the switch that removes the worker."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.sync.models import Raw
from fieldapp.sync.payloads import SCHEMA
from tests.browser.deeds import (
    Form,
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
from tests.browser.versions import UPCAST, next_version
from tests.conftest import LiveServer

OLD = b'const VERSION = "'


def deploy(wire: Wire) -> None:
    """From now on /sw.js is that of another version; a browser compares its bytes."""
    wire.rewrite = lambda path, body: body.replace(OLD, OLD + b"new-") if path == "/sw.js" else body


def shells(page: Page) -> list[str]:
    names: list[str] = page.evaluate("caches.keys()")
    return [name.removeprefix("fieldapp-shell-") for name in names if name.startswith("fieldapp-shell-")]


def look_for_updates(page: Page) -> None:
    page.evaluate("navigator.serviceWorker.getRegistration().then((worker) => worker.update()).then(() => true)")


FORGET = """async () => {
  for (const name of await caches.keys()) await caches.delete(name);
}"""


def forget_assets(phone: Phone, page: Page) -> None:
    """Whatever an open page has not loaded yet, it must get from the server."""
    page.evaluate(FORGET)
    phone.context.new_cdp_session(page).send("Network.clearBrowserCache")


def raws(db: Database) -> dict[str, Raw]:
    """What came, by the words in it."""
    with db.reading() as session:
        return {json.loads(raw.payload)["body"]["progress"]: raw for raw in session.scalars(select(Raw))}


def test_a_deploy_while_phones_hold_old_pages_old_drafts_and_old_queues(
    far_phone: Phone, wire: Wire, served: LiveServer, serve: Callable[..., LiveServer], db: Database, tmp_path: Path
) -> None:
    phone, before = far_phone, wire.upstream
    photo = [snapshot(tmp_path, name, size=(640, 480 + n)) for n, name in enumerate("abcd")]
    get_ready(phone)
    phone.offline()
    log_visit(phone, "旧版存下", photo[:1])
    new_visit(phone).choose().kind().write(progress="旧版草稿").take(photo[1]).shrunk()
    draft = eventually(
        "a draft",
        lambda: [row for row in held(phone.page, "records") if row["state"] == "draft"],
        lambda rows: [row["form"].get("progress") for row in rows] == ["旧版草稿"],
    )[0]["id"]
    form = new_visit(phone).choose().kind().write(progress="旧页写到一半")
    page = form.page
    page.evaluate("window.sameDocument = true")
    old = Path(urlsplit(page.locator("script[type=module]").first.get_attribute("src") or "").path).parts[2]

    root = next_version(tmp_path / "next")
    server = serve(root=root)
    wire.upstream = int(server.url.rpartition(":")[2])
    phone.expects("dynamically imported module")  # where it wants to send a moment before it is online again
    forget_assets(phone, page)
    phone.online()  # the old page loads the old sender from the new server, and sends the old queue
    eventually("the old queue is sent", lambda: states(page), lambda found: "sent" in found)
    assert any(line.startswith(f"GET /s/{old}/js/outbox/sender.js ok") for line in wire.seen)

    look_for_updates(page)
    offer = page.locator('[data-notice="update"] button')
    expect(offer).to_be_visible()
    offer.click()  # refused: something is being written
    expect(page.locator("[data-toasts] .toast")).to_be_visible()
    expect(page.locator('[data-text="progress"]')).to_have_value("旧页写到一半")
    assert page.evaluate("window.sameDocument") is True
    assert form.save()
    eventually("sent by the old page", lambda: states(page).count("sent"), lambda n: n == 2)
    offer.click()
    eventually("the page of the new version", lambda: page.evaluate("window.sameDocument === undefined"), bool)
    assert page.evaluate("navigator.serviceWorker.controller !== null")

    finish(phone, draft, "旧版草稿，新版写完")
    all_sent(phone.page, 3)
    came = raws(db)
    schemas = {words: (raw.schema, raw.state) for words, raw in came.items()}
    assert schemas == {
        "旧版存下": (SCHEMA, "projected"), "旧页写到一半": (SCHEMA, "projected"),
        "旧版草稿，新版写完": (SCHEMA + 1, "projected"),
    }  # fmt: skip
    assert sorted(visit.needs for visit in visits(db)) == ["", UPCAST, UPCAST]

    server.kill()
    wire.upstream = before  # the deploy is taken back: the phone is newer than the server now
    log_visit(phone, "比服务器新", photo[2:3])
    all_sent(phone.page, 4)
    ahead = raws(db)["比服务器新"]
    assert (ahead.state, ahead.reason.partition(":")[0]) == ("failed", "newer-schema")
    assert len(visits(db)) == 3
    served.kill()
    with db.writing() as session:  # the sweep leaves what came within the last minute to its own request
        session.execute(update(Raw).values(received_at=clock.now() - timedelta(minutes=2)))
    wire.upstream = int(serve(root=root).url.rpartition(":")[2])  # and made again
    eventually("all four are there", lambda: len(visits(db)), lambda n: n == 4)
    assert stored(db) == sorted(row["sha256"] for row in held(phone.page, "photos"))
    assert {raw.payload_sha256 for raw in raws(db).values()} == {
        row["sealed"]["sha256"] for row in held(phone.page, "records", hashes=True)
    }


def finish(phone: Phone, draft: str, words: str) -> None:
    page = phone.open(f"/capture?draft={draft}")
    expect(page.locator("[data-photos] [data-photo]")).to_have_count(1)
    page.locator('[data-text="progress"]').fill(words)
    assert Form(page).save()


def test_a_new_version_comes_in_by_itself_at_a_cold_start(far_phone: Phone, wire: Wire) -> None:
    phone = far_phone
    get_ready(phone)
    deploy(wire)
    look_for_updates(phone.open("/settings"))
    eventually("it waits", lambda: shells(phone.page), lambda names: any(name.startswith("new-") for name in names))
    phone.close()
    page = phone.reopen("/settings")
    waiting = "navigator.serviceWorker.getRegistration().then((worker) => worker.waiting === null)"
    eventually("it has taken over", lambda: page.evaluate(waiting), bool)
    kept = shells(page)  # and what an open page of the version before may still ask for
    assert [name.startswith("new-") for name in kept] == [False, True]
    phone.offline()
    expect(phone.open("/capture").locator('[data-view="pick"]')).to_be_visible()


def test_a_server_is_killed_and_the_switch_of_the_next_removes_worker_and_caches_and_no_record(
    phone: Phone, served: LiveServer, serve: Callable[..., LiveServer], db: Database, tmp_path: Path
) -> None:
    get_ready(phone)
    served.kill()
    log_visit(phone, "开关之前保存", [snapshot(tmp_path, "one")])
    assert set(states(phone.page)) <= {"saved", "sealed"}
    assert len(held(phone.page, "bytes")) == 1
    serve(int(served.url.rpartition(":")[2]), worker="no")
    page = phone.open("/login?next=/outbox")
    eventually("the caches are gone", lambda: shells(page), lambda names: names == [])
    gone = "navigator.serviceWorker.getRegistrations().then((all) => all.length === 0)"
    eventually("the worker is gone", lambda: page.evaluate(gone), bool)
    page = phone.open("/outbox")  # from the network now
    assert [row["form"]["progress"] for row in held(page, "records")] == ["开关之前保存"]
    all_sent(page, 1)
    assert (len(visits(db)), len(stored(db))) == (1, 1)
