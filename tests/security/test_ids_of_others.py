"""Ids stand in addresses, so everybody knows some. A record that takes one of another's thing changes nothing of it."""

from collections.abc import Callable, Iterator
from io import BytesIO
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from fieldapp.issues.models import IssueEvent
from fieldapp.photos.models import Photo
from fieldapp.sync.models import Record
from fieldapp.timeline.models import Entry
from tests.cast import NOON, Cast
from tests.sync.phone import Phone, Sealed, opened, photo

ClientOf = Callable[..., FlaskClient]


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def ana(client_of: ClientOf, cast: Cast) -> Phone:
    return Phone(cast.ana, client_of("ana"))


@pytest.fixture
def dan(client_of: ClientOf, cast: Cast) -> Phone:
    return Phone(cast.dan, client_of("dan"))


def taken(dan: Phone, id: UUID, visit: UUID, issue: UUID) -> list[Sealed]:
    """Whatever dan may send under an id that is ana's, a photo in each manifest but the last."""
    event = {"id": str(id), "issue": str(issue), "type": "progress", "text": "x"}
    lost = {"visit": str(new_id()), "type": "photo_withdrawn", "photo": str(new_id())}
    return [
        dan.seal("issue_event", event, id=id, photos=[photo()]),
        dan.supplement(visit, "addition", {"text": "补"}, id=id, photos=[photo()]),
        dan.visit(None, id=id, photos=[photo()]),
        dan.seal("supplement", lost, id=id),
    ]


def test_what_was_said_on_a_page_keeps_its_photos(ana: Phone, dan: Phone, db: Database, cast: Cast) -> None:
    """Of it there are no bytes at the phones' door that could say whose it is."""
    assert ana.client is not None
    visit, added, issue = new_id(), new_id(), new_id()
    logged = {"id": visit, "kind": "site_inspection", "project": cast.sail, "photos": (BytesIO(b"a"), "a.jpg")}
    assert ana.client.post("/visits/new", data=logged).status_code == 303
    more = {"id": added, "text": "补", "photos": (BytesIO(b"b"), "b.jpg")}
    assert ana.client.post(f"/visits/{visit}/additions", data=more).status_code == 303
    dan.send(dan.visit(cast.reef, {"issue_events": [opened(issue)]}))
    for id in (visit, added):
        for sealed in taken(dan, id, visit, issue):
            receipt = dan.send(sealed).json
            assert receipt and (receipt["state"], receipt["number"]) in {("unplaced", None), ("variant", None)}
            assert {one["id"] for one in receipt["photos"]} == {one["id"] for one in sealed.said["photos"]}
    with db.reading() as session:
        kept = select(Photo.state, Photo.owner_id).where(Photo.record_id.in_([visit, added]))
        assert [state for state, owner in session.execute(kept) if owner == cast.ana] == ["stored", "stored"]
        assert session.scalars(select(IssueEvent.id).where(IssueEvent.record_id.in_([visit, added]))).all() == []


def test_the_head_of_anothers_record_stays(ana: Phone, dan: Phone, db: Database, cast: Cast) -> None:
    """An event whose issue is unknown waits as a record of its own id: not as ana's."""
    visit = ana.visit(cast.sail)
    assert ana.send(visit).json["state"] == "placed"  # type: ignore[index]
    dan.send(dan.visit(cast.reef, {"issue_events": [opened(id=str(visit.id), type="progress")]}))
    with db.reading() as session:
        head = session.get_one(Record, visit.id)
        assert (head.state, head.owner_id, head.type) == ("placed", cast.ana, "visit")
    assert ana.send(visit).json["state"] == "placed"  # type: ignore[index]


def test_a_visit_stays_on_its_timeline(ana: Phone, dan: Phone, db: Database, cast: Cast) -> None:
    """An issue's events go along when its visit is filed elsewhere: nothing else that has their id."""
    visit = ana.visit(cast.sail)
    ana.send(visit)
    moved = dan.visit(cast.sail, {"issue_events": [opened(id=str(visit.id))]})
    dan.send(moved)
    dan.send(dan.supplement(moved.id, "move", {"project": str(cast.reef)}))
    with db.reading() as session:
        shown = select(Entry.kind, Entry.left_at).where(Entry.ref == visit.id, Entry.project_id == cast.sail)
        assert session.execute(shown).all() == [("visit", None)]
