"""The demo zone: loaded once into an empty database, the same for a day, with something on every page."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from fieldapp.accounts.models import User
from fieldapp.accounts.policy import person_on
from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.demo.load import NotEmpty, load
from fieldapp.feed import queries
from fieldapp.issues.models import Issue
from fieldapp.photos.models import Photo
from fieldapp.projects.models import Project
from fieldapp.settings import Settings
from fieldapp.sync.models import ReviewItem
from fieldapp.visits.models import FollowUp, Supplement, Visit

TODAY = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def zone(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Database]:
    folder = tmp_path_factory.mktemp("demo")
    (folder / "fieldapp.db").write_bytes(sqlite_template.read_bytes())
    settings = Settings(data_dir=folder)
    database = Database(settings.database)
    with clock.frozen(TODAY):
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
