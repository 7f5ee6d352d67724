"""A cell as a person filled it in, and the value that it means. Raises Bad with a code of `words.PROBLEMS`."""

import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from fieldapp.accounts.models import DESK, LEAD, OFFICER, UNIT
from fieldapp.projects.coordinates import Crs, Point, to_wgs84
from fieldapp.projects.project_actions import MAIN, SUPPORTING
from fieldapp.sheets.columns import NO, YES, Column

ROLES = {
    "服务专员": OFFICER, "专员": OFFICER, "项目专员": OFFICER, "团队负责人": LEAD, "负责人": LEAD,
    "登记员": DESK, "话务": DESK, "承办单位": UNIT, OFFICER: OFFICER, LEAD: LEAD, DESK: DESK, UNIT: UNIT,
}  # fmt: skip
PARTS = {"主责": MAIN, "协同": SUPPORTING, MAIN: MAIN, SUPPORTING: SUPPORTING}
TRUTH = {YES: True, NO: False, "yes": True, "no": False, "y": True, "n": False, "true": True, "false": False,
         "1": True, "0": False, "√": True, "×": False}  # fmt: skip
DATUMS: dict[str, Crs] = {"wgs84": "wgs84", "gcj02": "gcj02", "bd09": "bd09"}
DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日")


class Bad(ValueError):
    """A cell that cannot be taken, or a row that has none of what it needs."""

    def __init__(self, code: str, column: str = "", **said: Any) -> None:
        super().__init__(code)
        self.code, self.column, self.said = code, column, said


def text_of(cell: Any) -> str:
    """What a cell says, as one reads it: 13800000000 and not 13800000000.0, no line breaks, no spaces around."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return YES if cell else NO
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    plain = "".join(" " if char.isspace() else char for char in str(cell) if _shows(char))
    return " ".join(plain.split())


def _shows(char: str) -> bool:
    """Neither a control character nor one that turns the direction of what follows."""
    return char.isspace() or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def checked(column: Column, text: str) -> str:
    """Raises Bad: missing, or longer than the register keeps."""
    if column.needed and not text:
        raise Bad("missing", column.name)
    if len(text) > column.most:
        raise Bad("too-long", column.name, most=column.most)
    return text


def one_of(known: Mapping[str, Any], code: str, column: str, text: str) -> Any:
    found = known.get(text.lower(), known.get(text))
    if found is None:
        raise Bad(code, column, said=text)
    return found


def truth(column: str, text: str) -> bool:
    return bool(one_of(TRUTH, "no-truth", column, text))


def whole(column: str, text: str, least: int, most: int) -> int:
    try:
        number = int(text)
    except ValueError:
        raise Bad("no-number", column, said=text) from None
    if not least <= number <= most:
        raise Bad("out-of-range", column, least=least, most=most)
    return number


def amount(column: str, text: str, digits: int) -> Decimal:
    """A sum or an area: not negative, two places, at most `digits` before the point."""
    try:
        number = Decimal(text.replace(",", "").replace("，", ""))
    except InvalidOperation:
        raise Bad("no-number", column, said=text) from None
    if not number.is_finite() or not 0 <= number < 10**digits:
        raise Bad("out-of-range", column, least=0, most=10**digits - 1)
    return number.quantize(Decimal("0.01"))


def day(column: str, text: str) -> date:
    for form in DAYS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day, not a moment
        except ValueError:
            continue
    raise Bad("no-day", column, said=text)


def point(lat: str, lng: str, datum: str) -> Point | None:
    """WGS-84 degrees; None where neither is given."""
    if not lat and not lng:
        return None
    if not lat or not lng:
        raise Bad("half-point", "lng" if lat else "lat")
    there = Point(_degrees("lat", lat, 90), _degrees("lng", lng, 180))
    plain = datum.lower().replace("-", "").replace(" ", "") or "wgs84"
    crs = DATUMS.get(plain)
    if crs is None:
        raise Bad("no-datum", "crs", said=datum)
    return to_wgs84(*there, crs)


def _degrees(column: str, text: str, most: int) -> float:
    try:
        number = float(text)
    except ValueError:
        raise Bad("no-number", column, said=text) from None
    if not -most <= number <= most:  # also what is no number: every comparison with nan fails
        raise Bad("out-of-range", column, least=-most, most=most)
    return number
