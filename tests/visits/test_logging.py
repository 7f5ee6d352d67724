"""What a visit becomes: its place, its times, its people."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from fieldapp.core.db import Database, new_id
from fieldapp.core.payload import CannotPlace, Times
from fieldapp.projects.coordinates import wgs84_to_gcj02
from fieldapp.projects.models import Project
from fieldapp.timeline.models import Entry
from fieldapp.visits import queries
from fieldapp.visits.models import FollowUp, Participant, Visit
from tests.cast import NOON, SITE, Cast
from tests.statements import statements_of
from tests.visits.conftest import Log

Load = Callable[[UUID], Visit]
HERE = {"lat": SITE[0], "lng": SITE[1], "accuracy_m": 8}


def shown_on(db: Database, project: UUID) -> list[UUID]:
    with db.reading() as session:
        return list(session.scalars(select(Entry.ref).where(Entry.project_id == project, Entry.left_at.is_(None))))


def test_a_visit_shows_on_every_linked_project_and_counts_once(db: Database, cast: Cast, log: Log, load: Load) -> None:
    id = log(cast.sail, projects=[cast.reef, cast.sail], enterprises=[cast.enterprise, new_id()])
    assert shown_on(db, cast.sail) == shown_on(db, cast.reef) == [id]
    with db.reading() as session:
        visit = session.get_one(Visit, id)
        assert [(link.project_id, link.main) for link in visit.projects] == [(cast.sail, True), (cast.reef, False)]
        on_enterprise = session.scalars(select(Entry.ref).where(Entry.enterprise_id == cast.enterprise)).all()
        assert on_enterprise == [id]
    assert load(id).number == "ZF-2026-000001"


def test_an_enterprise_alone_is_a_place_too(log: Log, load: Load, cast: Cast) -> None:
    assert load(log(enterprises=[cast.enterprise])).state == "placed"
    assert load(log(enterprises=[new_id()])).state == "unfiled"
    assert load(log(enterprises=[new_id(), new_id()], typed_project="某厂")).state == "unfiled"
    assert load(log(enterprises=[new_id()], typed_project="某厂")).state == "placed"  # and is known from now on


def test_it_moves_the_project_on_and_says_when_it_was_last_contacted(db: Database, cast: Cast, log: Log) -> None:
    log(cast.sail, kind="phone_follow_up")
    log(cast.sail, times=Times(NOON - timedelta(days=2), NOON, NOON), said_when="time")
    with db.reading() as session:
        project = session.get_one(Project, cast.sail)
        assert (project.version, project.last_contact_at) == (2, NOON)


def test_the_number_is_of_the_year_in_shanghai(log: Log, load: Load, cast: Cast) -> None:
    new_year = NOON.replace(month=12, day=31, hour=16)  # 2027-01-01 00:00 there
    assert load(log(cast.sail, times=Times(new_year, new_year, new_year))).number == "ZF-2027-000001"
    before = new_year - timedelta(seconds=1)
    assert load(log(cast.sail, times=Times(before, before, before))).number == "ZF-2026-000001"


def test_a_next_step_is_a_follow_up_for_the_person_named_or_for_the_author(
    db: Database, cast: Cast, log: Log, load: Load
) -> None:
    own = log(cast.sail, next_step={"text": "再去看一次", "on": "2026-11-25"})
    handed = log(cast.sail, next_step={"text": "请柏宁跟进", "by": str(cast.bo)})
    log(cast.sail, next_step={"text": "  "})
    with db.reading() as session:
        found = {one.visit_id: one for one in session.scalars(select(FollowUp))}
    assert set(found) == {own, handed}
    assert (found[own].owner_id, found[own].due_on, found[own].project_id) == (cast.ana, date(2026, 11, 25), cast.sail)
    assert (found[handed].owner_id, load(handed).next_step_by) == (cast.bo, "柏宁")


def test_who_took_part_is_kept_but_not_the_author_and_not_strangers(db: Database, cast: Cast, log: Log) -> None:
    log(cast.sail, participants=[cast.bo, cast.ana, new_id()])
    with db.reading() as session:
        assert session.scalars(select(Participant.user_id)).all() == [cast.bo]


# -- where --------------------------------------------------------------------------------------------------------


def test_the_position_is_kept_in_wgs84_with_the_raw_fix_and_the_distance(log: Log, load: Load, cast: Cast) -> None:
    shifted = wgs84_to_gcj02(*SITE)
    visit = load(log(cast.sail, position={"lat": shifted.lat, "lng": shifted.lng, "crs": "gcj02", "raw": {"t": 1}}))
    assert visit.lat is not None and visit.lng is not None
    assert (round(visit.lat, 6), round(visit.lng, 6)) == (round(SITE[0], 6), round(SITE[1], 6))
    assert visit.position_raw == {"lat": shifted.lat, "lng": shifted.lng, "fix": {"t": 1}}
    assert visit.distance_m is not None and visit.distance_m < 1
    assert (visit.position_crs, visit.datum_doubtful) == ("gcj02", False)


def test_a_point_that_was_probably_shifted_is_marked_not_changed(log: Log, load: Load, cast: Cast) -> None:
    shifted = wgs84_to_gcj02(*SITE)
    visit = load(log(cast.sail, position={"lat": shifted.lat, "lng": shifted.lng}))
    assert (visit.datum_doubtful, visit.lat) == (True, shifted.lat)


def test_a_later_entry_keeps_no_fix_of_where_it_was_typed_but_keeps_a_pin(log: Log, load: Load, cast: Cast) -> None:
    yesterday = Times(NOON - timedelta(days=1), NOON, NOON)
    typed = load(log(cast.sail, times=yesterday, said_when="yesterday", position=HERE))
    pinned = load(log(cast.sail, times=yesterday, said_when="yesterday", position={**HERE, "source": "manual"}))
    assert (typed.later_entry, typed.lat, typed.position_raw, typed.distance_m) == (True, None, None, None)
    assert (pinned.later_entry, pinned.lat, pinned.position_source) == (True, SITE[0], "manual")


def test_links_that_may_not_be_logged_leave_nothing_behind(db: Database, cast: Cast, log: Log) -> None:
    for projects in ([cast.talk], [cast.sail, cast.talk], [new_id()]):
        with pytest.raises(CannotPlace):
            log(projects[0], by="dan", projects=projects[1:])
    with db.reading() as session:
        assert session.scalar(select(Visit.id)) is None
        assert session.get_one(Project, cast.sail).version == 0


def test_lists_cost_the_same_however_long_they_are_and_page_without_gaps(db: Database, cast: Cast, log: Log) -> None:
    def statements(limit: int) -> int:
        with statements_of(db) as asked, db.reading() as session:
            page = queries.listed(session, cast.person(session, "bo"), zone_readable=True, limit=limit)
            assert len(page.items) == limit
        return len(asked)

    ids = {
        log(cast.sail, projects=[cast.reef], enterprises=[cast.enterprise], participants=[cast.bo]) for _ in range(6)
    }
    assert statements(1) == statements(5)
    with db.reading() as session:
        person = cast.person(session, "bo")
        first = queries.listed(session, person, zone_readable=True, limit=4)
        rest = queries.listed(session, person, zone_readable=True, limit=4, after=first.next)
        assert {visit.id for visit in [*first.items, *rest.items]} == ids and rest.next is None
        assert set(queries.visits_of(session, person, ids, zone_readable=True)) == ids
