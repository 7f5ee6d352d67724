"""What phones say of themselves: gaps, silent phones, new installations, and healing after a restore."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.core import changes, clock, numbers
from fieldapp.core.db import Database, Ending, at_end, new_id
from fieldapp.core.models import Counter, Reserved
from fieldapp.sync import device_views, devices
from fieldapp.sync.history import MOST_NUMBERS
from fieldapp.sync.models import Device, Gap, Record, ReviewItem
from tests.cast import NOON, Cast

ClientOf = Callable[..., FlaskClient]
PHONE = new_id()


@pytest.fixture(autouse=True)
def noon() -> Any:
    with clock.frozen(NOON):
        yield


def say(client: FlaskClient, phone: Any = PHONE, **said: Any) -> dict[str, Any]:
    answer = client.post(f"/api/v1/devices/{phone}", json=said)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json
    return body


def receive(db: Database, cast: Cast, *seqs: int) -> None:
    with db.writing() as session:
        for seq in seqs:
            session.add(
                Record(id=new_id(), type="visit", owner_id=cast.ana, device_id=PHONE, seq=seq, state="placed",
                       received_at=NOON, changed_at=NOON)
            )  # fmt: skip


def open_kinds(db: Database) -> list[str]:
    with db.reading() as session:
        return sorted(session.scalars(select(ReviewItem.kind).where(ReviewItem.closed_at.is_(None))))


def gaps(db: Database) -> list[int]:
    with db.reading() as session:
        return sorted(session.scalars(select(Gap.seq)))


def test_a_record_neither_received_queued_nor_voided_for_three_days_needs_a_person(
    client_of: ClientOf, db: Database, cast: Cast
) -> None:
    ana = client_of("ana")
    receive(db, cast, 1, 2, 5)
    say(ana, last_seq=6, queued=[{"id": str(new_id()), "seq": 6}], voided=[3])
    assert gaps(db) == [4]
    clock.advance(devices.GAP_AFTER)
    db.write(devices.watch)
    assert open_kinds(db) == ["device_gap"]
    assert say(client_of("ana"), last_seq=6)["notices"] == [{"code": "never-arrived", "n": 1}]


def test_a_gap_closes_itself_when_the_record_arrives_after_all(client_of: ClientOf, db: Database, cast: Cast) -> None:
    receive(db, cast, 1)
    say(client_of("ana"), last_seq=2)
    clock.advance(devices.GAP_AFTER)
    db.write(devices.watch)
    receive(db, cast, 2)
    say(client_of("ana"), last_seq=2)
    assert gaps(db) == [] and open_kinds(db) == []


def test_voided_is_acknowledged_again_and_again(client_of: ClientOf, db: Database, cast: Cast) -> None:
    ana = client_of("ana")
    assert say(ana, last_seq=2, voided=[1, 2])["voided_ack"] == [1, 2]
    assert say(ana, last_seq=2, voided=[1, 2])["voided_ack"] == [1, 2]
    assert gaps(db) == []


def test_a_phone_silent_for_a_week_with_a_queue_needs_a_person_until_it_is_heard_again(
    client_of: ClientOf, db: Database, cast: Cast
) -> None:
    say(client_of("ana"), last_seq=1, queued=[{"id": str(new_id()), "seq": 1}])
    clock.advance(devices.SILENT_AFTER)
    db.write(devices.watch)
    db.write(devices.watch)
    assert open_kinds(db) == ["silent_device"]
    say(client_of("ana"), last_seq=1, queued=[{"id": str(new_id()), "seq": 1}])
    assert open_kinds(db) == []


def test_a_new_installation_is_told_what_the_previous_one_still_held(
    client_of: ClientOf, db: Database, cast: Cast
) -> None:
    ana = client_of("ana")
    say(ana, last_seq=3, queued=[{"id": str(new_id()), "seq": seq} for seq in (1, 2, 3)])
    assert say(ana, phone=new_id())["notices"] == [{"code": "previous-installation", "n": 3}]
    assert open_kinds(db) == ["replaced_device"]
    assert say(client_of("bo"), phone=PHONE)["notices"] == []


def test_what_only_the_phone_knows_of_a_thrown_away_queue_goes_to_review(
    client_of: ClientOf, db: Database, cast: Cast
) -> None:
    lost = {"device": str(new_id()), "last_seq": 4, "queued": 2}
    for _ in range(2):
        say(client_of("ana"), lost=lost)
    assert open_kinds(db) == ["replaced_device"]
    with db.reading() as session:
        item = session.scalars(select(ReviewItem)).one()
        assert (item.device_id, item.user_id, item.detail["waiting"]) == (UUID(lost["device"]), cast.ana, 2)


def test_what_has_come_since_is_no_longer_said_to_wait(client_of: ClientOf, db: Database, cast: Cast) -> None:
    arrived = new_id()
    say(client_of("ana"), last_seq=2, queued=[{"id": str(arrived), "seq": 1}, {"id": str(new_id()), "seq": 2}])
    with db.writing() as session:
        session.add(Record(id=arrived, type="visit", state="placed", received_at=NOON, changed_at=NOON))
    assert say(client_of("ana"), phone=new_id())["notices"] == [{"code": "previous-installation", "n": 1}]


def test_one_phone_of_two_people_counts_for_each_apart(client_of: ClientOf, db: Database, cast: Cast) -> None:
    receive(db, cast, 1)
    say(client_of("ana"), last_seq=1)
    say(client_of("bo"), last_seq=1)
    with db.reading() as session:
        assert [gap.user_id for gap in session.scalars(select(Gap))] == [cast.bo]


def restored(db: Database, days: int) -> None:
    """As `fieldapp restore` leaves the counters, from a backup of so many days ago."""
    with db.writing() as session:
        session.add_all([Counter(name="ZF-2026", value=1_000), Counter(name="XQ-2026", value=1_000)])
        session.flush()
        numbers.note_base(session, timedelta(days=days))


def test_after_a_restore_the_phones_numbers_are_kept_for_its_ids(client_of: ClientOf, db: Database, cast: Cast) -> None:
    restored(db, 1)
    visit, issue = new_id(), new_id()
    told = {
        "records": [
            {"id": str(visit), "sha256": "0" * 64, "visit_number": "ZF-2026-001041",
             "issue_numbers": {str(issue): "XQ-2026-000007"}}
        ]
    }  # fmt: skip
    answer = client_of("ana").post(f"/api/v1/devices/{PHONE}/history", json=told)
    assert answer.json["lacking"] == [str(visit)]
    with db.reading() as session:
        assert {row.number: row.id for row in session.scalars(select(Reserved))} == {
            "ZF-2026-001041": visit,
            "XQ-2026-000007": issue,
        }
        assert session.get_one(Counter, "ZF-2026").value == 1_041


@pytest.mark.parametrize(
    ("days", "number", "next_one"),
    [
        (None, "ZF-2026-000002", 1),  # never restored: there is nothing that an earlier server can have given
        (0, "ZF-2026-003000", 3_001),
        (0, "ZF-2026-003001", 1_001),
        (7, "ZF-2026-010000", 10_001),
        (90, "ZF-2026-011001", 1_001),
        (90, "ZF-2026-99999999", 1_001),
        (0, "ZF-2025-000001", 1_001),
    ],
)
def test_a_phone_cannot_drive_the_counters_away(
    client_of: ClientOf, db: Database, days: int | None, number: str, next_one: int
) -> None:
    """However old the backup: a thousand a day is more than a zone gives."""
    if days is not None:
        restored(db, days)
    told = {"records": [{"id": str(new_id()), "sha256": "0" * 64, "visit_number": number}]}
    assert client_of("ana").post(f"/api/v1/devices/{PHONE}/history", json=told).status_code == 200
    with db.writing() as session:
        given: list[int] = []
        at_end(session, Ending.VISIT_NUMBER, "x", lambda s: given.append(changes.bump(s, "ZF-2026")))
    assert given == [next_one]


@pytest.mark.parametrize(
    "number", ["XQ-2026-" + "9" * 30, "ZF-2026-" + "9" * 190, "ZF-２０２６-０００００１", "\u0000"]
)
def test_what_is_no_number_of_ours_is_not_reserved(client_of: ClientOf, db: Database, cast: Cast, number: str) -> None:
    told = {"records": [{"id": str(new_id()), "sha256": "0" * 64, "issue_numbers": {str(new_id()): number}}]}
    assert client_of("ana").post(f"/api/v1/devices/{PHONE}/history", json=told).status_code == 200
    with db.reading() as session:
        assert session.scalars(select(Reserved)).all() == []


@pytest.mark.parametrize(
    "said",
    [{"last_seq": -1}, {"last_seq": "many"}, {"queued": [{"seq": 1}]}, {"queued": 3}, [], "text", {"voided": [None]}],
)
def test_what_is_no_device_report_gets_400(client_of: ClientOf, said: Any) -> None:
    assert client_of("ana").post(f"/api/v1/devices/{PHONE}", json=said).status_code == 400


def test_numbers_beyond_all_measure_hold_up_nobody_and_keep_no_phone_from_bringing_back_its_records(
    client_of: ClientOf, db: Database, cast: Cast
) -> None:
    """Whoever has an account may tell of numbers; a megabyte of them kept all others from writing for 20 s."""
    restored(db, 90)
    ids = [str(new_id()) for _ in range(8)]
    count = itertools.count(1)
    told = {
        "records": [
            {"id": id, "sha256": "", "issue_numbers": {str(new_id()): f"XQ-2026-{next(count):06}" for _ in range(300)}}
            for id in ids
        ]
    }
    answer = client_of("ana").post(f"/api/v1/devices/{PHONE}/history", json=told)
    assert (answer.status_code, answer.json["lacking"]) == (200, ids)
    with db.reading() as session:
        assert len(session.scalars(select(Reserved.number)).all()) == MOST_NUMBERS


def test_what_no_database_takes_spoils_no_report(client_of: ClientOf, cast: Cast) -> None:
    assert say(client_of("ana"), last_seq=1, app_version="1.0\x00")["voided_ack"] == []


@pytest.mark.parametrize("door", ["", "/history"])
def test_a_page_left_open_on_a_shared_phone_tells_nothing_of_one_person_under_the_others_cookie(
    client_of: ClientOf, db: Database, cast: Cast, door: str
) -> None:
    said = {"owner": str(cast.ana), "last_seq": 9, "voided": [4]}
    answer = client_of("bo").post(f"/api/v1/devices/{PHONE}{door}", json=said)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "not-owner")
    assert gaps(db) == []
    with db.reading() as session:
        assert session.scalars(select(Device)).all() == []
    assert client_of("ana").post(f"/api/v1/devices/{PHONE}{door}", json=said).status_code == 200


@pytest.mark.parametrize("door", ["", "/history"])
def test_a_phone_gone_wild_is_slowed_down_and_holds_up_nobody_else(
    client_of: ClientOf, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    monkeypatch.setattr(device_views, "A_MINUTE", 3)
    ana, bo = client_of("ana"), client_of("bo")
    answers = [ana.post(f"/api/v1/devices/{PHONE}{door}", json={}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].get_json()["code"] == "too-many"
    assert bo.post(f"/api/v1/devices/{new_id()}{door}", json={}).status_code == 200
