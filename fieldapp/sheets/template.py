"""The workbook that one downloads, fills in and brings back."""

from typing import BinaryIO

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from fieldapp.sheets.columns import SHEETS, Column, Sheet

NEEDED = PatternFill("solid", fgColor="FFE9C7")
OTHER = PatternFill("solid", fgColor="E8EEF5")
HINT = Font(italic=True, color="777777", size=9)
LAST = 20_000  # the row to which lists of choices reach


def write(target: BinaryIO, locale: str) -> None:
    """A sheet for each register, with headings in the reader's language; needed ones are marked with a star."""
    book = Workbook()
    book.remove(book.worksheets[0])
    english = locale == "en"
    for sheet in SHEETS:
        _fill(book.create_sheet(sheet.en if english else sheet.zh), sheet, english)
    book.save(target)


def _fill(page: Worksheet, sheet: Sheet, english: bool) -> None:
    for at, column in enumerate(sheet.columns, 1):
        heading = page.cell(1, at, (column.en if english else column.zh) + ("*" if column.needed else ""))
        heading.font, heading.fill = Font(bold=True), NEEDED if column.needed else OTHER
        heading.alignment = Alignment(vertical="center", wrap_text=True)
        hint = column.hint_en if english else column.hint_zh
        if hint:
            page.cell(2, at, hint).font = HINT
        letter = get_column_letter(at)
        page.column_dimensions[letter].width = 26 if column.most > 80 else 16
        _typed(page, column, letter)
        if column.choices:
            heading.comment = Comment(" · ".join(column.choices), "fieldapp")
    page.row_dimensions[1].height = 32
    page.freeze_panes = "A2"


def _typed(page: Worksheet, column: Column, letter: str) -> None:
    """Numbers that are none, such as telephones and codes, stay as typed; choices are offered and not forced."""
    for row in range(3, 203):
        page[f"{letter}{row}"].number_format = "@"
    if column.choices:
        offered = DataValidation(type="list", formula1=f'"{",".join(column.choices)}"', showErrorMessage=False)
        offered.add(f"{letter}3:{letter}{LAST}")
        page.add_data_validation(offered)
