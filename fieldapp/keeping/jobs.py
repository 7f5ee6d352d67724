"""What has been kept long enough is let go: positions and photos, as FIELDAPP_KEEP_…_DAYS say. Once a day.

What backups hold goes as they are rotated; the evidence files of photos keep what cameras wrote into them until the
photos themselves go.
"""

import json
import logging
import math
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import func, null, or_, select, update
from sqlalchemy.orm import Session

from fieldapp.core import audit, clock, facts, jobs
from fieldapp.photos import actions as photos_actions
from fieldapp.photos.models import Photo
from fieldapp.sync.models import EARLIER, PROJECTED, Raw
from fieldapp.visits.models import Supplement, Visit

log = logging.getLogger("fieldapp.keeping")

A_BATCH = 200
DONE = "let_go"  # a fact: the day on which, and the settings by which, this was last done
REASON = "retention"
STOOD = ("lat", "lng", "accuracy_m", "altitude_m", "position_age_ms", "position_source", "position_crs",
         "position_raw", "distance_m")  # fmt: skip
# Of a sealed record, of a correction, of what a camera claimed. The pin of an issue stays: that is where the issue is.
SAYS_WHERE = {"position", *STOOD}
CLAIMED = {"lat", "lng", "altitude", "altitude_m"}


@jobs.every_minute
def let_go(context: jobs.Context) -> None:
    """Every day anew, and at once where a setting has changed."""
    settings = context.settings
    days = (settings.keep_positions_days, settings.keep_photos_days)
    today = f"{clock.today(settings.timezone).isoformat()} {days[0]} {days[1]}"
    if not any(days):
        return
    with context.db.reading() as session:
        if facts.text(session, DONE) == today:
            return
    if days[0]:
        _positions(context, clock.now() - timedelta(days=days[0]))
    if days[1]:
        _all_of(context, _purge_photos, clock.now() - timedelta(days=days[1]))
    context.db.write(lambda session: facts.put_text(session, DONE, today))


def _positions(context: jobs.Context, before: datetime) -> None:
    """From the pages' rows first, then from the sealed records below them."""
    gone = {
        what: _all_of(context, batch, before)
        for what, batch in (("visits", _of_visits), ("photos", _of_photos), ("supplements", _of_supplements))
    }
    gone["records"] = _all_records(context, before)
    if any(gone.values()):
        said = before.isoformat(timespec="minutes")
        context.db.write(
            lambda session: audit.record(
                session, None, "positions.let-go", "setting", "keep_positions", before=said, **gone
            )
        )


def _all_of(context: jobs.Context, batch: Callable[[Session, datetime], int], before: datetime) -> int:
    """A little at a time: whoever saves a visit meanwhile does not wait."""
    count = 0
    while some := context.db.write(lambda session: batch(session, before)):
        count += some
    return count


def _all_records(context: jobs.Context, before: datetime) -> int:
    count = 0
    last: int | None = 0
    while last is not None:
        some, last = context.db.write(partial(_of_records, before=before, after=last))
        count += some
    return count


def _of_visits(session: Session, before: datetime) -> int:
    stood = or_(Visit.lat.is_not(None), Visit.distance_m.is_not(None))
    old = select(Visit.id).where(Visit.occurred_at < before, stood).limit(A_BATCH)
    ids = list(session.scalars(old))
    nothing = {**dict.fromkeys(STOOD), "position_raw": null(), "datum_doubtful": False}
    session.execute(update(Visit).where(Visit.id.in_(ids)).values(nothing))
    return len(ids)


def _of_photos(session: Session, before: datetime) -> int:
    """Where a photo was taken, as its phone and its camera claimed."""
    taken = func.coalesce(Photo.taken_at, Photo.stored_at)
    claimed = or_(Photo.position["lat"].as_string().is_not(None), Photo.exif_claimed["lat"].as_string().is_not(None))
    found = list(session.scalars(select(Photo).where(taken < before, claimed).limit(A_BATCH)))
    for photo in found:
        photo.position = null()  # None would be the JSON word null
        photo.exif_claimed = {name: value for name, value in photo.exif_claimed.items() if name not in CLAIMED}
    session.flush()
    return len(found)


def _of_supplements(session: Session, before: datetime) -> int:
    """A correction's new position, and the one that it replaced."""
    query = select(Supplement).where(Supplement.type == "correction", Supplement.received_at < before)
    count = 0
    for one in session.scalars(query.execution_options(yield_per=A_BATCH)):
        body = without_places(one.body)
        if body != one.body:
            one.body = body
            count += 1
        if count == A_BATCH:
            break
    session.flush()
    return count


def _of_records(session: Session, before: datetime, after: int) -> tuple[int, int | None]:
    """The sealed bytes without where they were made. Their hash stays the name by which their phone knows them.

    How many, and after which one to go on. One that cannot be read again is left for tomorrow, and the log says so."""
    query = (
        select(Raw.id, Raw.payload)
        .where(Raw.state.in_([PROJECTED, EARLIER]), Raw.received_at < before, Raw.position_removed_at.is_(None))
        .where(Raw.id > after)
        .order_by(Raw.id)
        .limit(A_BATCH)
    )
    now, count = clock.now(), 0
    rows = session.execute(query).all()
    for id, payload in rows:
        try:
            values = {"payload": placeless(payload), "position_removed_at": now}
        except (ValueError, RecursionError):
            log.exception("a record keeps its position", extra={"facts": {"raw": id}})
            continue
        session.execute(update(Raw).where(Raw.id == id).values(values))
        count += 1
    return count, rows[-1].id if rows else None


def placeless(payload: bytes) -> bytes:
    """A sealed record without where somebody stood; the same bytes, if it does not say. Raises ValueError."""
    said = json.loads(payload, parse_int=_number, parse_float=_number)
    kept = without_places(said)
    if kept == said:
        return payload
    # Half a surrogate pair, which JSON may carry, stays the escape that it came as.
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode(errors="backslashreplace")


def _number(text: str) -> int | float | str:
    """A number beyond all that is written again (1e999, five thousand digits) is kept as the text that it is."""
    value = float(text)
    if not math.isfinite(value):
        return text
    return int(text) if text.lstrip("-").isdecimal() else value


def without_places(said: Any) -> Any:
    """What a record says, without where somebody stood. However deep it is: what lies in it is looked at in turn."""
    whole = [said]
    waiting: list[Any] = [whole]
    while waiting:
        inside = waiting.pop()
        for name, value in inside.items() if isinstance(inside, dict) else enumerate(inside):
            if isinstance(value, dict):
                inside[name] = _here_without(name, value)
            elif isinstance(value, list):
                inside[name] = list(value)
            else:
                continue
            waiting.append(inside[name])
    return whole[0]


def _here_without(name: str | int, said: dict[str, Any]) -> dict[str, Any]:
    """Its own places taken out; the pin of an issue is none."""
    gone = {"exif_claimed": CLAIMED, "before": SAYS_WHERE}.get(str(name), set()) | (SAYS_WHERE - {"lat", "lng"})
    return {name: value for name, value in said.items() if name not in gone}


def _purge_photos(session: Session, before: datetime) -> int:
    """Their bytes are deleted by the photos' own job; their hash stays and says that there was a photo."""
    old = select(Photo.id).where(Photo.stored_at < before, Photo.purged_at.is_(None)).limit(A_BATCH)
    ids = list(session.scalars(old))
    for id in ids:
        photos_actions.purge(session, id, None, REASON)
    return len(ids)
