"""待跟进 on today: due first, called, logged, put off, done."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from fieldapp.core.db import Database, new_id
from fieldapp.core.models import Audit
from fieldapp.projects.models import Contact, Enterprise, Project
from fieldapp.visits.models import FollowUp
from tests.cast import NOON, Cast
from tests.feed.pages import Node, Reader
from tests.feed.story import Story

Readers = Callable[[str], Reader]
TODAY = NOON.date()


def waiting(page: Node) -> list[Node]:
    return page.all("li", data_follow_up=True)


def titles(page: Node) -> list[str]:
    return [line.all(css="cell-title")[0].text for line in waiting(page)]


def the_one(db: Database) -> FollowUp:
    with db.reading() as session:
        return session.scalars(select(FollowUp)).one()


def promise(story: Story, words: str = "复核水压", on: date | None = TODAY) -> None:
    story.logs("ana", next_step={"text": words, "on": on.isoformat() if on else None})


def test_what_is_due_comes_first_and_stands_on_top_of_today(story: Story, reader: Readers) -> None:
    for words, on in (("以后", TODAY + timedelta(days=9)), ("哪天都行", None), ("逾期", TODAY - timedelta(days=2)),
                      ("今天", TODAY)):  # fmt: skip
        promise(story, words, on)
    page = reader("ana").get("/")
    assert titles(page) == ["逾期", "今天", "以后", "哪天都行"]
    headings = [one.text for one in page.all("h2")]
    assert headings.index("待跟进") < headings.index("久未联系")


def test_each_has_whom_to_call_the_form_and_another_day(
    story: Story, cast: Cast, db: Database, reader: Readers
) -> None:
    with db.writing() as session:
        first, met = (
            Contact(enterprise_id=cast.enterprise, name=name, phone=phone, order=order)
            for order, (name, phone) in enumerate((("周明", "13800005678"), ("简宁", "13900000001")))
        )
        session.add_all([first, met])
    story.logs("ana", next_step={"text": "复核"}, met=[{"name": "简宁", "contact": str(met.id)}])
    (line,) = waiting(reader("ana").get("/"))
    call = line.one("a", data_call=True)
    assert call.attrs["href"] == "tel:13900000001" and call.attrs["data-contact"] == str(met.id)
    assert call.attrs["data-project"] == str(cast.sail) and call.attrs["data-follow-up-id"] == str(the_one(db).id)
    assert line.all("a", href=f"/capture?project={cast.sail}&follow-up={the_one(db).id}")
    assert line.all("a", href=f"/follow-ups/{the_one(db).id}/day")


def test_nobody_is_offered_to_call_whose_number_one_may_not_see(
    story: Story, cast: Cast, db: Database, reader: Readers
) -> None:
    with db.writing() as session:
        session.add(Contact(enterprise_id=cast.enterprise, name="周明", phone="13800005678"))
        other = Enterprise(zone_id=cast.zone, name="海岬装备有限公司")
        session.add(other)
        session.flush()
        session.get_one(Project, cast.reef).enterprise_id = other.id  # dan's only one
    story.logs("ana", next_step={"text": "请丹青复核", "by": str(cast.dan)})
    page = reader("dan").get("/")
    assert titles(page) == ["请丹青复核"] and "13800005678" not in str(page.text)
    assert page.all("a", href="tel:13800005678") == []


def test_a_follow_up_is_ticked_off_by_its_owner_only(story: Story, db: Database, reader: Readers) -> None:
    promise(story)
    action = f"/follow-ups/{the_one(db).id}/done"
    assert reader("ana").get("/").all("form", action=action)
    assert reader("bo").client.post(action).status_code == 404
    for _ in range(2):
        assert reader("ana").post(action, {}) == "/"
    assert the_one(db).done_at == NOON
    assert waiting(reader("ana").get("/")) == []


def test_logging_against_it_ticks_it_off_and_a_revision_takes_that_back(story: Story, cast: Cast, db: Database) -> None:
    promise(story)
    asked = the_one(db).id
    visit = story.logs("ana", follow_up=str(asked))
    assert (the_one(db).done_at, the_one(db).done_by_visit) == (NOON, visit)
    story.logs("ana", again=visit)
    assert (the_one(db).done_at, the_one(db).done_by_visit) == (None, None)


def test_another_persons_follow_up_is_not_ticked_off(story: Story, db: Database) -> None:
    promise(story)
    story.logs("bo", follow_up=str(the_one(db).id))
    assert the_one(db).done_at is None


def test_it_is_put_off_to_another_day_once_however_often_the_form_comes(
    story: Story, db: Database, reader: Readers
) -> None:
    promise(story)
    id, ana = the_one(db).id, reader("ana")
    form = ana.get(f"/follow-ups/{id}/day")
    act = form.one("input", name="id").attrs["value"]
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    assert tomorrow in [button.attrs["value"] for button in form.all("button", name="on")]
    assert ana.post(f"/follow-ups/{id}/day", {"id": act, "on": tomorrow}) == "/"
    later = (TODAY + timedelta(days=30)).isoformat()
    ana.post(f"/follow-ups/{id}/day", {"id": str(new_id()), "date": later})
    ana.post(f"/follow-ups/{id}/day", {"id": act, "on": tomorrow})  # the browser sends the first once more
    assert the_one(db).due_on == TODAY + timedelta(days=30)
    with db.reading() as session:
        assert len(session.scalars(select(Audit).where(Audit.verb == "follow_up.put_off")).all()) == 2


@pytest.mark.parametrize("day", ["2026-02-30", "昨天", "2026-11-19", "2028-01-01", ""])
def test_a_day_that_is_none_is_said_at_the_field_and_stays_typed(
    story: Story, db: Database, reader: Readers, day: str
) -> None:
    promise(story)
    id = the_one(db).id
    page = reader("ana").post(f"/follow-ups/{id}/day", {"id": str(new_id()), "date": day}, status=422)
    assert page.one("input", name="date").attrs.get("value", "") == day
    assert page.all(css="error") and the_one(db).due_on == TODAY


def test_nobody_else_finds_it(story: Story, db: Database, reader: Readers) -> None:
    promise(story)
    bo, address = reader("bo").client, f"/follow-ups/{the_one(db).id}/day"
    assert bo.get(address).status_code == 404
    assert bo.post(address, data={"on": TODAY.isoformat()}).status_code == 404
    assert the_one(db).due_on == TODAY


def test_the_lists_are_shown_until_put_away_and_stay_to_be_read(cast: Cast, reader: Readers) -> None:
    ana = reader("ana")
    assert "负面清单" in ana.get("/").text
    for _ in range(2):
        assert ana.post("/lists/seen", {}) == "/"
    assert "负面清单" not in ana.get("/").text and "负面清单" in reader("bo").get("/").text
    assert "职责清单" in ana.get("/lists").text
