"""Looking at real processes, and waiting for what they do without guessing how long it takes."""

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

LOOKS = 600
PAUSE = 0.05
SELDOM = 0.4


def until(what: str, condition: Callable[[], bool], *, seldom: bool = False) -> None:
    """Look again and again, for half a minute at most; fails the test with `what` was waited for.

    `seldom`: where looking costs those who are looked at; less and less often, and for some minutes."""
    pause, wait = threading.Event(), PAUSE
    for _ in range(LOOKS):
        if condition():
            return
        pause.wait(wait)
        wait = min(wait * 1.3, SELDOM) if seldom else PAUSE
    raise AssertionError(f"waited in vain for: {what}")


def running(pid: int) -> bool:
    """Whether this process lives (one that only waits to be reaped does not)."""
    try:
        return _stat(pid)[0] != "Z"
    except OSError:
        return False


def children_of(pid: int, argument: str = "") -> set[int]:
    """The processes that this one started; only those with `argument` on their command line, if given."""
    found = set()
    for child in _all():
        with suppress(OSError):
            if int(_stat(child)[1]) == pid and argument.encode() in _arguments(child):
                found.add(child)
    return found


def tree_of(argument: str) -> set[int]:
    """The processes started with exactly this argument, and all that they started."""
    parents: dict[int, int] = {}
    found: set[int] = set()
    for pid in _all():
        with suppress(OSError):
            parents[pid] = int(_stat(pid)[1])
            if argument.encode() in _arguments(pid).split(b"\0"):
                found.add(pid)
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _all() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdecimal()]


def _stat(pid: int) -> list[str]:
    """State, parent, … of /proc/PID/stat; the name before them may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _arguments(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()
