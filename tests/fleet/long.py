"""`make fleet`: the long forms, one after the other; the last line is one of figures. `--small`: all of it, shortened.

Each run stands alone (`python -m …` as shown while it runs) and ends with a line of its own.
"""

import argparse
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass

BACKENDS = ("sqlite", "postgres")
ENGINES = ("chromium", "firefox", "webkit")
NETWORKS = ("text_first", "cuts", "liefi", "idle", "first_visit")
SUMMED = ("visits", "photos", "issues", "supplements", "requests", "faults", "kills")
BAD = ("lost", "doubled", "foreign", "wrong")


@dataclass
class Run:
    """One long form: what it is called in the last line, and how it is started."""

    name: str
    command: list[str]


def runs(seed: int, *, small: bool) -> list[Run]:
    """Everything, each from the one seed."""
    visits, times, cuts = (300, 5, 1) if small else (10_000, 200, 10)
    size = ["--visits", str(visits), "--photos", str(2 * visits)]
    fewer = size if small else ["--visits", "1000", "--photos", "2000"]
    said = [
        *(Run(f"fleet {backend}", ["tests.fleet", *size, "--backend", backend]) for backend in BACKENDS),
        Run("journeys in every browser, the long ones too", ["pytest", "-q", "-m", "engines or wide"]),
        Run("silence", ["tests.fleet.silence"]),
        Run("failing syncs", ["tests.fleet.failing_sync"]),
        Run("disk full", ["tests.fleet.disk_full"]),
        Run("jobs killed", ["tests.fleet.killed_jobs", "--kills", "3" if small else "20"]),
        Run("PostgreSQL restarted", ["tests.fleet.postgres_restart", "--rounds", "1" if small else "3"]),
        Run("two machines", ["tests.fleet.two_machines", *fewer]),
        Run("bundle without a network", ["tests.fleet.bundle"]),
        Run("upgrade and back", ["tests.fleet.upgrade"]),
        Run("power cuts", ["tests.fleet.power_cut", "--cuts", str(cuts)]),
        *(Run(f"restore {backend}", ["tests.fleet.restored", "--backend", backend]) for backend in BACKENDS),
        *(Run(f"network {part}", ["tests.network", "--only", part]) for part in NETWORKS[: 1 if small else None]),
        *(
            Run(f"{name} killed {times}×", ["tests.engines.kills", "--engine", name, "--times", str(times)])
            for name in ENGINES
        ),
    ]
    seeded = ["--seed", str(seed)]
    return [Run(run.name, [*run.command, *(seeded if run.command[0].startswith("tests.") else [])]) for run in said]


def watch(run: Run) -> tuple[bool, str]:
    """Start it and show what it says; whether it went well, and its last line."""
    print(f"== {run.name}: python -m {' '.join(run.command)}", flush=True)
    last = ""
    with subprocess.Popen([sys.executable, "-m", *run.command], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            last = line.strip() or last
    return process.returncode == 0, last


def figures(line: str) -> Counter[str]:
    """Of a line that a fleet ends with."""
    said = Counter({name: int(found[1]) for name in SUMMED if (found := re.search(rf"(\d+) {name}", line))})
    return said + Counter({name: int(found[1]) for name in BAD if (found := re.search(rf"{name} (\d+)", line))})


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fleet.long", description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--small", action="store_true")
    asked = parser.parse_args()
    begun, counted = time.monotonic(), Counter[str]()
    verdicts: list[tuple[str, bool]] = []
    for run in runs(asked.seed, small=asked.small):
        well, last = watch(run)
        verdicts.append((run.name, well))
        counted += figures(last) if last.startswith("fleet: ") else Counter()
    bad = ", ".join(f"{name} {counted[name]}" for name in BAD)
    told = ", ".join(f"{name} {'ok' if well else 'FAILED'}" for name, well in verdicts)
    sums = ", ".join(f"{counted[name]} {name}" for name in SUMMED)
    print(f"fleet: {sums}; {bad}; {told}; seed {asked.seed}; {time.monotonic() - begun:.0f} s", flush=True)
    return 0 if all(well for _name, well in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
