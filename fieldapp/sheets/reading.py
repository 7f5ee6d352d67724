"""An .xlsx from a stranger's computer: bounded before it is unpacked, read as text, headings found by name."""

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from openpyxl import load_workbook

from fieldapp.sheets.columns import SHEETS, Column, Sheet
from fieldapp.sheets.values import text_of

MOST_BYTES = 10 * 1024 * 1024  # of the file
MOST_UNPACKED = 200 * 1024 * 1024
MOST_PARTS = 200
MOST_ROWS = 20_000  # of all sheets together
MOST_COLUMNS = 60
LAST_LINE = 1_048_576  # of any spreadsheet program: the library fills up what lies before a line that is further down


class Unreadable(ValueError):
    """Nothing can be read from the file; `code` is one of `words.PROBLEMS`."""

    def __init__(self, code: str, **said: Any) -> None:
        super().__init__(code)
        self.code, self.said = code, said


@dataclass(frozen=True)
class Row:
    """One line of a sheet; `number` as the spreadsheet program shows it. Every column of the sheet has its text."""

    sheet: Sheet
    number: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Book:
    rows: list[Row]
    sheets: list[Sheet]
    unknown: list[str] = field(default_factory=list)  # titles and headings that say nothing to us


def read(file: BinaryIO, only: str | None = None) -> Book:
    """`only`: the one sheet that is meant, which a workbook of a single sheet may call anything. Raises Unreadable."""
    _bounded(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of features of Excel that we do not read
            workbook = load_workbook(file, read_only=True, data_only=True)
            try:
                return _book(workbook, only)
            finally:
                workbook.close()
    except Unreadable:
        raise
    except Exception as error:  # a broken file breaks the library at any place
        raise Unreadable("no-workbook") from error


def _bounded(file: BinaryIO) -> None:
    """A small file must not become a big one: sizes are those that unpacking will stop at."""
    try:
        with zipfile.ZipFile(file) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        raise Unreadable("no-workbook") from None
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise Unreadable("too-big")
    file.seek(0)


def _book(workbook: Any, only: str | None) -> Book:
    titles = workbook.sheetnames
    rows: dict[str, list[Row]] = {}
    unknown: list[str] = []
    for title in titles:
        sheet = _named(title, only, alone=len(titles) == 1)
        if sheet is None:
            unknown.append(title)
            continue
        if sheet.name in rows:
            raise Unreadable("sheet-twice", sheet=title)
        rows[sheet.name] = list(_rows(workbook[title], sheet, unknown, MOST_ROWS - sum(map(len, rows.values()))))
    if not rows:
        raise Unreadable("no-sheet")
    found = [sheet for sheet in SHEETS if sheet.name in rows]
    return Book([row for sheet in found for row in rows[sheet.name]], found, unknown)


def _named(title: str, only: str | None, *, alone: bool) -> Sheet | None:
    plain = title.strip().lower()
    for sheet in SHEETS:
        if only is not None and sheet.name != only:
            continue
        if plain in (name.lower() for name in sheet.titles) or (alone and only is not None):
            return sheet
    return None


def _rows(worksheet: Any, sheet: Sheet, unknown: list[str], room: int) -> Iterator[Row]:
    """Every line that says something, below the first one that is the headings."""
    places: dict[str, int] | None = None
    hints = {text for column in sheet.columns for text in (column.hint_zh, column.hint_en) if text}
    if hasattr(worksheet, "reset_dimensions"):
        worksheet.reset_dimensions()  # what the file claims of its own size is not believed
    for number, cells in enumerate(worksheet.iter_rows(max_col=MOST_COLUMNS, values_only=True), 1):
        if number > LAST_LINE:
            raise Unreadable("no-workbook")
        if cells.count(None) == len(cells):  # a million empty lines are soon looked through
            continue
        texts = [text_of(cell) for cell in cells]
        if not any(texts):
            continue
        if places is None:
            places = _places(sheet, texts, unknown)
            continue
        if all(not text or text in hints for text in texts):  # the template's second line
            continue
        if room == 0:
            raise Unreadable("too-many-rows", most=MOST_ROWS)
        room -= 1
        yield Row(sheet, number, {name: texts[at] if at < len(texts) else "" for name, at in places.items()})


def _places(sheet: Sheet, headings: Sequence[str], unknown: list[str]) -> dict[str, int]:
    """Where each column stands; one that the file does not have stands nowhere, and its cells are empty."""
    places: dict[str, int] = {}
    for at, heading in enumerate(headings):
        column = _called(sheet, heading)
        if column is not None and column.name not in places:
            places[column.name] = at
        elif heading:
            unknown.append(f"{sheet.zh}: {heading[:40]}")
    missing = [column for column in sheet.columns if column.needed and column.name not in places]
    if missing:
        raise Unreadable("no-heading", sheet=sheet.zh, heading=missing[0].zh)
    nowhere = len(headings)
    return {column.name: places.get(column.name, nowhere + MOST_COLUMNS) for column in sheet.columns}


def _called(sheet: Sheet, heading: str) -> Column | None:
    plain = heading.rstrip("*＊ ").strip().lower()
    return next((one for one in sheet.columns if plain in (one.zh, one.en.lower(), one.name)), None)
