"""Rows that an administrator keeps: made under an id made before sending, changed with "from → to" in the audit log,
archived and taken back, never deleted.

    KINDS = Kept(VisitKind, "visit_kind", ("zh", "en", …), phones="kind")
    KINDS.change(session, by.id, "site_inspection", {"zh": "踏查"}, seen={"zh": "踏查现场"})

What is particular to one noun is a subclass in that feature's actions.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.core import audit, changes, clock
from fieldapp.core.db import Archivable, Base

Said = Mapping[str, Any]
Row = TypeVar("Row", bound=Base)
CanRest = TypeVar("CanRest", bound=Archivable)
LONGEST_SAID = 200  # characters of a value in the audit log


class Clash(Exception):
    """This value of `field` stands for another row already. `field` may be the key itself."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class Moved(Exception):
    """Somebody else has changed the row since it was read."""


def plain(value: Any) -> Any:
    """A value as JSON has it: what pages compare, and what the audit log says."""
    if isinstance(value, UUID | date | datetime):
        return value.isoformat() if isinstance(value, date | datetime) else str(value)
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value


class Kept(Generic[Row]):
    """How the rows of one table are kept."""

    def __init__(
        self, model: type[Row], subject: str, columns: tuple[str, ...], *, phones: str = "",
        unique: tuple[str, ...] = (), key: str = "id", told_less: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        """`subject`: of the audit log. `phones`: the kind of reference data, if phones carry it. `told_less`: columns
        of which the log says only that they changed."""
        self.model, self.subject, self.columns, self.phones = model, subject, columns, phones
        self.unique, self.key, self.told_less = unique, key, told_less

    # -- the verbs --

    def add(self, session: Session, by: UUID | None, key: UUID | str, said: Said) -> Row:
        """A new row. Saying it again changes nothing; raises Clash where key or a unique value is another's."""
        known = session.get(self.model, key)
        if known is not None:
            if self._differing(known, said):
                raise Clash(self.key)
            return known
        self._check_unique(session, key, said)
        row = self.model(**{self.key: key}, **self.made_of(said))
        session.add(row)
        session.flush()
        told = {name: [None, self.told(name, value)] for name, value in said.items() if value not in (None, "", [])}
        audit.record(session, by, f"{self.subject}.added", self.subject, key, changes=told)
        self.after(session, by, row, None)
        return row

    def change(
        self, session: Session, by: UUID | None, key: UUID | str, said: Said, *, seen: Mapping[str, Any] | None = None
    ) -> Row:
        """Set what differs. `seen`: what the page showed, as `plain` has it; raises Moved where that is no more so."""
        row = session.get_one(self.model, key, with_for_update=True)
        if seen is not None and any(plain(getattr(row, name)) != value for name, value in seen.items()):
            raise Moved
        was = self._differing(row, said)
        if not was:
            return row
        self._check_unique(session, key, said)
        for name, value in self.made_of({name: said[name] for name in was}).items():
            setattr(row, name, value)
        session.flush()
        told = {name: [self.told(name, before), self.told(name, said[name])] for name, before in was.items()}
        audit.record(session, by, f"{self.subject}.changed", self.subject, key, changes=told)
        self.after(session, by, row, was)
        return row

    def archive(self: "Kept[CanRest]", session: Session, by: UUID | None, key: UUID | str) -> CanRest:
        """Off every list to choose from; what was said of it stays. Twice is as good as once."""
        return self._shelve(session, by, key, "archived")

    def restore(self: "Kept[CanRest]", session: Session, by: UUID | None, key: UUID | str) -> CanRest:
        return self._shelve(session, by, key, "restored")

    def _shelve(self: "Kept[CanRest]", session: Session, by: UUID | None, key: UUID | str, verb: str) -> CanRest:
        row = session.get_one(self.model, key, with_for_update=True)
        if (row.archived_at is not None) == (verb == "archived"):
            return row
        row.archived_at = clock.now() if verb == "archived" else None
        session.flush()
        audit.record(session, by, f"{self.subject}.{verb}", self.subject, key)
        self.after(session, by, row, {})
        return row

    # -- what a noun may put differently --

    def made_of(self, said: Said) -> dict[str, Any]:
        """Columns from what was said: also those that follow from others, such as initials from a name."""
        return dict(said)

    def after(self, session: Session, by: UUID | None, row: Row, was: dict[str, Any] | None) -> None:
        """What follows from it. `was`: what differed before; none: the row is new; empty: archived or restored."""
        if self.phones:
            changes.note(session, self.phones, getattr(row, self.key))

    def told(self, name: str, value: Any) -> Any:
        """A value as the audit log says it."""
        if name in self.told_less:
            return None if value in (None, "", [], {}) else "…"
        said = plain(value)
        return said[:LONGEST_SAID] if isinstance(said, str) else said

    # -- --

    def _differing(self, row: Row, said: Said) -> dict[str, Any]:
        """What the row has, where something else is said."""
        had = {name: getattr(row, name) for name in said}
        return {name: value for name, value in had.items() if plain(value) != plain(said[name])}

    def _check_unique(self, session: Session, key: UUID | str, said: Said) -> None:
        for name in self.unique:
            if (value := said.get(name)) in (None, ""):
                continue
            here = getattr(self.model, name) == value, getattr(self.model, self.key) != key
            if session.scalar(select(getattr(self.model, self.key)).where(*here)) is not None:
                raise Clash(name)
