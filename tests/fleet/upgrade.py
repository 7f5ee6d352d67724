"""From the version before this one to this one, and back: with the demo zone in it, its old code, and real commands.

    python -m tests.fleet.upgrade [--from REVISION]

By default from the last commit whose newest migration is 0004 (what zones run today). The old code runs from a `git
archive`, with this checkout's packages. As docs/deploy.md says: backup, stop, new version, `init`, serve; and back: old
version, empty place, restore the backup made before.
"""

import argparse
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.conftest import free_port
from tests.fleet.server import scratch
from tests.processes import until

ROOT = Path(__file__).parents[2]
NEXT = "migrations/versions/0005_admin.py"  # the first migration of the version after the one we come from
USUAL = {"origin-missing", "demo-accounts", "font-missing", "disk-nearly-full", "clock-off"}


class Version:
    """One version of the code, and what its command says."""

    def __init__(self, root: Path, data: Path) -> None:
        self.root, self.data = root, data

    @property
    def environ(self) -> dict[str, str]:
        known = {name: value for name, value in os.environ.items() if not name.startswith("FIELDAPP_")}
        more = {"FIELDAPP_DATA_DIR": str(self.data), "PYTHONPATH": str(self.root)}
        return {**known, **more}

    def run(self, *command: str, expects: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "fieldapp", *command], cwd=self.root, env=self.environ, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        if done.returncode != expects:
            raise AssertionError(f"{command}: {done.returncode}, not {expects}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def found(self) -> set[str]:
        """What the doctor finds, but for what is so in any test."""
        asked = [sys.executable, "-m", "fieldapp", "doctor", "--json"]
        done = subprocess.run(asked, cwd=self.root, env=self.environ, capture_output=True, text=True, check=False)
        return {one["code"] for one in json.loads(done.stdout)["findings"]} - USUAL

    @contextmanager
    def served(self) -> Iterator[str]:
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, "-m", "fieldapp", "serve", "--port", str(port)], cwd=self.root, env=self.environ,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}"
            until("it is ready, or has ended", lambda: process.poll() is not None or _status(f"{url}/readyz") == 200)
            assert process.poll() is None, "it ended at its start"
            yield url
        finally:
            process.terminate()
            process.wait(60)


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except OSError:
        return 0


def before(revision: str, into: Path) -> str:
    """The code of a revision, in a folder."""
    if not revision:
        asked = ["git", "log", "--format=%H", "--diff-filter=A", "--", NEXT]
        added = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()[-1]
        revision = f"{added}^"
    asked = ["git", "archive", revision, "fieldapp", "migrations"]
    packed = subprocess.run(asked, cwd=ROOT, capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as tar:
        tar.extractall(into, filter="data")
    return revision


def signed_in(url: str) -> str:
    """What an officer sees on the first page after signing in, by the plain form."""
    jar = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    said = urlencode({"username": "officer1", "password": "Fieldapp-demo1"}).encode()
    asked = urllib.request.Request(f"{url}/login", said, {"Sec-Fetch-Site": "same-origin"})
    jar.open(asked, timeout=30).close()
    with jar.open(f"{url}/projects", timeout=30) as page:
        return str(page.read().decode())


def go(folder: Path, revision: str) -> dict[str, Any]:
    figures: dict[str, Any] = {"from": before(revision, folder / "old")}
    data, backups = folder / "data", folder / "backups"
    old, new = Version(folder / "old", data), Version(ROOT, data)
    old.run("init")
    old.run("demo")
    figures["old"] = sorted(old.found())
    old.run("backup", str(backups))
    assert new.found() == {"migrations-pending"}, new.found()
    assert "fieldapp init" in new.run("serve", expects=2)
    begun = time.monotonic()
    new.run("init")
    figures["migrated_s"] = round(time.monotonic() - begun, 1)
    figures["new"] = sorted(new.found())
    with new.served() as url:
        page = signed_in(url)
        assert "/projects/" in page, page[:500]
    assert "newer" in "".join(old.found()), old.found()
    old.run("serve", expects=2)
    figures["old code on the new database"] = sorted(old.found())
    back = Version(folder / "old", folder / "back")
    back.run("restore", str(backups))
    figures["back"] = sorted(back.found())
    with back.served() as url:
        assert "/projects/" in signed_in(url)
    again = Version(ROOT, folder / "again")
    again.run("restore", str(backups))  # the new version takes the old one's backup, too, and brings it up
    figures["restored by the new"] = sorted(again.found())
    assert not {*figures["new"], *figures["back"], *figures["restored by the new"]} - {*figures["old"]}, figures
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="revision", default="", metavar="REVISION")
    parser.add_argument("--seed", type=int, default=0, help="of no effect; every long run takes it")
    asked = parser.parse_args()
    folder = scratch("upgrade")
    try:
        (folder / "old").mkdir(parents=True)
        print("upgrade", json.dumps(go(folder, asked.revision)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
