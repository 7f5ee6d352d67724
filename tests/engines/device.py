"""What a journey asks of a browser, whatever its engine: chromium.py, firefox.py and webkit.py each answer it.

A device has a profile folder of its own on the disk, is of a phone's size (390 × 844, or as near as the engine goes),
in Chinese, in the zone of Shanghai, standing at SITE of tests/cast.py with an accuracy of 8 m and with the leave to
tell so. It is started by its constructor `(profile: Path, url: str)`; a folder that holds a profile already is opened
with what it holds.
"""

from pathlib import Path
from typing import Any, Protocol


class Device(Protocol):
    """Every wait ends after half a minute and fails the test with what was waited for."""

    engine: str  # chromium, firefox, webkit, webkit-ephemeral
    keeps: bool  # whether its profile outlives the browser: an ephemeral one does not
    url: str  # scheme, host and port before every path; a journey may set another, which is another origin

    def open(self, path: str) -> None:
        """Go there in the tab at hand; back when the page has loaded. Offline, a page that nobody kept is no error."""

    def tab(self, number: int) -> None:
        """That tab is at hand from now on; 0 is the first, and one more than there are opens an empty one."""

    def click(self, css: str) -> None:
        """On the first that is visible, waited for; as a finger would, where it is drawn."""

    def fill(self, css: str, text: str) -> None:
        """Instead of what stands in the first visible one; the page hears `input` and, at the end, `change`."""

    def attach(self, css: str, *files: Path) -> None:
        """All of them at once, into a file input, which need not be visible."""

    def wait_for(self, css: str, *, visible: bool = True) -> None:
        """Until one that fits is visible; `visible=False`: until none is. A page that reloads meanwhile is no error."""

    def text(self, css: str) -> str:
        """As it is read on the screen (innerText) of the first that fits, waited for, visible or not."""

    def run(self, source: str, *args: Any) -> Any:
        """What `source`, a function (async or not), returns when called in the page with these arguments, as JSON.
        By the driver's own way, which the page's policy does not bind; what the page left on `window` can be used.
        What the function throws is a `PageError`."""

    def forget_cookies(self) -> None:
        """All of them, of every origin and HttpOnly too: nobody is signed in any more."""

    def offline(self) -> None:
        """No network, neither for pages nor for their workers. Stays so over `kill` and `reopen`."""

    def online(self) -> None:
        """The network is back."""

    def kill(self) -> None:
        """SIGKILL for every process of this browser at once: nothing is told, nothing is tidied."""

    def reopen(self, path: str) -> None:
        """After `kill` or `close`: the same profile in a new browser, offline if it was, at this page."""

    def close(self) -> None:
        """As a person closes the browser: it may write down what it holds. Twice does no harm."""

    def errors(self) -> list[str]:
        """What pages and workers let out since the last time this was asked: uncaught errors, console errors, and
        violations of the Content-Security-Policy, each a line; refused requests are not among them."""


class PageError(Exception):
    """What a function given to `run` has thrown: its name and message."""
