"""待跟进 done or put off where there was no network: a record like any other, once however often it comes."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from fieldapp.core.models import Audit
from fieldapp.visits.models import FollowUp
from tests.cast import NOON, Cast
from tests.sync.phone import Phone, Sealed

ClientOf = Callable[..., FlaskClient]
FRIDAY, MONDAY, TUESDAY = date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 24)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def ana(client_of: ClientOf, cast: Cast) -> Phone:
    return Phone(cast.ana, client_of("ana"))


def promised(phone: Phone, cast: Cast, **step: str) -> Sealed:
    sealed = phone.visit(cast.sail, {"next_step": {"text": "复核水压", "on": FRIDAY.isoformat(), **step}})
    phone.send(sealed)
    return sealed


def the_one(db: Database) -> FollowUp:
    with db.reading() as session:
        return session.scalars(select(FollowUp)).one()


def acts(db: Database, verb: str) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Audit).where(Audit.verb == verb)) or 0


def state(phone: Phone, sealed: Sealed) -> tuple[Any, ...]:
    receipt = phone.send(sealed).get_json()
    return receipt["state"], receipt["complete"], receipt["reason"]


def test_it_is_put_off_and_done_once_however_often_the_bytes_come(db: Database, ana: Phone, cast: Cast) -> None:
    promised(ana, cast)
    later = ana.act(the_one(db).id, "put_off", {"on": MONDAY.isoformat()})
    for _ in range(3):
        assert state(ana, later) == ("placed", True, None)
    assert the_one(db).due_on == MONDAY and acts(db, "follow_up.put_off") == 1
    ana.at = NOON - timedelta(minutes=5)
    done = ana.act(the_one(db).id, "done")
    for _ in range(2):
        assert state(ana, done)[0] == "placed"
    assert the_one(db).done_at == ana.at and acts(db, "follow_up.done") == 1
    assert state(ana, ana.act(the_one(db).id, "done"))[0] == "placed", "done twice is done"


def test_the_form_of_the_page_and_the_record_under_its_id_are_one(db: Database, ana: Phone, cast: Cast) -> None:
    promised(ana, cast)
    act = new_id()
    assert ana.client is not None
    ana.client.post(f"/follow-ups/{the_one(db).id}/day", data={"id": str(act), "on": MONDAY.isoformat()})
    sealed = ana.act(the_one(db).id, "put_off", {"on": MONDAY.isoformat()}, id=act)
    assert state(ana, sealed)[0] == "placed" and acts(db, "follow_up.put_off") == 1


def test_what_was_said_last_stands_in_whichever_order_it_comes(db: Database, ana: Phone, cast: Cast) -> None:
    promised(ana, cast)
    ana.at = NOON - timedelta(hours=2)
    first = ana.act(the_one(db).id, "put_off", {"on": TUESDAY.isoformat()})
    ana.at = NOON - timedelta(hours=1)
    last = ana.act(the_one(db).id, "put_off", {"on": MONDAY.isoformat()})
    assert state(ana, last)[0] == state(ana, first)[0] == "placed"
    assert the_one(db).due_on == MONDAY


def test_nobody_else_moves_it_and_what_is_unknown_waits(
    db: Database, ana: Phone, cast: Cast, client_of: ClientOf
) -> None:
    visit = promised(ana, cast)
    bo = Phone(cast.bo, client_of("bo"))
    assert state(bo, bo.act(the_one(db).id, "done"))[0] == "held"
    assert state(bo, bo.act(new_id(), "done"))[0] == "held", "the same answer for both"
    assert the_one(db).done_at is None
    ana.send(ana.supplement(visit.id, "withdrawal", {"reason": "重复"}))
    gone = ana.act(new_id(), "done", {"visit": str(visit.id)})
    assert state(ana, gone) == ("not_applied", True, "gone"), "it went with its visit"


def test_after_a_restore_it_is_found_by_its_visit_and_waits_for_that(db: Database, ana: Phone, cast: Cast) -> None:
    """The visit comes again from a phone, and its follow-up has another id than the one that the phone knew."""
    visit = ana.visit(cast.sail, {"next_step": {"text": "复核水压", "on": FRIDAY.isoformat()}})
    act = ana.act(new_id(), "put_off", {"visit": str(visit.id), "on": MONDAY.isoformat()})
    assert state(ana, act)[0] == "held"
    ana.send(visit)
    assert the_one(db).due_on == MONDAY
    assert state(ana, act)[0] == "placed"


def test_a_colleague_named_in_a_visit_ticks_off_what_is_theirs(
    db: Database, ana: Phone, cast: Cast, client_of: ClientOf
) -> None:
    promised(ana, cast, by=str(cast.bo))
    bo = Phone(cast.bo, client_of("bo"))
    assert state(ana, ana.act(the_one(db).id, "done"))[0] == "held"
    assert state(bo, bo.act(the_one(db).id, "done"))[0] == "placed"
    assert the_one(db).owner_id == UUID(str(cast.bo)) and the_one(db).done_at is not None
