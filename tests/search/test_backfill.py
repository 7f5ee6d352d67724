"""What was written before there was a search is found after the upgrade."""

from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from sqlalchemy import text, true

from fieldapp.core import migrate
from fieldapp.core.db import Database, new_id
from fieldapp.core.files import Files
from fieldapp.core.jobs import Context
from fieldapp.core.models import Fact
from fieldapp.feed import search_actions
from fieldapp.feed.jobs import make_index
from fieldapp.search import queries
from fieldapp.settings import Settings


def test_after_the_upgrade_a_job_indexes_every_visit_and_issue_that_is_here(
    tmp_path: Path,
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    visit, supplement, issue, user = (new_id() for _n in range(4))
    at = datetime(2026, 11, 20, 4, tzinfo=UTC).replace(tzinfo=None).isoformat(" ")
    with database.engine.connect() as connection, migrate._keys_unchecked(connection):
        command.upgrade(migrate.config(connection), "0001")
        connection.commit()

        def insert(table: str, **given: object) -> None:
            blank = {
                column[1]: 0 if "INT" in column[2] or "BOOL" in column[2] else "[]" if column[2] == "JSON" else ""
                for column in connection.exec_driver_sql(f"PRAGMA table_info({table})")
                if column[3]
            }
            values = {**blank, **given}
            names, marks = ", ".join(f'"{name}"' for name in values), ", ".join(f":{name}" for name in values)
            connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)

        moments = dict.fromkeys(("occurred_at", "received_at", "recorded_at", "occurred_said", "opened_at"), at)
        insert("visit", id=visit.hex, owner_id=user.hex, kind="x", content="二层钢结构", met='[{"name": "欧阳慧"}]',
               **{name: at for name in moments if name != "opened_at"})  # fmt: skip
        insert("visit", id=new_id().hex, owner_id=user.hex, kind="x", content="二层撤回", withdrawn_at=at,
               **{name: at for name in moments if name != "opened_at"})  # fmt: skip
        insert("supplement", id=supplement.hex, visit_id=visit.hex, owner_id=user.hex, type="addition",
               occurred_at=at, received_at=at, body='{"text": "塔吊已拆"}')  # fmt: skip
        insert("issue", id=issue.hex, title="水压不足", opened_by=user.hex, opened_at=at, received_at=at,
               last_event_at=at, state="open")  # fmt: skip
        insert("issue_event", id=new_id().hex, issue_id=issue.hex, type="progress", occurred_at=at, received_at=at,
               applied=1, body='{"text": "换减压阀"}')  # fmt: skip
        insert("contact", id=new_id().hex, enterprise_id=new_id().hex, name="周明", phone="138-0000-５６７８")
        connection.commit()
    migrate.upgrade(database)
    settings = Settings(data_dir=tmp_path)
    make_index(Context(settings, database, Files(settings.files)))
    with database.reading() as session:
        assert session.get(Fact, search_actions.DUE) is None
        for query, kind, ref in (("二层", "visit", visit), ("欧阳", "visit", visit), ("塔吊", "visit", visit),
                                 ("水压", "issue", issue), ("减压阀", "issue", issue)):  # fmt: skip
            assert queries.find(session, kind, query, where=true(), limit=5).refs == [ref], query
        assert session.scalar(text("SELECT phone_tail FROM contact")) == "5678"
    database.close()
