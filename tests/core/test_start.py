"""Starting and stopping: what is refused, and that nothing is left running."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fieldapp.accounts.models import User
from fieldapp.app import check_start
from fieldapp.core.db import Database, new_id
from fieldapp.settings import BadSetting, Settings
from tests.cast import NOON
from tests.conftest import LiveServer
from tests.processes import children_of, running, until


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def demo_account(db: Database) -> None:
    with db.writing() as session:
        session.add(User(id=new_id(), username="officer1", name="演示", password_hash="x", created_at=NOON, demo=True))


@pytest.mark.usefixtures("demo_account")
@pytest.mark.parametrize("origin", ["https://fieldapp.example", "http://10.0.0.7:8000"])
def test_demo_accounts_are_never_served_to_others(settings: Settings, db: Database, origin: str) -> None:
    with pytest.raises(BadSetting, match="demo accounts exist"):
        check_start(replace(settings, origin=origin), db, "127.0.0.1")


@pytest.mark.usefixtures("demo_account")
@pytest.mark.parametrize("origin", ["", "http://localhost:8000", "http://127.0.0.1:8000", "https://[::1]"])
def test_demo_accounts_are_served_on_this_machine(settings: Settings, db: Database, origin: str) -> None:
    check_start(replace(settings, origin=origin), db, "127.0.0.1")


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.7", "::", "fieldapp.example", ""])
def test_an_open_address_needs_an_origin(settings: Settings, db: Database, host: str) -> None:
    with pytest.raises(BadSetting, match="FIELDAPP_ORIGIN must be set"):
        check_start(settings, db, host)
    check_start(replace(settings, origin="https://fieldapp.example"), db, host)


def fieldapp(*arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    known = {name: value for name, value in os.environ.items() if not name.startswith("FIELDAPP_")}
    command = [sys.executable, "-m", "fieldapp", *arguments]
    return subprocess.run(command, env=known | environ, capture_output=True, text=True, timeout=240, check=False)


def test_a_bad_setting_stops_the_start_and_says_which(tmp_path: Path) -> None:
    done = fieldapp("serve", FIELDAPP_DATA_DIR=str(tmp_path), FIELDAPP_THREADS="none")
    assert done.returncode == 2
    assert done.stderr == "fieldapp: FIELDAPP_THREADS should be a whole number, 1 or more, not 'none'\n"


def test_a_database_that_is_not_ready_says_what_to_run(tmp_path: Path) -> None:
    done = fieldapp("serve", FIELDAPP_DATA_DIR=str(tmp_path))
    assert done.returncode == 2
    assert "fieldapp init" in done.stderr


def test_told_to_stop_it_stops_with_all_it_started(serve: Callable[..., LiveServer]) -> None:
    server = serve()
    until("the job process", lambda: bool(children_of(server.process.pid, "worker")))
    started = children_of(server.process.pid)
    assert len(started) == 2  # a web process and the jobs
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=120) == 0
    until("its children to end", lambda: not any(running(pid) for pid in started))


def test_killed_outright_it_leaves_nothing_running(serve: Callable[..., LiveServer]) -> None:
    """So that the next one finds its port free and no two job processes at work."""
    server = serve()
    until("the job process", lambda: bool(children_of(server.process.pid, "worker")))
    started = children_of(server.process.pid)
    server.kill()
    until("its children to end", lambda: not any(running(pid) for pid in started))
    assert serve(int(server.url.rpartition(":")[2])).process.poll() is None


def test_a_job_process_that_ends_is_started_again(serve: Callable[..., LiveServer]) -> None:
    server = serve()
    until("the job process", lambda: bool(children_of(server.process.pid, "worker")))
    (first,) = children_of(server.process.pid, "worker")
    os.kill(first, signal.SIGKILL)
    until("another job process", lambda: children_of(server.process.pid, "worker") - {first} != set())
