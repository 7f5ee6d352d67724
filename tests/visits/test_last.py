"""同上次: what a phone carries of the last visit to each project, as far as its officer may read it."""

from datetime import timedelta

from fieldapp.core.db import Database
from fieldapp.core.payload import Times
from fieldapp.sync import last_rows
from fieldapp.visits import last_queries
from tests.cast import NOON, Cast
from tests.statements import statements_of
from tests.visits.conftest import Log, Say

MET = [{"name": "王经理", "title": "项目经理", "phone": "13900000001"}]


def carried(db: Database, cast: Cast, who: str = "bo") -> list[dict[str, object]]:
    with db.reading() as session:
        person = cast.person(session, who)
        return last_rows.last_visits(session, person, [cast.sail, cast.reef], zone_readable=True)


def before(hours: int) -> Times:
    at = NOON - timedelta(hours=hours)
    return Times(at, at, NOON)


def test_the_last_visit_to_each_project_says_whom_one_met_and_what_comes_next(
    db: Database, cast: Cast, log: Log
) -> None:
    log(cast.sail, times=before(2), met=MET, next_step={"text": "复看基坑"})
    log(cast.sail, times=before(5), met=[{"name": "赵工"}], next_step={"text": "早先的"})
    log(cast.reef, kind="phone_follow_up", content="未接", next_step={"text": "再打一次电话"})
    at = (NOON - timedelta(hours=2)).isoformat()
    assert carried(db, cast) == [
        {"project": str(cast.sail), "on": at, "met": [{"name": "王经理", "title": "项目经理"}], "next_step": "复看基坑"}
    ]


def test_a_withdrawn_and_a_sensitive_visit_are_not_the_last_one(db: Database, cast: Cast, log: Log, say: Say) -> None:
    log(cast.sail, times=before(5), met=[{"name": "赵工"}])
    log(cast.sail, times=before(2), met=MET, sensitive=True)
    say(log(cast.sail, times=before(1), met=MET), "withdrawal", reason="登记错了")
    assert [row["met"] for row in carried(db, cast, "dan")] == [[{"name": "赵工"}]]
    assert carried(db, cast, "uma") == []


def test_it_is_one_statement_for_any_number_of_projects(db: Database, cast: Cast, log: Log) -> None:
    for project in (cast.sail, cast.reef, cast.talk):
        log(project, by="dan" if project == cast.reef else "ana", met=MET)
    with db.reading() as session:
        person = cast.person(session, "ana")
        with statements_of(db) as asked:
            found = last_queries.last_visits(session, person, [cast.sail, cast.reef, cast.talk], zone_readable=True)
    assert (len(found), len(asked)) == (3, 1)
