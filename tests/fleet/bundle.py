"""A bundle is made, carried to a place without any network, installed there, served, upgraded over and gone back from.

    python -m tests.fleet.bundle [--tar FILE]      needs root (a network namespace) and, to make the bundle, PyPI

Everything after the making happens in a namespace that has a loopback device and nothing else. Ends with one line.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conftest import free_port
from tests.fleet.server import scratch
from tests.processes import until

ROOT = Path(__file__).parents[2]
PYTHON = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable  # Debian's, as on a server
PAGES = ("/healthz", "/readyz", "/login", "/capture", "/sw.js", "/about")
ALONE = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "alone"]


def made(folder: Path) -> Path:
    """A bundle for this very kind of machine and its Python."""
    version = subprocess.run([PYTHON, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    python = ".".join(version.split(".")[:2])
    asked = ["--arch", platform.machine(), "--python", python, "--into", str(folder)]
    subprocess.run([sys.executable, str(ROOT / "deploy" / "bundle.py"), *asked], check=True)
    return next(folder.glob("*.tar.gz"))


def run(*command: str, **environ: str) -> str:
    """Without a network; what it said."""
    known = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environ}
    done = subprocess.run([*ALONE, *command], env=known, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


@contextmanager
def served(fieldapp: str, environ: dict[str, str], log: Path) -> Iterator["Inside"]:
    """`fieldapp serve` where nothing else can be reached."""
    port = free_port()
    with log.open("ab") as told:
        process = subprocess.Popen(
            [*ALONE, fieldapp, "serve", "--port", str(port)],
            env={"PATH": os.environ["PATH"], **environ}, stdout=told, stderr=told,
        )  # fmt: skip
    inside = Inside(process.pid, port)
    try:
        until("it is ready, or has ended", lambda: process.poll() is not None or inside.status("/readyz") == 200)
        assert process.poll() is None, log.read_text()
        yield inside
    finally:
        process.terminate()
        process.wait(60)


class Inside:
    """Asks what listens in the namespace of a process."""

    def __init__(self, pid: int, port: int) -> None:
        self._pid, self._port = pid, port

    def status(self, path: str) -> int:
        ask = (
            "import sys, urllib.request, urllib.error\n"
            "try: print(urllib.request.urlopen(sys.argv[1], timeout=5).status)\n"
            "except urllib.error.HTTPError as error: print(error.code)\n"
            "except OSError: print(0)\n"
        )
        url = f"http://127.0.0.1:{self._port}{path}"
        into = ["nsenter", "--net", "--target", str(self._pid), PYTHON, "-c", ask, url]
        said = subprocess.run(into, capture_output=True, text=True, check=False).stdout.strip()
        return int(said or 0)


def has_network() -> bool:
    ask = "import socket; socket.create_connection(('192.0.2.1', 80), 2)"
    return subprocess.run([*ALONE, PYTHON, "-c", ask], capture_output=True, check=False).returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tar", type=Path, help="a bundle that was made before")
    parser.add_argument("--seed", type=int, default=0, help="of no effect; every long run takes it")
    asked = parser.parse_args()
    folder, begun, figures = scratch("bundle"), time.monotonic(), dict[str, Any]()
    folder.mkdir()
    try:
        assert not has_network()
        tar = asked.tar or made(folder)
        figures |= {"made_s": round(time.monotonic() - begun), "megabytes": tar.stat().st_size // 1_000_000}
        with tarfile.open(tar) as packed:
            packed.extractall(folder / "carried", filter="data")
        (unpacked,) = (folder / "carried").iterdir()
        begun = time.monotonic()
        print(run("sh", str(unpacked / "deploy" / "install.sh"), str(folder / "opt"), PYTHON=PYTHON).strip())
        figures["installed_s"] = round(time.monotonic() - begun)
        figures |= _tried(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("bundle", json.dumps(figures))
    return 0


def _tried(folder: Path) -> dict[str, Any]:
    fieldapp = str(folder / "opt" / "current" / ".venv" / "bin" / "fieldapp")
    environ = {"FIELDAPP_DATA_DIR": str(folder / "data")}
    run(fieldapp, "init", **environ)
    run(fieldapp, "demo", **environ)
    said = subprocess.run(
        [*ALONE, fieldapp, "doctor", "--json"],
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
    ).stdout
    found = sorted({one["code"] for one in json.loads(said)["findings"]})
    with served(fieldapp, environ, folder / "log") as inside:
        statuses = {
            path: inside.status(path) for path in ("/healthz", "/readyz", "/login", "/capture", "/sw.js", "/map")
        }
    assert set(statuses.values()) <= {200}, statuses
    assert not {"check-failed", "database-missing", "migrations-pending"} & set(found), found
    return {"doctor": found, "pages": len(statuses)}


if __name__ == "__main__":
    sys.exit(main())
