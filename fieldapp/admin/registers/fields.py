"""The fields that the registers' forms are made of: how each is shown, read, and said in a sentence."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from flask_babel import gettext as _

from fieldapp.admin.registers.known import Known
from fieldapp.core.kept import plain
from fieldapp.projects import credit_code
from fieldapp.projects.models import digits_of

Columns = Mapping[str, Any]
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


class Wrong(ValueError):
    """What was typed cannot be taken; the message says how to mend it."""


class Typed:
    """What stands in the inputs of a form, by their names."""

    def __init__(self, values: Mapping[str, list[str]]) -> None:
        self.values = {name: list(texts) for name, texts in values.items()}

    def one(self, name: str) -> str:
        text = (self.values.get(name) or [""])[0]
        return text.replace("\x00", "").replace("\r\n", "\n").strip()

    def all(self, name: str) -> list[str]:
        return [text.replace("\x00", "") for text in self.values.get(name, [])]

    def put(self, more: Mapping[str, list[str]]) -> None:
        self.values |= {name: list(texts) for name, texts in more.items()}


@dataclass(frozen=True, kw_only=True)
class Field:
    name: str
    label: Any
    hint: Any = ""
    required: bool = False
    only_new: bool = False  # says what the row is about: fixed once it is made
    widget: ClassVar[str] = "text"

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.name,)

    def inputs(self, row: Any, known: Known) -> dict[str, list[str]]:
        """What stands in the inputs before anybody types."""
        return {self.name: [_text(getattr(row, self.name))]}

    def read(self, typed: Typed, known: Known) -> dict[str, Any]:
        """Columns from what was typed. Raises Wrong."""
        text = typed.one(self.name)
        if not text and self.required:
            raise Wrong(_("Please fill this in."))
        return {self.name: self.value(text)}

    def value(self, text: str) -> Any:
        return text

    def say(self, columns: Columns, known: Known) -> str:
        """The value, as `plain` has it, in words."""
        value = columns.get(self.name)
        return "" if value is None else str(value)

    def rows_meant(self, columns: Columns) -> dict[str, list[Any]]:
        """Which rows' titles `say` will need, so that they can be asked for together."""
        return {}

    def facts(self, row: Any) -> dict[str, Any]:
        """The row's columns of this field, as `plain` has them."""
        return {name: plain(getattr(row, name)) for name in self.columns}


def _text(value: Any) -> str:
    return "" if value is None else str(plain(value))


@dataclass(frozen=True, kw_only=True)
class Text(Field):
    most: int
    instead: str = ""  # left empty, it is what that field says
    type: str = "text"

    def read(self, typed: Typed, known: Known) -> dict[str, Any]:
        text = typed.one(self.name) or (typed.one(self.instead) if self.instead else "")
        if not text and self.required:
            raise Wrong(_("Please fill this in."))
        if len(text) > self.most:
            raise Wrong(_("At most %(most)s characters fit.", most=self.most))
        return {self.name: text}


@dataclass(frozen=True, kw_only=True)
class Area(Text):
    widget: ClassVar[str] = "area"


@dataclass(frozen=True, kw_only=True)
class CreditCode(Text):
    """统一社会信用代码: unique where there is one, and as a licence has it."""

    most: int = credit_code.LENGTH

    def read(self, typed: Typed, known: Known) -> dict[str, Any]:
        code = credit_code.tidy(typed.one(self.name))
        if len(code) > self.most:
            raise Wrong(_("A credit code has 18 characters."))
        return {self.name: code or None}


@dataclass(frozen=True, kw_only=True)
class Code(Text):
    """The key of a row that has a word for one."""

    most: int = 40

    def read(self, typed: Typed, known: Known) -> dict[str, Any]:
        text = typed.one(self.name)
        if not CODE.fullmatch(text):
            raise Wrong(_("Letters without accents, digits, - and _, at most 40."))
        return {self.name: text}


@dataclass(frozen=True, kw_only=True)
class Whole(Field):
    least: int = 0
    most: int = 100_000
    empty: int | None = None  # what no number means
    widget: ClassVar[str] = "number"

    def value(self, text: str) -> Any:
        if not text:
            return self.empty
        if not re.fullmatch(r"[0-9]{1,9}", text) or not self.least <= int(text) <= self.most:
            raise Wrong(_("A whole number between %(least)s and %(most)s.", least=self.least, most=self.most))
        return int(text)


@dataclass(frozen=True, kw_only=True)
class Amount(Field):
    most: int
    unit: Any = ""
    widget: ClassVar[str] = "number"

    def value(self, text: str) -> Any:
        if not text:
            return None
        try:
            amount = Decimal(text.replace(",", "").replace("，", "").replace(" ", ""))
        except InvalidOperation as error:
            raise Wrong(_("A number, such as 1200.5.")) from error
        if not amount.is_finite() or not 0 <= amount <= self.most:
            raise Wrong(_("A number between 0 and %(most)s.", most=self.most))
        return amount.quantize(Decimal("0.01"))


@dataclass(frozen=True, kw_only=True)
class Check(Field):
    widget: ClassVar[str] = "check"

    def inputs(self, row: Any, known: Known) -> dict[str, list[str]]:
        return {self.name: ["1"] if getattr(row, self.name) else []}

    def value(self, text: str) -> Any:
        return text == "1"

    def say(self, columns: Columns, known: Known) -> str:
        return str(_("Yes") if columns.get(self.name) else _("No"))


@dataclass(frozen=True, kw_only=True)
class Day(Field):
    widget: ClassVar[str] = "day"

    def value(self, text: str) -> Any:
        if not text:
            return None
        try:
            day = date.fromisoformat(text)
        except ValueError as error:
            raise Wrong(_("A day like 2026-11-22.")) from error
        if not 2000 <= day.year <= 2100:
            raise Wrong(_("A day between 2000 and 2100."))
        return day


@dataclass(frozen=True, kw_only=True)
class FirstDay(Day):
    """Of an assignment. One that is changed, is so from today on, unless another day is said."""

    widget: ClassVar[str] = "first-day"

    def inputs(self, row: Any, known: Known) -> dict[str, list[str]]:
        began = getattr(row, self.name)
        return {self.name: [max(began or known.today, known.today).isoformat()]}


@dataclass(frozen=True, kw_only=True)
class Number(Field):
    """A telephone number. Shown masked, also to who keeps it: left empty, it stays as it is."""

    most: int = 30
    widget: ClassVar[str] = "phone"

    def inputs(self, row: Any, known: Known) -> dict[str, list[str]]:
        return {self.name: [""]}

    def read(self, typed: Typed, known: Known) -> dict[str, Any]:
        text = typed.one(self.name)
        if typed.one(f"{self.name}-none") == "1":
            return {self.name: ""}
        if not text:
            return {}
        if len(text) > self.most or not 5 <= len(digits_of(text)) <= 20:
            raise Wrong(_("A number has 5 to 20 digits."))
        return {self.name: text}

    def facts(self, row: Any) -> dict[str, Any]:
        return {}

    def say(self, columns: Columns, known: Known) -> str:
        return str(columns.get(self.name) or "")
