"""A workbook that is small and wants to be big: it is read in bounds or refused, and says which."""

import io
import itertools
import time
import zipfile

import pytest

from fieldapp.sheets import reading
from fieldapp.sheets.reading import Unreadable, read
from tests.sheets.book import a_project, book

SHEET = "xl/worksheets/sheet1.xml"


def with_part(name: str, content: bytes) -> io.BytesIO:
    """A workbook of one project, one part of which is another."""
    made, out = zipfile.ZipFile(io.BytesIO(book(projects=[a_project()]))), io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for part in made.namelist():
            packed.writestr(part, content if part == name else made.read(part))
    out.seek(0)
    return out


def sheet() -> bytes:
    return zipfile.ZipFile(io.BytesIO(book(projects=[a_project()]))).read(SHEET)


@pytest.mark.parametrize("number", [2_000_000_000, 10**30])
def test_a_line_far_below_costs_nothing(number: int) -> None:
    """The library fills up what lies between with empty lines: two thousand million of them from one cell."""
    began = time.process_time()
    far = sheet().replace(b'<row r="2"', b'<row r="%d"' % number)
    with pytest.raises(Unreadable):
        read(with_part(SHEET, far))
    assert time.process_time() - began < 20  # minutes, before


def test_a_line_where_spreadsheets_end_is_read() -> None:
    far = sheet().replace(b'<row r="2"', b'<row r="%d"' % reading.LAST_LINE)
    assert [row.number for row in read(with_part(SHEET, far)).rows] == [reading.LAST_LINE]


LEVELS = "abcdefghij"
LAUGHS = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in itertools.pairwise(LEVELS))
HOSTILE = {
    "a thousand million laughs": f'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">{LAUGHS}]><x>&j;</x>',
    "a file of ours": '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>',
    "an address": '<!DOCTYPE x [<!ENTITY % f SYSTEM "http://127.0.0.1:9/x"> %f;]><x/>',
    "deep": "<x>" + "<a>" * 200_000,
}


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"])
@pytest.mark.parametrize("kind", HOSTILE)
def test_entities_and_depth_are_not_followed(kind: str, part: str) -> None:
    with pytest.raises(Unreadable):
        read(with_part(part, HOSTILE[kind].encode()))


def test_a_size_that_is_a_lie_unpacks_no_more_than_it_says() -> None:
    packed = with_part(SHEET, sheet() + b" " * 50_000_000).getvalue()
    at = packed.rindex(b"PK\x01\x02", 0, packed.rindex(SHEET.encode()))
    lying = bytearray(packed)
    lying[at + 24 : at + 28] = (100).to_bytes(4, "little")  # unpacked, as the list of contents says
    with pytest.raises(Unreadable):
        read(io.BytesIO(bytes(lying)))
