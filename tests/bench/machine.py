"""What the figures were measured on."""

import os
import platform
import sqlite3
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ("flask", "sqlalchemy", "gunicorn", "psycopg", "pydantic")


def facts() -> dict[str, Any]:
    cpu = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = [int(line.split()[1]) // 1024 for line in _lines("/proc/meminfo") if line.startswith("MemTotal")]
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "cpu": cpu[0] if cpu else "",
        "memory_mb": memory[0] if memory else None,
        "kernel": platform.release(),
        "load_at_start": os.getloadavg()[0],
        "python": sys.version.split()[0],
        "sqlite": sqlite3.sqlite_version,
        "packages": {name: version(name) for name in PACKAGES},
    }


def file_system(folder: Path) -> str:
    """The type of the file system that holds this folder."""
    best, found = "", "unknown"
    for line in _lines("/proc/mounts"):
        _device, place, kind, *_rest = line.split()
        inside = place == "/" or f"{folder.resolve()}/".startswith(f"{place}/")
        if inside and len(place) >= len(best):
            best, found = place, kind
    return found


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []
