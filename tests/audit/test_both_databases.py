"""What the auditor asks has statements of its own: tried on SQLite and on PostgreSQL."""

from datetime import timedelta

import pytest

from fieldapp.audit import queries, seal
from fieldapp.audit.queries import Asked
from fieldapp.core import audit
from fieldapp.core.db import Database, new_id
from tests.audit.conftest import Note
from tests.cast import NOON, Cast
from tests.conftest import BACKENDS


@pytest.fixture(params=BACKENDS)
def db_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


def test_every_filter_and_the_whole_log_in_batches(
    db: Database, cast: Cast, note: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    thing = new_id()
    note("ana", "visit.logged", id=thing, days_ago=9)
    note("ana", "visit.revised", id=thing)
    note("bo", "photo.withdrawn", "photo", reason="重复")
    db.write(audit.seal)
    note("", "server.restored", "server", "epoch")
    for asked, found in (
        (Asked(), ["server.restored", "photo.withdrawn", "visit.revised", "visit.logged"]),
        (Asked(who="安娜"), ["visit.revised", "visit.logged"]),
        (Asked(who="%"), []),
        (Asked(who="-"), ["server.restored"]),
        (Asked(act="photo.withdrawn", kind="photo"), ["photo.withdrawn"]),
        (Asked(thing=str(thing)), ["visit.revised", "visit.logged"]),
        (Asked(since=NOON - timedelta(days=1)), ["server.restored", "photo.withdrawn", "visit.revised"]),
        (Asked(who="ana", since=NOON - timedelta(days=1)), ["visit.revised"]),
    ):
        with db.reading() as session:
            assert [one.row.verb for one in queries.listed(session, asked, None).items] == found, asked
    monkeypatch.setattr(queries, "A_BATCH", 2)
    with db.reading() as session:
        assert queries.count(session, Asked(), 2) == 2
        got = [[one.row.seq for one in rows] for rows in queries.batches(session, queries.all_of(session, Asked()))]
        assert got == [[1, 2], [3]]
    seal.check(db)
    with db.reading() as session:
        found_whole = seal.of(session)
        assert (found_whole.up_to, found_whole.broken_at, found_whole.unsealed) == (4, None, 0)
