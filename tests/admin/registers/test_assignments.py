"""Who serves a project from when to when: never overwritten."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.accounts.models import Membership
from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.projects.models import Assignment
from tests.admin.registers.filling import errors_of, fields_of
from tests.admin.registers.test_changing import acts, change, make
from tests.cast import Cast

TODAY, YESTERDAY = date(2026, 11, 20), date(2026, 11, 19)


def of(db: Database, project: UUID) -> dict[UUID | None, tuple[str, date, date | None]]:
    with db.reading() as session:
        found = session.scalars(select(Assignment).where(Assignment.project_id == project)).all()
        return {one.user_id or one.team_id: (one.role, one.starts_on, one.ends_on) for one in found}


def of_ana(db: Database, cast: Cast) -> Any:
    with db.reading() as session:
        return session.scalars(select(Assignment.id).where(Assignment.user_id == cast.ana)).one()


def test_a_change_ends_one_row_and_begins_another(db: Database, cast: Cast, zoe: FlaskClient) -> None:
    answer = change(zoe, "assignments", of_ana(db, cast), whom=f"user:{cast.bo}")
    assert answer.status_code == 303
    served = of(db, cast.sail)
    assert served[cast.ana] == ("main", date(2026, 1, 1), YESTERDAY)
    assert served[cast.bo] == ("main", TODAY, None)
    assert acts(db, of_ana(db, cast)) == [("assignment.ended", {"ends_on": [None, "2026-11-19"]})]


def test_another_last_day_is_just_that(db: Database, cast: Cast, zoe: FlaskClient) -> None:
    assert change(zoe, "assignments", of_ana(db, cast), ends_on="2026-12-31").status_code == 303
    assert of(db, cast.sail)[cast.ana] == ("main", date(2026, 1, 1), date(2026, 12, 31))
    refused = change(zoe, "assignments", of_ana(db, cast), ends_on="2026-11-01", role="supporting")
    assert refused.status_code == 422 and errors_of(refused.text)


def test_nobody_serves_a_project_twice_at_once(db: Database, cast: Cast, zoe: FlaskClient) -> None:
    typed = {"project_id-q": "云帆新材料（一期）", "whom": f"user:{cast.ana}", "role": "supporting"}
    again = make(zoe, "assignments", **typed)
    assert again.status_code == 422 and "已挂点" in errors_of(again.text)[0]
    assert make(zoe, "assignments", **{**typed, "whom": f"user:{cast.bo}"}).status_code == 303
    refused = change(zoe, "assignments", of_ana(db, cast), whom=f"user:{cast.bo}")
    assert refused.status_code == 422 and of(db, cast.sail)[cast.ana][2] is None


def test_it_ends_now_and_what_has_not_begun_is_taken_back(db: Database, cast: Cast, zoe: FlaskClient) -> None:
    key = of_ana(db, cast)
    assert zoe.post(f"/admin/assignments/{key}/archive").status_code == 303
    assert of(db, cast.sail)[cast.ana][2] == TODAY, "what she recorded this morning is hers"
    made = make(
        zoe, "assignments", **{"project_id": str(cast.reef), "whom": f"user:{cast.bo}", "starts_on": "2026-12-01"}
    )
    later = made.location.split("/")[3].split("?")[0]
    assert zoe.post(f"/admin/assignments/{later}/archive").status_code == 303
    _role, begins, ends = of(db, cast.reef)[cast.bo]
    assert ends is not None and ends < begins
    assert make(zoe, "assignments", **{"project_id": str(cast.reef), "whom": f"user:{cast.bo}"}).status_code == 303
    clock.advance(timedelta(days=1))
    assert "安娜" not in zoe.get("/admin/assignments").text and "安娜" in zoe.get("/admin/assignments?aside=1").text


def test_one_who_has_left_may_stay_in_the_form_and_is_offered_to_nobody(
    db: Database, cast: Cast, zoe: FlaskClient
) -> None:
    with db.writing() as session:
        for held in session.scalars(select(Membership).where(Membership.user_id == cast.ana)):
            held.ends_on = YESTERDAY
    assert str(cast.ana) not in zoe.get("/admin/assignments/new").text
    page = zoe.get(f"/admin/assignments/{of_ana(db, cast)}").text
    assert fields_of(page)["whom"] == [f"user:{cast.ana}"]
    assert change(zoe, "assignments", of_ana(db, cast), ends_on="2026-11-30").status_code == 303
