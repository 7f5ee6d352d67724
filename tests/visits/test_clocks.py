"""Clocks that are wrong, far away, or were set right in between: flagged, never refused, never rewritten."""

from datetime import datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from fieldapp.core.payload import Times
from fieldapp.sync.payloads import Envelope
from tests.cast import NOON

MOMENTS = st.integers(-60 * 365 * 86_400, 170 * 365 * 86_400).map(lambda seconds: NOON + timedelta(seconds=seconds))
OFFSETS = st.none() | st.integers(-(2**31) + 1, 2**31 - 1)
MIN = timedelta(minutes=1)


def times(
    recorded: datetime, *, said: datetime | None = None, offset: timedelta | None = None, measured: bool = True
) -> Times:
    ms = None if offset is None else int(offset / timedelta(milliseconds=1))
    return Times(said or recorded, recorded, NOON, ms, recorded - MIN if offset is not None and measured else None)


def test_now_is_corrected_by_what_the_phone_had_measured() -> None:
    two_days_slow = times(NOON - timedelta(days=2, minutes=10), offset=timedelta(days=2))
    assert two_days_slow.occurred("now") == NOON - 10 * MIN
    assert two_days_slow.clock_doubtful
    assert not two_days_slow.later_entry(two_days_slow.occurred("now"))
    assert not two_days_slow.late_upload(two_days_slow.occurred("now"))


def test_a_clock_two_days_fast_never_reaches_into_the_future() -> None:
    measured = times(NOON + timedelta(days=2, minutes=-5), offset=timedelta(days=-2))
    unmeasured = times(NOON + timedelta(days=2))
    assert measured.occurred("now") == NOON - 5 * MIN
    assert unmeasured.occurred("now") == NOON
    assert measured.clock_doubtful and unmeasured.clock_doubtful


def test_an_offset_measured_more_than_a_day_before_or_never_corrects_nothing() -> None:
    recorded = NOON - 20 * MIN
    old = Times(recorded, recorded, NOON, 600_000, recorded - timedelta(hours=25))
    never = Times(recorded, recorded, NOON, 600_000, None)
    assert old.occurred("now") == never.occurred("now") == recorded
    assert old.clock_doubtful


def test_what_the_officer_says_is_not_corrected_but_capped() -> None:
    said = times(NOON - MIN, said=NOON - timedelta(hours=3), offset=timedelta(minutes=2))
    assert said.occurred("this_morning") == NOON - timedelta(hours=3)
    assert said.later_entry(said.occurred("this_morning"))
    assert times(NOON, said=NOON + timedelta(hours=1)).occurred("time") == NOON


def test_thirty_minutes_are_no_later_entry_and_no_late_upload() -> None:
    at_the_limit = times(NOON - 30 * MIN, said=NOON - 60 * MIN)
    assert not at_the_limit.later_entry(at_the_limit.occurred("time"))
    assert not at_the_limit.late_upload(at_the_limit.occurred("time"))
    late = times(NOON - 31 * MIN)
    assert late.late_upload(late.occurred("now"))
    both = times(NOON - 31 * MIN, said=NOON - timedelta(hours=5))
    assert both.later_entry(both.occurred("time")) and not both.late_upload(both.occurred("time"))


def test_zones_are_only_another_way_of_writing_a_moment() -> None:
    there = times(NOON.astimezone(timezone(timedelta(hours=-11))))
    assert there.occurred("now") == NOON and not there.clock_doubtful


@given(recorded=MOMENTS, said=MOMENTS, measured=MOMENTS, offset=OFFSETS)
def test_no_clock_makes_a_time_in_the_future_or_an_error(
    recorded: datetime, said: datetime, measured: datetime, offset: int | None
) -> None:
    these = Times(said, recorded, NOON, offset, measured)
    for when in ("now", "time", "yesterday"):
        at = these.occurred(when)
        assert at <= NOON
        assert not (these.later_entry(at) and these.late_upload(at))
    assert these.recorded <= NOON and these.acted <= NOON
    if offset is not None and abs(offset) > 300_000:
        assert these.clock_doubtful


@given(hours=st.integers(-14, 14), minutes=st.sampled_from([0, 30, 45]))
def test_an_envelope_reads_every_zone_and_takes_none_for_shanghai(hours: int, minutes: int) -> None:
    zone = timezone(
        timedelta(hours=hours, minutes=minutes if hours >= 0 else -minutes)
        if abs(hours) < 14
        else timedelta(hours=hours)
    )
    envelope = {"id": "01939f10-0000-7000-8000-000000000001", "type": "visit", "schema": 1, "photos": [],
                "owner": "01939f10-0000-7000-8000-000000000002"}  # fmt: skip
    at = NOON.astimezone(zone)
    read = Envelope.model_validate({**envelope, "occurred_at": at.isoformat(), "recorded_at": "2026-11-20T12:00:00"})
    assert read.occurred_at == read.recorded_at == NOON
