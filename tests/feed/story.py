"""What happens before a page is opened: people log visits, photos arrive."""

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from fieldapp.accounts.models import User
from fieldapp.accounts.policy import person_on
from fieldapp.core.db import Database, new_id
from fieldapp.core.payload import Arrival, Position, Times
from fieldapp.feed import actions
from fieldapp.issues.body import IssueEvent
from fieldapp.issues.models import Issue
from fieldapp.photos import actions as photos
from fieldapp.photos.body import PhotoClaim
from fieldapp.photos.models import Photo
from fieldapp.visits.body import SupplementBody, VisitBody
from tests.cast import NOON, SITE, Cast


class Story:
    """The cast's deeds, each in a transaction of its own. Times are relative to NOON."""

    def __init__(self, db: Database, cast: Cast) -> None:
        self.db, self.cast = db, cast
        self.photos: list[UUID] = []  # of the last visit logged

    def logs(self, name: str, *, at: datetime = NOON, occurred: datetime | None = None,
             received: datetime | None = None, photos: int = 0,
             issues: list[dict[str, Any]] | None = None, stored: bool = True, issue_photos: int = 0,
             again: UUID | None = None, **body: Any) -> UUID:  # fmt: skip
        """`name` logs a visit; against ana's project unless the body says otherwise. `again`: that one, revised."""
        id = again or new_id()
        claims = [
            PhotoClaim(id=new_id(), sha256=hashlib.sha256(f"{id}{i}".encode()).hexdigest(), size=9)
            for i in range(photos)
        ]
        given = {"kind": "site_inspection", "project": self.cast.sail, "content": "二层钢结构吊装完成约六成。", **body}
        events = [
            IssueEvent(
                **{
                    "id": new_id(),
                    "issue": new_id(),
                    "type": "opened",
                    "title": "临时用水水压不足",
                    "photos": [claim.id for claim in claims[:issue_photos]],
                    **one,
                }
            )
            for one in issues or []
        ]
        with self.db.writing() as session:
            arrival = Arrival(id, Times(occurred or at, at, received or at))
            actions.log_visit(
                session, self.person(session, name), arrival, VisitBody(**given), issue_events=events, claims=claims,
                zone_readable=True, fresh=again is None,
            )  # fmt: skip
        self.photos = [claim.id for claim in claims]
        if stored:
            self.arrive(self.photos)
        return id

    def arrive(self, ids: list[UUID]) -> None:
        """Photos are uploaded and their copies made."""
        with self.db.writing() as session:
            found = [session.get_one(Photo, id) for id in ids]
            photos.store(session, found)
            for photo in found:
                photo.derivative, photo.width, photo.height = "made", 1600, 1200

    def says(self, name: str, visit: UUID, type: str, *, at: datetime = NOON + timedelta(hours=1), **body: Any) -> UUID:
        """`name` says something more about a visit."""
        id = new_id()
        with self.db.writing() as session:
            said = SupplementBody(visit=visit, type=type, **body)  # type: ignore[arg-type]
            arrival = Arrival(id, Times(at, at, at))
            actions.supplement_visit(session, self.person(session, name), arrival, said, zone_readable=True)
        return id

    def event(
        self, name: str, issue: UUID, type: str, *, at: datetime = NOON + timedelta(hours=1), **body: Any
    ) -> None:
        """`name` says how an issue goes on."""
        with self.db.writing() as session:
            event = IssueEvent(id=new_id(), issue=issue, type=type, **body)
            arrival = Arrival(new_id(), Times(at, at, at))
            actions.record_issue_event(session, self.person(session, name), arrival, event, zone_readable=True)

    def dispatch(self, issue: UUID) -> None:
        """The issue is with the water company."""
        with self.db.writing() as session:
            found = session.get_one(Issue, issue)
            found.state, found.dispatched_at, found.lead_unit_id = "dispatched", NOON, self.cast.water

    def issue_of(self, visit: UUID) -> UUID:
        from sqlalchemy import select

        with self.db.reading() as session:
            return session.scalars(select(Issue.id).where(Issue.visit_id == visit)).one()

    def person(self, session: Session, name: str) -> Any:
        return person_on(session.get_one(User, getattr(self.cast, name)), NOON.date())


def stood(off: float = 0.0, accuracy: float = 12) -> Position:
    """A fix near the site, `off` degrees north of it."""
    return Position(lat=SITE[0] + off, lng=SITE[1], accuracy_m=accuracy, age_ms=4000)
