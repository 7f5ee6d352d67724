"""The log's seal, as the auditor sees it, and the letting go of what was kept long enough."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from fieldapp.audit import jobs as audit_jobs
from fieldapp.core import audit, audit_chain, clock, jobs
from fieldapp.core.db import Database
from fieldapp.core.files import Files
from fieldapp.core.models import Audit
from fieldapp.settings import Settings
from tests.audit.conftest import Note
from tests.cast import NOON
from tests.feed.pages import Reader

WHOLE, BROKEN = "完整无改动", "与写入时不符"


@pytest.fixture
def context(settings: Settings, db: Database) -> jobs.Context:
    return jobs.Context(settings, db, Files(settings.files))


def seal_of(abe: Reader) -> str:
    return abe.get("/audit").one("section", id="seal").text


def test_it_says_up_to_where_the_log_is_whole(abe: Reader, note: Note, context: jobs.Context) -> None:
    note("ana", "visit.logged")
    note("ana", "visit.logged")
    assert "尚未校验" in seal_of(abe)
    audit_jobs.check_seal(context)
    assert "前 2 条已封存" in seal_of(abe) and WHOLE in seal_of(abe)


def test_a_check_is_asked_for_on_the_page_and_done_by_the_worker(
    abe: Reader, note: Note, context: jobs.Context, db: Database
) -> None:
    note("ana", "visit.logged")
    audit_jobs.check_seal(context)
    assert abe.post("/audit/check", {}) == "/audit"
    waiting = abe.get("/audit").one("section", id="seal")
    assert "已提交" in waiting.text and waiting.attrs["hx-get"] == "/audit/seal" and not waiting.all("button")
    with clock.frozen(NOON + timedelta(seconds=30)):
        audit_jobs.check_seal(context)
    assert "前 2 条已封存" in seal_of(abe)  # that somebody asked is a row as well
    assert abe.get("/audit").one("section", id="seal").all("button")


def test_it_is_checked_each_day_by_itself_and_not_each_minute(
    note: Note, context: jobs.Context, db: Database, abe: Reader
) -> None:
    note("ana", "visit.logged")
    audit_jobs.check_seal(context)
    note("ana", "visit.logged")
    db.write(audit.seal)
    audit_jobs.check_seal(context)
    assert "前 1 条已封存" in seal_of(abe)
    with clock.frozen(NOON + timedelta(days=1)):
        audit_jobs.check_seal(context)
    assert "前 2 条已封存" in seal_of(abe)


@pytest.mark.parametrize(
    ("harm", "row"),
    [("UPDATE audit SET verb = 'x' WHERE seq = 2", "第 2 条"), ("DELETE FROM audit WHERE seq = 2", "第 2 条"),
     ("DELETE FROM audit WHERE seq = 3", "第 3 条")],
    ids=["changed", "removed", "shortened"],
)  # fmt: skip
def test_which_row_broke_it_is_told(
    abe: Reader, note: Note, context: jobs.Context, db: Database, harm: str, row: str
) -> None:
    for _ in range(3):
        note("ana", "visit.logged")
    audit_jobs.check_seal(context)
    with db.writing() as session:
        session.execute(text(harm))
    with clock.frozen(NOON + timedelta(days=2)):
        audit_jobs.check_seal(context)
        assert BROKEN in seal_of(abe) and row in seal_of(abe)
    with clock.frozen(NOON + timedelta(days=4)):
        audit_jobs.check_seal(context)
        assert BROKEN in seal_of(abe), "a second look does not make it whole"


def test_a_log_written_anew_from_its_beginning_is_another_one(
    abe: Reader, note: Note, context: jobs.Context, db: Database
) -> None:
    """Whoever can write to the database can also seal anew; what was found before tells."""
    for _ in range(3):
        note("ana", "visit.logged")
    audit_jobs.check_seal(context)
    with db.writing() as session:
        session.execute(update(Audit).values(seq=None, hash=None))
        session.execute(update(Audit).values(address="elsewhere"))
    db.write(audit.seal)
    with db.reading() as session:
        assert audit_chain.verify(session).broken_at is None
    with clock.frozen(NOON + timedelta(days=2)):
        audit_jobs.check_seal(context)
        assert BROKEN in seal_of(abe)


def test_a_long_check_says_how_far_it_has_come(
    abe: Reader, note: Note, context: jobs.Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(9):
        note("ana", "visit.logged")
    monkeypatch.setattr("fieldapp.core.audit.A_BATCH", 2)
    monkeypatch.setattr("fieldapp.audit.seal.TELL_EVERY", 4)
    seen: list[str] = []
    follow = audit_chain.follow

    def looked_at(session: object, link: audit_chain.Link) -> audit_chain.Links:
        seen.append(abe.client.get("/audit/seal").text)
        return follow(session, link)  # type: ignore[arg-type]

    monkeypatch.setattr(audit_chain, "follow", looked_at)
    audit_jobs.check_seal(context)
    assert any("第 4 条，共 9 条" in text for text in seen) and 'value="8"' in seen[-1]
    assert "<progress" not in abe.client.get("/audit/seal").text


def test_the_log_is_kept_as_long_as_is_set_and_its_beginning_goes_behind_a_seal(
    abe: Reader, note: Note, context: jobs.Context, db: Database
) -> None:
    note("ana", "visit.logged", days_ago=400)
    note("ana", "visit.logged", days_ago=300)
    note("ana", "visit.logged", days_ago=10)
    keeping = replace(context, settings=replace(context.settings, keep_logs_days=200))
    for _minute in range(3):
        db.write(audit.seal)
        audit_jobs.let_go(context)
    with db.reading() as session:
        assert len(session.scalars(select(Audit)).all()) == 3, "kept for ever, unless set"
    for _minute in range(3):
        db.write(audit.seal)
        audit_jobs.let_go(keeping)
    with db.reading() as session:
        assert session.scalars(select(Audit.seq).order_by(Audit.seq)).all() == [3, 4]
    audit_jobs.check_seal(context)
    assert WHOLE in seal_of(abe) and "前 2 条已满保存期" in seal_of(abe)


def test_of_a_broken_log_nothing_goes(note: Note, context: jobs.Context, db: Database) -> None:
    note("ana", "visit.logged", days_ago=400)
    note("ana", "visit.logged", days_ago=300)
    db.write(audit.seal)
    with db.writing() as session:
        session.execute(update(Audit).where(Audit.seq == 1).values(actor_id=None))
    keeping = replace(context, settings=replace(context.settings, keep_logs_days=200))
    for _minute in range(2):
        audit_jobs.let_go(keeping)
        db.write(audit.seal)
    with db.reading() as session:
        assert len(session.scalars(select(Audit)).all()) == 2


def test_only_the_auditor_has_it_checked(reader: Callable[..., Reader]) -> None:
    assert reader("zoe").client.post("/audit/check").status_code == 404
