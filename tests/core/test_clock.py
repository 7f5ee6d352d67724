from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from fieldapp.core import clock

ZONE = "Asia/Shanghai"


def test_a_frozen_clock_stands_still_until_it_is_moved() -> None:
    with clock.frozen(datetime(2026, 11, 20, 4, 0, tzinfo=UTC)):
        assert clock.now() == clock.now() == datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
        clock.advance(timedelta(minutes=5))
        assert clock.now() == datetime(2026, 11, 20, 4, 5, tzinfo=UTC)
    assert clock.now().tzinfo is UTC
    assert clock.now() != datetime(2026, 11, 20, 4, 5, tzinfo=UTC)


def test_the_day_changes_at_the_offices_midnight() -> None:
    with clock.frozen(datetime(2026, 11, 20, 15, 59, tzinfo=UTC)):
        assert clock.today(ZONE) == date(2026, 11, 20)
        clock.advance(timedelta(minutes=1))
        assert clock.today(ZONE) == date(2026, 11, 21)


def test_a_day_begins_where_the_office_is() -> None:
    assert clock.day_begins(date(2026, 11, 21), ZONE) == datetime(2026, 11, 20, 16, 0, tzinfo=UTC)


def test_any_zone_will_do_but_there_must_be_one() -> None:
    with clock.frozen(datetime(2026, 11, 20, 12, 0, tzinfo=timezone(timedelta(hours=8)))):
        assert clock.now() == datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
    with pytest.raises(ValueError, match="aware"), clock.frozen(datetime(2026, 11, 20, 12, 0)):  # noqa: DTZ001
        pass
