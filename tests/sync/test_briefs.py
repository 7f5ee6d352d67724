"""The pages that a phone carries: which, with what on them, and no more of them than changed."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from fieldapp.core import changes, clock
from fieldapp.core.db import Database, new_id
from fieldapp.projects.models import Assignment, Contact, Enterprise, Opened, Project
from fieldapp.sync import briefs
from fieldapp.visits.models import FollowUp
from tests.cast import NOON, Cast
from tests.feed.pages import parse
from tests.feed.story import Story
from tests.statements import statements_of
from tests.sync.test_reference import load

ClientOf = Callable[..., FlaskClient]
BIGGEST = 4_096  # bytes


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def story(db: Database, cast: Cast) -> Story:
    return Story(db, cast)


class Carrying:
    """A phone that merges what it is told, as static/js/outbox/reference.js does."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.cursor: str | None = None
        self.shelves: dict[str, dict[str, str]] = {}
        self.told: dict[str, Any] = {}

    def refresh(self) -> "Carrying":
        self.told = load(self.client, self.cursor)
        if self.cursor is None:
            self.shelves = {}
        for id in self.told["removed"].get("briefs", []):
            self.shelves.pop(id, None)
        for row in self.told["changes"].get("briefs", []):
            self.shelves[row["id"]] = row["pages"]
        self.cursor = self.told["cursor"]
        return self

    @property
    def pages(self) -> dict[str, str]:
        return {path: html for shelf in self.shelves.values() for path, html in shelf.items()}

    @property
    def sent(self) -> set[str]:
        return {path for row in self.told["changes"].get("briefs", []) for path in row["pages"]}


def change(db: Database, cast: Cast, **to: Any) -> None:
    with db.writing() as session:
        project = session.get_one(Project, cast.sail)
        for name, value in to.items():
            setattr(project, name, value)
        changes.note(session, "project", cast.sail)


def test_my_projects_their_enterprise_my_issues_and_today_open_without_a_network(
    client_of: ClientOf, story: Story, cast: Cast
) -> None:
    story.logs("ana", progress="封顶", progress_percent=60, next_step={"text": "复核水压"},
               issues=[{"title": "临时用电"}])  # fmt: skip
    phone = Carrying(client_of("ana")).refresh()
    issue = next(path for path in phone.pages if path.startswith("/issues/"))
    assert set(phone.pages) == {"/", f"/projects/{cast.sail}", f"/projects/{cast.talk}", issue,
                                f"/enterprises/{cast.enterprise}"}  # fmt: skip
    brief = parse(phone.pages[f"/projects/{cast.sail}"]).text
    for words in ("封顶", "60%", "复核水压", "临时用电", "安娜", "主体施工", "二层钢结构吊装完成约六成"):
        assert words in brief, words
    assert "复核水压" in phone.pages["/"] and "临时用电" in phone.pages[issue]


def test_the_page_online_shows_the_very_same_lines(client_of: ClientOf, story: Story, cast: Cast) -> None:
    story.logs("ana", progress="封顶", issues=[{}])
    ana = client_of("ana")
    carried = parse(Carrying(ana).refresh().pages[f"/projects/{cast.sail}"]).text
    assert carried in parse(ana.get(f"/projects/{cast.sail}").text).text


def test_what_was_opened_of_late_is_carried_too_for_thirty_days(client_of: ClientOf, db: Database, cast: Cast) -> None:
    with db.writing() as session:
        session.add(Opened(user_id=cast.ana, project_id=cast.reef, at=NOON - timedelta(days=29)))
    phone = Carrying(client_of("ana")).refresh()
    assert f"/projects/{cast.reef}" in phone.pages
    clock.advance(timedelta(days=2))
    phone.client = client_of("ana")
    assert f"/projects/{cast.reef}" not in phone.refresh().pages


def test_a_handling_unit_carries_its_issues_and_nothing_else(client_of: ClientOf, story: Story) -> None:
    story.logs("ana", issues=[{}])
    assert Carrying(client_of("uma")).refresh().pages == {}


def test_only_what_changed_is_sent_again(client_of: ClientOf, story: Story, db: Database, cast: Cast) -> None:
    phone = Carrying(client_of("ana")).refresh()
    assert phone.sent == set(phone.pages)
    assert phone.refresh().sent == set() and "briefs" not in phone.told["changes"]
    story.logs("bo", content="柏宁去过")
    beside = {path for path in phone.pages if briefs.shelf_of(path) in map(briefs.shelf_of, _of_sail(cast))}
    assert _of_sail(cast) <= phone.refresh().sent <= beside | _of_sail(cast)
    assert "柏宁去过" in phone.pages[f"/projects/{cast.sail}"]
    change(db, cast, stage="S09")
    assert f"/projects/{cast.talk}" not in phone.refresh().sent


def _of_sail(cast: Cast) -> set[str]:
    return {f"/projects/{cast.sail}", f"/enterprises/{cast.enterprise}", "/"}


def test_a_page_says_today_only_on_that_day(client_of: ClientOf, story: Story, cast: Cast) -> None:
    story.logs("ana")
    phone = Carrying(client_of("ana")).refresh()
    assert "今天" in phone.pages[f"/projects/{cast.sail}"]
    clock.advance(timedelta(days=1))
    phone.client = client_of("ana")
    assert "今天" not in phone.refresh().pages[f"/projects/{cast.sail}"]


def test_a_page_leaves_the_phone_when_it_is_no_longer_ones_to_read(
    client_of: ClientOf, db: Database, cast: Cast
) -> None:
    phone = Carrying(client_of("ana")).refresh()
    with db.writing() as session:
        for held in session.query(Assignment).filter_by(project_id=cast.talk):
            held.ends_on = NOON.date() - timedelta(days=1)
    assert f"/projects/{cast.talk}" not in phone.refresh().pages
    with db.writing() as session:
        for held in session.query(Assignment):
            held.ends_on = NOON.date() - timedelta(days=1)
    assert set(phone.refresh().pages) == {"/"}


def test_what_is_sensitive_stands_on_nobody_elses_page(client_of: ClientOf, story: Story, cast: Cast) -> None:
    story.logs("ana", content="MARKER-V", progress="MARKER-P", next_step={"text": "MARKER-N"}, sensitive=True)
    story.logs("ana", issues=[{"title": "MARKER-I", "description": "MARKER-D", "sensitive": True}])
    assert "MARKER-V" in str(Carrying(client_of("ana")).refresh().pages)
    for other in ("bo", "dan", "uma"):
        assert "MARKER" not in str(Carrying(client_of(other)).refresh().told)


def test_numbers_are_whole_for_the_assigned_and_masked_for_others(
    client_of: ClientOf, db: Database, cast: Cast
) -> None:
    with db.writing() as session:
        other = Enterprise(zone_id=cast.zone, name="海岬装备有限公司")
        session.add(other)
        session.flush()
        session.get_one(Project, cast.reef).enterprise_id = other.id
        session.add(Contact(enterprise_id=cast.enterprise, name="周明", phone="13800005678"))
        session.add(Opened(user_id=cast.dan, project_id=cast.sail, at=NOON))
    assert "tel:13800005678" in Carrying(client_of("ana")).refresh().pages[f"/projects/{cast.sail}"]
    theirs = Carrying(client_of("dan")).refresh().pages
    assert "138****5678" in theirs[f"/projects/{cast.sail}"] and "13800005678" not in str(theirs)


def test_a_withdrawn_visit_is_gone_from_the_page(client_of: ClientOf, story: Story, cast: Cast) -> None:
    visit = story.logs("ana", content="写错了")
    phone = Carrying(client_of("lin")).refresh()
    assert "写错了" in phone.pages[f"/projects/{cast.sail}"]
    story.says("ana", visit, "withdrawal", reason="重复")
    assert "写错了" not in phone.refresh().pages[f"/projects/{cast.sail}"]


def test_another_language_is_another_page(client_of: ClientOf, cast: Cast) -> None:
    ana = client_of("ana")
    phone = Carrying(ana).refresh()
    ana.set_cookie("fieldapp_lang", "en")
    assert "Contacts" in phone.refresh().pages[f"/projects/{cast.sail}"]


def test_a_page_stays_small_whatever_was_written(client_of: ClientOf, story: Story, db: Database, cast: Cast) -> None:
    long = "现场" * 2_000
    with db.writing() as session:
        for n in range(9):
            session.add(
                Contact(enterprise_id=cast.enterprise, name=f"联系人{n}", title="项目经理" * 5, phone="13800005678")
            )
    for _ in range(10):
        story.logs("ana", progress=long, problems=long, next_step={"text": long, "on": "2026-11-20"},
                   issues=[{"title": "水" * 190, "description": long, "urgency": "critical"}])  # fmt: skip
    pages = Carrying(client_of("ana")).refresh().pages
    heavy = {path: len(html.encode()) for path, html in pages.items() if path != "/"}
    assert max(heavy.values()) <= BIGGEST, heavy
    assert len(pages["/"].encode()) <= 6 * BIGGEST  # five lists in one


def test_two_hundred_projects_cost_no_more_statements_than_two(client_of: ClientOf, db: Database, cast: Cast) -> None:
    client = client_of("ana")
    few = statements(client)
    with db.writing() as session:
        for number in range(200):
            made = Project(
                id=new_id(), zone_id=cast.zone, enterprise_id=cast.enterprise, name=f"项目{number}", stage="S07"
            )
            session.add(made)
            session.flush()
            session.add(Assignment(project_id=made.id, user_id=cast.ana, starts_on=NOON.date()))
    phone = Carrying(client).refresh()
    assert len(phone.pages) > 200 and phone.told["pages"] > 4
    assert statements(client, phone.cursor) <= few + 2  # nothing new: facts are read, no page is drawn
    assert len(phone.cursor or "") < 2_500


def statements(client: FlaskClient, since: str | None = None) -> int:
    """What one answer costs."""
    with statements_of(client) as asked:
        load(client, since)
    return len(asked)


def test_an_interrupted_load_goes_on_and_tells_each_page_once(
    client_of: ClientOf, db: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(briefs, "PAGES_A_PART", 1)
    phone = Carrying(client_of("ana")).refresh()
    assert phone.told["pages"] >= len(phone.pages)
    told = [row["id"] for row in phone.told["changes"]["briefs"]]
    assert len(told) == len(set(told))
    assert phone.refresh().sent == set()


def test_what_changes_between_two_parts_of_a_load_is_told_by_the_next(
    client_of: ClientOf, db: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(briefs, "PAGES_A_PART", 1)
    ana, part, shelves = client_of("ana"), None, {}
    for turn in range(100):
        page = ana.get("/api/v1/reference", query_string={"part": part} if part else {}).json
        shelves |= {row["id"]: row["pages"] for row in page["changes"].get("briefs", [])}
        if shelves and turn % 2:
            change(db, cast, stage=f"S{turn % 10:02}")
        if "cursor" in page:
            break
        part = page["next"]
    phone = Carrying(ana)
    phone.cursor, phone.shelves = page["cursor"], shelves
    fresh = Carrying(client_of("ana")).refresh()
    assert phone.refresh().pages == fresh.pages


@pytest.mark.parametrize("broken", ["nonsense", "!!", "", "AAAA"])
def test_a_cursor_whose_pages_are_not_ours_brings_them_all(client_of: ClientOf, cast: Cast, broken: str) -> None:
    phone = Carrying(client_of("ana")).refresh()
    everything = set(phone.pages)
    phone.cursor = f"{(phone.cursor or '').partition('~')[0]}~{broken}"
    assert phone.refresh().sent == everything


def test_todays_page_follows_a_number_and_what_is_to_be_filed(
    client_of: ClientOf, story: Story, db: Database, cast: Cast
) -> None:
    with db.writing() as session:
        who = Contact(enterprise_id=cast.enterprise, name="周明", phone="13800005678")
        session.add(who)
        session.flush()
        contact = who.id
    story.logs("ana", next_step={"text": "复核水压"})
    phone = Carrying(client_of("ana")).refresh()
    assert "tel:13800005678" in phone.pages["/"] and "/visits/unfiled" not in phone.pages["/"]
    with db.writing() as session:
        session.get_one(Contact, contact).phone = "13800009999"
    assert "tel:13800009999" in phone.refresh().pages["/"]
    story.logs("ana", at=NOON - timedelta(days=2), project=None, typed_project="临港精密")
    assert "/visits/unfiled" in phone.refresh().pages["/"]


def test_a_follow_up_that_is_done_leaves_today(client_of: ClientOf, story: Story, db: Database) -> None:
    story.logs("ana", next_step={"text": "复核水压"})
    phone = Carrying(client_of("ana")).refresh()
    with db.reading() as session:
        id = session.query(FollowUp).one().id
    assert str(id) in phone.pages["/"]
    phone.client.post(f"/follow-ups/{id}/done")
    assert str(id) not in phone.refresh().pages["/"]
