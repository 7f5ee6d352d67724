"""The capture page: what it weighs, how long it takes on 2G the first time, how soon it opens without a network."""

from statistics import median
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.deeds import load_up
from tests.browser.screens import Phone
from tests.network.scene import Scene
from tests.network.watch import now

MOST_BYTES = 45 * 1024
SLOWER = 4
TIMES = 7
# When the officer can choose a project: seconds are the page's own, counted from the tap.
USABLE = """addEventListener("DOMContentLoaded", () => {
  const look = () => {
    const view = document.querySelector('[data-view="pick"]');
    if (view?.checkVisibility()) window.usableAfter = performance.now();
    else requestAnimationFrame(look);
  };
  look();
});"""
# What had come by then, without what folds show later. A busy machine asks late: the form fetched ahead is here too.
TO_USE = """() => {
  const ours = /\\.(css|js)$|\\/capture$/;
  const came = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .filter(({ name, responseEnd }) => ours.test(new URL(name).pathname) && responseEnd <= window.usableAfter);
  return came.map(({ name, encodedBodySize }) => [new URL(name).pathname, encodedBodySize]);
}"""


def run(scene: Scene) -> dict[str, Any]:
    link = scene.link
    link.becomes("lan")
    with scene.phone() as signed_in:
        signed_in.sign_in("ana")
        cookies = signed_in.context.cookies()
    with scene.phone() as phone:
        phone.context.add_cookies(cookies)  # type: ignore[arg-type]
        phone.context.add_init_script(USABLE)
        loaded = _Loaded(phone.page)
        link.becomes("2g")
        link_before, begun = link.received.bytes, now()
        page = _capture(phone)
        usable_s, by_then = now() - begun, link.received.bytes - link_before
        to_use = {str(path): int(size) for path, size in page.evaluate(TO_USE)}
        link.becomes("lan")
        page.wait_for_load_state("networkidle")
        whole = loaded.copy()
        load_up(phone)
        offline = _offline(phone)
    weight = sum(to_use.values())
    assert 0 < weight <= MOST_BYTES, to_use
    return {
        "page_bytes": weight,
        "page_requests": len(to_use),
        "with_the_form_bytes": whole["bytes"],
        "with_the_form_requests": whole["requests"],
        "usable_2g_s": round(usable_s, 1),
        "link_bytes_by_then": by_then,
        "offline_usable_ms": round(median(offline)),
        "offline_usable_ms_best": round(min(offline)),
    }


def _capture(phone: Phone) -> Page:
    phone.page.goto(f"{phone.url}/capture", wait_until="commit")
    expect(phone.page.locator('[data-view="pick"]')).to_be_visible()
    return phone.page


def _offline(phone: Phone) -> list[float]:
    """Milliseconds until it is usable, on a processor four times as slow."""
    phone.offline()
    slow = phone.context.new_cdp_session(phone.page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    took = []
    for _ in range(TIMES):
        page = _capture(phone)
        took.append(float(page.evaluate("window.usableAfter")))
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    phone.online()
    return took


class _Loaded:
    """HTML, CSS and JavaScript that the page itself loads, compressed as they come. What the worker stores is apart."""

    def __init__(self, page: Page) -> None:
        self.bytes = self.heads = 0
        self.what: list[str] = []
        self._begun: dict[str, tuple[str, int]] = {}
        heard = page.context.new_cdp_session(page)
        heard.send("Network.enable")
        heard.on("Network.responseReceived", self._begins)
        heard.on("Network.loadingFinished", self._ends)

    def copy(self) -> dict[str, int]:
        return {"bytes": self.bytes, "heads": self.heads, "requests": len(self.what)}

    def _begins(self, told: dict[str, Any]) -> None:
        answer = told["response"]
        ours = answer["mimeType"] in {"text/html", "text/css", "text/javascript"} and not answer["url"].endswith(
            "/sw.js"
        )
        if ours and not answer.get("fromServiceWorker") and not answer.get("fromDiskCache"):
            self._begun[told["requestId"]] = answer["url"].rpartition("/")[2], int(answer["encodedDataLength"])

    def _ends(self, told: dict[str, Any]) -> None:
        if told["requestId"] not in self._begun:
            return
        name, head = self._begun[told["requestId"]]
        self.heads += head
        self.bytes += int(told["encodedDataLength"]) - head
        self.what.append(f"{name} {int(told['encodedDataLength']) - head}+{head}")
