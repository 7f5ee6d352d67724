"""What it takes for a file or a name to outlive a power cut."""

import os
from collections.abc import Callable
from pathlib import Path


def sync(path: Path, fsync: Callable[[int], None] | None = None) -> None:
    """Have the kernel write a file, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        (fsync or os.fsync)(handle)
    finally:
        os.close(handle)
