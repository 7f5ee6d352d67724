"""Run one part of the tests within its time: `python tests/tools/budget.py SECONDS NAME COMMAND…`.

SECONDS is what it may take on two quiet cores; more is said aloud, since slow tests stop being run. A busy machine is
no failure, but a part that takes twice its time and two minutes more hangs, and is stopped.
"""

import os
import signal
import subprocess
import sys
import time

HANGS = 2  # times its budget
SPARE = 120  # seconds beyond that: what takes seconds alone takes minutes beside twenty others
GRACE = 10  # seconds that a stopped part gets to print what it knows


def main(seconds: str, name: str, *command: str) -> int:
    """The command's exit code; 124 (as `timeout` has it) when its time ran out."""
    print(f"── {name}: at most {seconds} s", flush=True)
    started = time.monotonic()
    part = subprocess.Popen(command, start_new_session=True)
    try:
        code = part.wait(timeout=HANGS * float(seconds) + SPARE)
    except subprocess.TimeoutExpired:
        stop(part)
        print(f"── {name}: stopped, it hangs after twice its {seconds} s and {SPARE} s", flush=True)
        return 124
    except KeyboardInterrupt:
        stop(part)
        return 130
    took = time.monotonic() - started
    slow = f", OVER its budget of {seconds} s" if took > float(seconds) else ""
    print(f"── {name}: {'passed' if code == 0 else 'FAILED'} in {took:.0f} s{slow}", flush=True)
    return code


def stop(part: "subprocess.Popen[bytes]") -> None:
    """End the part and whatever it started: browsers, servers, a PostgreSQL."""
    os.killpg(part.pid, signal.SIGINT)
    try:
        part.wait(timeout=GRACE)
    except subprocess.TimeoutExpired:
        os.killpg(part.pid, signal.SIGKILL)
        part.wait()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
