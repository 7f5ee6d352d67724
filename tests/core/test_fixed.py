"""A fixed statement gives and takes what the same statement does through the session, on both databases."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from fieldapp.core.db import Database, new_id
from fieldapp.core.fixed import Fixed
from fieldapp.core.models import Audit, Fact

AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
FIND = Fixed(select(Fact.name, Fact.value).where(Fact.name == bindparam("wanted")))
ADD = Fixed(insert(Fact.__table__), columns=("name", "value"))  # type: ignore[arg-type]
NOTE = Fixed(
    insert(Audit.__table__),  # type: ignore[arg-type]
    columns=("at", "actor_id", "verb", "subject_type", "subject_id", "detail"),
)
NOTED = Fixed(select(Audit.id, Audit.at, Audit.actor_id, Audit.detail, Audit.seq, Audit.address))


def test_types_and_defaults_are_those_of_the_columns(db: Database) -> None:
    actor = new_id()
    with db.writing() as session:
        NOTE.run(
            session, at=AT, actor_id=actor, verb="fly", subject_type="kite", subject_id="1", detail={"高": [1, None]}
        )
        row = NOTED.first(session)
        assert (row.at, row.actor_id, row.detail, row.seq, row.address) == (AT, actor, {"高": [1, None]}, None, "")
        assert session.get_one(Audit, row.id).detail == row.detail


def test_what_the_session_was_about_to_write_is_seen(db: Database) -> None:
    with db.writing() as session:
        session.add(Fact(name="kite", value="red"))
        assert tuple(FIND.first(session, wanted="kite")) == ("kite", "red")
        assert FIND.first(session, wanted="none") is None and FIND.scalar(session, wanted="kite") == "kite"


def test_how_many_rows_were_met(db: Database) -> None:
    paint = Fixed(update(Fact.__table__).where(Fact.name == bindparam("wanted")).values(value=bindparam("colour")))  # type: ignore[arg-type]
    with db.writing() as session:
        ADD.run_each(session, ({"name": name, "value": ""} for name in ("kite", "drone")))
        assert paint.run(session, wanted="kite", colour="red") == 1
        assert paint.run(session, wanted="none", colour="red") == 0


def test_errors_are_those_of_the_session_and_take_everything_back(db: Database) -> None:
    with pytest.raises(IntegrityError), db.writing() as session:
        ADD.run(session, name="kite", value="red")
        ADD.run(session, name="kite", value="blue")
    with db.reading() as session:
        assert FIND.rows(session, wanted="kite") == []


def test_a_reading_session_cannot_write_by_it_either(db: Database) -> None:
    with db.reading() as session, pytest.raises(DBAPIError, match=r"(?i)read-?only"):
        ADD.run(session, name="kite", value="red")


@pytest.mark.parametrize("given", [{"name": "kite"}, {"name": "kite", "value": "red", "colour": "red"}])
def test_a_parameter_that_is_missing_or_misspelt_is_told_and_nothing_is_written(
    db: Database, given: dict[str, str]
) -> None:
    with pytest.raises(TypeError, match=r"value|colour"), db.writing() as session:
        ADD.run(session, **given)
    with pytest.raises(TypeError, match="wanted"), db.reading() as session:
        FIND.first(session)
    with db.reading() as session:
        assert FIND.rows(session, wanted="kite") == []
