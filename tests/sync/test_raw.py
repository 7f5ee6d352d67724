"""The raw bytes of a record: for their author, and for a system administrator who says why."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from fieldapp.core.models import Audit
from tests.cast import NOON, Cast
from tests.sync.phone import Phone
from tests.sync.test_review import ana, noon, only_item

__all__ = ["ana", "noon"]
ClientOf = Callable[..., FlaskClient]


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    return sqlite_url


def test_an_admin_opens_the_raw_bytes_only_with_a_reason_that_the_auditor_sees(
    client_of: ClientOf, db: Database, cast: Cast, ana: Phone
) -> None:
    visit = ana.visit(new_id(), {"progress": "不给看的字"})
    ana.send(visit)
    zoe, url = client_of("zoe"), f"/records/{visit.id}/raw"
    assert url in zoe.get(f"/review/{only_item(db).id}").text
    assert zoe.get(f"/api/v1{url}?sha256={visit.sha256}").status_code == 404, "not without a reason"
    assert "不给看的字" not in zoe.get(url).text
    for bad in ("", " x ", "长" * 201):
        refused = zoe.post(url, data={"sha256": visit.sha256, "reason": bad})
        assert refused.status_code == 422 and bad.strip() in refused.text and "不给看的字" not in refused.text
    assert zoe.post(url, data={"sha256": "0" * 64, "reason": "查不出故障"}).status_code == 404
    answer = zoe.post(url, data={"sha256": visit.sha256, "reason": "查不出故障"})
    assert answer.data == visit.raw and answer.headers["Content-Disposition"].startswith("attachment")
    with db.reading() as session:
        (told,) = session.scalars(select(Audit).where(Audit.verb == "record.raw_read"))
    assert (told.actor_id, told.detail) == (cast.zoe, {"sha256": visit.sha256, "reason": "查不出故障"})
    log = client_of("abe").get("/audit").text
    assert "佐伊" in log and "查不出故障" in log and "不给看的字" not in log


def test_the_raw_bytes_ask_for_the_password_again(client_of: ClientOf, db: Database, cast: Cast, ana: Phone) -> None:
    visit = ana.visit(new_id())
    ana.send(visit)
    zoe = client_of("zoe")
    with clock.frozen(NOON + timedelta(minutes=15)):
        assert zoe.get(f"/records/{visit.id}/raw").headers["Location"].startswith("/password-again")
        answer = zoe.post(f"/records/{visit.id}/raw", data={"sha256": visit.sha256, "reason": "查不出故障"})
        assert answer.status_code == 403 and answer.data != visit.raw


def test_the_author_opens_their_own_as_before_and_nobody_else_does(
    client_of: ClientOf, db: Database, cast: Cast, ana: Phone
) -> None:
    visit = ana.visit(cast.sail)
    ana.send(visit)
    assert client_of("ana").get(f"/api/v1/records/{visit.id}/raw?sha256={visit.sha256}").data == visit.raw
    for who in ("bo", "lin", "dan", "dee", "uma", "zoe", "sia", "abe"):
        client = client_of(who)
        assert client.get(f"/api/v1/records/{visit.id}/raw").status_code == 404, who
        if who != "zoe":
            assert client.get(f"/records/{visit.id}/raw").status_code == 404, who
            answer = client.post(f"/records/{visit.id}/raw", data={"sha256": visit.sha256, "reason": "想看看"})
            assert answer.status_code == 404, who
