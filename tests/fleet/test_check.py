"""A check that cannot fail is worthless: a right state is broken in every way that it is there to find."""

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from fieldapp import serve as _serve  # noqa: F401  the jobs are registered by being imported
from fieldapp.app import create_app
from fieldapp.core import clock, jobs
from fieldapp.settings import Settings
from tests.fleet.check import Findings, check
from tests.fleet.people import Zone, found
from tests.fleet.phone import Phone
from tests.fleet.server import SECRET


@dataclass
class State:
    """What two phones have sent to a server that has stopped, or a copy of it that may be broken."""

    settings: Settings
    phones: list[Phone]
    zone: Zone

    def check(self) -> Findings:
        return check(self.settings, self.phones, self.zone.enterprise_of)

    def sql(self, statement: str) -> None:
        with sqlite3.connect(self.settings.database.removeprefix("sqlite:///")) as connection:
            connection.executescript(statement)

    def evidence(self) -> Path:
        return sorted((self.settings.data_dir / "files" / "evidence").glob("*/*"))[0]


@pytest.fixture(scope="module")
def right(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> State:
    home = tmp_path_factory.mktemp("right")
    shutil.copyfile(sqlite_template, home / "fieldapp.db")
    settings = Settings(
        data_dir=home / "data", database_url=f"sqlite:///{home / 'fieldapp.db'}", secret_key=SECRET, threads=16
    )
    app = create_app(settings)
    around = app.extensions["fieldapp"]
    zone = found(around.db, officers=0, projects=2)
    with _served(app) as url:
        phones = [Phone(url, zone.people[name], number=n, seed=1) for n, name in enumerate(("ana", "bo"))]
        for phone in phones:
            _send_all(phone, zone)
    with clock.frozen(clock.now() + timedelta(days=8)):
        jobs.sweep(jobs.Context(settings, around.db, around.files))
    around.db.close()
    return State(settings, phones, zone)


@contextmanager
def _served(app: Flask) -> Iterator[str]:
    """On a real socket, but in this process: nobody is killed here."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


def _send_all(phone: Phone, zone: Zone) -> None:
    where = {"kind": "site_inspection", "project": zone.projects[0], "next_step": {"text": "复看"}}
    line = {"id": phone.ids.new(phone.now), "issue": phone.ids.new(phone.now), "type": "opened", "title": "积水"}
    shots = [phone.shot("tiny"), phone.shot("broken", becomes="unreadable")]
    visit = phone.visit({**where, "issue_events": [line]}, shots)
    phone.event(line["issue"], "progress")
    phone.supplement(visit.id, "addition", {"text": "补充"})
    phone.supplement(phone.visit(where).id, "withdrawal", {"reason": "记错了"})  # with which its next step is gone
    phone.lose(phone.visit(where))
    phone.visit(where, schema=2, becomes="unplaced", reviews={"failed"})
    phone.finish()
    phone.contacted_at = 0
    phone.flush()


@pytest.fixture
def copy(right: State, tmp_path: Path) -> State:
    """The right state, to be broken."""
    home = tmp_path / "copy"
    shutil.copytree(right.settings.data_dir, home / "data")
    shutil.copyfile(right.settings.database.removeprefix("sqlite:///"), home / "fieldapp.db")
    return replace(
        right,
        settings=replace(right.settings, data_dir=home / "data", database_url=f"sqlite:///{home / 'fieldapp.db'}"),
    )


def test_a_right_state_has_no_fault_and_is_not_empty(right: State) -> None:
    findings = right.check()
    assert findings.tell() == ""
    counted = {"visits": 4, "photos": 4, "issues": 2, "events": 4, "supplements": 4, "on /review": 6, "gaps": 2}
    assert {name: findings.figures[name] for name in counted} == counted


def test_a_project_that_the_desk_archived_must_be_so_and_have_taken_what_came_later(right: State) -> None:
    findings = check(right.settings, right.phones, right.zone.enterprise_of, archived=[str(right.zone.cast.sail)])
    assert dict(findings.kinds) == {"wrong": 1, "lost": 1}


TWICE = (
    "CREATE TABLE copied AS SELECT * FROM {0}; DROP TABLE {0}; ALTER TABLE copied RENAME TO {0};"
    "INSERT INTO {0} SELECT * FROM {0} LIMIT 1;"
)
BY_SQL = {
    "lost: visit": "PRAGMA foreign_keys=OFF; DELETE FROM visit WHERE id = (SELECT max(id) FROM visit)",
    "lost: raw": "DELETE FROM raw WHERE id = (SELECT min(id) FROM raw)",
    "lost: issue event": "DELETE FROM issue_event WHERE id = (SELECT max(id) FROM issue_event)",
    "lost: supplement": "DELETE FROM supplement WHERE id = (SELECT max(id) FROM supplement)",
    "lost: photo shown": "DELETE FROM photo_use WHERE user_type = 'visit'",
    "lost: timeline entry": "DELETE FROM entry WHERE id = (SELECT max(id) FROM entry)",
    "lost: on /review:": "UPDATE review_item SET closed_at = '2026-11-22 00:00:00' WHERE kind = 'failed'",
    "lost: gap": "DELETE FROM gap",
    "lost: follow-up": "DELETE FROM follow_up",
    "doubled: timeline entry": TWICE.format("entry"),
    "doubled: raw": TWICE.format("raw"),
    "doubled: visit number": "CREATE TABLE copied AS SELECT * FROM visit; DROP TABLE visit; ALTER TABLE copied RENAME"
    " TO visit; UPDATE visit SET number = 'ZF-2026-000001'",
    "foreign: timeline entry": f"UPDATE entry SET ref = '{'0' * 32}' WHERE id = (SELECT min(id) FROM entry)",
    "foreign: visit": "UPDATE visit SET owner_id = (SELECT max(id) FROM user)",
    "foreign: photo": "UPDATE photo SET owner_id = (SELECT max(id) FROM user)",
    "foreign: issue": "UPDATE issue SET opened_by = (SELECT max(id) FROM user)",
    "foreign: project": "UPDATE project SET archived_at = '2026-11-22 00:00:00'",
    "foreign: raw": "UPDATE raw SET sender_id = (SELECT max(id) FROM user) WHERE id = (SELECT min(id) FROM raw)",
    "foreign: record": "UPDATE record SET owner_id = (SELECT max(id) FROM user)",
    "wrong: record": "UPDATE record SET state = 'unplaced' WHERE id = (SELECT min(id) FROM record)",
    "wrong: photo": "UPDATE photo SET state = 'withdrawn' WHERE state = 'stored'",
    "wrong: the audit chain": "UPDATE audit SET verb = 'another' WHERE seq = 3",
    "wrong: visit": "UPDATE visit SET number = NULL",
}


@pytest.mark.parametrize("fault", BY_SQL)
def test_a_broken_database_is_found_out(copy: State, fault: str) -> None:
    copy.sql(BY_SQL[fault])
    found = copy.check().faults
    assert any(line.startswith(fault) for line in found), found


def _flip(state: State) -> None:
    path = state.evidence()
    path.write_bytes(path.read_bytes()[:-1] + b"?")


def _change_raw(state: State) -> None:
    state.sql("UPDATE raw SET payload = CAST(replace(CAST(payload AS TEXT), '复看', '不看') AS BLOB)")


BY_FILE: dict[str, Callable[[State], object]] = {
    "lost: file": _flip,
    "lost: raw": _change_raw,
    "lost: the bytes": lambda state: state.evidence().unlink(),
    "lost: thumbnail": lambda state: shutil.rmtree(state.settings.data_dir / "files" / "thumb"),
    "foreign: file": lambda state: state.evidence().with_name("0" * 64).write_bytes(b"whose?"),
    "wrong: left behind: evidence": lambda state: state.evidence().with_name(".half.written").write_bytes(b""),
    "wrong: left behind: parts": lambda state: (state.settings.parts_dir / "1.part").write_bytes(b""),
}


@pytest.mark.parametrize("fault", BY_FILE)
def test_a_broken_file_store_is_found_out(copy: State, fault: str) -> None:
    BY_FILE[fault](copy)
    found = copy.check().faults
    assert any(line.startswith(fault) for line in found), found


def test_what_is_still_on_a_phone_is_not_called_sent(copy: State) -> None:
    phone = copy.phones[0]
    waiting = phone.visit({"kind": "site_inspection"})
    try:
        assert any(line.startswith(f"lost: visit {waiting.id}") for line in copy.check().faults)
    finally:
        phone.drop(waiting)
