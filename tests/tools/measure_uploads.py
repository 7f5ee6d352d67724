"""CPU of the server, in ms, for each photo that arrives in one request.

By hand, from the repository: `python -m tests.tools.measure_uploads [database URL]`.
A real gunicorn (one worker, no job process) on SQLite with synchronous=FULL unless a database URL is given; one
connection that stays open, as a phone's does.
"""

import hashlib
import http.client
import multiprocessing
import os
import random
import socket
import sys
import tempfile
from base64 import b64encode
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

from fieldapp.app import create_app
from fieldapp.core import login, migrate
from fieldapp.core.db import Database, new_id
from fieldapp.photos import actions as photos
from fieldapp.photos.body import PhotoClaim
from fieldapp.settings import Settings
from fieldapp.sync.models import Raw, Record
from tests.cast import settle
from tests.processes import until

ROUNDS = 200


class Gunicorn(BaseApplication):  # type: ignore[misc]
    def __init__(self, settings: Settings, port: int) -> None:
        self.settings, self.port = settings, port
        super().__init__()

    def load_config(self) -> None:
        options = {"bind": f"127.0.0.1:{self.port}", "worker_class": "gthread", "threads": 16, "loglevel": "warning"}
        options["control_socket_disable"] = True
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return create_app(self.settings)


def cpu_of(master: int) -> float:
    """User and system seconds of a process and its children."""
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(stat.parent.name) == master or int(fields[1]) == master:
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def cookie_of(settings: Settings, user: Any) -> str:
    from fieldapp.accounts.models import User
    from fieldapp.accounts.policy import person_on

    app = create_app(settings)
    with app.extensions["fieldapp"].db.reading() as session:
        row = session.get_one(User, user)
        person, epoch = person_on(row, datetime.now(UTC).date()), row.session_epoch
    client = app.test_client()
    with app.test_request_context():
        login.begin(person, epoch, own_device=True)
        from flask import session as cookie

        values = dict(cookie)
    with client.session_transaction() as stored:
        stored.update(values)
    found = client.get_cookie("fieldapp")
    if found is None:
        raise SystemExit("no session was made")
    return f"fieldapp={found.value}"


def records(db: Database, owner: Any, data: list[bytes]) -> list[dict[str, str]]:
    """One record a photo; the headers that bring each."""
    headers, now = [], datetime.now(UTC)
    with db.writing() as session:
        for one in data:
            record, photo, sha = new_id(), new_id(), hashlib.sha256(one).hexdigest()
            raw = Raw(record_id=record, payload_sha256=sha, payload=b"{}", owner_id=owner, sender_id=owner,
                      received_at=now, state="projected")  # fmt: skip
            session.add(raw)
            session.flush()
            session.add(Record(id=record, type="visit", owner_id=owner, state="placed", raw_id=raw.id, rev=1,
                               received_at=now, changed_at=now))  # fmt: skip
            photos.claim(session, record, owner, [PhotoClaim(id=photo, sha256=sha, size=len(one))])
            said = {"record": str(record), "photo": str(photo), "sha256": sha}
            metadata = ",".join(f"{k} {b64encode(v.encode()).decode()}" for k, v in said.items())
            headers.append({"Upload-Length": str(len(one)), "Upload-Metadata": metadata})
    return headers


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        url = sys.argv[1] if len(sys.argv) > 1 else ""
        settings = Settings(data_dir=Path(folder), database_url=url, secret_key="measured " * 8)
        db = Database(settings.database)
        migrate.upgrade(db)
        with db.writing() as session:
            cast = settle(session)
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        cookie = cookie_of(settings, cast.ana)
        server = multiprocessing.Process(target=lambda: Gunicorn(settings, port).run())
        server.start()
        try:
            measure(db, cast, port, cookie, server.pid or 0)
        finally:
            server.terminate()
            server.join()


def alive(connection: http.client.HTTPConnection) -> bool:
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().read() != b""
    except OSError:
        connection.close()
        return False


def measure(db: Database, cast: Any, port: int, cookie: str, master: int) -> None:
    common = {"Cookie": cookie, "Sec-Fetch-Site": "same-origin", "Tus-Resumable": "1.0.0",
              "Content-Type": "application/offset+octet-stream"}  # fmt: skip
    for size in (300_000, 2_000_000):
        data = [random.randbytes(size) for _ in range(ROUNDS)]
        asked = records(db, cast.ana, data)
        connection = http.client.HTTPConnection("127.0.0.1", port)
        until("the server answers", partial(alive, connection))
        before, begun = cpu_of(master), datetime.now(UTC)
        for one, headers in zip(data, asked, strict=True):
            connection.request("POST", "/api/v1/uploads", one, {**common, **headers})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 201 or not answer.headers["Fieldapp-Receipt"]:
                raise SystemExit(f"the photo was not stored: {answer.status}")
        seconds = (datetime.now(UTC) - begun).total_seconds()
        used = (cpu_of(master) - before) / ROUNDS * 1000
        print(f"{size / 1000:.0f} KB: {used:.2f} ms CPU a photo, {ROUNDS / seconds:.0f} a second on one connection")


if __name__ == "__main__":
    main()
