"""无变化 · 有进展 · 已解决: what an officer says on site of issues that are open there, inside a visit."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from fieldapp.core.db import Database, new_id
from fieldapp.core.payload import Arrival, Times
from fieldapp.feed.actions import log_visit
from fieldapp.issues import queries
from fieldapp.issues.body import IssueEvent
from fieldapp.issues.models import Issue
from fieldapp.photos.body import PhotoClaim
from fieldapp.visits.body import VisitBody
from tests.cast import NOON, Cast
from tests.feed.pages import Reader
from tests.feed.story import Story

HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
Says = Callable[..., UUID]


@pytest.fixture
def issue(story: Story) -> UUID:
    """Open at ana's project."""
    id = new_id()
    story.logs("ana", issues=[{"issue": id}])
    return id


@pytest.fixture
def says(db: Database, cast: Cast) -> Says:
    """Log a visit, or a newer revision of it, that says these things of issues."""

    def do(*said: dict[str, Any], by: str = "bo", visit: UUID | None = None, rev: int = 1, photos: Any = ()) -> UUID:
        id = visit or new_id()
        events = [IssueEvent.model_validate({"id": new_id(), **one}) for one in said]
        body = VisitBody.model_validate({"kind": "site_inspection", "project": cast.sail})
        claims = [PhotoClaim(id=one, sha256=HASH, size=9) for one in photos]
        with db.writing() as session:
            log_visit(
                session, cast.person(session, by), Arrival(id, Times(NOON, NOON, NOON), rev=rev), body,
                issue_events=events, claims=claims, zone_readable=True, fresh=rev == 1,
            )  # fmt: skip
        return id

    return do


def told(db: Database, issue: UUID) -> list[tuple[str, bool, str]]:
    with db.reading() as session:
        return [(one.type, one.applied, one.reason) for one in queries.events(session, [issue])[issue]]


def state(db: Database, issue: UUID) -> tuple[str, bool]:
    with db.reading() as session:
        one = session.get_one(Issue, issue)
        return one.state, one.closed_at is not None


def test_solved_by_an_officer_is_a_claim_that_closes_nothing(db: Database, issue: UUID, says: Says) -> None:
    says({"issue": issue, "type": "no_change"})
    says({"issue": issue, "type": "progress", "text": "水泵已到场"})
    assert state(db, issue) == ("open", False)
    says({"issue": issue, "type": "solved", "text": "水压正常"})
    assert state(db, issue) == ("solved", False)
    says({"issue": issue, "type": "progress", "text": "复测一次"})
    assert state(db, issue) == ("solved", False)
    says({"issue": issue, "type": "solved"})  # somebody else had said so already
    assert told(db, issue)[-1] == ("solved", False, "does-not-fit")


def test_it_stands_on_the_issues_page_with_its_photo_and_as_one_line_of_the_day(
    db: Database, cast: Cast, issue: UUID, says: Says, reader: Callable[..., Reader]
) -> None:
    shown, other = new_id(), new_id()
    says({"issue": issue, "type": "no_change"}, by="ana")
    says({"issue": issue, "type": "progress", "text": "水泵已到场", "photos": [str(shown)]}, photos=[shown, other])
    page = reader("bo").get(f"/issues/{issue}")
    assert "水泵已到场" in page.text
    (line,) = [
        node
        for node in reader("dan").get(f"/projects/{cast.sail}").all("li", css="minor", id=True)
        if "有进展" in node.text
    ]
    assert "无变化" in line.text


def test_a_revision_may_say_otherwise_under_the_same_id(
    db: Database, cast: Cast, issue: UUID, says: Says, reader: Callable[..., Reader]
) -> None:
    event = str(new_id())
    visit = says({"id": event, "issue": issue, "type": "solved", "text": "水压正常"})
    says({"id": event, "issue": issue, "type": "progress", "text": "水泵已到场"}, visit=visit, rev=2)
    assert (state(db, issue)[0], told(db, issue)[-1]) == ("open", ("progress", True, ""))
    says({"id": event, "issue": issue, "type": "solved"}, visit=visit, rev=3)
    assert (state(db, issue)[0], told(db, issue)[-1]) == ("solved", ("solved", True, ""))

    def solved() -> list[str]:
        lines = reader("ana").get(f"/projects/{cast.sail}").all("li", css="minor", id=True)
        return [line.text for line in lines if "已解决" in line.text]

    assert len(solved()) == 1
    says(visit=visit, rev=4)  # and no longer says anything of it
    assert (state(db, issue)[0], told(db, issue)[-1]) == ("open", ("solved", False, "superseded"))
    assert solved() == []


def test_what_did_not_fit_fits_once_it_says_less(db: Database, issue: UUID, says: Says) -> None:
    says({"issue": issue, "type": "solved"}, by="ana")
    event = str(new_id())
    visit = says({"id": event, "issue": issue, "type": "solved"})
    assert told(db, issue)[-1] == ("solved", False, "does-not-fit")
    says({"id": event, "issue": issue, "type": "no_change"}, visit=visit, rev=2)
    assert (told(db, issue)[-1], state(db, issue)[0]) == (("no_change", True, ""), "solved")
