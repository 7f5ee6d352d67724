"""Chromium as a device: the phone of tests/browser/screens.py."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Playwright, sync_playwright

from tests.browser.screens import Phone
from tests.engines.device import PageError

PATIENCE = 30_000  # milliseconds


class Chromium:
    engine = "chromium"
    keeps = True

    def __init__(self, profile: Path, url: str, playwright: Playwright | None = None) -> None:
        """`playwright`: the one that runs in this process already, if any does; a second cannot."""
        self._own = None if playwright else sync_playwright().start()
        self._phone = Phone(playwright or self._own, profile, url)  # type: ignore[arg-type]
        self._tabs = [self._phone.page]

    @property
    def url(self) -> str:
        return self._phone.url

    @url.setter
    def url(self, url: str) -> None:
        self._phone.url = url

    def open(self, path: str) -> None:
        try:
            self._phone.open(path)
        except Error as error:
            if "net::ERR_" not in str(error):
                raise

    def tab(self, number: int) -> None:
        if number == len(self._tabs):
            self._tabs.append(self._phone.context.new_page())
        self._phone.page = self._tabs[number]
        self._phone.page.bring_to_front()

    def click(self, css: str) -> None:
        self._phone.page.locator(css).filter(visible=True).first.click()

    def fill(self, css: str, text: str) -> None:
        field = self._phone.page.locator(css).filter(visible=True).first
        field.fill(text)
        field.blur()

    def attach(self, css: str, *files: Path) -> None:
        self._phone.page.locator(css).first.set_input_files([*files])

    def wait_for(self, css: str, *, visible: bool = True) -> None:
        seen = self._phone.page.locator(css).filter(visible=True).first
        seen.wait_for(state="visible" if visible else "hidden", timeout=PATIENCE)

    def text(self, css: str) -> str:
        return self._phone.page.locator(css).first.inner_text()

    def run(self, source: str, *args: Any) -> Any:
        try:
            return self._phone.page.evaluate(f"(args) => ({source})(...args)", list(args))
        except Error as error:
            raise PageError(str(error)) from None

    def forget_cookies(self) -> None:
        self._phone.context.clear_cookies()

    def offline(self) -> None:
        self._phone.offline()

    def online(self) -> None:
        self._phone.online()

    def kill(self) -> None:
        self._phone.kill()

    def reopen(self, path: str) -> None:
        self._phone.reopen("/healthz")
        self._tabs = [self._phone.page]
        self.open(path)

    def close(self) -> None:
        self._phone.close()
        if self._own:
            self._own.stop()
            self._own = None

    def errors(self) -> list[str]:
        found = self._phone.complaints()
        self._phone.errors.clear()
        self._phone.violations.clear()
        return found
