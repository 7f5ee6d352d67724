"""What a phone carries for the site: questions for all, the last word on progress of what it carries."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.visits import stages
from tests.cast import NOON, Cast
from tests.feed.story import Story

ClientOf = Callable[..., FlaskClient]


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def story(db: Database, cast: Cast) -> Story:
    return Story(db, cast)


def load(client: FlaskClient, since: str | None = None) -> dict[str, Any]:
    """All pages of a load, as one."""
    found: dict[str, Any] = {"changes": {}}
    part = None
    while "cursor" not in found:
        page = client.get("/api/v1/reference", query_string={"since": since, "part": part}).json
        rows = {name: found["changes"].get(name, []) + more for name, more in page["changes"].items()}
        found = {**found, **page, "changes": {**found["changes"], **rows}}
        part = page.get("next")
    return found


def test_questions_come_with_the_first_load_by_stage_and_by_scope(client_of: ClientOf, cast: Cast) -> None:
    questions = load(client_of("ana"))["changes"]["questions"]
    assert {stage for one in questions for stage in one["stages"]} == {f"S{n:02}" for n in range(14)}
    assert {one["scope"] for one in questions if not one["stages"]} == {"before", "building", "producing"}


def test_the_last_word_on_progress_is_as_the_reader_may_read_it(client_of: ClientOf, cast: Cast, story: Story) -> None:
    story.logs("ana", at=NOON - timedelta(days=3), progress="一层封顶", progress_percent=30)
    secret = story.logs("ana", at=NOON - timedelta(days=2), progress="涉密进展", sensitive=True)
    story.logs("bo", at=NOON - timedelta(days=1))
    ana, bo = load(client_of("ana")), load(client_of("bo"))
    assert [(one["project"], one["text"]) for one in ana["replaced"]["progress"]] == [(str(cast.sail), "涉密进展")]
    assert [(one["text"], one["percent"]) for one in bo["replaced"]["progress"]] == [("一层封顶", 30)]
    assert load(client_of("dan"))["replaced"]["progress"] == []  # not of his team, and never opened
    assert "replaced" not in load(client_of("ana"), ana["cursor"])
    story.says("ana", secret, "withdrawal", reason="误填")
    assert [one["text"] for one in load(client_of("ana"), ana["cursor"])["replaced"]["progress"]] == ["一层封顶"]


def test_a_confirmed_stage_reaches_the_phones(client_of: ClientOf, db: Database, cast: Cast, story: Story) -> None:
    cursor = load(client_of("ana"))["cursor"]
    story.logs("ana", stage="S09")
    stage = {one["id"]: one["stage"] for one in load(client_of("ana"), cursor)["changes"]["projects"]}
    assert stage[str(cast.sail)] == "S08"
    with db.writing() as session:
        lin = cast.person(session, "lin")
        (waiting,) = stages.waiting(session, lin, zone_readable=True, limit=9)
        stages.confirm(session, lin, waiting.seen.id, zone_readable=True)
    stage = {one["id"]: one["stage"] for one in load(client_of("ana"), cursor)["changes"]["projects"]}
    assert stage[str(cast.sail)] == "S09"
