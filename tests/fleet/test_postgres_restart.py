"""A connection that PostgreSQL has ended, in small: the answer says so, and the next one is good again."""

from collections.abc import Callable

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError

from fieldapp.core.db import Database
from fieldapp.core.passing import passes
from fieldapp.sync.receipts import server_epoch
from tests.cast import Cast
from tests.sync.phone import Phone

pytestmark = pytest.mark.postgres


@pytest.fixture
def db_url(postgres_url: str) -> str:
    return postgres_url


def test_a_connection_lost_under_a_request_is_503_and_the_next_request_has_another(
    app: Flask, client_of: Callable[..., FlaskClient], db: Database, cast: Cast
) -> None:
    phone = Phone(cast.ana, client_of("ana"))
    visit = phone.visit(cast.sail)
    begun: list[int] = []

    def end_the_first(connection: Connection) -> None:
        """The session is read by this connection; it is gone when it is asked."""
        begun.append(connection.connection.dbapi_connection.info.backend_pid)  # type: ignore[union-attr]
        if len(begun) == 1:
            with db.writing() as session:
                session.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": begun[0]})

    event.listen(app.extensions["fieldapp"].db.engine, "begin", end_the_first)
    answer = phone.send(visit)
    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (503, "busy")
    assert "Retry-After" in answer.headers
    again = phone.send(visit)
    assert again.json is not None
    assert (again.status_code, again.json["state"]) == (201, "placed")
    assert begun[0] not in begun[1:]


def test_a_connection_that_the_driver_has_closed_is_told_as_lost(db: Database) -> None:
    with db.reading() as session:
        server_epoch(session)
        session.connection().connection.dbapi_connection.close()  # type: ignore[union-attr]
        with pytest.raises(DBAPIError) as told:
            server_epoch(session)
    assert passes(told.value)
    with db.reading() as session:
        assert server_epoch(session)


def test_a_connection_lost_after_all_was_read_spoils_no_answer(
    app: Flask, client_of: Callable[..., FlaskClient], db: Database
) -> None:
    """Ending what has only been read fails as well."""
    client = client_of("ana")

    def end_it(answer: Response) -> Response:
        with db.writing() as session:
            others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE state = 'idle in transaction'"
            session.execute(text(f"{others} AND pid <> pg_backend_pid()"))
        return answer

    app.after_request_funcs.setdefault(None, []).insert(0, end_it)  # the last one to run
    assert [client.get("/api/v1/me").status_code for _ in range(2)] == [200, 200]
