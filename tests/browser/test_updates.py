"""A new version comes while somebody writes; and the switch that removes the worker."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from fieldapp.core.db import Database
from tests.browser.deeds import all_sent, eventually, get_ready, held, log_visit, new_visit, visits
from tests.browser.faults import Wire
from tests.browser.screens import Phone
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


def test_a_new_version_waits_until_the_visit_is_saved(far_phone: Phone, wire: Wire) -> None:
    get_ready(far_phone)
    form = new_visit(far_phone).choose().kind().write(progress="正在写")
    page = form.page
    page.evaluate("window.sameDocument = true")
    deploy(wire)
    look_for_updates(page)
    offer = page.locator('[data-notice="update"] button')
    expect(offer).to_be_visible()
    offer.click()  # refused: something is being written
    expect(page.locator("[data-toasts] .toast")).to_be_visible()
    expect(page.locator('[data-text="progress"]')).to_have_value("正在写")
    assert page.evaluate("window.sameDocument") is True
    assert form.save()
    all_sent(page, 1)
    offer.click()
    eventually("the page of the new version", lambda: page.evaluate("window.sameDocument === undefined"), bool)
    assert any(name.startswith("new-") for name in shells(page))
    assert page.evaluate("navigator.serviceWorker.controller !== null")
    assert [row["form"]["progress"] for row in held(page, "records")] == ["正在写"]


def test_a_new_version_comes_in_by_itself_at_a_cold_start(far_phone: Phone, wire: Wire) -> None:
    get_ready(far_phone, to_be_killed=True)
    deploy(wire)
    look_for_updates(far_phone.open("/settings"))
    eventually("it waits", lambda: shells(far_phone.page), lambda names: any(name.startswith("new-") for name in names))
    far_phone.close()
    page = far_phone.reopen("/settings")
    waiting = "navigator.serviceWorker.getRegistration().then((worker) => worker.waiting === null)"
    eventually("it has taken over", lambda: page.evaluate(waiting), bool)
    far_phone.offline()
    expect(far_phone.open("/capture").locator('[data-view="pick"]')).to_be_visible()


def test_the_switch_removes_worker_and_caches_and_no_record(
    phone: Phone, served: LiveServer, serve: Callable[..., LiveServer], db: Database
) -> None:
    get_ready(phone)
    served.kill()
    log_visit(phone, "开关之前保存")
    serve(int(served.url.rpartition(":")[2]), worker="no")
    page = phone.open("/login?next=/outbox")
    eventually("the caches are gone", lambda: shells(page), lambda names: names == [])
    gone = "navigator.serviceWorker.getRegistrations().then((all) => all.length === 0)"
    eventually("the worker is gone", lambda: page.evaluate(gone), bool)
    page = phone.open("/outbox")  # from the network now
    assert [row["form"]["progress"] for row in held(page, "records")] == ["开关之前保存"]
    all_sent(page, 1)
    assert len(visits(db)) == 1
