"""Milestones that a visit tells of, and stages that a lead confirms."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from fieldapp.core.db import Database, new_id
from fieldapp.core.models import Audit
from fieldapp.core.payload import Arrival
from fieldapp.feed.actions import log_visit
from fieldapp.projects.models import Project
from fieldapp.timeline.models import Entry
from fieldapp.visits import milestones, stages
from fieldapp.visits.body import VisitBody
from fieldapp.visits.models import StageSeen
from tests.cast import NOON, Cast
from tests.visits.conftest import Log, Say, now_is


def reached(db: Database, project: UUID) -> dict[str, str]:
    """Node -> day and hour of its entry on the project's timeline."""
    with db.reading() as session:
        query = select(Entry).where(Entry.project_id == project, Entry.kind == "milestone", Entry.left_at.is_(None))
        return {entry.subkind: entry.occurred_at.isoformat(timespec="hours") for entry in session.scalars(query)}


def stage_of(db: Database, project: UUID) -> str:
    with db.reading() as session:
        return session.get_one(Project, project).stage


def waiting(db: Database, cast: Cast, name: str) -> list[UUID]:
    with db.reading() as session:
        found = stages.waiting(session, cast.person(session, name), zone_readable=True, limit=9)
        return [one.seen.id for one in found]


def decide(db: Database, cast: Cast, name: str, id: UUID, *, way: str = "confirm") -> StageSeen | None:
    with db.writing() as session:
        seen: StageSeen | None = getattr(stages, way)(session, cast.person(session, name), id, zone_readable=True)
        return seen


def test_each_milestone_is_an_entry_of_its_own_on_the_day_it_was_reached(db: Database, cast: Cast, log: Log) -> None:
    log(cast.sail, milestones=[{"node": "topping_out", "on": "2026-11-18"}, {"node": "equipment"},
                               {"node": "trial", "on": "2027-01-01"}])  # fmt: skip
    noon = NOON.isoformat(timespec="hours")
    # A day to come is no later than the telling; noon in Shanghai is four in Greenwich.
    assert reached(db, cast.sail) == {"topping_out": noon.replace("-20T", "-18T"), "equipment": noon, "trial": noon}
    with db.reading() as session:
        there = session.scalars(
            select(Entry.enterprise_id).where(Entry.kind == "milestone", Entry.enterprise_id.is_not(None))
        )
        assert set(there) == {cast.enterprise}


def test_milestones_follow_the_fold_of_their_visit(db: Database, cast: Cast, log: Log, say: Say) -> None:
    id = log(cast.sail, milestones=[{"node": "topping_out"}])
    say(id, "correction", fields={"milestones": [{"node": "equipment", "on": "2026-11-19"}]})
    assert reached(db, cast.sail) == {"equipment": (NOON - timedelta(days=1)).isoformat(timespec="hours")}
    say(id, "move", project=str(cast.talk))
    assert reached(db, cast.sail) == {}
    assert list(reached(db, cast.talk)) == ["equipment"]
    say(id, "move", project=str(cast.sail))
    assert (list(reached(db, cast.sail)), reached(db, cast.talk)) == (["equipment"], {})


def test_a_revision_says_its_milestones_anew(db: Database, cast: Cast, log: Log) -> None:
    id = log(cast.sail, milestones=[{"node": "topping_out"}], stage="S09")
    with db.writing() as session:
        body = VisitBody.model_validate({"kind": "site_visit", "project": cast.sail, "milestones": [{"node": "trial"}]})
        log_visit(
            session, cast.person(session, "ana"), Arrival(id, now_is(), rev=2), body, zone_readable=True, fresh=False
        )
    assert list(reached(db, cast.sail)) == ["trial"]
    assert waiting(db, cast, "lin") == []


def test_no_phone_can_take_the_place_of_another_visit_on_a_timeline(db: Database, cast: Cast, log: Log) -> None:
    one, other = log(cast.sail, milestones=[{"node": "trial"}]), log(cast.sail, by="bo", milestones=[{"node": "trial"}])
    assert milestones.ref_of(one, "trial") != milestones.ref_of(other, "trial")


def test_a_project_enters_a_stage_when_its_lead_confirms_what_an_officer_saw(
    db: Database, cast: Cast, log: Log
) -> None:
    older, newer = log(cast.sail, stage="S09", times=now_is(NOON - timedelta(hours=2))), log(cast.sail, stage="S10")
    log(cast.sail, stage="S08")  # as on record: nothing to decide
    log(cast.sail, stage="S77")  # of no list that we know
    first, second = waiting(db, cast, "lin")
    assert [waiting(db, cast, name) for name in ("ana", "dan", "dee", "zoe", "uma")] == [[]] * 5
    assert decide(db, cast, "dee", first) is None and decide(db, cast, "ana", first) is None
    assert stage_of(db, cast.sail) == "S08"
    for _ in range(2):  # twice is as good as once
        seen = decide(db, cast, "lin", first)
        assert seen is not None and (seen.visit_id, seen.decision) == (newer, "confirmed")
    assert stage_of(db, cast.sail) == "S10"
    assert waiting(db, cast, "lin") == []
    with db.reading() as session:
        assert session.get_one(StageSeen, second).visit_id == older
        assert session.get_one(StageSeen, second).decision == "superseded"
        told = session.scalars(select(Audit).where(Audit.verb == "project.stage_confirmed")).one()
        assert (told.actor_id, told.detail["before"], told.detail["stage"]) == (cast.lin, "S08", "S10")
        entry = session.scalars(select(Entry).where(Entry.kind == "stage", Entry.project_id == cast.sail)).one()
        assert (entry.actor_id, entry.subkind, entry.parent) == (cast.lin, "S10", newer)


def test_a_lead_may_leave_the_stage_as_it_is(db: Database, cast: Cast, log: Log) -> None:
    log(cast.sail, stage="S09")
    seen = decide(db, cast, "lin", waiting(db, cast, "lin")[0], way="leave")
    assert seen is not None and (seen.decision, stage_of(db, cast.sail)) == ("left", "S08")
    assert decide(db, cast, "lin", seen.id) is not None and stage_of(db, cast.sail) == "S08"  # decided is decided
    assert decide(db, cast, "lin", new_id()) is None


def test_what_waits_follows_the_fold_and_a_sensitive_visit_stays_with_its_team(
    db: Database, cast: Cast, log: Log, say: Say
) -> None:
    id = log(cast.sail, stage="S09")
    (seen,) = waiting(db, cast, "lin")
    say(id, "addition", text="照片随后补")
    assert waiting(db, cast, "lin") == [seen]  # a card that is open on a page stays good
    say(id, "correction", fields={"stage": "S11"})
    with db.reading() as session:
        assert session.get_one(StageSeen, seen).stage == "S11"
    say(id, "withdrawal", reason="看错了")
    assert waiting(db, cast, "lin") == []
    log(cast.reef, by="dan", stage="S06", sensitive=True)
    assert waiting(db, cast, "lin") == []
