"""Ana logs visits; the clock stands at noon."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from fieldapp.core.payload import Arrival, Times
from fieldapp.feed.actions import log_visit, supplement_visit
from fieldapp.issues.body import IssueEvent
from fieldapp.photos.body import PhotoClaim
from fieldapp.visits.body import SupplementBody, VisitBody
from fieldapp.visits.models import Visit
from tests.cast import NOON, Cast

Log = Callable[..., UUID]
Say = Callable[..., Any]


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


def now_is(at: datetime = NOON) -> Times:
    return Times(at, at, NOON)


@pytest.fixture
def log(db: Database, cast: Cast) -> Log:
    """Log a visit of a member of the cast, and answer its id."""

    def do(project: UUID | None = None, by: str = "ana", times: Times | None = None, **said: Any) -> UUID:
        events = [IssueEvent.model_validate(one) for one in said.pop("issue_events", [])]
        claims = [PhotoClaim.model_validate(one) for one in said.pop("claims", [])]
        body = VisitBody.model_validate({"kind": "site_inspection", "project": project, **said})
        id = new_id()
        with db.writing() as session:
            log_visit(
                session, cast.person(session, by), Arrival(id, times or now_is()), body, issue_events=events,
                claims=claims, zone_readable=True,
            )  # fmt: skip
        return id

    return do


@pytest.fixture
def say(db: Database, cast: Cast) -> Say:
    """Say something more about a visit."""

    def do(visit: UUID, type: str, by: str = "ana", **said: Any) -> Any:
        body = SupplementBody.model_validate({"visit": visit, "type": type, **said})
        with db.writing() as session:
            return supplement_visit(
                session, cast.person(session, by), Arrival(new_id(), now_is()), body, zone_readable=True
            )

    return do


@pytest.fixture
def load(db: Database) -> Callable[[UUID], Visit]:
    def do(id: UUID) -> Visit:
        with db.reading() as session:
            return session.get_one(Visit, id)

    return do
