"""The audit log as a chain: sealed in order, and telling when it was touched."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from fieldapp.core import audit, audit_chain, clock
from fieldapp.core.db import Database, new_id
from fieldapp.core.models import Audit
from tests.cast import NOON, Cast


def note(db: Database, cast: Cast, *verbs: str) -> None:
    for verb in verbs:
        with db.writing() as session:
            audit.record(session, cast.ana, verb, "visit", new_id(), place="码头", count=3, ratio=0.25)


def test_committed_rows_are_numbered_and_chained(db: Database, cast: Cast) -> None:
    note(db, cast, "visit.logged", "visit.seen")
    assert db.write(audit.seal) == 2
    note(db, cast, "visit.logged")
    assert db.write(audit.seal) == 1
    assert db.write(audit.seal) == 0
    with db.reading() as session:
        assert audit_chain.verify(session) == audit_chain.Verdict(sealed=3, unsealed=0, broken_at=None)
        assert session.scalars(select(Audit.seq).order_by(Audit.seq)).all() == [1, 2, 3]


def test_rows_not_yet_sealed_are_counted(db: Database, cast: Cast) -> None:
    note(db, cast, "visit.logged")
    with db.reading() as session:
        assert audit_chain.verify(session) == audit_chain.Verdict(sealed=0, unsealed=1, broken_at=None)


def test_a_changed_row_breaks_the_chain(db: Database, cast: Cast) -> None:
    note(db, cast, "one", "two", "three")
    db.write(audit.seal)
    with db.writing() as session:
        session.execute(update(Audit).where(Audit.seq == 2).values(actor_id=cast.dan))
    with db.reading() as session:
        assert audit_chain.verify(session).broken_at == 2


def test_a_removed_row_breaks_the_chain(db: Database, cast: Cast) -> None:
    note(db, cast, "one", "two", "three")
    db.write(audit.seal)
    with db.writing() as session:
        session.execute(text("DELETE FROM audit WHERE seq = 2"))
    with db.reading() as session:
        assert audit_chain.verify(session).broken_at == 2


def test_sealers_at_once_make_one_chain(db: Database, cast: Cast) -> None:
    note(db, cast, *(f"verb-{n}" for n in range(30)))
    with ThreadPoolExecutor(6) as pool:
        sealed = sum(pool.map(lambda _n: db.write(audit.seal), range(6)))
    assert sealed == 30
    with db.reading() as session:
        assert audit_chain.verify(session) == audit_chain.Verdict(sealed=30, unsealed=0, broken_at=None)


def announce(db: Database) -> None:
    """Say that what is older than 180 days may go."""
    before = NOON - timedelta(days=180)
    with db.writing() as session:
        last = audit_chain.goes_up_to(session, before)
        assert last is not None
        audit_chain.announce(session, last, before)


def test_what_was_kept_long_enough_goes_behind_a_sealed_checkpoint_only(db: Database, cast: Cast) -> None:
    with clock.frozen(NOON - timedelta(days=200)):
        note(db, cast, "one", "two", "three")
    with clock.frozen(NOON):
        note(db, cast, "four")
        db.write(audit.seal)
        announce(db)
        assert db.write(audit_chain.remove_some) == 0  # the checkpoint itself is not sealed yet
        db.write(audit.seal)
        assert db.write(audit_chain.remove_some) == 3
        note(db, cast, "five")
        db.write(audit.seal)
    with db.reading() as session:
        assert audit_chain.goes_up_to(session, NOON - timedelta(days=180)) is None
        assert session.scalars(select(Audit.seq).order_by(Audit.seq)).all() == [4, 5, 6]
        assert audit_chain.verify(session) == audit_chain.Verdict(sealed=6, unsealed=0, broken_at=None, let_go=3)


def test_rows_that_go_without_a_checkpoint_or_beyond_it_break_the_chain(db: Database, cast: Cast) -> None:
    with clock.frozen(NOON - timedelta(days=200)):
        note(db, cast, "one", "two")
    note(db, cast, "three")
    db.write(audit.seal)
    announce(db)
    db.write(audit.seal)
    with db.writing() as session:
        session.execute(text("DELETE FROM audit WHERE seq <= 3"))
    with db.reading() as session:
        assert audit_chain.verify(session).broken_at == 3


def test_nothing_goes_from_a_chain_that_is_broken(db: Database, cast: Cast) -> None:
    with clock.frozen(NOON - timedelta(days=200)):
        note(db, cast, "one", "two", "three")
    db.write(audit.seal)
    with db.writing() as session:
        session.execute(update(Audit).where(Audit.seq == 2).values(verb="nothing"))
    with db.reading() as session, pytest.raises(audit_chain.Broken):
        audit_chain.goes_up_to(session, NOON)
