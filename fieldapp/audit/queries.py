"""How the auditor finds rows: newest first, by person, act, kind of thing, thing and days.

A row's place in the list is its number in the chain; rows of the last minute have none yet and stand before the first
page. Days are turned into numbers first, so that no filter reads the log from end to end.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, func, or_, select
from sqlalchemy.orm import Session

from fieldapp.accounts.models import User
from fieldapp.audit import things
from fieldapp.core.db import table_of
from fieldapp.core.models import Audit
from fieldapp.core.paging import Page, pack, page, unpack
from fieldapp.issues.models import Issue
from fieldapp.visits.models import Visit

LIST_SIZE = 40
MOST_PEOPLE = 20  # of those whose name holds what was typed
SEALED_WITHIN = timedelta(hours=1)  # rows are numbered in about the order of their times
NO_ONE = ("", "")
NOBODY = "-"  # acts of the server itself, and those that were promised to have no author
A_BATCH = 1_000


@dataclass(frozen=True)
class Asked:
    """What the auditor asked for. Empty fields ask for nothing."""

    who: str = ""  # a name, an account, an id
    act: str = ""
    kind: str = ""
    thing: str = ""  # ZF-2026-000128, XQ-…, an id
    since: datetime | None = None


@dataclass(frozen=True)
class Row:
    """A row as it is shown: with what its ids are called."""

    row: Audit
    actor: str
    account: str
    thing: str
    reason: str

    @property
    def facts(self) -> dict[str, Any]:
        return things.told(self.row, self.thing)


def listed(session: Session, asked: Asked, after: str | None) -> Page[Row]:
    """A page of the log; the first one begins with what is not sealed yet."""
    wanted = _where(session, asked)
    query = select(Audit).where(*_sealed(session, asked), *wanted).order_by(Audit.seq.desc()).limit(LIST_SIZE + 1)
    start = unpack(after, int)
    if start is not None:
        query = query.where(Audit.seq < start[0])
    found = page(list(session.scalars(query)), LIST_SIZE, lambda row: pack(row.seq))
    fresh = _unsealed(session, wanted) if start is None else []
    return Page(shown(session, [*fresh, *found.items]), found.next)


def one(session: Session, id: UUID) -> Row | None:
    row = session.get(Audit, id)
    return shown(session, [row])[0] if row is not None else None


def all_of(session: Session, asked: Asked) -> Select[Any]:
    """Every sealed row that was asked for, oldest first: what is exported. Of those that were there when it began."""
    last = session.scalar(select(func.max(Audit.seq))) or 0
    wanted = (*_sealed(session, asked), *_where(session, asked))
    return select(Audit).where(Audit.seq <= last, *wanted).order_by(Audit.seq)


def batches(session: Session, query: Select[Any]) -> Iterator[list[Row]]:
    """The rows of an export, some at a time: however many there are, they are never all in memory."""
    behind = 0
    while rows := list(session.scalars(query.where(Audit.seq > behind).limit(A_BATCH))):
        yield shown(session, rows)
        behind = rows[-1].seq or 0
        session.expunge_all()


def count(session: Session, asked: Asked, most: int) -> int:
    """How many rows were asked for, up to `most`."""
    query = all_of(session, asked).with_only_columns(Audit.id).order_by(None).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(query)) or 0


def shown(session: Session, rows: Sequence[Audit]) -> list[Row]:
    named, why = things.names(session, rows), things.reasons(session, rows)
    ids = {row.actor_id for row in rows if row.actor_id}
    query = select(User.id, User.name, User.username).where(User.id.in_(ids))
    people: dict[UUID | None, tuple[str, str]] = {id: (name, account) for id, name, account in session.execute(query)}
    return [
        Row(
            row,
            *people.get(row.actor_id, NO_ONE),
            thing=named.get((row.subject_type, row.subject_id), ""),
            reason=str(row.detail.get("reason") or why.get(row.id, "")),
        )
        for row in rows
    ]


def _unsealed(session: Session, wanted: list[ColumnElement[bool]]) -> list[Audit]:
    query = select(Audit).where(Audit.seq.is_(None), *wanted).order_by(Audit.id.desc()).limit(LIST_SIZE)
    return list(session.scalars(query))


def _sealed(session: Session, asked: Asked) -> list[ColumnElement[bool]]:
    """Rows with a number; with days asked for, from about the first number of those days on."""
    if asked.since is None:
        return [Audit.seq.is_not(None)]
    first = select(Audit.seq).where(Audit.at >= asked.since - SEALED_WITHIN, Audit.seq.is_not(None))
    begins = session.scalar(first.order_by(Audit.at).limit(1))
    return [Audit.seq >= begins] if begins is not None else [false()]


def _where(session: Session, asked: Asked) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if asked.who:
        found.append(_by(session, asked.who))
    if asked.act:
        found.append(Audit.verb == asked.act)
    if asked.kind:
        found.append(Audit.subject_type == asked.kind)
    if asked.thing:
        kinds = [asked.kind] if asked.kind else things.KINDS
        of_it = table_of(Audit).alias("of_it")  # apart: of one thing there are few rows, found by its own index
        here = of_it.c.subject_type.in_(kinds), of_it.c.subject_id.in_(_ids_of(session, asked.thing))
        found.append(Audit.id.in_(select(of_it.c.id).where(*here)))
    if asked.since is not None:
        found.append(Audit.at >= asked.since)
    return found


def _by(session: Session, who: str) -> ColumnElement[bool]:
    """Acts of this person: an id, an account, or whatever their name holds."""
    if who == NOBODY:
        return Audit.actor_id.is_(None)
    if (id := things.uuid_of(who)) is not None:
        return Audit.actor_id == id
    called = or_(User.username == who.lower(), User.name.contains(who, autoescape=True))
    ids = list(session.scalars(select(User.id).where(called).order_by(User.name, User.id).limit(MOST_PEOPLE)))
    return Audit.actor_id == ids[0] if len(ids) == 1 else Audit.actor_id.in_(ids)


def _ids_of(session: Session, thing: str) -> list[str]:
    """What a number stands for; anything else is taken for an id."""
    number = thing.upper()
    for model in (Visit, Issue):
        if (id := session.scalar(select(model.id).where(model.number == number))) is not None:
            return [str(id)]
    return [str(things.uuid_of(thing) or thing)]
