"""Positions and photos are kept for as long as the settings say, and then let go everywhere."""

import dataclasses
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from fieldapp.core.files import Files
from fieldapp.core.jobs import Context
from fieldapp.core.models import Audit
from fieldapp.keeping.jobs import let_go, placeless, without_places
from fieldapp.photos.models import WITHDRAWN, Photo
from fieldapp.settings import Settings
from fieldapp.sync.models import PROJECTED, Raw
from fieldapp.visits.models import Supplement, Visit
from tests.cast import NOON, Cast
from tests.feed.story import Story, stood
from tests.sync.phone import Phone

YEAR = timedelta(days=365)


def context(settings: Settings, db: Database, **changed: Any) -> Context:
    return Context(dataclasses.replace(settings, **changed), db, Files(settings.files))


def sealed(db: Database, cast: Cast, visit: UUID, **said: Any) -> None:
    """The bytes as ana's phone sealed them, beside the visit."""
    body = {"position": {"lat": 37.1, "lng": 119.9, "raw": {"lat": 37.1}}, "content": "二层封顶"}
    photo = {"id": str(new_id()), "position": {"lat": 37.1}, "exif_claimed": {"lat": 37.1, "lng": 1, "make": "甲"}}
    whole = {"schema": 1, "type": "visit", "id": str(visit), "body": body, "photos": [photo], **said}
    with db.writing() as session:
        session.add(
            Raw(record_id=visit, payload_sha256="a" * 64, payload=json.dumps(whole).encode(), schema=1,
                sender_id=cast.ana, owner_id=cast.ana, state=PROJECTED,
                received_at=session.get_one(Visit, visit).received_at)
        )  # fmt: skip


def stands(db: Database, visit: UUID) -> Visit:
    with db.reading() as session:
        return session.get_one(Visit, visit)


def payload(db: Database, visit: UUID) -> dict[str, Any]:
    with db.reading() as session:
        said: dict[str, Any] = json.loads(session.scalars(select(Raw.payload).where(Raw.record_id == visit)).one())
        return said


def test_old_positions_go_from_pages_and_sealed_records_and_young_ones_stay(
    story: Story, settings: Settings, db: Database, cast: Cast
) -> None:
    old = story.logs("ana", at=NOON - YEAR, position=stood(), photos=1)
    with db.writing() as session:
        photo = session.get_one(Photo, story.photos[0])
        photo.position, photo.exif_claimed = {"lat": 37.1, "lng": 119.9}, {"lat": 37.1, "lng": 119.9, "make": "甲"}
        photo.taken_at = NOON - YEAR
    story.says(
        "ana", old, "correction", at=NOON - YEAR, fields={"position": {"lat": 37.2, "lng": 119.8}, "progress": "三层"}
    )
    young = story.logs("ana", position=stood())
    for visit in (old, young):
        sealed(db, cast, visit)
    let_go(context(settings, db, keep_positions_days=180))
    gone, kept = stands(db, old), stands(db, young)
    assert (gone.lat, gone.lng, gone.accuracy_m, gone.position_raw, gone.position_source, gone.distance_m) == (
        None,
    ) * 6
    assert gone.progress == "三层" and kept.lat is not None and kept.position_raw
    assert "position" not in payload(db, old)["body"] and payload(db, old)["body"]["content"] == "二层封顶"
    assert payload(db, old)["photos"][0]["exif_claimed"] == {"make": "甲"}
    assert "position" in payload(db, young)["body"]
    with db.reading() as session:
        photo = session.scalars(select(Photo)).one()
        assert (photo.position, photo.exif_claimed) == (None, {"make": "甲"})
        body = session.scalars(select(Supplement.body)).one()
        assert (
            "37.2" not in json.dumps(body) and "37.1" not in json.dumps(body) and body["fields"]["progress"] == "三层"
        )
        row = session.scalars(select(Audit).where(Audit.verb == "positions.let-go")).one()
        assert row.detail["visits"] == 1 and row.detail["records"] == 1


def test_without_the_setting_everything_stays(story: Story, settings: Settings, db: Database, cast: Cast) -> None:
    old = story.logs("ana", at=NOON - YEAR, position=stood(), photos=1)
    sealed(db, cast, old)
    let_go(context(settings, db))
    assert stands(db, old).lat is not None and "position" in payload(db, old)["body"]
    with db.reading() as session:
        assert session.scalars(select(Photo.purged_at)).one() is None


def test_it_is_done_once_a_day_and_when_a_setting_changes(
    story: Story, settings: Settings, db: Database, cast: Cast
) -> None:
    half = context(settings, db, keep_positions_days=180)
    let_go(half)
    old = story.logs("ana", at=NOON - YEAR, received=NOON, position=stood())  # came in today
    let_go(half)
    assert stands(db, old).lat is not None
    let_go(context(settings, db, keep_positions_days=90))
    assert stands(db, old).lat is None
    later = story.logs("ana", at=NOON - YEAR, received=NOON, position=stood())
    clock.advance(timedelta(days=1))
    let_go(half)
    assert stands(db, later).lat is None


def test_more_than_a_batch_goes_in_one_day(story: Story, settings: Settings, db: Database, cast: Cast) -> None:
    first = story.logs("ana", at=NOON - YEAR, position=stood())
    with db.writing() as session:
        row = {column.key: getattr(session.get_one(Visit, first), column.key) for column in Visit.__mapper__.columns}
        for _ in range(450):
            session.add(Visit(**{**row, "id": new_id(), "number": None}))
    let_go(context(settings, db, keep_positions_days=180))
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Visit).where(Visit.lat.is_not(None))) == 0


def test_old_photos_lose_their_bytes_and_leave_their_hash(story: Story, settings: Settings, db: Database) -> None:
    story.logs("ana", photos=1)
    [old] = story.photos
    clock.advance(timedelta(days=100))
    story.logs("ana", photos=1, at=clock.now())
    [young] = story.photos
    let_go(context(settings, db, keep_photos_days=90))
    with db.reading() as session:
        gone, kept = session.get_one(Photo, old), session.get_one(Photo, young)
        assert (gone.state, gone.reason, gone.derivative) == (WITHDRAWN, "retention", "purge")
        assert gone.purged_at and gone.sha256
        assert kept.purged_at is None
        assert [row.actor_id for row in session.scalars(select(Audit).where(Audit.verb == "photo.purged"))] == [None]


def test_the_pin_of_an_issue_is_no_place_of_a_person() -> None:
    said = {"issue_events": [{"type": "opened", "lat": 37.1, "lng": 119.9}], "body": {"position": {"lat": 1.0}}}
    assert without_places(said) == {"issue_events": [{"type": "opened", "lat": 37.1, "lng": 119.9}], "body": {}}


def test_half_a_surrogate_pair_in_a_record_holds_nothing_up(
    story: Story, settings: Settings, db: Database, cast: Cast
) -> None:
    old = story.logs("ana", at=NOON - YEAR, position=stood())
    sealed(db, cast, old, title="二层\ud83d")  # a face, cut in two by a phone
    let_go(context(settings, db, keep_positions_days=180))
    assert payload(db, old)["title"] == "二层\ud83d" and "position" not in payload(db, old)["body"]


@pytest.mark.parametrize(
    "odd",
    ['{"a":' * 400 + "1" + "}" * 400, "[" * 400 + "]" * 400, "9" * 5_000, "-1e999", '{"position":null}', "null"],
    ids=["deep objects", "deep lists", "five thousand digits", "beyond a float", "no position", "nothing"],
)
def test_whatever_a_record_says_beside_it_its_position_goes(odd: str) -> None:
    sealed = f'{{"body":{{"position":{{"lat":37.1}},"content":"二层"}},"odd":{odd}}}'
    kept = placeless(sealed.encode()).decode()
    assert "37.1" not in kept and '"content":"二层"' in kept and "Infinity" not in kept and "position" not in kept
    assert odd.strip("-") in kept or odd == '{"position":null}'
    assert placeless(b'{"odd": 1.50}') == b'{"odd": 1.50}'  # not one byte of what says nothing of a place


def test_a_record_that_cannot_be_read_again_is_logged_and_holds_no_other_up(
    story: Story, settings: Settings, db: Database, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    broken, fine = (story.logs("ana", at=NOON - YEAR, position=stood()) for _ in range(2))
    for visit in (broken, fine):
        sealed(db, cast, visit)
    with db.writing() as session:
        session.execute(update(Raw).where(Raw.record_id == broken).values(payload=b'{"position": {"lat": 37.1'))
    for day in range(1, 3):
        let_go(context(settings, db, keep_positions_days=180))
        assert "position" not in payload(db, fine)["body"]
        assert caplog.text.count("a record keeps its position") == day  # and is tried again the next day
        clock.advance(timedelta(days=1))
    assert stands(db, broken).lat is None


def test_a_phone_that_sends_the_old_bytes_again_gets_its_receipt_and_brings_nothing_back(
    settings: Settings, db: Database, cast: Cast, client_of: Callable[..., FlaskClient]
) -> None:
    phone = Phone(cast.ana, client_of("ana"), at=NOON)
    sent = phone.visit(cast.sail, {"position": {"lat": 37.1, "lng": 119.9, "accuracy_m": 8}, "content": "二层封顶"})
    first = phone.send(sent).json
    assert stands(db, sent.id).lat == 37.1
    clock.advance(YEAR)
    let_go(context(settings, db, keep_positions_days=180))
    phone.client = client_of("ana")  # her session has ended long ago
    again = phone.send(sent)
    facts = ("id", "payload_sha256", "state", "number", "complete")
    assert again.status_code == 200 and [again.json[name] for name in facts] == [first[name] for name in facts]
    assert stands(db, sent.id).lat is None and stands(db, sent.id).content == "二层封顶"
    with db.reading() as session:
        kept = session.scalars(select(Raw).where(Raw.record_id == sent.id)).one()
        assert kept.position_removed_at and "37.1" not in kept.payload.decode()
