"""What one line of a workbook comes to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from fieldapp.core.kept import Kept, Said

NEW, CHANGED, SAME = "new", "changed", "same"


@dataclass(frozen=True)
class Doer:
    """Who brings a workbook in; none: on the server itself. `secret`: what one-time passwords are made of."""

    by: UUID | None
    secret: str


Act = Callable[[Session, Doer], object]


@dataclass
class Step:
    """`prepare` is done before the transaction: what is slow on purpose."""

    what: str = SAME
    acts: list[Act] = field(default_factory=list)
    prepare: Callable[[Doer], None] | None = None
    account: tuple[UUID, str] | None = None  # one that is made: its password is to be handed out
    warnings: list[tuple[str, str]] = field(default_factory=list)  # code, column

    def adds(self, kept: Kept[Any], id: UUID, said: Said) -> None:
        self.then(NEW, lambda session, doer: kept.add(session, doer.by, id, said))

    def changes(self, kept: Kept[Any], id: UUID, said: Said) -> None:
        self.then(CHANGED, lambda session, doer: kept.change(session, doer.by, id, said))

    def then(self, what: str, act: Act) -> None:
        self.acts.append(act)
        if self.what == SAME or what == NEW:
            self.what = what


def differing(had: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """What is said and not so yet. An empty cell says nothing."""
    return {name: value for name, value in said.items() if value not in (None, "") and had.get(name) != value}
