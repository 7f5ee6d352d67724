"""What this server was asked since it started: how often, how it answered, how long that took, by kind of address.

The numbers lie in memory that the web processes of a server share: each writes in a part of its own, so that a process
that is killed holds up none and takes nothing along.
"""

import mmap
import time
from collections.abc import Iterator
from itertools import accumulate
from threading import Lock

from flask import Flask, Response, request

from fieldapp.core.logs import ENV_STARTED

PREFIXES = (
    ("/api/v1/uploads", "upload"), ("/api/v1/visits", "record"), ("/api/v1/events", "record"),
    ("/api/v1/reference", "reference"), ("/api/v1/devices", "device"), ("/api/", "api"), ("/photos/", "photo"),
    ("/s/", "asset"), ("/healthz", "watch"), ("/readyz", "watch"), ("/metrics", "watch"),
)  # fmt: skip
KINDS = (*dict.fromkeys(kind for _prefix, kind in PREFIXES), "page")
STATUSES = (200, 201, 202, 204, 206, 302, 303, 304, 308, 400, 401, 403, 404, 405, 408, 409, 410, 413, 415, 422, 423,
            429, 460, 500, 502, 503, 507, 0)  # fmt: skip  # 0: any other
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)  # seconds
ROW = len(STATUSES) + len(BOUNDS) + 2  # of one kind: each status, each span of time and what is beyond, their sum
PROCESSES = 64
_memory = memoryview(mmap.mmap(-1, 8 * PROCESSES * len(KINDS) * ROW)).cast("d")
_ours = [0]  # where the part of this process begins
_lock = Lock()
_since = time.time()
_ROW_OF = {kind: place * ROW for place, kind in enumerate(KINDS)}
_PLACE_OF = {status: place for place, status in enumerate(STATUSES)}


def begin(number: int) -> None:
    """This process is the so-manieth that the server has started."""
    _ours[0] = number % PROCESSES * len(KINDS) * ROW


def kind_of(path: str) -> str:
    return next((kind for prefix, kind in PREFIXES if path.startswith(prefix)), "page")


def count(kind: str, status: int, seconds: float) -> None:
    row = _ours[0] + _ROW_OF[kind]
    span = row + len(STATUSES) + sum(1 for bound in BOUNDS if seconds > bound)
    with _lock:
        _memory[row + _PLACE_OF.get(status, len(STATUSES) - 1)] += 1
        _memory[span] += 1
        _memory[row + ROW - 1] += seconds


def lines() -> Iterator[str]:
    """In the text that Prometheus reads, of all processes together."""
    rows = {kind: _of_all(kind) for kind in KINDS}
    yield "# TYPE fieldapp_requests_total counter"
    for kind, row in rows.items():
        for status, number in zip(STATUSES, row, strict=False):
            if number:
                yield f'fieldapp_requests_total{{kind="{kind}",status="{status or "other"}"}} {number:.0f}'
    yield "# TYPE fieldapp_request_seconds histogram"
    for kind, row in rows.items():
        yield from _spans(kind, row[len(STATUSES) : -1], row[-1])
    yield "# TYPE fieldapp_started_seconds gauge"
    yield f"fieldapp_started_seconds {_since:.0f}"


def _of_all(kind: str) -> list[float]:
    parts = range(_ROW_OF[kind], len(_memory), len(KINDS) * ROW)
    return [sum(_memory[part + place] for part in parts) for place in range(ROW)]


def _spans(kind: str, spans: list[float], seconds: float) -> Iterator[str]:
    up_to = list(accumulate(spans))
    if not up_to[-1]:
        return
    for bound, number in zip((*BOUNDS, "+Inf"), up_to, strict=True):
        yield f'fieldapp_request_seconds_bucket{{kind="{kind}",le="{bound}"}} {number:.0f}'
    yield f'fieldapp_request_seconds_sum{{kind="{kind}"}} {seconds:.6f}'
    yield f'fieldapp_request_seconds_count{{kind="{kind}"}} {up_to[-1]:.0f}'


def _count(response: Response) -> Response:
    began = request.environ.get(ENV_STARTED)
    if began is not None:
        count(kind_of(request.path), response.status_code, time.perf_counter() - began)
    return response


def init_app(app: Flask) -> None:
    app.after_request(_count)
