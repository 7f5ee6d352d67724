"""The fields that the registers' forms are made of: how each is shown, read, and said in a sentence."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar
from uuid import UUID

from flask_babel import gettext as _

from fieldapp.admin.registers.known import A_CHOICE, Known, Options, choices
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


# -- choosing ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Choice(Field):
    """One of a few. `options` is a list, or the name of one that `known` asks for."""

    options: Callable[[], Options] | str
    none: Any = ""  # the words for choosing none, where one may
    ids: bool = False
    titles: str = ""  # where the words of a value that is no longer offered are asked for
    widget: ClassVar[str] = "select"

    def offered(self, known: Known) -> Options:
        return known.options(self.options) if isinstance(self.options, str) else self.options()

    def read(self, typed: Typed, known: Known) -> dict[str, Any]:
        text = typed.one(self.name)
        if not text:
            if self.required:
                raise Wrong(_("Please choose one."))
            return {self.name: None if self.ids or isinstance(self.options, str) else ""}
        if text not in dict(self.offered(known)) and not self._stays(text, typed, known):
            raise Wrong(_("This is no longer offered; please choose another one."))
        return {self.name: UUID(text) if self.ids else text}

    def _stays(self, text: str, typed: Typed, known: Known) -> bool:
        """What the row has may stay, though it was archived since."""
        here = bool(self.titles) and text == typed.one(f"{self.name}-has")
        return here and known.title(self.titles, text) != _("no longer there")

    def title_of(self, text: str, known: Known) -> str:
        """Of one that is no longer offered."""
        return known.title(self.titles, text) if self.titles else ""

    def rows_meant(self, columns: Columns) -> dict[str, list[Any]]:
        return {self.titles: [columns.get(self.name)]} if self.titles else {}

    def say(self, columns: Columns, known: Known) -> str:
        value = columns.get(self.name)
        if not value:
            return str(self.none)
        return known.title(self.titles, value) if self.titles else dict(self.offered(known)).get(str(value), str(value))


@dataclass(frozen=True, kw_only=True)
class Many(Field):
    """Any of a few, in their own order."""

    options: Callable[[], Options] | str
    widget: ClassVar[str] = "many"

    def offered(self, known: Known) -> Options:
        return known.options(self.options) if isinstance(self.options, str) else self.options()

    def inputs(self, row: Any, known: Known) -> dict[str, list[str]]:
        return {self.name: list(getattr(row, self.name) or [])}

    def read(self, typed: Typed, known: Known) -> dict[str, Any]:
        chosen = set(typed.all(self.name))
        return {self.name: [code for code, _title in self.offered(known) if code in chosen]}

    def say(self, columns: Columns, known: Known) -> str:
        words = dict(self.offered(known))
        return str(_(", ")).join(words.get(code, code) for code in columns.get(self.name) or [])


@dataclass(frozen=True, kw_only=True)
class Ordered(Many):
    """Any of a few, in an order that is typed as numbers; none typed: not one of them."""

    widget: ClassVar[str] = "ordered"

    def inputs(self, row: Any, known: Known) -> dict[str, list[str]]:
        return {f"{self.name}-{code}": [str(place)] for place, code in enumerate(getattr(row, self.name) or [], 1)}

    def read(self, typed: Typed, known: Known) -> dict[str, Any]:
        places = [
            (typed.one(f"{self.name}-{code}"), place, code) for place, (code, _t) in enumerate(self.offered(known))
        ]
        if any(text and not re.fullmatch(r"[0-9]{1,3}", text) for text, _place, _code in places):
            raise Wrong(_("Whole numbers, please: 1 for what is asked first."))
        return {self.name: [code for _text, _place, code in sorted((int(t), p, c) for t, p, c in places if t)]}


@dataclass(frozen=True, kw_only=True)
class Whom(Field):
    """An officer or a team."""

    widget: ClassVar[str] = "select"
    none: ClassVar[str] = ""

    @property
    def columns(self) -> tuple[str, ...]:
        return ("user_id", "team_id")

    def offered(self, known: Known) -> Options:
        return known.options("whom")

    def title_of(self, text: str, known: Known) -> str:
        """Of one who is no longer offered."""
        kind, _colon, id = text.partition(":")
        return known.title(f"{kind}s", id) if kind in ("user", "team") else ""

    def inputs(self, row: Any, known: Known) -> dict[str, list[str]]:
        kind, id = ("user", row.user_id) if row.user_id else ("team", row.team_id)
        return {self.name: [f"{kind}:{id}" if id else ""]}

    def read(self, typed: Typed, known: Known) -> dict[str, Any]:
        text = typed.one(self.name)
        if not text:
            raise Wrong(_("Please choose one."))
        if text not in dict(self.offered(known)) and text != typed.one(f"{self.name}-has"):
            raise Wrong(_("This is no longer offered; please choose another one."))
        kind, _colon, id = text.partition(":")
        if kind not in ("user", "team") or known.title(f"{kind}s", id) == _("no longer there"):
            raise Wrong(_("Please choose one."))
        return {"user_id": UUID(id) if kind == "user" else None, "team_id": UUID(id) if kind == "team" else None}

    def rows_meant(self, columns: Columns) -> dict[str, list[Any]]:
        return {"users": [columns.get("user_id")], "teams": [columns.get("team_id")]}

    def say(self, columns: Columns, known: Known) -> str:
        said = known.title("users", columns.get("user_id")), known.title("teams", columns.get("team_id"))
        return str(_(", ")).join(filter(None, said))


@dataclass(frozen=True, kw_only=True)
class Ref(Field):
    """Another row of which there may be thousands: found by words, then chosen."""

    target: str
    widget: ClassVar[str] = "ref"

    def inputs(self, row: Any, known: Known) -> dict[str, list[str]]:
        return {self.name: [_text(getattr(row, self.name))], f"{self.name}-q": [""]}

    def read(self, typed: Typed, known: Known) -> dict[str, Any]:
        """What was chosen. Words typed without choosing mean the one row that is called so."""
        chosen, words = typed.one(self.name), typed.one(f"{self.name}-q")[:80]
        if words:
            found = choices(known.session, self.target, words)
            if chosen not in dict(found):
                exact = [key for key, title in found if title == words] or [key for key, _title in found]
                if len(exact) != 1:
                    raise Wrong(_("Please choose one of these.") if found else _("Nothing is called so."))
                chosen = exact[0]
        if not chosen:
            if self.required:
                raise Wrong(_("Please write a part of the name, then choose."))
            return {self.name: None}
        try:
            id = UUID(chosen)
        except ValueError as error:
            raise Wrong(_("Please choose one of these.")) from error
        known.learn(self.target, [id])
        if known.title(self.target, id) == _("no longer there"):
            raise Wrong(_("Please choose one of these."))
        return {self.name: id}

    def offers(self, typed: Typed, known: Known) -> Options:
        """What is shown to choose from: what was chosen, and what the words may mean."""
        chosen, words = typed.one(self.name), typed.one(f"{self.name}-q")[:80]
        found = choices(known.session, self.target, words)[:A_CHOICE]
        if chosen and chosen not in dict(found):
            found = [(chosen, known.title(self.target, chosen)), *found]
        return found

    def rows_meant(self, columns: Columns) -> dict[str, list[Any]]:
        return {self.target: [columns.get(self.name)]}

    def say(self, columns: Columns, known: Known) -> str:
        return known.title(self.target, columns.get(self.name))


# -- what is told less ---------------------------------------------------------------------------------------------


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
