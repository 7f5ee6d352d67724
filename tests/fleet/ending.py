"""How a fault run begins and ends at a terminal: its options, its folder, what was wrong, one line of figures."""

import argparse
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.fleet.server import scratch

SHOWN = 20  # of what was wrong


def options(doc: str | None, seed: int = 1) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=seed)
    return parser


def may_keep(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keep", action="store_true", help="leave the data where they are")


@contextmanager
def folder_of(name: str, *, keep: bool) -> Iterator[Path]:
    """A scratch folder, gone at the end unless its data are to be looked at."""
    folder = scratch(name)
    try:
        yield folder
    finally:
        if keep:
            print(f"  data in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def saying() -> Callable[[str], None]:
    """Prints what happens, with the seconds since now."""
    begun = time.monotonic()
    return lambda line: print(f"  {time.monotonic() - begun:6.0f} s  {line}", flush=True)


def tell(name: str, figures: dict[str, Any], wrong: Sequence[object], *, proven: object) -> int:
    """The last lines of a run, and its exit code: nothing may be wrong, and what it tried must have happened."""
    for one in wrong[:SHOWN]:
        print(f"  {one}")
    figures["wrong"] = len(wrong)
    print(name, json.dumps(figures))
    return 0 if not wrong and proven else 1
