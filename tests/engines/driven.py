"""What Firefox and WebKit have in common: both are driven by WebDriver's commands, each over its own wire."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.engines.device import PageError
from tests.engines.marionette import ELEMENT, Refused
from tests.processes import until

VISIBLE = """
const seen = [...document.querySelectorAll(arguments[0])].filter(
  (one) => one.checkVisibility({ visibilityProperty: true }) && one.getClientRects().length > 0,
);"""
# A page that reloads, or something in the way that moves on: looked at again.
AGAIN = {
    "element click intercepted",
    "element not interactable",
    "no such element",
    "stale element reference",
    "detached shadow root",
    "no such window",
    "unknown error",
    "script timeout",
}


class Driven(ABC):
    """A device whose `_ask` reaches the page."""

    _ask: Any

    @abstractmethod
    def _click_on(self, element: str) -> None: ...

    @abstractmethod
    def _clear(self, element: str) -> None: ...

    @abstractmethod
    def _type(self, element: str, text: str) -> None: ...

    @abstractmethod
    def _reloads(self, refused: Refused) -> bool:
        """Whether a script's error may be of a page that is just being loaded."""

    def click(self, css: str) -> None:
        def click() -> bool:
            one = self._seen(css)
            if one is not None:
                self._click_on(one[ELEMENT])
            return one is not None

        self._until(f"{css} to tap on", click)

    def fill(self, css: str, text: str) -> None:
        def fill() -> bool:
            one = self._seen(css)
            if one is not None:
                self._clear(one[ELEMENT])
                self._type(one[ELEMENT], text)
                self._ask.script("arguments[0].blur()", one)
            return one is not None

        self._until(f"{css} to write into", fill)

    def attach(self, css: str, *files: Path) -> None:
        def attach() -> bool:
            one = self._ask.script("return document.querySelector(arguments[0])", css)
            if one is not None:
                self._type(one[ELEMENT], "\n".join(str(file.resolve()) for file in files))
            return one is not None

        self._until(f"{css} for files", attach)

    def wait_for(self, css: str, *, visible: bool = True) -> None:
        what = "to be seen" if visible else "to be gone"
        self._until(f"{css} {what}", lambda: self._ask.script(f"{VISIBLE} return seen.length > 0", css) is visible)

    def text(self, css: str) -> str:
        found: list[str] = []

        def look() -> bool:
            found[:] = self._ask.script(
                "return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText)", css
            )
            return found != []

        self._until(f"{css} to read", look)
        return found[0]

    def run(self, source: str, *args: Any) -> Any:
        try:
            return self._ask.script(f"return ({source})(...arguments)", *args)
        except Refused as refused:
            if refused.name == "javascript error":
                raise PageError(refused.message) from None
            raise

    def _seen(self, css: str) -> dict[str, str] | None:
        found: dict[str, str] | None = self._ask.script(
            f"{VISIBLE} seen[0]?.scrollIntoView({{ block: 'center' }}); return seen[0];", css
        )
        return found

    def _until(self, what: str, look: Callable[[], bool]) -> None:
        """Look until it is so; a page that is just reloading is looked at again."""
        seen: list[Refused] = []

        def see() -> bool:
            try:
                return bool(look())
            except Refused as refused:
                seen[:] = [refused]
                if refused.name not in AGAIN and not self._reloads(refused):
                    raise
                return False

        try:
            until(what, see)
        except AssertionError as error:
            raise AssertionError(f"{error}; {seen[0] if seen else self._where()}") from None

    def _where(self) -> str:
        return str(self._ask.script("return `${location.href}\n${document.body?.innerText}`"))
