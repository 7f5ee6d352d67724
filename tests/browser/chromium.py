"""Which Chromium the tests drive; run as a program, it installs one where there is none.

One already on the machine, else Playwright's own, else Debian's package.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """The path of a Chromium: FIELDAPP_CHROMIUM, one on PATH, or the one Playwright downloaded."""
    named = os.environ.get("FIELDAPP_CHROMIUM")
    if named:
        return named
    return next((path for name in NAMES if (path := shutil.which(name))), None) or _playwrights_own()


def _playwrights_own() -> str | None:
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install() -> str | None:
    """Playwright's download, else apt-get where we may."""
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False, timeout=180)
    if (path := find()) is None and shutil.which("apt-get") and os.geteuid() == 0:
        environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=False, env=environ)
        subprocess.run(["apt-get", "install", "-yqq", "--no-install-recommends", "chromium"], check=False, env=environ)
        path = find()
    return path


if __name__ == "__main__":
    found = find() or install()
    if found is None:
        sys.exit("No Chromium found. Install one (Debian: apt-get install chromium) or name it in FIELDAPP_CHROMIUM.")
    print(f"Chromium: {found}")
