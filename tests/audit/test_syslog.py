"""The log goes to a syslog server as well, and one that does not answer holds nobody up."""

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fieldapp.audit import forwarding
from fieldapp.core import audit, clock, jobs
from fieldapp.core.db import Database
from fieldapp.core.files import Files
from fieldapp.settings import Settings
from fieldapp.upkeep import record_checks
from fieldapp.upkeep.examining import Examination, Finding, Limits
from tests.audit.conftest import Note
from tests.cast import NOON
from tests.conftest import free_port

LINE = re.compile(rb"<85>1 2026-11-20T04:00:00\.000000\+00:00 \S+ fieldapp \d+ audit - (\{.*\})")


@pytest.fixture
def udp() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(20)
        yield server


@pytest.fixture
def to(settings: Settings, db: Database) -> Callable[[str], jobs.Context]:
    """`to("udp://…")`: a worker that sends there, from now on."""

    def make(url: str) -> jobs.Context:
        made = jobs.Context(replace(settings, syslog=url), db, Files(settings.files))
        forwarding.forward(made)
        return made

    return make


def findings(context: jobs.Context) -> list[Finding]:
    return list(record_checks.syslog(Examination(context.settings, context.db, context.files, Limits(), False)))


def send(context: jobs.Context) -> None:
    context.db.write(audit.seal)
    forwarding.forward(context)


def test_each_row_is_a_line_of_rfc_5424_with_what_was_done(
    udp: socket.socket, to: Callable[..., jobs.Context], note: Note
) -> None:
    context = to(f"udp://127.0.0.1:{udp.getsockname()[1]}")
    note("ana", "visit.logged")
    note("zoe", "record.raw_read", "record", reason="查不出故障")
    send(context)
    first, second = (LINE.fullmatch(udp.recv(9000)) for _ in range(2))
    assert first is not None and second is not None
    said = json.loads(second[1])
    assert (said["seq"], said["verb"], said["account"], said["detail"]) == (
        2,
        "record.raw_read",
        "zoe",
        {"reason": "查不出故障"},
    )
    assert json.loads(first[1])["verb"] == "visit.logged" and findings(context) == []


def test_what_was_written_before_it_was_set_is_not_told_again(
    udp: socket.socket, to: Callable[..., jobs.Context], note: Note, db: Database
) -> None:
    note("ana", "visit.logged")
    db.write(audit.seal)
    context = to(f"udp://127.0.0.1:{udp.getsockname()[1]}")
    note("ana", "visit.revised")
    send(context)
    forwarding.forward(context)
    assert b"visit.revised" in udp.recv(9000)
    udp.settimeout(0)
    with pytest.raises(BlockingIOError):
        udp.recv(9000)


def test_over_tcp_each_line_has_its_length_before_it(to: Callable[..., jobs.Context], note: Note) -> None:
    got: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            connection, _address = server.accept()
            with connection:
                while part := connection.recv(9000):
                    got.append(part)

        listener = threading.Thread(target=listen)
        listener.start()
        context = to(f"tcp://127.0.0.1:{server.getsockname()[1]}")
        note("ana", "visit.logged")
        note("bo", "visit.logged")
        send(context)
        listener.join(20)
    rest, lines = b"".join(got), []
    while rest:
        length, _space, rest = rest.partition(b" ")
        lines.append(rest[: int(length)])
        rest = rest[int(length) :]
    assert len(lines) == 2 and all(LINE.fullmatch(line) for line in lines)


def test_a_unix_socket_takes_it_too(to: Callable[..., jobs.Context], note: Note, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(tmp_path / "log"))
        server.settimeout(20)
        context = to(f"unix://{tmp_path}/log")
        note("ana", "visit.logged")
        send(context)
        assert LINE.fullmatch(server.recv(9000))


def test_a_dead_server_fails_nobody_and_hears_it_all_when_it_is_back(
    to: Callable[..., jobs.Context], note: Note
) -> None:
    port = free_port()
    context = to(f"tcp://127.0.0.1:{port}")
    note("ana", "visit.logged")
    send(context)  # nobody listens: no error, the row waits
    assert findings(context) == []
    with clock.frozen(NOON + timedelta(minutes=20)):
        note("bo", "visit.logged")
        send(context)
        (found,) = findings(context)
        assert found.code == "syslog-failing" and "2 rows wait" in found.what
        got: list[bytes] = []
        with socket.create_server(("127.0.0.1", port)) as server:

            def listen() -> None:
                connection, _address = server.accept()
                with connection:
                    while part := connection.recv(9000):
                        got.append(part)

            listener = threading.Thread(target=listen)
            listener.start()
            forwarding.forward(context)
            listener.join(20)
        assert b"".join(got).count(b"visit.logged") == 2 and findings(context) == []


def test_who_is_too_far_behind_is_left_out_and_counted(
    to: Callable[..., jobs.Context], note: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forwarding, "MOST_BEHIND", 3)
    context = to(f"tcp://127.0.0.1:{free_port()}")
    for _ in range(8):
        note("ana", "visit.logged")
    send(context)
    (found,) = findings(context)
    assert found.code == "syslog-dropped" and found.what.startswith("5 rows")


def test_without_the_setting_nothing_is_sent_nor_kept(to: Callable[..., jobs.Context], note: Note) -> None:
    context = to("")
    note("ana", "visit.logged")
    send(context)
    assert findings(context) == []
