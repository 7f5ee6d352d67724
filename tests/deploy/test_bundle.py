"""What `make bundle` packs is whole. That it installs without a network is tried by `python -m tests.fleet.bundle`."""

import importlib.util
import re
import subprocess
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


@pytest.fixture
def bundle() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bundle", DEPLOY / "bundle.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_holds_all_that_runs_and_nothing_that_was_left_behind(bundle: ModuleType) -> None:
    held = {path.relative_to(ROOT).as_posix() for path in bundle._tree()}
    wanted = [
        "migrations/env.py", "fieldapp/templates/frame.html", "fieldapp/static/vendor/README.md", "deploy/install.sh",
        "fieldapp/translations/zh_Hans_CN/LC_MESSAGES/messages.mo", "docs/deploy.md", "constraints.txt",
    ]  # fmt: skip
    assert not set(wanted) - held
    assert not [name for name in held if "__pycache__" in name or name.startswith(("tests/", ".venv"))]


def test_every_package_that_it_brings_has_one_version(bundle: ModuleType) -> None:
    pinned = set((ROOT / "constraints.txt").read_text().lower().replace("_", "-").splitlines())
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert all("==" in one for one in (*needed, *bundle.BESIDES))
    assert {re.sub(r"\[.*\]", "", one).lower().replace("_", "-") for one in needed} <= pinned


def test_what_install_says_and_what_the_service_starts_are_one_place() -> None:
    subprocess.run(["sh", "-n", str(DEPLOY / "install.sh")], check=True)
    assert "target=${1:-/opt/fieldapp}" in (DEPLOY / "install.sh").read_text()
    units = [path.read_text() for path in DEPLOY.glob("*.service")]
    started = re.findall(r"^Exec\w+=(\S+)", "\n".join(units), re.M)
    assert set(started) == {"/opt/fieldapp/current/.venv/bin/fieldapp"}
    shown = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    for name in ("fieldapp.service", "env.example", "install.sh"):
        assert f"deploy/{name}" in shown
