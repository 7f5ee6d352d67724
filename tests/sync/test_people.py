"""People come and go while their phones hold visits: each record survives, and somebody is told
(docs/sync-protocol.md 5 and 11)."""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from fieldapp.accounts import actions as accounts
from fieldapp.accounts.models import Membership, User
from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from fieldapp.photos.models import STORED, Photo
from fieldapp.projects.models import Assignment
from fieldapp.sync.models import Raw, ReviewItem
from fieldapp.visits.models import Visit, VisitProject
from tests.cast import NOON, PASSWORD, Cast
from tests.sync.bringing import TYPE, Brought
from tests.sync.phone import Phone, Sealed, photo
from tests.sync.test_imports import PICTURE, exported, hand_in

ClientOf = Callable[..., FlaskClient]
DAY = timedelta(days=1)
FRIDAY = NOON.date()


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def ana(client_of: ClientOf, cast: Cast) -> Phone:
    return Phone(cast.ana, client_of("ana"))


# -- what happens to people -----------------------------------------------------------------------------------------


def disable(db: Database, cast: Cast) -> None:
    db.write(lambda session: accounts.disable(session, session.get_one(User, cast.ana), by=cast.zoe))


def leave_all_teams(db: Database, cast: Cast, last_day: date = FRIDAY) -> None:
    with db.writing() as session:
        for held in session.scalars(select(Membership).where(Membership.user_id == cast.ana)):
            held.ends_on = last_day


def change_teams(db: Database, cast: Cast, last_day: date = FRIDAY) -> None:
    leave_all_teams(db, cast, last_day)
    with db.writing() as session:
        held = Membership(user_id=cast.ana, team_id=cast.second_team, role="officer", starts_on=last_day + DAY)
        session.add(held)


def end_assignment(db: Database, project: UUID, last_day: date = FRIDAY) -> None:
    with db.writing() as session:
        for assigned in session.scalars(select(Assignment).where(Assignment.project_id == project)):
            assigned.ends_on = last_day


ENDINGS = pytest.mark.parametrize("ends", [disable, leave_all_teams], ids=["disabled", "out-of-every-team"])


# -- what is then true ----------------------------------------------------------------------------------------------


def with_photo(phone: Phone, cast: Cast) -> tuple[Sealed, Brought]:
    """A visit as it lies on the phone, and its photo."""
    line = photo(PICTURE)
    sealed = phone.visit(cast.sail, {"content": "停用之前登记"}, photos=[line])
    return sealed, Brought(sealed.id, UUID(line["id"]), PICTURE)


def upload(phone: Phone, brought: Brought) -> int:
    assert phone.client is not None
    headers = {**brought.creation, "Content-Type": TYPE}
    return phone.client.post("/api/v1/uploads", headers=headers, data=brought.data).status_code


def whole(db: Database, sealed: Sealed) -> bool:
    """Bytes as sealed, and every photo that they list."""
    with db.reading() as session:
        raw = session.scalar(select(Raw.payload).where(Raw.record_id == sealed.id))
        stored = select(func.count()).where(Photo.record_id == sealed.id, Photo.state == STORED)
        return raw == sealed.raw and session.scalar(stored) == len(sealed.said["photos"])


def projects_of(db: Database, sealed: Sealed) -> list[UUID]:
    with db.reading() as session:
        return list(session.scalars(select(VisitProject.project_id).where(VisitProject.visit_id == sealed.id)))


def told(db: Database, reader: FlaskClient) -> list[str]:
    """The kinds of what this person finds on `/review`; today's page says how many there are."""
    listed = re.findall(r'href="/review/([0-9a-f-]{36})"', reader.get("/review").text)
    count = re.search(r'href="/review".*?"cell-right">(\d+)<', reader.get("/").text, re.DOTALL)
    assert int(count[1] if count else 0) == len(listed)
    with db.reading() as session:
        return sorted(session.get_one(ReviewItem, UUID(id)).kind for id in listed)


def outcome(phone: Phone, sealed: Sealed) -> tuple[str, bool]:
    """What the phone's next load of reference data says of a record: its state, and whether a person must look."""
    assert phone.client is not None
    page = phone.client.get("/api/v1/reference").json
    while "next" in page:
        page = phone.client.get("/api/v1/reference", query_string={"part": page["next"]}).json
    one = next(line for line in page["outcomes"] if line["id"] == str(sealed.id))
    return one["state"], one["needs_review"]


# -- sessions -------------------------------------------------------------------------------------------------------


def test_an_ended_session_stores_nothing_and_the_next_one_takes_the_same_bytes(
    client_of: ClientOf, db: Database, cast: Cast, ana: Phone
) -> None:
    sealed, brought = with_photo(ana, cast)
    ana.client = client_of(None)
    answer = ana.send(sealed)
    assert (answer.status_code, answer.json["code"], answer.is_json) == (401, "signed-out", True)
    assert upload(ana, brought) == 401
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Raw)) == 0
    ana.client = client_of("ana")
    assert (ana.send(sealed).status_code, upload(ana, brought)) == (201, 201)
    assert whole(db, sealed)
    assert told(db, client_of("lin")) == []


def test_a_changed_password_ends_the_session_of_the_phone_and_the_new_one_takes_its_queue(
    app: Flask, client_of: ClientOf, db: Database, cast: Cast, ana: Phone
) -> None:
    sealed, brought = with_photo(ana, cast)
    new = accounts.password_hash("Another-pass9", "ana")
    db.write(lambda session: accounts.set_password(session, session.get_one(User, cast.ana), new, by=None))
    assert (ana.send(sealed).status_code, upload(ana, brought)) == (401, 401)
    assert ana.client is not None
    form = {"username": "ana", "own_device": "y"}
    assert ana.client.post("/login", data=form | {"password": PASSWORD}).status_code == 422
    assert ana.client.post("/login", data=form | {"password": "Another-pass9"}).status_code == 303
    assert (ana.send(sealed).status_code, upload(ana, brought)) == (201, 201)
    assert whole(db, sealed)


# -- an account that ends -------------------------------------------------------------------------------------------


@ENDINGS
def test_the_phone_of_someone_who_left_hands_in_what_it_holds_and_reads_nothing(
    ends: Callable[[Database, Cast], None], client_of: ClientOf, db: Database, cast: Cast, ana: Phone
) -> None:
    sealed, brought = with_photo(ana, cast)
    ends(db, cast)
    clock.advance(30 * DAY)
    answer = ana.send(sealed)
    assert (answer.status_code, answer.json["state"], answer.json["needs_review"]) == (201, "placed", True)
    assert upload(ana, brought) == 201
    assert whole(db, sealed)
    assert projects_of(db, sealed) == [cast.sail]

    phone = ana.client
    assert phone is not None
    for page in ("/", "/projects", f"/visits/{sealed.id}", "/settings"):
        assert phone.get(page).location.startswith("/login?")
    for asked in ("/api/v1/reference", f"/api/v1/records/{sealed.id}"):
        refused = phone.get(asked)
        assert (refused.status_code, refused.json["code"]) == (403, "access-ended")
    me, contact = phone.get("/api/v1/me").json, phone.post(f"/api/v1/devices/{ana.device}", json={"last_seq": 1}).json
    assert (me["id"], me["write_only"], contact["write_only"]) == (str(cast.ana), True, True)
    assert {"code": "access-ended"} in contact["notices"]
    assert told(db, client_of("lin")) == told(db, client_of("dee")) == ["late_author"]


@ENDINGS
def test_after_thirty_days_only_a_desk_can_bring_it_in(
    ends: Callable[[Database, Cast], None], client_of: ClientOf, db: Database, cast: Cast, ana: Phone
) -> None:
    sealed, brought = with_photo(ana, cast)
    ends(db, cast)
    clock.advance(31 * DAY)
    assert (ana.send(sealed).status_code, upload(ana, brought)) == (401, 401)
    assert ana.client is not None
    form = {"username": "ana", "password": PASSWORD, "own_device": "y"}
    assert ana.client.post("/login", data=form).status_code == 422
    line, end = hand_in(client_of("dee"), exported(sealed))
    assert (line["receipt"]["state"], line["receipt"]["complete"], end["done"]) == ("placed", True, True)
    assert whole(db, sealed)
    with db.reading() as session:
        assert session.get_one(Visit, sealed.id).owner_id == cast.ana
    assert told(db, client_of("lin")) == ["imported"]


def test_a_session_begun_later_finds_no_door(app: Flask, db: Database, cast: Cast) -> None:
    """Only one that was valid at that moment: a password that leaks afterwards opens nothing."""
    disable(db, cast)
    stranger = app.test_client()
    stranger.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    stranger.post("/login", data={"username": "ana", "password": PASSWORD, "own_device": "y"})
    assert Phone(cast.ana, stranger).send(Phone(cast.ana).visit(cast.sail)).status_code == 401


def test_what_was_recorded_after_the_last_day_is_kept_for_a_person_to_judge(
    client_of: ClientOf, db: Database, cast: Cast, ana: Phone
) -> None:
    leave_all_teams(db, cast)
    clock.advance(2 * DAY)
    ana.at = NOON + DAY
    sealed, brought = with_photo(ana, cast)
    answer = ana.send(sealed)
    assert (answer.status_code, answer.json["state"], answer.json["reason"]) == (202, "unplaced", "not-allowed")
    assert upload(ana, brought) == 201
    assert whole(db, sealed)
    assert sorted(told(db, client_of("lin"))) == ["late_author", "unplaced"]


def test_her_own_revision_still_counts_after_she_left(
    client_of: ClientOf, db: Database, cast: Cast, ana: Phone
) -> None:
    """The first answer was lost, she edited, and then her account ended."""
    first = ana.visit(cast.sail, {"content": "第一稿"})
    second = ana.revise(first, {"content": "改过的"})
    ana.send(first)
    disable(db, cast)
    for sealed in (second, first):
        assert ana.send(sealed).json["payload_sha256"] == sealed.sha256
    with db.reading() as session:
        assert session.get_one(Visit, first.id).content == "改过的"
        assert session.scalar(select(func.count()).select_from(Raw)) == 2
    assert told(db, client_of("lin")) == ["late_author"]


# -- a membership or an assignment that ends between capture and sending ---------------------------------------------


def sent_later(ana: Phone, cast: Cast, day: int, **over: Any) -> tuple[Sealed, dict[str, Any]]:
    """A visit to a project that only its team may see (not signed yet), recorded `day` days after Friday."""
    ana.at = NOON + day * DAY
    sealed = ana.visit(cast.talk, {"content": "洽谈"}, **over)
    receipt: dict[str, Any] = ana.send(sealed).json
    return sealed, receipt


@pytest.mark.parametrize("ends", ["membership", "assignment"])
def test_it_is_judged_by_what_held_when_it_was_recorded(
    ends: str, client_of: ClientOf, db: Database, cast: Cast, ana: Phone
) -> None:
    if ends == "membership":
        change_teams(db, cast)
    else:
        end_assignment(db, cast.talk)
    clock.advance(3 * DAY)
    before, receipt = sent_later(ana, cast, 0)
    assert (receipt["state"], receipt["needs_review"]) == ("placed", False)
    assert projects_of(db, before) == [cast.talk]

    after, receipt = sent_later(ana, cast, 1)
    assert (receipt["state"], receipt["reason"], receipt["complete"]) == ("unplaced", "no-such-project", True)
    assert whole(db, after) and projects_of(db, after) == []
    assert told(db, client_of("dee")) == ["unplaced"]
    assert outcome(ana, after) == ("unplaced", True)


def test_a_wrong_clock_is_corrected_before_it_is_judged(db: Database, cast: Cast, ana: Phone) -> None:
    """What the phone's clock shows, and what it had measured of the server's that day, decide together."""
    end_assignment(db, cast.talk)
    clock.advance(4 * DAY)
    for shown, offset, state in ((2, -2, "placed"), (-2, 3, "unplaced"), (2, 0, "unplaced")):
        at = (NOON + shown * DAY).isoformat()
        measured = {"clock_offset_ms": round(offset * DAY.total_seconds() * 1000), "clock_measured_at": at}
        sealed, receipt = sent_later(ana, cast, shown, **measured)
        assert receipt["state"] == state
        assert whole(db, sealed)


def test_what_the_desk_has_placed_is_told_to_its_author(
    client_of: ClientOf, db: Database, cast: Cast, ana: Phone
) -> None:
    end_assignment(db, cast.talk)
    clock.advance(2 * DAY)
    sealed, receipt = sent_later(ana, cast, 1)
    assert receipt["state"] == "unplaced"
    dee = client_of("dee")
    item = re.findall(r'href="/review/([0-9a-f-]{36})"', dee.get("/review").text)[0]
    assert dee.post(f"/review/{item}/place", data={"project": str(cast.talk)}).status_code == 303
    assert projects_of(db, sealed) == [cast.talk]
    assert ana.send(sealed).json["state"] == "placed"
    assert outcome(ana, sealed) == ("placed", False)
    assert told(db, dee) == []


def test_a_stranger_to_the_team_gets_the_same_answer_as_for_a_project_that_is_not(
    client_of: ClientOf, cast: Cast
) -> None:
    """A refusal says nothing of what exists."""
    dan = Phone(cast.dan, client_of("dan"))
    answers = [dan.send(dan.visit(project)).json for project in (cast.talk, new_id())]
    assert len({(one["state"], one["reason"], one["complete"]) for one in answers}) == 1
