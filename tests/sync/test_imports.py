"""A phone's export file, handed in at a desk: the same bytes, the same doors."""

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.photos.models import Photo
from fieldapp.sync import records
from fieldapp.sync.actions import open_review
from fieldapp.sync.models import Raw, ReviewItem
from fieldapp.visits.models import Visit
from tests.cast import NOON, Cast
from tests.sync.phone import Phone, Sealed, photo

ClientOf = Callable[..., FlaskClient]
PICTURE = b"the bytes of a picture"


@pytest.fixture(autouse=True)
def noon() -> Any:
    with clock.frozen(NOON):
        yield


def exported(*records: Sealed, bytes_of_photos: bytes | None = PICTURE) -> bytes:
    """The file that the phone writes (static/js/outbox/exporter.js)."""
    lines = []
    for sealed in records:
        photos = [
            {key: one[key] for key in ("id", "sha256", "type", "size")}
            | {"b64": b64encode(bytes_of_photos).decode() if bytes_of_photos is not None else None}
            for one in sealed.said["photos"]
        ]
        lines.append(
            {"id": str(sealed.id), "type": sealed.said["type"], "sha256": sealed.sha256,
             "raw_b64": b64encode(sealed.raw).decode(), "photos": photos}
        )  # fmt: skip
    return json.dumps({"format": "fieldapp-export/1", "server_epoch": None, "device": None, "records": lines}).encode()


def hand_in(client: FlaskClient, file: bytes) -> list[dict[str, Any]]:
    answer = client.post("/api/v1/imports", data=file, content_type="application/json")
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def db_items(db: Database) -> list[ReviewItem]:
    with db.reading() as session:
        return list(session.scalars(select(ReviewItem).order_by(ReviewItem.kind)))


def open_kinds(db: Database) -> list[str]:
    with db.reading() as session:
        return sorted(session.scalars(select(ReviewItem.kind).where(ReviewItem.closed_at.is_(None))))


def count(db: Database, table: type) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_an_export_brings_visit_and_photo_under_its_authors_name(client_of: ClientOf, db: Database, cast: Cast) -> None:
    visit = Phone(cast.ana).visit(cast.sail, photos=[photo(PICTURE)])
    line, end = hand_in(client_of("dee"), exported(visit))
    assert line["receipt"]["state"] == "placed" and line["receipt"]["complete"] and line["receipt"]["needs_review"]
    assert end == {"done": True, "records": 1, "server_time": NOON.isoformat()}
    with db.reading() as session:
        assert session.get_one(Visit, visit.id).owner_id == cast.ana
        assert session.scalars(select(Raw)).one().imported_by == cast.dee
        assert session.scalars(select(Photo)).one().state == "stored"
    assert open_kinds(db) == ["imported"]


def test_from_the_desk_and_from_the_phone_it_is_one_record(client_of: ClientOf, db: Database, cast: Cast) -> None:
    ana = Phone(cast.ana, client_of("ana"))
    first, second = ana.visit(cast.sail), ana.visit(cast.sail)
    assert ana.send(first).status_code == 201
    hand_in(client_of("dee"), exported(first, second))
    assert ana.send(second).status_code == 200
    assert count(db, Visit) == count(db, Raw) == 2


def test_a_desk_brings_the_photos_of_a_visit_whose_text_came_by_the_phone(
    client_of: ClientOf, db: Database, cast: Cast
) -> None:
    ana = Phone(cast.ana, client_of("ana"))
    visit = ana.visit(cast.sail, photos=[photo(PICTURE)])
    assert ana.send(visit).json["complete"] is False
    for desk in ("dee", "zoe"):  # whoever hands it in, and however often
        (line, _) = hand_in(client_of(desk), exported(visit))
        assert (line["problem"], line["photos"], line["receipt"]["complete"]) == ("", {}, True)
    with db.reading() as session:
        kept = session.scalars(select(Photo)).one()
        assert (kept.state, kept.owner_id) == ("stored", cast.ana)
    assert open_kinds(db) == []  # the record itself was not imported


def test_a_database_that_is_busy_with_one_record_does_not_end_the_answer(
    client_of: ClientOf, db: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = Phone(cast.ana)
    first, second, third = (phone.visit(cast.sail) for _ in range(3))
    accept = records.accept

    def busy(db: Database, settings: Any, id: Any, raw: bytes, sender: Any) -> Any:
        if id == second.id:
            raise OperationalError("INSERT", {}, Exception("database is locked"))
        return accept(db, settings, id, raw, sender)

    with monkeypatch.context() as patched:
        patched.setattr(records, "accept", busy)
        *lines, end = hand_in(client_of("dee"), exported(first, second, third))
    assert [line["problem"] for line in lines] == ["", "busy", ""]
    assert (end["done"], end["records"], count(db, Visit)) == (True, 3, 2)
    assert [line["problem"] for line in hand_in(client_of("dee"), exported(first, second, third))[:-1]] == ["", "", ""]
    assert count(db, Visit) == 3


@pytest.mark.parametrize("who", ["ana", "lin"])
def test_its_author_or_a_lead_confirms_it(client_of: ClientOf, db: Database, cast: Cast, who: str) -> None:
    visit = Phone(cast.ana).visit(cast.sail)
    hand_in(client_of("dee"), exported(visit))
    with db.reading() as session:
        item = session.scalars(select(ReviewItem)).one()
    assert client_of("bo").get(f"/review/{item.id}").status_code == 404
    client = client_of(who)
    assert "/review" in client.get("/").text and f"/review/{item.id}" in client.get("/review").text
    assert f"/review/{item.id}/confirm" in client.get(f"/review/{item.id}").text
    assert client.post(f"/review/{item.id}/confirm").status_code == 303
    assert open_kinds(db) == []
    assert Phone(cast.ana, client_of("ana")).send(visit).json["needs_review"] is False


def test_an_author_finds_there_only_what_a_desk_brought(client_of: ClientOf, db: Database, cast: Cast) -> None:
    with db.writing() as session:
        open_review(session, "late_author", "late:x", user_id=cast.ana)
        open_review(session, "imported", "imported:x", user_id=cast.dan)
    items = {item.user_id: item.id for item in db_items(db)}
    ana = client_of("ana")
    assert "/review" not in ana.get("/").text and "/review/" not in ana.get("/review").text
    assert [ana.get(f"/review/{id}").status_code for id in items.values()] == [404, 404]
    assert client_of("dan").post(f"/review/{items[cast.dan]}/close", data={"reason": "x"}).status_code == 404


def test_an_author_unknown_here_is_matched_by_a_person(client_of: ClientOf, db: Database, cast: Cast) -> None:
    stranger = Phone(cast.sail)  # an id that is no user of this server
    visit = stranger.visit(cast.sail)
    (line, _) = hand_in(client_of("dee"), exported(visit))
    assert line["receipt"]["state"] == "unplaced"
    with db.reading() as session:
        item = session.scalars(select(ReviewItem).where(ReviewItem.kind == "imported")).one()
    answer = client_of("dee").post(f"/review/{item.id}/match", data={"user": str(cast.bo)})
    assert answer.status_code == 303, answer.text
    with db.reading() as session:
        assert session.get_one(Visit, visit.id).owner_id == cast.bo


def test_bytes_that_were_changed_are_not_taken(client_of: ClientOf, db: Database, cast: Cast) -> None:
    visit = Phone(cast.ana).visit(cast.sail)
    file = json.loads(exported(visit))
    file["records"][0]["raw_b64"] = b64encode(visit.raw + b" ").decode()
    (line, _) = hand_in(client_of("dee"), json.dumps(file).encode())
    assert line["problem"] == "checksum" and line["receipt"] is None
    assert count(db, Raw) == 0


def test_a_photo_whose_bytes_are_wrong_or_gone_keeps_its_visit(client_of: ClientOf, db: Database, cast: Cast) -> None:
    phone = Phone(cast.ana)
    wrong, gone = (
        phone.visit(cast.sail, photos=[photo(PICTURE)]),
        phone.visit(cast.sail, photos=[photo(PICTURE + b"!")]),
    )
    (first, _) = hand_in(client_of("dee"), exported(wrong, bytes_of_photos=PICTURE[:-1] + b"?"))
    (second, _) = hand_in(client_of("dee"), exported(gone, bytes_of_photos=None))
    assert list(first["photos"].values()) == ["checksum"]
    assert first["receipt"]["complete"] is False and second["receipt"]["complete"] is False
    assert count(db, Visit) == 2


@pytest.mark.parametrize("cut", [0, 5, 150, 300, -3])
def test_a_file_that_is_none_or_cut_short_says_so(client_of: ClientOf, db: Database, cast: Cast, cut: int) -> None:
    phone = Phone(cast.ana)
    file = exported(phone.visit(cast.sail), phone.visit(cast.sail))
    lines = hand_in(client_of("dee"), file[:cut])
    assert lines[-1]["done"] is False and lines[-1]["code"] == "not-an-export"
    assert hand_in(client_of("dee"), file)[-1]["done"] is True
    assert count(db, Visit) == 2


@pytest.mark.parametrize(
    "file",
    [
        b"not json",
        b'{"format":"fieldapp-export/1","records":[1,null,{},{"id":"x"}]}',
        b'{"format":"fieldapp-export/1","records":[1e99999999999999999999]}',
        b'{"format":"fieldapp-export/1","records":[' + b"9" * 5_000 + b"]}",
    ],
    ids=["not-json", "no-records", "huge-exponent", "long-number"],
)
def test_rubbish_in_the_file_never_breaks_it(client_of: ClientOf, cast: Cast, file: bytes) -> None:
    assert "done" in hand_in(client_of("dee"), file)[-1]


@pytest.mark.parametrize("photos", [5, {"a": 1}, [5], [{"id": 5, "b64": 5}], "abc"])
def test_rubbish_for_photos_keeps_the_record(client_of: ClientOf, db: Database, cast: Cast, photos: Any) -> None:
    sealed = Phone(cast.ana).visit(cast.sail)
    file = json.loads(exported(sealed))
    file["records"][0]["photos"] = photos
    lines = hand_in(client_of("dee"), json.dumps(file).encode())
    assert lines[0]["receipt"]["state"] == "placed" and lines[-1]["done"] is True


def test_a_file_of_brackets_is_none_before_it_takes_all_memory(client_of: ClientOf, cast: Cast) -> None:
    file = b'{"format":"fieldapp-export/1","records":[' + b"[" * 10_000
    assert hand_in(client_of("dee"), file)[-1] == {"done": False, "records": 0, "code": "not-an-export"}


@pytest.mark.parametrize("who", ["ana", "lin", "uma"])
def test_only_desk_and_admin_hand_in(client_of: ClientOf, who: str) -> None:
    assert client_of(who).post("/api/v1/imports", data=b"{}").status_code == 404
