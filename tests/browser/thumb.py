"""An officer's thumb that counts: what a journey costs in taps beside the text (docs/journeys.md)."""

from playwright.sync_api import Locator


class Thumb:
    def __init__(self) -> None:
        self.taps = 0

    def tap(self, *targets: Locator) -> None:
        """One after the other, each a tap of its own."""
        for target in targets:
            target.click()
            self.taps += 1
