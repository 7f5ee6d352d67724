"""The two screens of the browser tests: a phone that can die at any moment, and a desk.

Both are a real Chromium.

Whatever breaks the Content-Security-Policy, and every error that a page lets out, is collected; the fixtures of
conftest.py hold both to nothing at the end of each test. A test that breaks the wire on purpose says which errors it
means by `screen.expects("…")`.
"""

import os
import signal
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Geolocation,
    Page,
    Playwright,
    expect,
)

from tests.browser import chromium
from tests.cast import PASSWORD, SITE
from tests.processes import tree_of

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
# Only what is wrong is written out: axe would spell out what is right, too, which takes longer than finding it.
RUN_AXE = "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--use-fake-device-for-media-stream",  # a camera that shows a turning clock; it still asks for leave
]
# Painted without a graphics card, at one pixel a point and with nothing sliding in: the same pages for half the work.
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
    "reduced_motion": "reduce",
}
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"}
PLACE: dict[str, Any] = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "permissions": ["geolocation"]}
PATIENCE = 60_000  # milliseconds: a busy machine fails no test
# A request that the wire refused is the test's doing, not the page's.
WIRE = ("Failed to load resource", "net::ERR_")
TELL_VIOLATIONS = """addEventListener("securitypolicyviolation", (e) =>
  window.tellViolation(`${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber} ${e.sample}`));"""


@cache
def axe() -> str:
    return AXE.read_text(encoding="utf-8")


def standing(latitude: float, longitude: float, accuracy: float = 8.0) -> Geolocation:
    return {"latitude": latitude, "longitude": longitude, "accuracy": accuracy}


class Screen:
    """What a phone and a desk have in common."""

    context: BrowserContext
    page: Page

    def __init__(self, url: str, size: str) -> None:
        self.url, self.size = url, size
        self.violations: list[str] = []
        self.errors: list[str] = []
        self._expected: list[str] = []

    def open(self, path: str = "/") -> Page:
        self.page.goto(f"{self.url}{path}")
        return self.page

    def sign_in(self, name: str, *, own_device: bool = True) -> None:
        """By the form, as a person would."""
        page = self.open("/login")
        page.locator("[name=username]").fill(name)
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("[name=own_device]").set_checked(own_device)
        page.locator("form[data-sign-in] [type=submit]").click()
        expect(page.locator("form[data-sign-in]")).to_have_count(0)

    def speak(self, language: str) -> None:
        """In the language of this cookie from now on: `en` or `zh_Hans_CN`."""
        self.context.add_cookies([{"name": "fieldapp_lang", "value": language, "url": self.url}])

    def expects(self, *parts: str) -> None:
        """Errors with one of these in them are the test's doing."""
        self._expected += parts

    def complaints(self) -> list[str]:
        """What no page may leave behind: violations of the policy, uncaught errors, console errors."""
        errors = [error for error in self.errors if not any(part in error for part in self._expected)]
        return [*(f"CSP: {violation}" for violation in self.violations), *errors]

    def barriers(self) -> list[str]:
        """What axe finds on the page as it stands: rule, and where."""
        self.page.evaluate(axe())
        found = self.page.evaluate(RUN_AXE, WCAG)
        return [f"{v['id']} ({v['impact']}): {n['target']}" for v in found["violations"] for n in v["nodes"]]

    def stand_at(self, latitude: float, longitude: float, accuracy: float = 8.0) -> None:
        self.context.set_geolocation(standing(latitude, longitude, accuracy))

    def new_tab(self, path: str = "/") -> Page:
        """A second page on the same screen; `page` stays the first."""
        tab = self.context.new_page()
        tab.goto(f"{self.url}{path}")
        return tab

    def _watch(self, context: BrowserContext) -> None:
        self.context = context
        context.set_default_timeout(PATIENCE)
        context.expose_binding("tellViolation", lambda _source, text: self.violations.append(text))
        context.add_init_script(TELL_VIOLATIONS)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.errors.append(f"uncaught: {error.error}"))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(part in message.text for part in WIRE):
            self.errors.append(f"console: {message.text}")


class Phone(Screen):
    """A Chromium with a profile of its own on the disk, so that it can be killed and opened again."""

    def __init__(self, playwright: Playwright, profile: Path, url: str) -> None:
        super().__init__(url, "phone")
        self._playwright, self._profile, self._offline = playwright, profile, False
        self._open = False
        self._start()

    def _start(self) -> None:
        context = self._playwright.chromium.launch_persistent_context(
            self._profile,
            executable_path=chromium.find(),
            args=FLAGS,
            offline=self._offline,
            geolocation=standing(*SITE),
            **PHONE,
            **PLACE,
        )
        self._watch(context)
        self.page = context.pages[0] if context.pages else context.new_page()
        self._open = True

    def offline(self) -> None:
        """No network: for the pages and for the worker's own fetches. Stays so over kill and reopen."""
        self._offline = True
        self.context.set_offline(True)

    def online(self) -> None:
        self._offline = False
        self.context.set_offline(False)

    def enter(self, name: str) -> None:
        """Signed in, for a while that no kill ends."""
        super().sign_in(name)

    def sign_in(self, name: str, *, own_device: bool = True) -> None:
        """By the form. Then closed and opened politely once: Chromium writes cookies to its disk only now and then."""
        super().sign_in(name, own_device=own_device)
        if own_device:
            self.close()
            self._start()

    def close(self) -> None:
        """As a person closes the browser."""
        if self._open:
            self._open = False
            self.context.close()

    def kill(self) -> None:
        """As the system does when memory is short: nothing is told, nothing is tidied."""
        for pid in sorted(tree_of(f"--user-data-dir={self._profile}"), reverse=True):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with suppress(Error):
            self.context.close()
        self._open = False
        for name in ("SingletonLock", "SingletonCookie", "SingletonSocket"):
            (self._profile / name).unlink(missing_ok=True)

    def reopen(self, path: str = "/") -> Page:
        """After `close` or `kill`: the same profile, offline if it was."""
        self._start()
        return self.open(path)


class Desk(Screen):
    """A window of its own on a wide screen."""

    def __init__(self, browser: Browser, url: str) -> None:
        super().__init__(url, "desk")
        self._watch(browser.new_context(**DESK, **PLACE))
        self.page = self.context.new_page()

    def close(self) -> None:
        self.context.close()
