"""Each minute: records that wait are judged again (docs/sync-protocol.md 5)."""

import logging
from datetime import timedelta
from uuid import UUID

from sqlalchemy import exists, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm import Session

import fieldapp
from fieldapp.core import clock, jobs
from fieldapp.core.db import Database
from fieldapp.issues.models import Issue
from fieldapp.settings import Settings
from fieldapp.sync.actions import open_review
from fieldapp.sync.models import FAILED, HELD, RECEIVED, Raw, Record
from fieldapp.sync.projection import run
from fieldapp.visits.models import Visit

log = logging.getLogger("fieldapp.records")

SWEEP_AFTER = timedelta(seconds=60)
HELD_TOO_LONG = timedelta(days=5)
SWEEP_AT_ONCE = 500


def sweep(db: Database, settings: Settings) -> int:
    """Project what waits: raws whose T2 never ran, held records whose target came, what an older version failed at."""
    db.write(_give_another_try)
    with db.reading() as session:
        waiting = _waiting(session)
    for id in waiting:
        try:
            run(db, settings, id)
        except (DBAPIError, NoConnection):
            log.warning("still waiting", extra={"facts": {"record": str(id)}})
        except Exception:
            log.exception("the sweep goes on without", extra={"facts": {"record": str(id)}})
    db.write(_tell_of_held)
    return len(waiting)


@jobs.every_minute
def sweep_records(context: jobs.Context) -> None:
    sweep(context.db, context.settings)


def _give_another_try(session: Session) -> None:
    """The first sweep of a new version tries again what older ones could not project."""
    old = update(Raw).where(Raw.state == FAILED, Raw.failed_version != fieldapp.__version__)
    session.execute(old.values(state=RECEIVED))


def _waiting(session: Session) -> list[UUID]:
    old = select(Raw.record_id).where(Raw.state == RECEIVED, Raw.received_at <= clock.now() - SWEEP_AFTER)
    here = or_(exists().where(Issue.id == Record.target), exists().where(Visit.id == Record.target))
    held = select(Record.id).where(Record.state == HELD, Record.received_at > clock.now() - 2 * HELD_TOO_LONG, here)
    found = [*session.scalars(old.order_by(Raw.id).limit(SWEEP_AT_ONCE)), *session.scalars(held.limit(SWEEP_AT_ONCE))]
    return list(dict.fromkeys(found))


def _tell_of_held(session: Session) -> None:
    long = select(Record).where(Record.state == HELD, Record.received_at <= clock.now() - HELD_TOO_LONG)
    for head in session.scalars(long.where(~Record.needs_review).limit(SWEEP_AT_ONCE)).all():
        open_review(session, HELD, f"held:{head.id}", record_id=head.id, user_id=head.owner_id)
