"""The demo zone: loaded once into an empty database, the same for a day, with something on every page."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import func, select

from fieldapp.accounts.models import User
from fieldapp.accounts.policy import person_on
from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.demo import year
from fieldapp.demo.load import NotEmpty, load
from fieldapp.demo.scenes import Shot, draw_shot
from fieldapp.demo.year import Taken
from fieldapp.feed import queries
from fieldapp.issues.models import Issue
from fieldapp.photos.models import Photo
from fieldapp.projects.models import Project
from fieldapp.settings import Settings
from fieldapp.sync.models import ReviewItem
from fieldapp.visits.models import FollowUp, Supplement, Visit

TODAY = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@cache
def taken(scene: str) -> Taken:
    return year._take(Shot(scene, 7, TODAY))


def each_scene_once(shots: Sequence[Shot]) -> Iterator[Taken]:
    """Drawing some 250 photos takes fifteen seconds of CPU: here those of one scene differ in a comment only."""
    for number, shot in enumerate(shots):
        drawn, said = taken(shot.scene), b"%06d" % number
        comment = b"\xff\xfe" + (len(said) + 2).to_bytes(2, "big") + said
        yield Taken(drawn.data[:2] + comment + drawn.data[2:], drawn.thumb, drawn.width, drawn.height)


def test_photos_are_drawn_by_other_processes_in_order_and_with_their_copies() -> None:
    shots = [Shot(scene, seed, TODAY) for seed, scene in enumerate(("road_paving", "meeting", "document"))]
    pictures = list(year._pictures(shots))
    assert [sha256(one.data).digest() for one in pictures] == [sha256(draw_shot(shot)).digest() for shot in shots]
    assert all(one.thumb.startswith(b"\xff\xd8") and one.width > one.height > 0 for one in pictures)


@pytest.fixture(scope="module")
def zone(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Database]:
    folder = tmp_path_factory.mktemp("demo")
    (folder / "fieldapp.db").write_bytes(sqlite_template.read_bytes())
    settings = Settings(data_dir=folder)
    database = Database(settings.database)
    with clock.frozen(TODAY), pytest.MonkeyPatch.context() as patch:
        patch.setattr(year, "_pictures", each_scene_once)
        told = load(settings, database)
    assert "officer1" in told and "Fieldapp-demo1" in told
    return settings, database


def test_every_page_has_something_to_look_at(zone: tuple[Settings, Database]) -> None:
    with zone[1].reading() as session:
        assert session.scalar(select(func.count()).select_from(Project)) == 24
        kinds = Counter(session.scalars(select(Visit.kind)))
        assert sum(kinds.values()) > 700 and len(kinds) >= 15
        assert len(set(session.scalars(select(Issue.state)))) >= 5
        assert session.scalar(select(func.count()).where(Photo.state == "stored", Photo.derivative == "made")) > 200
        assert set(session.scalars(select(Supplement.type))) == {"addition", "correction", "withdrawal"}
        assert {"variant", "unplaced"} <= set(session.scalars(select(ReviewItem.kind)))
        assert session.scalar(select(func.count()).where(FollowUp.done_at.is_(None))) > 0
        flags = select(
            func.max(Visit.later_entry), func.max(Visit.late_upload), func.max(Visit.datum_doubtful),
            func.min(Visit.state), func.max(Visit.state),
        )  # fmt: skip
        assert tuple(session.execute(flags).one()) == (True, True, True, "placed", "unfiled")


def test_an_officer_finds_what_to_do_on_the_start_page(zone: tuple[Settings, Database]) -> None:
    """Promises that are late, due and to come, whom to call about each, and projects that nobody was in touch with."""
    with zone[1].reading() as session, clock.frozen(TODAY):
        user = session.scalars(select(User).where(User.username == "officer1")).one()
        shown = queries.today(
            session, person_on(user, TODAY.date()), zone_readable=True, zone="Asia/Shanghai",
            neglect_days=zone[0].neglect_days,
        )  # fmt: skip
        due = [one.due_on for one in shown.follow_ups if one.due_on]
        assert min(due) < TODAY.date() and TODAY.date() in due and max(due) > TODAY.date()
        assert set(shown.to_call) >= {one.id for one in shown.follow_ups[:2]}
        assert {project.title for project in shown.neglected} == {
            "白鹭食品海洋预制菜加工项目",
            "青屿新能源渔光互补配套制氢项目",
        }


def test_photos_lie_in_the_files_with_their_thumbnails(zone: tuple[Settings, Database]) -> None:
    folder = zone[0].data_dir / "files"
    with zone[1].reading() as session:
        for photo in session.scalars(select(Photo)):
            assert (folder / photo.evidence_key).stat().st_size == photo.size
            assert (folder / photo.thumb_key).exists()


def test_it_goes_into_an_empty_database_only(zone: tuple[Settings, Database]) -> None:
    with pytest.raises(NotEmpty):
        load(*zone)
    with zone[1].reading() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 9
