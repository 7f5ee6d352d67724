"""A zone of before the second factors is brought up with its people in it, and back down."""

from sqlalchemy import text

from fieldapp.core.db import Database, new_id
from tests.cast import NOON
from tests.test_migrations import bare, go  # noqa: F401  # a fixture

ADD = text(
    'INSERT INTO "user" (id, username, name, initials, password_hash, session_epoch, demo, created_at)'
    " VALUES (:id, 'ana', '安娜', 'an', 'x', 3, :no, :at)"
)


def test_people_stay_as_they_were_and_nobody_must_change_a_password(bare: Database) -> None:  # noqa: F811
    sqlite, id = bare.dialect == "sqlite", new_id()
    go(bare, "upgrade", "0006")
    with bare.writing() as session:
        at = NOON.replace(tzinfo=None).isoformat(" ") if sqlite else NOON
        session.execute(ADD, {"id": id.hex if sqlite else id, "no": False, "at": at})
    go(bare, "upgrade", "0007")
    asked = text('SELECT username, session_epoch, must_change_password, password_changed_at FROM "user"')
    with bare.reading() as session:
        assert session.execute(asked).all() == [("ana", 3, False, None)]
    go(bare, "downgrade", "0006")
    with bare.reading() as session:
        assert session.execute(text('SELECT username, session_epoch FROM "user"')).all() == [("ana", 3)]
