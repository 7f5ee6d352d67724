"""The only source of time. Tests freeze it with `frozen(at)`."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_frozen: list[datetime] = []


def now() -> datetime:
    """This moment, UTC, aware."""
    return _frozen[-1] if _frozen else datetime.now(UTC)


def today(zone: str) -> date:
    """The calendar day in `zone` (an IANA name such as Asia/Shanghai)."""
    return now().astimezone(ZoneInfo(zone)).date()


def day_begins(day: date, zone: str) -> datetime:
    """The moment, UTC, at which `day` begins in `zone`."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Stop the clock at `at`; inside, `advance` moves it."""
    if at.tzinfo is None:
        raise ValueError("a frozen clock needs an aware datetime")
    _frozen.append(at.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.pop()


def advance(by: timedelta) -> None:
    """Move a frozen clock on. Raises IndexError where the clock is not frozen."""
    _frozen[-1] += by
