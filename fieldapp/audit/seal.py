"""The seal of the log as it was last found: up to which row it is whole, or which row broke it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.audit.actions import ASKED
from fieldapp.core import audit, audit_chain, clock, facts
from fieldapp.core.db import Database
from fieldapp.core.models import Audit

CHECKED, CHECKING = "audit.checked", "audit.checking"  # facts: what was found last; how far one under way has come
EVERY = timedelta(days=1)
TELL_EVERY = 20_000  # rows
GIVEN_UP = timedelta(minutes=10)  # a check that has said nothing for so long is not going on


@dataclass(frozen=True)
class Seal:
    at: datetime | None  # when it was last checked
    up_to: int
    broken_at: int | None
    let_go: int
    unsealed: int
    asked: bool  # somebody waits for a check
    checking: int | None  # the row that a check has come to
    of: int


def of(session: Session) -> Seal:
    """What is known without following the chain."""
    found, asked = facts.get(session, CHECKED), _moment(facts.get(session, ASKED).get("at"))
    at, going = _moment(found.get("at")), facts.get(session, CHECKING)
    told = _moment(going.get("at"))
    alive = told is not None and clock.now() - told < GIVEN_UP
    return Seal(
        at=at,
        up_to=found.get("up_to", 0),
        broken_at=found.get("broken_at"),
        let_go=found.get("let_go", 0),
        unsealed=audit.unsealed(session),
        asked=asked is not None and (at is None or at <= asked),
        checking=going.get("up_to") if alive else None,
        of=going.get("of", 0),
    )


def is_due(session: Session) -> bool:
    seal = of(session)
    return seal.asked or seal.at is None or clock.now() - seal.at >= EVERY


def check(db: Database) -> None:
    """Follow the chain and keep what was found. A little at a time: nobody waits for it."""
    begun = clock.now()
    while db.write(audit.seal) == audit.A_BATCH:
        pass
    with db.reading() as session:
        start, end = audit_chain.begins(session), audit_chain.last_sealed(session)
        known = facts.get(session, CHECKED).get("known")
    last, broken_at = start, None
    try:
        for last in _followed(db, start):
            if (last.seq - start.seq) % TELL_EVERY == 0:
                _tell(db, last.seq, end)
        with db.reading() as session:
            broken_at = _less_than(session, known, start, last)
    except audit_chain.Broken as broken:
        broken_at = broken.seq
    if broken_at is None:
        known = {"up_to": last.seq, "hash": last.hash.hex()}
    up_to = last.seq if broken_at is None else broken_at - 1

    def keep(session: Session) -> None:
        facts.put(
            session, CHECKED, at=begun.isoformat(), up_to=up_to, broken_at=broken_at, let_go=start.seq, known=known
        )
        facts.put(session, CHECKING)

    db.write(keep)


def _followed(db: Database, link: audit_chain.Link) -> audit_chain.Links:
    """The links, read by one short transaction a batch: a reader that goes on for minutes would let the log of SQLite
    grow meanwhile."""
    while True:
        with db.reading() as session:
            came_to = next(audit_chain.follow(session, link))
        if came_to == link:
            return
        link = came_to
        yield link


def _less_than(
    session: Session, known: dict[str, int | str] | None, start: audit_chain.Link, last: audit_chain.Link
) -> int | None:
    """A chain that has become shorter, or another one, since it was last found whole, was written anew."""
    if known is None or int(known["up_to"]) <= start.seq:
        return None
    end = int(known["up_to"])
    if end > last.seq:
        return last.seq + 1
    found = session.scalar(select(Audit.hash).where(Audit.seq == end))
    return None if found is not None and found.hex() == known["hash"] else end


def _tell(db: Database, up_to: int, of: int) -> None:
    db.write(lambda session: facts.put(session, CHECKING, at=clock.now().isoformat(), up_to=up_to, of=of))


def _moment(said: str | None) -> datetime | None:
    return datetime.fromisoformat(said) if said else None
