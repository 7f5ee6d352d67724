"""How the installation stands, in numbers that cost little however much it holds: for the machine that watches."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import Session

import fieldapp
from fieldapp.core import clock, migrate, queues
from fieldapp.core.models import Counter
from fieldapp.photos.models import Photo, Upload
from fieldapp.settings import Settings
from fieldapp.sync.models import FAILED, HELD, RECEIVED, Raw, Record, ReviewItem

MOST = 10_000  # counted; beyond that it is as bad as can be
QUEUE_WAITS = 1.0  # seconds
LAST_BACKUP = "last-backup"  # a file of the data folder; its time is that of the last whole backup made from here


def lines(session: Session, settings: Settings) -> Iterator[str]:
    """In the text that Prometheus reads."""
    version = {"version": fieldapp.__version__, "migration": migrate.revision(session.connection()) or ""}
    yield from _gauge("fieldapp_info", [(version, 1)])
    numbers = session.execute(select(Counter.name, Counter.value).order_by(Counter.name))
    yield from _gauge("fieldapp_numbers_given", [({"counter": name}, value) for name, value in numbers])
    for name, waiting in _WAITING.items():
        yield from _gauge(name, [({}, _capped(session, waiting))])
    if (nudges := queues.waiting(settings, QUEUE_WAITS)) is not None:
        yield from _gauge("fieldapp_nudges_waiting", [({}, nudges)])
    if settings.redis_url:
        yield from _gauge("fieldapp_redis_up", [({}, 0 if nudges is None else 1)])
    if settings.data_dir.is_dir():
        room = shutil.disk_usage(settings.data_dir)
        yield from _gauge("fieldapp_disk_free_bytes", [({}, room.free)])
        yield from _gauge("fieldapp_disk_bytes", [({}, room.total)])
    if (age := backup_age(settings.data_dir)) is not None:
        yield from _gauge("fieldapp_backup_age_seconds", [({}, round(age))])


def backup_age(data_dir: Path) -> float | None:
    """Seconds since the last whole backup; none: there was none, or another machine makes them."""
    try:
        return max(0.0, clock.now().timestamp() - (data_dir / LAST_BACKUP).stat().st_mtime)
    except FileNotFoundError:
        return None


_WAITING: dict[str, Select[Any]] = {
    "fieldapp_records_waiting": select(literal(1)).where(Raw.state == RECEIVED),
    "fieldapp_records_failed": select(literal(1)).where(Raw.state == FAILED),
    "fieldapp_records_held": select(literal(1)).where(Record.state == HELD),
    "fieldapp_review_open": select(literal(1)).where(ReviewItem.closed_at.is_(None)),
    "fieldapp_photos_without_copies": select(literal(1)).where(Photo.derivative.in_(["wanted", "making", "again"])),
    "fieldapp_photos_unreadable": select(literal(1)).where(Photo.derivative == "failed"),
    "fieldapp_uploads_unfinished": select(literal(1)).where(Upload.done_at.is_(None)),
}


def _capped(session: Session, waiting: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(waiting.limit(MOST).subquery())) or 0


def _gauge(name: str, values: list[tuple[dict[str, str], float]]) -> Iterator[str]:
    yield f"# TYPE {name} gauge"
    for labels, value in values:
        said = ",".join(f'{label}="{text}"' for label, text in labels.items())
        yield f"{name}{{{said}}} {value}" if said else f"{name} {value}"
