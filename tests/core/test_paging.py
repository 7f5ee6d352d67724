"""Cursors: what is packed comes back; what is not ours begins the list anew."""

import base64
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fieldapp.core.paging import pack, page, unpack

MOMENTS = st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


WORDS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)


@given(MOMENTS, st.uuids(), WORDS, st.integers(-(2**63) + 1, 2**63 - 1))
def test_what_is_packed_comes_back(at: datetime, id: UUID, text: str, number: int) -> None:
    cursor = pack(at, id, text, number)
    assert unpack(cursor, datetime, UUID, str, int) == (at, id, text, number)
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&?# ")


@given(st.text(max_size=60))
@example("")
@example("bnVsbA")  # null
@example("WzFd")  # [1]
@example("WyIyMDI2LTExLTIwIiwgMV0")
def test_what_is_not_ours_begins_the_list_anew(cursor: str) -> None:
    assert unpack(cursor, datetime, UUID) is None


ID = "01939f10-0000-7000-8000-000000000001"


def as_cursor(said: str) -> str:
    return base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("said", "types"),
    [
        (f'["2026-11-20T04:00:00", "{ID}"]', (datetime, UUID)),  # no zone
        (f'["0001-01-01T00:00:00+14:00", "{ID}"]', (datetime, UUID)),  # before the calendar of UTC
        (f'["9999-12-31T23:59:59-14:00", "{ID}"]', (datetime, UUID)),
        (f'[null, "{ID}"]', (datetime, UUID)),
        ('["2026-11-20T04:00:00+00:00", null]', (datetime, UUID)),
        ('["2026-11-20T04:00:00+00:00", 7]', (datetime, UUID)),
        ("[9223372036854775808]", (int,)),  # beyond what a column holds
        ("[Infinity]", (int,)),
        ("[true]", (int,)),
        ('["7"]', (int,)),
        ('["\\u0000"]', (str,)),
        ('["\\ud800"]', (str,)),
        ("[" * 100_000, (str,)),
    ],
)
def test_what_no_database_could_compare_is_not_ours(said: str, types: tuple[type, ...]) -> None:
    assert unpack(as_cursor(said), *types) is None


@given(st.integers(0, 25), st.integers(1, 10))
def test_pages_show_each_row_once(rows: int, limit: int) -> None:
    shown: list[int] = []
    after: str | None = None
    while True:
        begin = unpack(after, int)
        found = [row for row in range(rows) if begin is None or row > begin[0]][: limit + 1]
        shown_page = page(found, limit, pack)
        shown += shown_page.items
        after = shown_page.next
        if after is None:
            break
    assert shown == list(range(rows))
