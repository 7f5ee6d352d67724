"""What went wrong on a phone is told to the log, and never more of it than a log can bear."""

import logging
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from fieldapp.core import clock

FIELDS = {"message": 500, "stack": 4000, "page": 200, "app_version": 40}
PER_ADDRESS, IN_ALL, WINDOW = 30, 600, timedelta(hours=1)

log = logging.getLogger("fieldapp.phone")


class Allowance:
    """Reports taken in the last hour by this process: so many an address, and so many in all."""

    def __init__(self) -> None:
        self._taken: deque[tuple[datetime, str]] = deque()

    def take(self, address: str) -> bool:
        now = clock.now()
        while self._taken and self._taken[0][0] < now - WINDOW:
            self._taken.popleft()
        if len(self._taken) >= IN_ALL or sum(a == address for _, a in self._taken) >= PER_ADDRESS:
            return False
        self._taken.append((now, address))
        return True


def report_error(given: Mapping[str, Any], agent: str) -> dict[str, str]:
    """One warning in the log, each part cut to its length and kept on one line."""
    told = {name: " ⏎ ".join(str(given.get(name, ""))[:most].splitlines()) for name, most in FIELDS.items()}
    log.warning("phone: %s", told["message"], extra={"phone": told, "agent": agent[:200]})
    return told
