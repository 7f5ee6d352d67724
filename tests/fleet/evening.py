"""What follows every run of phones: the worker does its part, the server stops, and some days pass."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import func, select

from fieldapp import serve as _serve  # noqa: F401  the jobs are registered by being imported
from fieldapp.core import clock, jobs
from fieldapp.core.db import Database
from fieldapp.core.files import Files
from fieldapp.photos.models import Photo
from fieldapp.settings import Settings
from tests.fleet.server import Server

EXPIRED_AT_ONCE = 400  # somewhat fewer than one sweep of uploads takes
PATIENCE = 600.0  # seconds without a single photo getting its copies


def evening(server: Server, *, photos: int = 0, say: Callable[[str], object] = lambda _line: None) -> None:
    """`photos`: about how many came."""
    with server.database() as db:
        _until_copies(db, say)
        server.stop()
        for settings in server.everywhere:
            time_passes(settings, db, photos)


def _until_copies(db: Database, say: Callable[[str], object]) -> None:
    """The worker has made what it can; what a dead one had claimed is left to time."""
    pause, before, since = threading.Event(), -1, time.monotonic()
    while True:
        with db.reading() as session:
            free = Photo.derivative_lease.is_(None) | (Photo.derivative_lease <= clock.now())
            busy = select(func.count()).where(Photo.derivative.in_(["wanted", "making", "again"]))
            left = session.scalar(busy.where(free)) or 0
        if left == 0:
            return
        if left != before:
            before, since = left, time.monotonic()
            say(f"{left} photos wait for their copies")
        if time.monotonic() - since > PATIENCE:
            return  # the check says which
        pause.wait(0.2 if left < 200 else 2)


def time_passes(settings: Settings, db: Database, photos: int = 0) -> None:
    """Ten minutes, then eight days, in which only the jobs run: leases and old uploads run out, gaps show."""
    context = jobs.Context(settings, db, Files(settings.files))
    for later in (timedelta(minutes=10), timedelta(days=8)):
        with clock.frozen(clock.now() + later):
            for _ in range(2 + photos // EXPIRED_AT_ONCE):  # each minute takes some hundred old uploads away
                jobs.sweep(context)
