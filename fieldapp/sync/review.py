"""What a person does on `/review` about a record: the acts that project it (docs/sync-protocol.md 14)."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from fieldapp.accounts.policy import Person
from fieldapp.core import audit
from fieldapp.core.db import Database
from fieldapp.core.payload import CannotPlace
from fieldapp.feed.actions import file_issues
from fieldapp.photos import manifest_actions as manifests
from fieldapp.settings import Settings
from fieldapp.sync import authors, envelope
from fieldapp.sync.actions import changed, close_of_record
from fieldapp.sync.aside import HEAD, NOTHING, SetAside, claims_of
from fieldapp.sync.models import EARLIER, FAILED, PROJECTED, RECEIVED, UNPLACED, VARIANT, Raw
from fieldapp.sync.placement import is_ours, is_visit, state_of
from fieldapp.sync.projection import RAWS, project, run
from fieldapp.visits.supplement_actions import placing_move


def retry(db: Database, settings: Settings, id: UUID, by: UUID) -> None:
    """Judge again whatever of this record is set aside."""

    def ask(session: Session) -> None:
        again = update(Raw).where(Raw.record_id == id, Raw.state.in_([FAILED, UNPLACED]))
        session.execute(again.values(state=RECEIVED))
        audit.record(session, by, "record.retried", "record", id)

    db.write(ask)
    run(db, settings, id)


def place(session: Session, settings: Settings, id: UUID, project_id: UUID, by: Person) -> None:
    """Let a visit in and link it to a project. Raises CannotPlace; the caller's transaction then changes nothing."""
    head = session.scalar(HEAD, {"id": id})
    raw = session.get(Raw, head.raw_id) if head is not None and head.raw_id is not None else None
    if head is None or raw is None or head.type != "visit":
        raise CannotPlace("not-a-visit")
    try:
        if not is_visit(session, id):
            project(session, settings, head, raw, NOTHING, admitted=True)
        elif not is_ours(session, id):
            raise CannotPlace(envelope.DIFFERS, str(id))
    except SetAside as aside:
        raise CannotPlace(aside.reason, aside.detail) from aside
    session.flush()
    placing_move(session, by, id, project_id, zone_readable=settings.zone_readable)
    session.flush()
    file_issues(session, id)
    changed(session, head, state=state_of(session, id), reason="")
    close_of_record(session, id, by.id, "placed", "unplaced", "failed")
    audit.record(session, by.id, "record.placed", "record", id, project=str(project_id))


def choose(session: Session, settings: Settings, id: UUID, sha256: str, by: UUID) -> None:
    """Of several variants, let this one be what the record is. Raises CannotPlace."""
    head = session.scalar(HEAD, {"id": id})
    raws = session.scalars(RAWS, {"id": id}).all()
    chosen = next((raw for raw in raws if raw.payload_sha256 == sha256), None)
    if head is None or chosen is None:
        raise CannotPlace("no-such-record")
    if chosen.id != head.raw_id:
        try:
            project(session, settings, head, chosen, NOTHING, admitted=False)
        except SetAside as aside:
            raise CannotPlace(aside.reason, aside.detail) from aside
    for raw in raws:
        if raw is not chosen and raw.state in (PROJECTED, VARIANT):
            _keep_unchosen(session, raw)
    close_of_record(session, id, by, "chosen", "variant")
    audit.record(session, by, "record.chosen", "record", id, sha256=sha256)


def _keep_unchosen(session: Session, raw: Raw) -> None:
    """What was not chosen is kept whole: its photos go on arriving, or choosing otherwise later would come too late."""
    reading = envelope.read(raw.payload, raw.record_id)
    raw.state, raw.photo_claims = EARLIER, claims_of(reading)
    if reading.claims and raw.owner_id is not None:
        manifests.park(session, raw.record_id, raw.owner_id, reading.claims)


def match_user(db: Database, settings: Settings, id: UUID, user_id: UUID, by: UUID) -> None:
    """Say whose an imported record is whose author is unknown here; then judge it, and all others of that author."""
    for matched in db.write(lambda session: authors.match(session, id, user_id, by)):
        run(db, settings, matched)
