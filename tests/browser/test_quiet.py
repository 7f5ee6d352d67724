"""A phone that has nothing to say says nothing: who waits behind a locked screen costs no battery and no data."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, Request

from tests.browser.deeds import eventually, get_ready
from tests.browser.screens import Phone
from tests.cast import Cast

NEWS = "/timeline/news"
SECONDS = 1_000
CALM = 3  # rounds to the server and back in which a page says nothing
HIDE = """(state) => {
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


class Ears:
    """What the pages ask for, whether the worker passes it on or not. `so_far` is asked behind a request of our own."""

    def __init__(self, phone: Phone) -> None:
        self._page, self._heard, self._marks, self._open = phone.page, list[str](), 0, set[Request]()
        phone.context.on("request", self._hear)
        phone.context.on("requestfinished", self._ended)
        phone.context.on("requestfailed", self._ended)

    def _hear(self, request: Request) -> None:
        if request.service_worker is None:
            self._heard.append(request.url)
            self._open.add(request)

    def _ended(self, request: Request) -> None:
        self._open.discard(request)

    def so_far(self, part: str = "") -> list[str]:
        self._marks += 1
        mark = f"/healthz?mark={self._marks}"
        self._page.evaluate("(url) => fetch(url).then((answer) => answer.text())", mark)
        self._until("our own request", lambda: any(url.endswith(mark) for url in self._heard))
        # The page's clock must not run on past the patience for an answer that is only slow.
        self._until("every answer", lambda: not self._open)
        return [url for url in self._heard if "/healthz" not in url and part in url]

    def _until(self, what: str, heard: Callable[[], bool]) -> None:
        """What the browser tells is heard only while something is asked of it: never by waiting alone."""
        eventually(what, lambda: (self._page.evaluate("0"), heard())[1], bool)

    def forget(self) -> None:
        self._heard.clear()

    def calm(self) -> None:
        """Whatever was under way has ended, and what its answers led to as well."""
        quiet = 0
        while quiet < CALM:
            self.forget()
            quiet = 0 if self.so_far() else quiet + 1


def stopped_clock(phone: Phone, path: str) -> Page:
    """The page as one has it in hand, ten minutes after it was opened. From here on its time passes only as we say."""
    phone.expects("htmx:error: timeout")  # of an answer that was under way when its clock jumped
    phone.page.clock.resume()
    page = phone.open(path)
    page.wait_for_load_state("networkidle")
    shown = datetime.fromtimestamp(page.evaluate("Date.now() / 1000"), UTC)
    page.clock.pause_at(shown + timedelta(minutes=10))
    page.wait_for_load_state("networkidle")
    return page


def test_an_idle_page_with_nothing_to_send_asks_for_nothing_seen_or_not(phone: Phone) -> None:
    get_ready(phone)
    phone.page.clock.install()
    for path in ("/", "/capture", "/outbox"):
        page, ears = stopped_clock(phone, path), Ears(phone)
        ears.calm()
        for state in ("visible", "hidden"):
            page.evaluate(HIDE, state)
            page.clock.run_for(300 * SECONDS)
            assert ears.so_far() == [], (path, state)


def test_a_timeline_is_followed_while_one_looks_seldom_when_idle_and_never_hidden(phone: Phone, cast: Cast) -> None:
    get_ready(phone)
    phone.page.clock.install()
    page, ears = stopped_clock(phone, f"/projects/{cast.sail}"), Ears(phone)

    def next_look(step: int = 1) -> int:
        """After how many seconds of the page's time it asks for news again."""
        ears.forget()
        for seconds in range(step, 200, step):
            page.clock.run_for(step * SECONDS)
            if ears.so_far(NEWS):
                return seconds
        raise AssertionError("it never asked")

    page.keyboard.press("Shift")
    next_look()  # planned before somebody was there
    page.keyboard.press("Shift")
    assert 10 <= next_look() < 30
    page.clock.fast_forward(300 * SECONDS)
    next_look()
    assert 60 <= next_look(step=6) < 120

    page.evaluate(HIDE, "hidden")
    ears.forget()
    page.clock.run_for(600 * SECONDS)
    assert ears.so_far(NEWS) == []
    page.evaluate(HIDE, "visible")
    eventually("a look at once", lambda: ears.so_far(NEWS), bool)
