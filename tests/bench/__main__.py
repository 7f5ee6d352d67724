"""Prints one JSON object. All of it: `python -m tests.bench`; or a part only:

python -m tests.bench accept --photos 2x305 --concurrency 1 --backend sqlite --seconds 10
python -m tests.bench reads --backend sqlite --visits 1000000
"""

import argparse
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench import accept, machine, reads, targets
from tests.bench.zone import BACKENDS, Zones

PARTS = ("accept", "reads")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.splitlines()[0])
    parser.add_argument("part", nargs="?", choices=("all", *PARTS), default="all")
    parser.add_argument("--backend", choices=BACKENDS, action="append", help="default: both")
    parser.add_argument("--photos", choices=tuple(accept.LOADS), action="append", help="default: each")
    parser.add_argument("--concurrency", type=int, action="append", help="connections; default: 1 and 8")
    parser.add_argument("--seconds", type=float, default=7.0, help="of each run")
    parser.add_argument("--visits", type=int, default=10_000, help="in the zone that is read from")
    parser.add_argument("--workers", type=int, help="web processes; default: as `fieldapp serve` does")
    parser.add_argument("--no-fsync-count", action="store_true", help="leave out the runs under strace")
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp"), help="on a real disk: syncs are part of it")
    return parser.parse_args()


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # servers and databases are stopped on the way out
    wanted = _arguments()
    parts = PARTS if wanted.part == "all" else (wanted.part,)
    disk = machine.file_system(wanted.folder)
    if disk in ("tmpfs", "ramfs"):
        print(f"{wanted.folder} lies in memory: syncing it would cost nothing", file=sys.stderr)
        return 2
    result: dict[str, Any] = {"machine": machine.facts() | {"disk": disk}}
    with _zones(wanted.folder) as zones:
        backends = [name for name in BACKENDS if name in (wanted.backend or BACKENDS)]
        if "accept" in parts:
            result["accept"] = accept.run(
                zones, backends, wanted.photos or list(accept.LOADS), wanted.concurrency or [1, 8], wanted.seconds,
                workers=wanted.workers, count_fsync=not wanted.no_fsync_count,
            )  # fmt: skip
        if "reads" in parts:
            result["reads"] = reads.run(zones, backends, wanted.visits, workers=wanted.workers)
    result["targets"] = targets.judge(result)
    print(json.dumps(result, indent=1, ensure_ascii=False))
    return 0


@contextmanager
def _zones(folder: Path) -> Iterator[Zones]:
    zones = Zones(folder)
    try:
        yield zones
    finally:
        zones.close()


if __name__ == "__main__":
    sys.exit(main())
