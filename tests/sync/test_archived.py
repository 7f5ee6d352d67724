"""The desk archives a project while phones hold records for it: they are taken, and land on its timeline."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.projects.models import Project
from fieldapp.projects.project_actions import PROJECTS
from fieldapp.sync.models import ReviewItem
from fieldapp.timeline.models import Entry
from tests.cast import NOON, Cast
from tests.feed.pages import parse
from tests.sync.phone import Phone, opened, photo
from tests.sync.test_reference import load

ClientOf = Callable[..., FlaskClient]


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


def entries(db: Database, project: UUID) -> set[UUID]:
    with db.reading() as session:
        return set(session.scalars(select(Entry.ref).where(Entry.project_id == project, Entry.left_at.is_(None))))


def test_records_for_an_archived_project_are_taken_and_show_on_its_page(
    db: Database, client_of: ClientOf, cast: Cast
) -> None:
    ana = Phone(cast.ana, client_of("ana"))
    cursor = load(client_of("ana"))["cursor"]
    before = ana.visit(cast.sail, {"content": "归档前已上传"})
    assert ana.send(before).status_code == 201
    line = opened()
    waiting = ana.visit(cast.sail, {"progress": "屋面完成", "issue_events": [line]}, photos=[photo()])
    later = ana.supplement(before.id, "addition", {"text": "补充一句"})
    moved = ana.visit(None, {"typed_project": "云帆"})
    onto = ana.supplement(moved.id, "move", {"project": str(cast.sail)})
    answer = client_of("zoe").post(f"/admin/projects/{cast.sail}/archive")
    assert answer.status_code == 303
    clock.advance(timedelta(hours=3))
    assert str(cast.sail) in load(client_of("ana"), cursor)["removed"]["projects"]

    states = [ana.send(one).get_json()["state"] for one in (waiting, later, moved, onto)]
    assert states == ["placed", "placed", "unfiled", "placed"]
    after = ana.visit(cast.sail, {"content": "归档后才登记"})  # a draft that was begun before
    assert ana.send(after).status_code == 201
    assert {before.id, waiting.id, moved.id, after.id, UUID(line["id"])} <= entries(db, cast.sail)
    with db.reading() as session:
        assert session.scalars(select(ReviewItem)).all() == []
        project = session.get_one(Project, cast.sail)
        assert project.archived_at == NOON and project.last_contact_at is not None

    page = parse(client_of("ana").get(f"/projects/{cast.sail}").text)
    assert "已归档" in page.one(data_archived=True).text
    assert "屋面完成" in page.text and "归档后才登记" in page.text
    assert not page.all("a", href=f"/capture?project={cast.sail}"), "nobody is invited to go on"
    assert f"/projects/{cast.sail}" not in client_of("ana").get("/projects").text


def test_taken_back_it_is_as_before(db: Database, client_of: ClientOf, cast: Cast) -> None:
    ana = Phone(cast.ana, client_of("ana"))
    for act in (PROJECTS.archive, PROJECTS.restore):
        with db.writing() as session:
            act(session, cast.zoe, cast.sail)
        assert ana.send(ana.visit(cast.sail)).status_code == 201
    page = parse(client_of("ana").get(f"/projects/{cast.sail}").text)
    assert page.all("a", href=f"/capture?project={cast.sail}") and not page.all(data_archived=True)
    assert f"/projects/{cast.sail}" in client_of("ana").get("/projects").text
