"""An officer leaves: what they serve goes to another in one act."""

from datetime import date

from flask.testing import FlaskClient

from fieldapp.accounts.models import Membership
from fieldapp.core.db import Database
from fieldapp.projects.models import Assignment
from tests.admin.registers.filling import errors_of, fields_of
from tests.admin.registers.test_assignments import TODAY, YESTERDAY, of
from tests.cast import Cast
from tests.feed.pages import faults, parse

PAGE = "/admin/assignments/handover"


def test_all_that_one_serves_goes_to_another_and_nothing_is_overwritten(
    db: Database, cast: Cast, zoe: FlaskClient
) -> None:
    with db.writing() as session:
        session.add(Assignment(project_id=cast.reef, user_id=cast.ana, role="supporting", starts_on=date(2026, 12, 1)))
        session.add(Assignment(project_id=cast.talk, user_id=cast.ana, starts_on=date(2026, 2, 1)))
        session.add(Assignment(project_id=cast.talk, user_id=cast.bo, starts_on=date(2026, 2, 1)))  # bo serves it too
        for held in session.query(Membership).filter_by(user_id=cast.ana):
            held.ends_on = YESTERDAY  # ana has left
    page = zoe.get(PAGE).text
    assert faults(parse(page)) == [] and "安娜 · 3 个项目" in page
    sent = fields_of(page, old=f"user:{cast.ana}", new=f"user:{cast.bo}")
    answer = zoe.post(PAGE, data=sent)
    assert answer.location.endswith("?done=3") and "3 项" in zoe.get(answer.location).text
    assert of(db, cast.sail)[cast.ana] == ("main", date(2026, 1, 1), YESTERDAY)
    assert of(db, cast.sail)[cast.bo] == ("main", TODAY, None)
    assert of(db, cast.reef)[cast.bo] == ("supporting", date(2026, 12, 1), None), "what was to come comes to bo"
    assert of(db, cast.talk) == {
        cast.first_team: ("main", date(2026, 1, 1), None), cast.bo: ("main", date(2026, 2, 1), None),
        cast.ana: ("main", date(2026, 2, 1), YESTERDAY),
    }  # fmt: skip
    again = zoe.post(PAGE, data=sent)
    assert again.status_code == 422 and len(errors_of(again.text)) == 1, "there is nothing left to hand over"


def test_what_cannot_be_is_said_at_its_field(zoe: FlaskClient, cast: Cast) -> None:
    for typed, wrong in (
        ({"old": "", "new": "", "first": ""}, 3),
        ({"old": f"user:{cast.ana}", "new": f"user:{cast.ana}", "first": "2026-11-20"}, 1),
        ({"old": f"user:{cast.zoe}", "new": "user:nobody", "first": "yesterday"}, 3),
    ):
        answer = zoe.post(PAGE, data=typed)
        assert answer.status_code == 422 and len(errors_of(answer.text)) == wrong
        assert fields_of(answer.text)["first"] == [typed["first"]]
