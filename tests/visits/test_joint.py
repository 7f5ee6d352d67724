"""联合走访: a colleague who was there at the same time is found before saving, and joins by saying something more."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.core.payload import Arrival, Times
from fieldapp.feed.actions import log_visit, revise_supplement
from fieldapp.visits import joint_queries, queries
from fieldapp.visits.body import NextStep, SupplementBody, VisitBody
from fieldapp.visits.models import FollowUp, Visit
from tests.cast import NOON, Cast
from tests.statements import statements_of
from tests.visits.conftest import Log, Say

Load = Callable[[UUID], Visit]


def there_with(db: Database, cast: Cast, who: str, at: datetime = NOON) -> list[str]:
    with db.reading() as session:
        person = cast.person(session, who)
        found = joint_queries.at_the_same_time(session, person, cast.sail, at, zone_readable=True)
        return [name for _id, name in found]


def took_part(db: Database, id: UUID) -> set[UUID]:
    with db.reading() as session:
        return {one.user_id for one in session.get_one(Visit, id).participants}


def test_only_a_colleagues_visit_to_the_same_place_within_the_hour_is_found(db: Database, cast: Cast, log: Log) -> None:
    log(cast.sail)
    assert there_with(db, cast, "ana") == []  # one's own
    assert there_with(db, cast, "bo") == ["安娜"]
    assert there_with(db, cast, "bo", NOON + timedelta(hours=1)) == ["安娜"]
    assert there_with(db, cast, "bo", NOON + timedelta(hours=1, seconds=1)) == []
    assert there_with(db, cast, "bo", NOON - timedelta(hours=1, seconds=1)) == []
    assert there_with(db, cast, "uma") == []


@pytest.mark.parametrize(
    "said", [{"kind": "phone_follow_up"}, {"sensitive": True}, {"participants": ["bo"]}, {"project": "reef"}]
)
def test_a_call_a_sensitive_visit_and_one_that_one_is_in_are_not_asked_about(
    db: Database, cast: Cast, log: Log, said: dict[str, object]
) -> None:
    given = {**said, "participants": [cast.bo] if "participants" in said else []}
    log(getattr(cast, str(given.pop("project", "sail"))), **given)
    assert there_with(db, cast, "bo") == []


def test_a_withdrawn_visit_is_not_joined(db: Database, cast: Cast, log: Log, say: Say) -> None:
    say(log(cast.sail), "withdrawal", reason="登记错了")
    assert there_with(db, cast, "bo") == []


def test_an_addition_makes_a_participant_of_who_says_it_and_of_nobody_else(
    db: Database, cast: Cast, log: Log, say: Say
) -> None:
    id = log(cast.sail)
    say(id, "addition", by="bo", text="一同到场", participants=[cast.bo, cast.dan])
    assert took_part(db, id) == {cast.bo}
    say(id, "addition", text="还有同事", participants=[cast.ana, cast.dan])  # the author may name anybody
    assert took_part(db, id) == {cast.bo, cast.dan}
    say(id, "addition", by="bo", text="再补充", participants=[cast.bo])
    assert took_part(db, id) == {cast.bo, cast.dan}
    with db.reading() as session:
        assert len(queries.supplements(session, [id])[id]) == 3


def test_the_next_step_of_who_joins_is_their_own_follow_up(db: Database, cast: Cast, log: Log, say: Say) -> None:
    """It stays theirs whatever becomes of the visit, and a revision of what they said moves it."""

    def waits() -> list[tuple[UUID, str, UUID | None]]:
        with db.reading() as session:
            found = session.scalars(select(FollowUp).where(FollowUp.done_at.is_(None)).order_by(FollowUp.text))
            return [(one.owner_id, one.text, one.project_id) for one in found]

    id = log(cast.sail, next_step={"text": "a 送图纸"})
    said = say(id, "addition", by="bo", text="一同到场", participants=[cast.bo], next_step={"text": "b 复看基坑"})
    assert waits() == [(cast.ana, "a 送图纸", cast.sail), (cast.bo, "b 复看基坑", cast.sail)]
    say(id, "correction", fields={"next_step": {"text": "a 再送图纸"}})
    assert waits() == [(cast.ana, "a 再送图纸", cast.sail), (cast.bo, "b 复看基坑", cast.sail)]
    with db.writing() as session:
        arrival = Arrival(said.id, Times(NOON, NOON, NOON), rev=2)
        body = SupplementBody(visit=id, type="addition", text="到场", next_step=NextStep(text="b 明天复看"))
        revise_supplement(session, cast.person(session, "bo"), arrival, body)
    say(id, "withdrawal", reason="登记重复")
    assert waits() == [(cast.bo, "b 明天复看", cast.sail)]


def test_who_joined_stays_when_the_visit_is_said_differently(db: Database, cast: Cast, log: Log, say: Say) -> None:
    id = log(cast.sail)
    say(id, "addition", by="bo", text="一同到场", participants=[cast.bo])
    body = VisitBody(kind="site_inspection", project=cast.sail, content="改过", participants=[cast.dan])
    with db.writing() as session:
        arrival = Arrival(id, Times(NOON, NOON, NOON))
        log_visit(session, cast.person(session, "ana"), arrival, body, zone_readable=True, fresh=False)
    assert took_part(db, id) == {cast.bo, cast.dan}


def test_a_phone_asks_with_one_question_about_a_project_that_it_may_read(
    app: Flask, db: Database, cast: Cast, client_of: Callable[..., FlaskClient], log: Log
) -> None:
    id = log(cast.sail)
    with clock.frozen(NOON):
        bo = client_of("bo")
        address = f"/api/v1/projects/{cast.sail}/together"
        answer = bo.get(address, query_string={"at": NOON.isoformat()})
        assert answer.json == {"visits": [{"id": str(id), "officer": "安娜"}]}
        assert "no-store" in answer.headers["Cache-Control"]
        ends = ("0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00")  # no hour before, none after
        for nonsense in ("", "yesterday", "2026-11-20T09:00:00", *ends):
            assert bo.get(address, query_string={"at": nonsense}).status_code == 400
        assert client_of("uma").get(address, query_string={"at": NOON.isoformat()}).status_code == 404


def test_however_many_were_there_it_is_one_statement_and_three_of_them(db: Database, cast: Cast, log: Log) -> None:
    for _ in range(5):
        log(cast.sail)
    with db.reading() as session:
        person = cast.person(session, "bo")
        with statements_of(db) as asked:
            found = joint_queries.at_the_same_time(session, person, cast.sail, NOON, zone_readable=True)
    assert (len(found), len(asked)) == (3, 1)
