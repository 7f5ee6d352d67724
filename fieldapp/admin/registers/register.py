"""What a register is: rows of one kind, how they are listed and found, which fields their form has, who keeps them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.sql.base import ExecutableOption

from fieldapp.accounts.policy import Person
from fieldapp.admin.registers.fields import Code, Field
from fieldapp.admin.registers.known import Known
from fieldapp.core.db import uuid_of
from fieldapp.core.kept import Kept


@dataclass(frozen=True)
class Line:
    """A row as its list shows it."""

    title: str
    sub: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Beside:
    """Where one goes on from a row: its rows in another register, by one of that register's filters."""

    slug: str
    by: str
    label: Any


@dataclass(frozen=True, kw_only=True)
class Register:
    slug: str
    icon: str
    title: Any
    one: Any  # the singular, as "new …" says it
    say: Any  # a line for the start page
    kept: Kept[Any]
    fields: tuple[Field, ...]
    may: Callable[[Person], bool]
    order: tuple[Any, ...]  # columns; the last is the key
    line: Callable[[Any, Known], Line]
    search: Callable[[str], ColumnElement[bool]]
    learn: Callable[[Iterable[Any]], Mapping[str, Iterable[Any]]] = lambda rows: {}
    load: tuple[ExecutableOption, ...] = ()
    filters: tuple[str, ...] = ()  # fields by which the list may be narrowed
    beside: tuple[Beside, ...] = ()
    acts: tuple[tuple[str, Any], ...] = ()  # addresses of what one does to many rows at once, and their words
    newest_first: bool = False
    sure: bool = True  # a change asks for the password again
    archives: bool = True
    past: Callable[[date], ColumnElement[bool]] | None = None  # where it is no archive that puts a row aside
    words: Mapping[str, Any] = field(default_factory=dict)  # other words for "archived" and its verbs

    @property
    def by_code(self) -> bool:
        return self.kept.key == "code"

    def key_of(self, text: str) -> UUID | str | None:
        """The key in an address; none: it is none."""
        return text if self.by_code else uuid_of(text)

    def form_fields(self, *, new: bool) -> list[Field]:
        return [one for one in self.fields if new or not isinstance(one, Code)]

    def field(self, name: str) -> Field | None:
        return next((one for one in self.fields if one.name == name), None)

    def aside(self, today: date) -> ColumnElement[bool]:
        """Rows that show on request only."""
        if self.past is not None:
            return self.past(today)
        archived: ColumnElement[bool] = self.kept.model.archived_at.is_not(None)
        return archived
