"""Waiting with a stopwatch: these runs measure, so unlike tests they know what time it is."""

import time
from collections.abc import Callable
from typing import TypeVar

from playwright.sync_api import Error

T = TypeVar("T")
PAUSE = 0.1


def now() -> float:
    return time.monotonic()


def rest(seconds: float) -> None:
    time.sleep(seconds)


def watch(what: str, look: Callable[[], T], fits: Callable[[T], bool], within: float = 600) -> tuple[T, float]:
    """What was seen when it fitted, and after how many seconds. A page just being replaced is looked at again."""
    begun, seen = now(), None
    while now() - begun < within:
        try:
            seen = look()
        except Error as error:
            if "context was destroyed" not in str(error) and "navigation" not in str(error).lower():
                raise
        else:
            if fits(seen):
                return seen, now() - begun
        rest(PAUSE)
    raise AssertionError(f"waited {within:.0f} s in vain for: {what}; last seen: {seen}")
