"""What has been kept long enough is let go: positions and photos, as FIELDAPP_KEEP_…_DAYS say. Once a day.

What backups hold goes as they are rotated; the evidence files of photos keep what cameras wrote into them until the
photos themselves go.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, null, or_, select, update
from sqlalchemy.orm import Session

from fieldapp.core import audit, clock, jobs
from fieldapp.core.changes import insert
from fieldapp.core.models import Fact
from fieldapp.photos import actions as photos_actions
from fieldapp.photos.models import Photo
from fieldapp.sync.models import EARLIER, PROJECTED, Raw
from fieldapp.visits.models import Supplement, Visit

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
        if session.scalar(select(Fact.value).where(Fact.name == DONE)) == today:
            return
    if days[0]:
        _positions(context, clock.now() - timedelta(days=days[0]))
    if days[1]:
        _all_of(context, _purge_photos, clock.now() - timedelta(days=days[1]))
    context.db.write(lambda session: _done(session, today))


def _done(session: Session, today: str) -> None:
    row = insert(session, Fact).values(name=DONE, value=today)
    session.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": today}))


def _positions(context: jobs.Context, before: datetime) -> None:
    """From the pages' rows first, then from the sealed records below them."""
    gone = {
        what: _all_of(context, batch, before)
        for what, batch in (
            ("visits", _of_visits), ("photos", _of_photos), ("supplements", _of_supplements), ("records", _of_records),
        )
    }  # fmt: skip
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


def _of_records(session: Session, before: datetime) -> int:
    """The sealed bytes without where they were made. Their hash stays the name by which their phone knows them."""
    query = (
        select(Raw.id, Raw.payload)
        .where(Raw.state.in_([PROJECTED, EARLIER]), Raw.received_at < before, Raw.position_removed_at.is_(None))
        .order_by(Raw.id)
        .limit(A_BATCH)
    )
    now = clock.now()
    rows = session.execute(query).all()
    for id, payload in rows:
        values: dict[str, Any] = {"position_removed_at": now}
        said = json.loads(payload)
        if (kept := without_places(said)) != said:
            # Half a surrogate pair, which JSON may carry, stays the escape that it came as.
            said_again = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
            values["payload"] = said_again.encode(errors="backslashreplace")
        session.execute(update(Raw).where(Raw.id == id).values(values))
    return len(rows)


def without_places(said: Any) -> Any:
    """What a record says, without where somebody stood."""
    if isinstance(said, list):
        return [without_places(one) for one in said]
    if not isinstance(said, dict):
        return said
    kept = {name: without_places(value) for name, value in said.items() if name not in SAYS_WHERE - {"lat", "lng"}}
    if isinstance(claimed := kept.get("exif_claimed"), dict):
        kept["exif_claimed"] = {name: value for name, value in claimed.items() if name not in CLAIMED}
    if isinstance(before := kept.get("before"), dict):  # of a correction: the columns of the visit
        kept["before"] = {name: value for name, value in before.items() if name not in SAYS_WHERE}
    return kept


def _purge_photos(session: Session, before: datetime) -> int:
    """Their bytes are deleted by the photos' own job; their hash stays and says that there was a photo."""
    old = select(Photo.id).where(Photo.stored_at < before, Photo.purged_at.is_(None)).limit(A_BATCH)
    ids = list(session.scalars(old))
    for id in ids:
        photos_actions.purge(session, id, None, REASON)
    return len(ids)
