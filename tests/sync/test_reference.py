"""What a phone carries, and how it learns what changed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from fieldapp.core import changes, clock
from fieldapp.core.db import Database, new_id
from fieldapp.core.models import Counter, Fact
from fieldapp.projects.models import Assignment, Contact, Project
from fieldapp.sync import outcomes, reference
from fieldapp.sync.models import Record
from tests.cast import NOON, Cast

ClientOf = Callable[..., FlaskClient]


def load(client: FlaskClient, since: str | None = None) -> dict[str, Any]:
    """As a phone does: page after page, merged; the last page has the cursor."""
    whole: dict[str, Any] = {"changes": {}, "removed": {}, "pages": 0}
    part = None
    while True:
        query = {key: value for key, value in {"since": since, "part": part}.items() if value}
        page = client.get("/api/v1/reference", query_string=query).json
        whole["pages"] += 1
        for kind, rows in page.pop("changes", {}).items():
            whole["changes"].setdefault(kind, []).extend(rows)
        whole["removed"] |= page.pop("removed", {})
        whole |= page
        part = page.get("next")
        if part is None:
            return whole
        whole.pop("next")


def names(loaded: dict[str, Any]) -> set[str]:
    return {project["name"] for project in loaded["changes"].get("projects", [])}


@pytest.fixture(autouse=True)
def noon() -> Any:
    with clock.frozen(NOON):
        yield


def test_a_first_load_brings_kinds_categories_and_the_projects_one_may_read(client_of: ClientOf, cast: Cast) -> None:
    loaded = load(client_of("ana"))
    assert names(loaded) == {"云帆新材料", "海岬装备", "远山食品"}
    assert {p["name"]: p["mine"] for p in loaded["changes"]["projects"]}["海岬装备"] is False
    assert "site_inspection" in {kind["code"] for kind in loaded["changes"]["kinds"]}
    assert {"units", "officers", "stages", "categories"} <= set(loaded["changes"])
    assert loaded["me"]["name"] == "安娜"


def test_a_project_before_signing_is_carried_by_its_team_only(client_of: ClientOf) -> None:
    assert "远山食品" not in names(load(client_of("dan")))


def test_a_handling_unit_carries_no_projects(client_of: ClientOf) -> None:
    assert names(load(client_of("uma"))) == set()


def test_nothing_new_is_a_small_answer(client_of: ClientOf) -> None:
    ana = client_of("ana")
    again = load(ana, load(ana)["cursor"])
    assert again["changes"] == {} and again["removed"] == {} and "replaced" not in again


def test_a_changed_and_an_archived_project_reach_the_phone(client_of: ClientOf, db: Database, cast: Cast) -> None:
    ana = client_of("ana")
    cursor = load(ana)["cursor"]
    with db.writing() as session:
        session.get_one(Project, cast.sail).name = "云帆新材料二厂"
        changes.note(session, "project", cast.sail)
        session.get_one(Project, cast.reef).archived_at = NOON
        changes.note(session, "project", cast.reef, removed=True)
    delta = load(ana, cursor)
    assert names(delta) == {"云帆新材料二厂"}
    assert delta["removed"] == {"projects": [str(cast.reef)]}


def test_contacts_of_assigned_projects_come_with_their_telephone_and_others_do_not(
    client_of: ClientOf, db: Database, cast: Cast
) -> None:
    with db.writing() as session:
        session.add(Contact(id=new_id(), enterprise_id=cast.enterprise, name="简宁", phone="13900000001"))
    assert load(client_of("ana"))["replaced"]["contacts"][0]["phone"] == "13900000001"
    assert load(client_of("dee"))["replaced"]["contacts"] == []


def test_an_assignment_that_ends_takes_the_project_off_mine(client_of: ClientOf, db: Database, cast: Cast) -> None:
    ana = client_of("ana")
    cursor = load(ana)["cursor"]
    with db.writing() as session:
        for assignment in session.query(Assignment).filter_by(project_id=cast.sail):
            assignment.ends_on = NOON.date() - timedelta(days=1)
        changes.note(session, "project", cast.sail)
    (changed,) = load(ana, cursor)["changes"]["projects"]
    assert changed["name"] == "云帆新材料" and changed["mine"] is False


@pytest.mark.parametrize("cursor", ["nonsense", "W10", "WyJhIiwiYiIsMSwiYyJd"])
def test_a_cursor_that_is_not_ours_begins_anew(client_of: ClientOf, cursor: str) -> None:
    assert client_of("ana").get(f"/api/v1/reference?since={cursor}").json["reset"] is True


def test_another_epoch_or_role_begins_anew(client_of: ClientOf, db: Database, cast: Cast) -> None:
    ana, bo = client_of("ana"), client_of("dan")
    cursor = load(ana)["cursor"]
    assert bo.get(f"/api/v1/reference?since={cursor}").json["reset"] is True
    with db.writing() as session:
        session.get_one(Fact, "server_epoch").value = "restored"
    assert ana.get(f"/api/v1/reference?since={cursor}").json["reset"] is True


def test_a_cursor_older_than_the_tombstones_begins_anew(client_of: ClientOf, db: Database, cast: Cast) -> None:
    ana = client_of("ana")
    cursor = load(ana)["cursor"]
    with db.writing() as session:
        changes.note(session, "project", cast.sail)
    clock.advance(reference.TOMBSTONES_KEPT - timedelta(days=1))
    assert "reset" not in load(client_of("ana"), cursor)
    clock.advance(timedelta(days=2))
    assert client_of("ana").get(f"/api/v1/reference?since={cursor}").json["reset"] is True


def test_many_projects_come_in_pages_each_once(client_of: ClientOf, db: Database, cast: Cast) -> None:
    with db.writing() as session:
        for number in range(reference.ROWS_A_PAGE * 2):
            session.add(
                Project(
                    id=new_id(), zone_id=cast.zone, enterprise_id=cast.enterprise, name=f"项目{number}", stage="S07"
                )
            )
    ana = client_of("ana")
    loaded = load(ana)
    ids = [project["id"] for project in loaded["changes"]["projects"]]
    assert len(ids) == len(set(ids)) == reference.ROWS_A_PAGE * 2 + 3
    assert loaded["pages"] == 4
    with db.writing() as session:
        for project in session.query(Project):
            changes.note(session, "project", project.id)
    delta = load(ana, loaded["cursor"])
    assert len(delta["changes"]["projects"]) == len(ids) and delta["pages"] == 3


def test_a_stranger_gets_401_and_no_redirect(client_of: ClientOf) -> None:
    answer = client_of(None).get("/api/v1/reference")
    assert answer.status_code == 401 and answer.json["code"] == "signed-out"


def test_more_outcomes_than_fit_are_told_by_and_by(
    client_of: ClientOf, db: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcomes, "OUTCOMES_A_PAGE", 3)
    ana, ids = client_of("ana"), []
    cursor = load(ana)["cursor"]
    for number in range(8):
        ids.append(str(new_id()))
        with db.writing() as session:
            session.add(Record(id=UUID(ids[-1]), type="visit", owner_id=cast.ana, state="placed", version=number + 100,
                               received_at=NOON, changed_at=NOON))  # fmt: skip
            session.merge(Counter(name=changes.REFERENCE, value=number + 100))
    told: list[str] = []
    for _ in range(4):
        page = load(ana, cursor)
        told += [outcome["id"] for outcome in page["outcomes"]]
        cursor = page["cursor"]
    assert told == ids
