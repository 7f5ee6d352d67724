"""A visit logged on the plain form, without JavaScript."""

import io
import os
from collections.abc import Callable, Collection
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from fieldapp.core.files import Files
from fieldapp.core.jobs import Context
from fieldapp.feed.parking import sweep
from fieldapp.issues.models import Issue
from fieldapp.photos import actions as photos
from fieldapp.photos.models import Photo
from fieldapp.settings import Settings
from fieldapp.visits.models import FollowUp, Visit
from tests.cast import NOON, Cast
from tests.feed.pages import Node, Reader, parse
from tests.feed.story import Story

Readers = Callable[[str], Reader]


def filled(cast: Cast, **more: Any) -> dict[str, Any]:
    return {"id": str(new_id()), "project": str(cast.sail), "kind": "site_inspection", "said_when": "now",
            "content": "二层封顶", **more}  # fmt: skip


def picture(name: str = "site.jpg", data: bytes = b"\xff\xd8\xff") -> tuple[io.BytesIO, str]:
    return io.BytesIO(data), name


def count(db: Database, model: Any) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def value(page: Node, name: str) -> str:
    node = next(node for node in page.all(name=name) if node.tag in ("input", "textarea", "select"))
    if node.tag == "textarea":
        return node.text
    if node.tag == "select":
        return next((option.attrs["value"] for option in node.all("option", selected=True)), "")
    return node.attrs.get("value", "")


def error_at(page: Node, id: str) -> str:
    field = page.one(id=id)
    assert f"{id}-error" in field.attrs["aria-describedby"].split()
    return page.one(id=f"{id}-error").text


def test_ana_logs_a_visit_with_photos_and_two_issues_and_lin_reads_it_once(
    cast: Cast, db: Database, settings: Settings, reader: Readers
) -> None:
    ana = reader("ana")
    form = ana.get(f"/visits/new?project={cast.sail}")
    assert value(form, "project") == str(cast.sail)
    data = filled(
        cast, id=value(form, "id"), problems="水压不足", met_name="周明", met_title="项目经理",
        participants=str(cast.bo),
        outside="供水公司\n设计院", next_text="复核", next_on="2026-11-24", progress_percent="60",
        photos=[picture("a.jpg", b"one"), picture("b.jpg", b"two")],
        **{"issues-0-title": "临时用水", "issues-0-category": "water", "issues-0-urgency": "urgent",
           "issues-0-deadline": "2026-11-30", "issues-1-title": "道路开口", "issues-1-urgency": "normal"},
    )  # fmt: skip
    target = ana.post("/visits/new", data)
    assert target == f"/visits/{data['id']}?saved"
    assert "已保存" in ana.get(target).text
    page = reader("lin").get(f"/visits/{data['id']}")
    assert "供水公司、设计院" in page.text and "安娜、柏宁" in page.text and "周明 · 项目经理" in page.text
    assert [cell.text for cell in page.one(id="issues").all(css="cell-title")] == ["临时用水", "道路开口"]
    assert reader("lin").get(f"/projects/{cast.sail}/timeline?kind=site").text.count("二层封顶") == 1
    with db.reading() as session:
        photos = session.scalars(select(Photo).order_by(Photo.order)).all()
        assert [photo.state for photo in photos] == ["stored", "stored"]
        assert [Files(settings.files).open(photo.evidence_key).read() for photo in photos] == [b"one", b"two"]
        issue = session.scalars(select(Issue).where(Issue.title == "临时用水")).one()
        assert issue.lead_unit_id is None and issue.urgency == "urgent"
        assert (
            issue.enterprise_deadline is not None
            and issue.enterprise_deadline.isoformat() == "2026-11-30T10:00:00+00:00"
        )
        assert session.scalars(select(FollowUp)).one().owner_id == cast.ana
    assert list((settings.data_dir / "parked").glob("*/*")) == []


def test_going_back_brings_the_form_that_was_sent_with_its_own_id(reader: Readers) -> None:
    """The browser keeps it for its history, and a POST to another address does not have it forgotten."""
    answer = reader("ana").client.get("/visits/new")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    [form] = [one for one in parse(answer.text).all("form") if one.attrs["action"].startswith("/visits/new")]
    assert form.attrs["action"] == f"/visits/new?form={form.one('input', name='id').attrs['value']}"


def test_units_and_admins_do_not_log(cast: Cast, reader: Readers) -> None:
    for name in ("uma", "zoe"):
        assert reader(name).client.get("/visits/new").status_code == 404
        assert reader(name).client.post("/visits/new", data=filled(cast)).status_code == 404


# -- sent twice ----------------------------------------------------------------------------------------------------


def test_the_same_form_sent_twice_is_one_visit(cast: Cast, db: Database, reader: Readers) -> None:
    ana, data = reader("ana"), filled(cast, **{"issues-0-title": "临时用水"})
    first = ana.post("/visits/new", {**data, "photos": [picture()]})
    clock.advance(timedelta(minutes=3))
    assert ana.post("/visits/new", {**data, "photos": [picture()]}) == first
    assert (count(db, Visit), count(db, Issue), count(db, Photo)) == (1, 1, 1)


def test_the_same_id_with_other_content_overwrites_nothing_and_loses_nothing(
    cast: Cast, db: Database, reader: Readers
) -> None:
    ana, data = reader("ana"), filled(cast)
    ana.post("/visits/new", data)
    page = ana.post("/visits/new", {**data, "content": "另一处", "photos": [picture("n.jpg")]}, 409)
    assert "先前已保存" in page.text and value(page, "content") == "另一处"
    fresh, token = value(page, "id"), value(page, "parked")
    assert fresh != data["id"]
    assert page.all("a", href=f"/visits/{data['id']}")
    ana.post("/visits/new", {**data, "content": "另一处", "id": fresh, "parked": token})
    assert (count(db, Visit), count(db, Photo)) == (2, 1)
    with db.reading() as session:
        assert session.get_one(Visit, UUID(data["id"])).content == "二层封顶"


def test_the_id_of_anothers_visit_is_not_overwritten_either(story: Story, cast: Cast, reader: Readers) -> None:
    visit = story.logs("dan", project=cast.reef)
    reader("ana").post("/visits/new", filled(cast, id=str(visit)), 409)
    assert "二层钢结构" in reader("lin").get(f"/visits/{visit}").text


# -- nothing typed is lost -----------------------------------------------------------------------------------------


def test_another_issue_can_be_added_without_losing_anything(cast: Cast, db: Database, reader: Readers) -> None:
    ana, data = reader("ana"), filled(cast, needs="用工", **{"issues-0-title": "临时用水"})
    page = ana.post("/visits/new", {**data, "more_issues": "1", "photos": [picture("a.jpg", b"one")]}, 200)
    assert value(page, "issues-0-title") == "临时用水" and value(page, "issues-1-title") == ""
    assert value(page, "needs") == "用工" and value(page, "id") == data["id"]
    page = ana.post(
        "/visits/new", {**data, "more_issues": "1", "parked": value(page, "parked"), "issues-1-title": "二"}, 200
    )
    ana.post("/visits/new", {**data, "parked": value(page, "parked"), "issues-1-title": "二"})
    assert (count(db, Visit), count(db, Issue), count(db, Photo)) == (1, 2, 1)


def test_a_parked_photo_can_be_left_out(cast: Cast, db: Database, reader: Readers) -> None:
    ana, data = reader("ana"), filled(cast)
    page = ana.post(
        "/visits/new", {**data, "more_issues": "1", "photos": [picture("a.jpg", b"1"), picture("b.jpg", b"2")]}, 200
    )
    tokens = [node.attrs["value"] for node in page.all("input", name="parked")]
    ana.post("/visits/new", {**data, "parked": tokens, "drop": tokens[0]})
    assert count(db, Photo) == 1


def test_parked_photos_are_kept_for_an_hour_and_then_missed_aloud(
    cast: Cast, db: Database, settings: Settings, reader: Readers
) -> None:
    ana, data = reader("ana"), filled(cast)
    page = ana.post("/visits/new", {**data, "more_issues": "1", "photos": [picture()]}, 200)
    around = Context(settings, db, Files(settings.files))
    for path in (settings.data_dir / "parked").glob("*/*"):
        os.utime(path, (NOON.timestamp(), NOON.timestamp()))
    clock.advance(timedelta(minutes=59))
    sweep(around)
    assert len(list((settings.data_dir / "parked").glob("*/*"))) == 2
    clock.advance(timedelta(minutes=2))
    sweep(around)
    page = ana.post("/visits/new", {**data, "parked": value(page, "parked")}, 422)
    assert "只保留一小时" in error_at(page, "f-photos")
    assert value(page, "content") == "二层封顶"


def test_bytes_deleted_with_a_purged_photo_as_the_form_comes_in_are_there_all_the_same(
    cast: Cast, db: Database, settings: Settings, reader: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, receive = Files(settings.files), photos.receive

    def purged_meanwhile(session: Session, owner_id: UUID, photo_ids: Collection[UUID]) -> None:
        for photo in session.scalars(select(Photo).where(Photo.id.in_(list(photo_ids)))):
            files.delete(photo.evidence_key)
        receive(session, owner_id, photo_ids)

    monkeypatch.setattr(photos, "receive", purged_meanwhile)
    reader("ana").post("/visits/new", data=filled(cast, photos=[picture()]))
    with db.reading() as session:
        assert files.open(session.scalars(select(Photo)).one().evidence_key).read() == b"\xff\xd8\xff"


def test_another_persons_parked_photo_is_out_of_reach(cast: Cast, db: Database, reader: Readers) -> None:
    page = reader("ana").post("/visits/new", {**filled(cast), "more_issues": "1", "photos": [picture()]}, 200)
    for token in (value(page, "parked"), "../../fieldapp.db", "x"):
        reader("bo").post("/visits/new", {**filled(cast), "parked": token}, 422)
    assert count(db, Photo) == 0


# -- as it was typed -----------------------------------------------------------------------------------------------


def test_emoji_right_to_left_and_ten_thousand_characters_are_kept_as_typed(cast: Cast, reader: Readers) -> None:
    text = "👷‍♀️ مرحبا <b>&amp;</b>\u202e " + "长" * 10_000
    data = filled(cast, content=text + "\x00")
    ana = reader("ana")
    assert text.split()[-1] in ana.get(ana.post("/visits/new", data)).text


def test_a_time_of_the_day_before_is_a_later_entry(cast: Cast, db: Database, reader: Readers) -> None:
    data = filled(cast, said_when="time", occurred_at="2026-11-19T15:00")
    reader("ana").post("/visits/new", data)
    with db.reading() as session:
        visit = session.get_one(Visit, UUID(data["id"]))
        assert visit.later_entry and visit.occurred_at.isoformat() == "2026-11-19T07:00:00+00:00"


# -- which project -------------------------------------------------------------------------------------------------


def test_a_project_named_by_its_initials_is_found(cast: Cast, db: Database, reader: Readers) -> None:
    for typed in ("hjzb", "海岬装备", "海岬装备（一期）"):
        data = filled(cast, project="", typed_project=typed)
        reader("ana").post("/visits/new", data)
        with db.reading() as session:
            assert [link.project_id for link in session.get_one(Visit, UUID(data["id"])).projects] == [cast.reef]


def test_a_name_that_nobody_knows_waits_to_be_filed(cast: Cast, reader: Readers) -> None:
    data = filled(cast, project="", typed_project="新来的企业")
    page = reader("ana").get(reader("ana").post("/visits/new", data))
    assert "新来的企业" in page.text and "待归档" in page.text


def test_a_project_that_one_may_not_see_cannot_be_chosen_and_is_not_told_apart(
    cast: Cast, db: Database, reader: Readers
) -> None:
    for project in (cast.talk, new_id()):
        page = reader("dan").post("/visits/new", filled(cast, project=str(project)), 422)
        assert "不能选择此项目" in error_at(page, "project")
    assert value(reader("dan").get(f"/visits/new?project={cast.talk}"), "project") == ""
    assert count(db, Visit) == 0


def test_parked_files_lie_in_the_data_folder(cast: Cast, settings: Settings, reader: Readers) -> None:
    reader("ana").post("/visits/new", {**filled(cast), "more_issues": "1", "photos": [picture("../../x.jpg")]}, 200)
    inside = [
        path.relative_to(settings.data_dir).parts[:2] for path in Path(settings.data_dir).rglob("*") if path.is_file()
    ]
    assert ("parked", cast.ana.hex) in inside
