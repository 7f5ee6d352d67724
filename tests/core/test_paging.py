"""Cursors: what is packed comes back; what is not ours begins the list anew."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import example, given
from hypothesis import strategies as st

from fieldapp.core.paging import pack, page, unpack

MOMENTS = st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(MOMENTS, st.uuids(), st.text(max_size=40), st.integers())
def test_what_is_packed_comes_back(at: datetime, id: UUID, text: str, number: int) -> None:
    cursor = pack(at, id, text, number, None)
    assert unpack(cursor, datetime, UUID, str, int, UUID) == (at, id, text, number, None)
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&?# ")


@given(st.text(max_size=60))
@example("")
@example("bnVsbA")  # null
@example("WzFd")  # [1]
@example("WyIyMDI2LTExLTIwIiwgMV0")
def test_what_is_not_ours_begins_the_list_anew(cursor: str) -> None:
    assert unpack(cursor, datetime, UUID) is None


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
