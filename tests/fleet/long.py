"""`make fleet`: the long forms, one after the other; the last line is one of figures. Hours.

    make fleet [SCALE=small] [WITHOUT="silence, failing syncs"] [SEED=N]

`SCALE=small` starts each of them once at its smallest and takes half an hour: it proves that all can be run, and little
more. Each run stands alone (`python -m …` as shown while it runs) and ends with a line of its own. What was left out is
named in the last line.
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
    visits, times, cuts = (120, 5, 1) if small else (10_000, 200, 10)
    size = ["--visits", str(visits), "--photos", str(2 * visits)]
    fewer = size if small else ["--visits", "1000", "--photos", "2000"]
    said = [
        *(Run(f"fleet {backend}", ["tests.fleet", *size, "--backend", backend]) for backend in BACKENDS),
        # What `make test` runs of them as well is left to it when little time is wanted.
        Run("journeys in browsers", ["pytest", "-q", "-m", "wide" if small else "engines or wide"]),
        Run("silence", ["tests.fleet.silence", *(["--where", "bodies"] if small else [])]),
        Run("failing syncs", ["tests.fleet.failing_sync"]),
        Run("disk full", ["tests.fleet.disk_full"]),
        Run("jobs killed", ["tests.fleet.killed_jobs", "--kills", "3" if small else "20"]),
        Run("PostgreSQL restarted", ["tests.fleet.postgres_restart", "--rounds", "1" if small else "3"]),
        Run("two machines", ["tests.fleet.two_machines", *fewer]),
        Run("two machines by turns", ["tests.fleet.two_machines", *fewer, "--spread"]),
        Run("bundle without a network", ["tests.fleet.bundle"]),
        Run("upgrade and back", ["tests.fleet.upgrade"]),
        Run("power cuts", ["tests.fleet.power_cut", "--cuts", str(cuts)]),
        *(Run(f"restore {backend}", ["tests.fleet.restored", "--backend", backend]) for backend in BACKENDS),
        *(Run(f"network {part}", ["tests.network", "--only", part, *(["--small"] * small)]) for part in NETWORKS),
        *(Run(f"{name} killed", ["tests.engines.kills", "--engine", name, "--times", str(times)]) for name in ENGINES),
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


def chosen(parser: argparse.ArgumentParser, asked: argparse.Namespace) -> tuple[list[Run], list[str]]:
    """The runs to start, and the names of those left out."""
    every = runs(asked.seed, small=asked.scale == "small")
    out = [name for said in asked.without.split(",") if (name := said.strip())]
    if unknown := [name for name in out if name not in {run.name for run in every}]:
        parser.error(f"no such run: {', '.join(unknown)}. There are: {', '.join(run.name for run in every)}")
    return [run for run in every if run.name not in out], out


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fleet.long", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--scale", choices=["full", "small"], default="full")
    parser.add_argument("--without", default="", metavar="NAMES", help="of runs, with commas between them")
    asked = parser.parse_args()
    wanted, left_out = chosen(parser, asked)
    begun, counted = time.monotonic(), Counter[str]()
    verdicts: list[str] = []
    well = True
    for run in wanted:
        since = time.monotonic()
        this, last = watch(run)
        well = well and this
        verdicts.append(f"{run.name} {'ok' if this else 'FAILED'} {time.monotonic() - since:.0f} s")
        counted += figures(last) if last.startswith("fleet: ") else Counter()
    bad = ", ".join(f"{name} {counted[name]}" for name in BAD)
    sums = ", ".join(f"{counted[name]} {name}" for name in SUMMED)
    ends = [f"seed {asked.seed}, {asked.scale}", f"{time.monotonic() - begun:.0f} s"]
    ends = [f"left out: {', '.join(left_out)}", *ends] if left_out else ends
    print("; ".join([f"fleet: {sums}", bad, ", ".join(verdicts), *ends]), flush=True)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
