"""`make bundle`: everything that an installation needs, for a network without internet: one tar a kind of machine.

    python deploy/bundle.py [--arch x86_64 aarch64] [--python 3.11 3.13] [--into build]

In it: the application with its built translations and vendored assets, the wheels of all that it stands on for each
Python named, checksums, and deploy/install.sh. It is made anew from PyPI by the pinned versions of constraints.txt.
"""

import argparse
import gzip
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tomllib
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).parents[1]
PARTS = ("fieldapp", "migrations", "docs", "deploy", "pyproject.toml", "constraints.txt", "README.md", "CHANGELOG.md")
LEFT_OUT = {"__pycache__", ".DS_Store"}
GLIBC = range(5, 37)  # manylinux_2_5 to 2_36, which Debian 12 has
# Markers are judged by the Python that runs pip, so what older or newer ones need besides is named here.
BESIDES = ("pip==26.3", "setuptools==84.2.1", "async-timeout==5.0.1")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", nargs="+", default=["x86_64", "aarch64"], choices=["x86_64", "aarch64"])
    parser.add_argument("--python", nargs="+", default=["3.11", "3.13"])
    parser.add_argument("--into", type=Path, default=ROOT / "build")
    asked = parser.parse_args()
    version = _version()
    for arch in asked.arch:
        wheels = asked.into / f"wheels-{arch}"
        shutil.rmtree(wheels, ignore_errors=True)  # of other versions, perhaps
        wheels.mkdir(parents=True)
        for python in asked.python:
            _download(wheels, arch, python)
        made = _pack(asked.into, version, arch, wheels)
        print(f"{made} ({made.stat().st_size / 1e6:.0f} MB, {len(list(wheels.glob('*.whl')))} wheels)")  # noqa: T201
    return 0


def _version() -> str:
    asked = ["git", "describe", "--always", "--tags", "--dirty"]
    commit = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    number = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    return f"{number}-{commit}" if commit else str(number)


def _download(wheels: Path, arch: str, python: str) -> None:
    """Wheels only, of exactly the pinned versions; nothing is built here for another machine."""
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    tags = [f"manylinux_2_{minor}_{arch}" for minor in GLIBC] + [f"manylinux2014_{arch}"]
    subprocess.run(
        [
            sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--only-binary=:all:",
            "--dest", str(wheels), "--constraint", str(ROOT / "constraints.txt"), "--implementation", "cp",
            "--python-version", python, *(f"--platform={tag}" for tag in tags), *needed, *BESIDES,
        ],
        check=True,
    )  # fmt: skip


def _pack(into: Path, version: str, arch: str, wheels: Path) -> Path:
    name = f"fieldapp-{version}-{arch}"
    said = {"VERSION": version.encode() + b"\n", "ARCH": arch.encode() + b"\n"}
    files = {path.relative_to(ROOT).as_posix(): path for path in _tree()}
    files |= {f"wheels/{path.name}": path for path in wheels.glob("*.whl")}
    sums = {key: hashlib.sha256(data).hexdigest() for key, data in said.items()}
    sums |= {key: _sha256(path) for key, path in files.items()}
    said["SHA256SUMS"] = "".join(f"{sums[key]}  {key}\n" for key in sorted(sums)).encode()
    made = into / f"{name}.tar.gz"
    with (
        made.open("wb") as out,
        gzip.GzipFile("", "wb", 6, out, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        for key in sorted([*said, *files]):
            _add(tar, f"{name}/{key}", said.get(key) or files[key].read_bytes(), key.endswith(".sh"))
    (into / f"{name}.tar.gz.sha256").write_text(f"{_sha256(made)}  {made.name}\n")
    return made


def _tree() -> list[Path]:
    """What is installed: no cache, no test; the catalogues that were built here."""
    found: list[Path] = []
    for part in PARTS:
        path = ROOT / part
        found += [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    return [path for path in found if not LEFT_OUT & set(path.parts) and path.suffix != ".pyc"]


def _add(tar: tarfile.TarFile, name: str, data: bytes, runs: bool) -> None:
    """The same bytes of the same tree every time: no clock, no owner."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o755 if runs else 0o644
    tar.addfile(entry, BytesIO(data))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    sys.exit(main())
