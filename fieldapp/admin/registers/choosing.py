"""Fields in which one chooses: one of a few, any of a few, an officer or a team, another row of thousands."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from flask_babel import gettext as _

from fieldapp.admin.registers.fields import Columns, Field, Typed, Wrong
from fieldapp.admin.registers.known import A_CHOICE, Known, Options, choices
from fieldapp.core.db import uuid_of


@dataclass(frozen=True, kw_only=True)
class Offering(Field):
    """`options` is a list, or the name of one that `known` asks for."""

    options: Callable[[], Options] | str

    def offered(self, known: Known) -> Options:
        return known.options(self.options) if isinstance(self.options, str) else self.options()


@dataclass(frozen=True, kw_only=True)
class Choice(Offering):
    """One of a few."""

    none: Any = ""  # the words for choosing none, where one may
    ids: bool = False
    titles: str = ""  # where the words of a value that is no longer offered are asked for
    widget: ClassVar[str] = "select"

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
class Many(Offering):
    """Any of a few, in their own order."""

    widget: ClassVar[str] = "many"

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
        return {**super().inputs(row, known), f"{self.name}-q": [""]}

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
        id = uuid_of(chosen)
        if id is None or known.title(self.target, id) == _("no longer there"):
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
