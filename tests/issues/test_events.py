"""The life of an issue, event by event; who sees it, and who does not."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from fieldapp.core.payload import Arrival, CannotPlace, Times
from fieldapp.feed.actions import log_visit, record_issue_event
from fieldapp.issues import queries
from fieldapp.issues.body import IssueEvent
from fieldapp.issues.events import Outcome
from fieldapp.issues.models import Category, Issue
from fieldapp.issues.models import IssueEvent as Kept
from fieldapp.photos.body import PhotoClaim
from fieldapp.photos.models import PhotoUse
from fieldapp.projects.models import Project
from fieldapp.timeline.models import Entry
from fieldapp.visits.body import VisitBody
from tests.cast import NOON, Cast
from tests.statements import statements_of

Act = Callable[..., Outcome]
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def act(db: Database, cast: Cast) -> Act:
    """Say something of an issue, outside a visit."""

    def do(type: str, issue: UUID, by: str = "ana", at: Any = NOON, **said: Any) -> Outcome:
        event = IssueEvent.model_validate({"id": new_id(), "issue": issue, "type": type, **said})
        with db.writing() as session:
            arrival = Arrival(event.id, Times(at, at, NOON))
            return record_issue_event(session, cast.person(session, by), arrival, event, zone_readable=True)

    return do


def issue_of(db: Database, id: UUID) -> Issue:
    with db.reading() as session:
        return session.scalars(select(Issue).where(Issue.id == id).options(*queries.LINKS)).one()


def seen_by(db: Database, cast: Cast, id: UUID) -> set[str]:
    with db.reading() as session:
        return {
            name
            for name in ("ana", "bo", "lin", "dan", "uma", "dee", "zoe")
            if queries.visible_issue(session, cast.person(session, name), id, zone_readable=True)
        }


def test_an_issue_opened_in_a_visit_belongs_to_its_project_and_shows_its_photos(db: Database, cast: Cast) -> None:
    issue, photo, visit = new_id(), new_id(), new_id()
    said = {
        "id": new_id(),
        "issue": issue,
        "type": "opened",
        "title": "道路积水",
        "photos": [photo, new_id()],
        "sensitive": True,
    }
    with db.writing() as session:
        logged = log_visit(
            session, cast.person(session, "ana"), Arrival(visit, Times(NOON, NOON, NOON)),
            VisitBody(kind="site_inspection", project=cast.sail, projects=[cast.reef]),
            issue_events=[IssueEvent.model_validate(said)], claims=[PhotoClaim(id=photo, sha256=HASH, size=3)],
            zone_readable=True,
        )  # fmt: skip
    assert logged.opened == [issue]
    found = issue_of(db, issue)
    assert (found.number, found.state, found.visit_id, found.opened_by) == ("XQ-2026-000001", "open", visit, cast.ana)
    assert [link.project_id for link in found.projects] == [cast.sail]
    assert [link.enterprise_id for link in found.enterprises] == [cast.enterprise]
    with db.reading() as session:
        uses = {(use.user_type, use.sensitive) for use in session.scalars(select(PhotoUse))}
        assert uses == {("visit", False), ("issue", True)}, "the sensitive issue narrows who sees its photo"
        entry = session.scalars(select(Entry).where(Entry.kind == "issue", Entry.project_id == cast.sail)).one()
        assert (entry.subkind, entry.parent, entry.ref) == ("opened", issue, found.last_event_id)
        assert session.get_one(Project, cast.sail).version == 1, "one transaction, one version"


def test_the_categorys_unit_is_suggested_which_dispatches_nothing(db: Database, cast: Cast, act: Act) -> None:
    with db.writing() as session:
        session.add(Category(code="test-water", zh="供水", en="Water supply", unit_id=cast.water))
    suggested, named, none = new_id(), new_id(), new_id()
    act("opened", suggested, category="test-water")
    act("opened", named, lead_unit=str(cast.water), assisting_units=[str(cast.water), str(new_id())])
    act("opened", none, category="no-such", lead_unit=str(new_id()))
    assert (issue_of(db, suggested).lead_unit_id, issue_of(db, suggested).dispatched_at) == (cast.water, None)
    assert issue_of(db, named).lead_unit_id == cast.water
    assert [link.unit_id for link in issue_of(db, named).units] == [cast.water]
    assert (issue_of(db, none).lead_unit_id, issue_of(db, none).category) == (None, None)
    assert "uma" not in seen_by(db, cast, suggested)


def test_events_fold_in_the_order_in_which_they_are_accepted(db: Database, cast: Cast, act: Act) -> None:
    issue = new_id()
    act("opened", issue, projects=[str(cast.sail)])
    assert act("progress", issue, by="bo", text="已联系供电所").state == "applied"
    assert act("solved", issue, at=NOON - timedelta(hours=3)).state == "applied"
    assert issue_of(db, issue).state == "solved"
    assert act("solved", issue) == Outcome("not_applied", "does-not-fit")
    assert act("no_change", issue).state == "applied"
    assert (issue_of(db, issue).state, issue_of(db, issue).closed_at) == ("solved", None)
    with db.reading() as session:
        kept = queries.events(session, [issue])[issue]
    assert [(e.order, e.type, e.applied) for e in kept] == [
        (1, "opened", True), (2, "progress", True), (3, "solved", True), (4, "solved", False), (5, "no_change", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("type", "reason"),
    [("opened", "already-opened"), ("struck_off", "not-from-a-phone"), ("danced", "unknown-type")],
)
def test_what_does_not_fit_is_kept_with_its_reason(db: Database, cast: Cast, act: Act, type: str, reason: str) -> None:
    issue = new_id()
    act("opened", issue, projects=[str(cast.sail)])
    assert act(type, issue) == Outcome("not_applied", reason)
    with db.reading() as session:
        kept = session.scalars(select(Kept).where(~Kept.applied)).one()
    assert (kept.type, kept.reason) == (type, reason)


def test_withdrawing_is_for_who_opened_it_and_the_lead(db: Database, cast: Cast, act: Act) -> None:
    issue = new_id()
    act("opened", issue, projects=[str(cast.sail)])
    for name in ("bo", "dan", "dee"):
        assert act("withdrawn", issue, by=name) == Outcome("not_applied", "not-allowed")
    assert act("withdrawn", issue, by="lin").state == "applied"
    assert (issue_of(db, issue).state, issue_of(db, issue).closed_at) == ("withdrawn", NOON)
    assert seen_by(db, cast, issue) == {"ana", "lin"}
    assert act("progress", issue) == Outcome("not_applied", "ended")
    assert act("progress", issue, by="bo").state == "held", "for whoever no longer sees it, it is not there"


def test_who_sees_an_issue(db: Database, cast: Cast, act: Act) -> None:
    plain, secret, unsigned = new_id(), new_id(), new_id()
    act("opened", plain, projects=[str(cast.sail)])
    act("opened", secret, projects=[str(cast.sail)], sensitive=True)
    act("opened", unsigned, projects=[str(cast.talk)])
    assert seen_by(db, cast, plain) == {"ana", "bo", "lin", "dan", "dee"}
    assert seen_by(db, cast, secret) == {"ana", "lin", "dee"}
    assert seen_by(db, cast, unsigned) == {"ana", "bo", "lin", "dee"}
    loose, at_enterprise = new_id(), new_id()  # of a visit that nobody has filed yet: its project may be before signing
    act("opened", loose)
    act("opened", at_enterprise, enterprises=[str(cast.enterprise)])
    assert seen_by(db, cast, loose) == {"ana", "bo", "lin", "dee"}
    assert "dan" in seen_by(db, cast, at_enterprise)
    with db.writing() as session:
        for id in (plain, secret):
            issue = session.get_one(Issue, id)
            issue.lead_unit_id, issue.dispatched_at = cast.water, NOON
    assert "uma" in seen_by(db, cast, plain) and "uma" in seen_by(db, cast, secret)


def test_who_may_not_log_against_a_project_opens_no_issue_there(db: Database, cast: Cast, act: Act) -> None:
    for by, project in (("dan", cast.talk), ("ana", new_id())):
        with pytest.raises(CannotPlace) as refused:
            act("opened", new_id(), by=by, projects=[str(project)])
        assert refused.value.reason == "no-such-project"
    with pytest.raises(CannotPlace):
        act("opened", new_id(), by="uma")


def test_lists_cost_the_same_however_long_they_are(db: Database, cast: Cast, act: Act) -> None:
    def statements(limit: int) -> int:
        with statements_of(db) as asked, db.reading() as session:
            page = queries.by_due(session, cast.person(session, "ana"), zone_readable=True, limit=limit)
            assert len(page.items) == limit
        return len(asked)

    for _ in range(6):
        act("opened", new_id(), projects=[str(cast.sail)], enterprises=[str(cast.enterprise)])
    assert statements(1) == statements(5)
    with db.reading() as session:
        person = cast.person(session, "ana")
        first = queries.by_due(session, person, zone_readable=True, limit=4)
        rest = queries.by_due(session, person, zone_readable=True, limit=4, after=first.next)
        assert len({issue.id for issue in [*first.items, *rest.items]}) == 6 and rest.next is None
