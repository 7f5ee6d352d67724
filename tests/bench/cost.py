"""What processes have used: CPU and peak memory from /proc, syncs counted by strace."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from tests.processes import children_of, until

TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> set[int]:
    """A process, and all that it started."""
    found, new = {pid}, {pid}
    while new:
        new = set().union(*(children_of(one) for one in new)) - found
        found |= new
    return found


def cpu_ms(pids: Iterable[int]) -> float:
    """User and system time of living processes, and of the children they have seen end."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += sum(int(field) for field in fields[11:15])
    return total * TICK_MS


def peak_mb(pids: Iterable[int]) -> float:
    """The most memory that these processes have held, each at its own moment."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            said = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
            total += int(said[1]) if said else 0
    return round(total / 1024, 1)


def syncs(pids: Iterable[int], do: Callable[[], object], folder: Path) -> int | None:
    """How often these processes called fsync or fdatasync during `do`. None: strace is not here, or may not look."""
    if shutil.which("strace") is None:
        return None
    told, said = folder / "strace.out", folder / "strace.err"
    attach = [part for pid in pids for part in ("-p", str(pid))]
    with said.open("wb") as errors:
        options = ["-f", "-e", "trace=fsync,fdatasync", "-e", "signal=none", "-o", str(told)]
        strace = subprocess.Popen(["strace", *options, *attach], stderr=errors)
    until("strace looks on", lambda: strace.poll() is not None or b"attached" in said.read_bytes())
    if strace.poll() is not None:
        return None
    do()
    strace.send_signal(signal.SIGINT)
    strace.wait()
    return len(re.findall(r"(?:fsync|fdatasync)\(", told.read_text()))
