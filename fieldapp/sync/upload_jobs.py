"""Each minute: uploads that ran out are forgotten, and part files that no upload knows."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from fieldapp.core import clock, jobs
from fieldapp.core.db import Database
from fieldapp.photos.models import PARTIAL, WANTED, Photo, Upload
from fieldapp.sync.parts import Parts
from fieldapp.sync.upload_rows import KEEP_DONE

SWEEP_AT_ONCE = 500


def sweep(db: Database, parts: Parts) -> None:
    for upload_id in db.write(_expired):
        parts.drop(upload_id)
    _drop_strays(db, parts)


@jobs.every_minute
def sweep_uploads(context: jobs.Context) -> None:
    sweep(context.db, Parts(context.settings.parts_dir))


def _expired(session: Session) -> list[UUID]:
    now = clock.now()
    query = select(Upload).where(Upload.expires_at <= now).order_by(Upload.expires_at).limit(SWEEP_AT_ONCE)
    ended = [u for u in session.scalars(query) if u.lease_until is None or u.lease_until <= now]
    for upload in ended:
        begun = update(Photo).where(Photo.id == upload.photo_id, Photo.state == PARTIAL)
        session.execute(begun.values(state=WANTED))
        session.delete(upload)
    return [upload.id for upload in ended]


def _drop_strays(db: Database, parts: Parts) -> None:
    old = parts.older_than(clock.now() - KEEP_DONE)
    if not old:
        return
    with db.reading() as session:
        known = set(session.scalars(select(Upload.id).where(Upload.id.in_(old))))
    for upload_id in old - known:
        parts.drop(upload_id)
