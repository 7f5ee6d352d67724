"""What got a 2xx is kept whole: photos that wait with their record, the newest revision, the version not chosen."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from fieldapp.issues.models import IssueProject
from fieldapp.photos.models import PhotoUse
from fieldapp.settings import Settings
from fieldapp.sync import policy, records, review
from fieldapp.sync.models import Raw, Record, ReviewItem
from fieldapp.timeline.models import Entry
from fieldapp.visits import actions as visits
from fieldapp.visits.models import Supplement, Visit
from tests.cast import NOON, Cast
from tests.sync.phone import Phone, Sealed, opened, photo

ClientOf = Callable[..., FlaskClient]


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def ana(client_of: ClientOf, cast: Cast) -> Phone:
    return Phone(cast.ana, client_of("ana"))


def photos_of(ana: Phone, sealed: Sealed) -> list[tuple[str, str | None]]:
    return [(one["state"], one["reason"]) for one in ana.send(sealed).get_json()["photos"]]


# -- photos ---------------------------------------------------------------------------------------------------------


def test_the_photos_of_a_supplement_that_waits_for_its_visit_are_wanted(db: Database, ana: Phone, cast: Cast) -> None:
    sealed, line = ana.visit(cast.sail), photo()
    addition = ana.supplement(sealed.id, "addition", {"text": "补充", "photos": [line["id"]]}, photos=[line])
    held = ana.send(addition).get_json()
    assert (held["state"], held["complete"], [one["state"] for one in held["photos"]]) == ("held", False, ["wanted"])
    ana.send(sealed)
    placed = ana.send(addition).get_json()
    assert (placed["state"], placed["complete"]) == ("placed", False)


def test_a_photo_withdrawn_before_its_record_came_loses_no_photo_that_it_lists_itself(ana: Phone) -> None:
    gone = ana.supplement(new_id(), "photo_withdrawn", {"photo": str(new_id()), "reason": "lost"}, photos=[photo()])
    assert photos_of(ana, gone) == [("wanted", None)]


def test_a_photo_id_that_is_anothers_is_refused_and_never_said_to_be_here(
    ana: Phone, cast: Cast, client_of: ClientOf
) -> None:
    dan, line = Phone(cast.dan, client_of("dan")), photo()
    assert photos_of(ana, ana.visit(cast.sail, photos=[line])) == [("wanted", None)]
    taken = {**photo(b"another picture"), "id": line["id"]}
    assert photos_of(ana, ana.visit(cast.sail, photos=[taken])) == [("refused", "photo-differs")]
    assert photos_of(dan, dan.visit(cast.sail, photos=[line])) == [("refused", "photo-differs")]
    later = ana.visit(cast.sail, photos=[line, photo(b"its own")])
    assert photos_of(ana, later) == [("wanted", None), ("wanted", None)]


def test_nobody_changes_who_sees_anothers_photo_by_listing_it(
    db: Database, ana: Phone, cast: Cast, client_of: ClientOf
) -> None:
    dan, line = Phone(cast.dan, client_of("dan")), photo()
    own = ana.visit(cast.sail, photos=[line])
    ana.send(own)
    issue = {"id": str(new_id()), "issue": str(new_id()), "type": "opened", "title": "x", "photos": [line["id"]]}
    dan.send(dan.visit(cast.sail, {"sensitive": True, "issue_events": [{**issue, "sensitive": True}]}, photos=[line]))
    with db.reading() as session:
        uses = session.execute(select(PhotoUse.user_type, PhotoUse.user_id, PhotoUse.sensitive)).all()
    assert [tuple(one) for one in uses] == [("visit", own.id, False)]


# -- revisions --------------------------------------------------------------------------------------------------------


def test_an_addition_edited_before_its_receipt_came_says_what_it_said_last(
    db: Database, ana: Phone, cast: Cast
) -> None:
    sealed, line = ana.visit(cast.sail), photo()
    ana.send(sealed)
    first = ana.supplement(sealed.id, "addition", {"text": "已通水"})
    ana.send(first)
    second = ana.revise(first, {"text": "已通水，压力正常", "photos": [line["id"]]}, photos=[line])
    assert photos_of(ana, second) == [("wanted", None)]
    assert ana.send(first).get_json()["complete"] is False  # the same record, whichever bytes ask
    with db.reading() as session:
        said = session.get_one(Supplement, first.id)
        assert (said.body["text"], said.body["photos"]) == ("已通水，压力正常", [line["id"]])
        assert session.scalars(select(Supplement.id)).all() == [first.id]


def test_a_correction_edited_too_late_asks_for_a_person(db: Database, ana: Phone, cast: Cast) -> None:
    sealed = ana.visit(cast.sail, {"progress": "一层"})
    ana.send(sealed)
    first = ana.supplement(sealed.id, "correction", {"fields": {"progress": "二层"}})
    ana.send(first)
    answer = ana.send(ana.revise(first, {"fields": {"progress": "三层"}})).get_json()
    assert (answer["state"], answer["reason"]) == ("unplaced", "already-said")
    with db.reading() as session:
        assert session.get_one(Visit, sealed.id).progress == "二层"
        assert session.scalars(select(ReviewItem.reason)).all() == ["already-said"]


def test_the_office_places_the_newest_of_what_nobody_let_in(
    db: Database, ana: Phone, cast: Cast, settings: Settings
) -> None:
    first = ana.visit(new_id(), {"content": "先写的"})
    ana.send(first)
    ana.send(ana.revise(first, {"content": "后写的"}))
    with db.writing() as session:
        review.place(session, settings, first.id, cast.sail, cast.person(session, "dee"))
    with db.reading() as session:
        assert session.get_one(Visit, first.id).content == "后写的"
        assert session.get_one(Record, first.id).rev == 2


@pytest.mark.parametrize("how", ["unplaced", "unfiled"])
def test_the_issues_of_a_visit_filed_late_follow_it_to_its_project(
    db: Database, ana: Phone, cast: Cast, settings: Settings, how: str
) -> None:
    issue = opened()
    sealed = ana.visit(new_id() if how == "unplaced" else None, {"issue_events": [issue]})
    assert ana.send(sealed).get_json()["state"] == how
    if how == "unplaced":
        with db.writing() as session:
            review.place(session, settings, sealed.id, cast.sail, cast.person(session, "dee"))
    else:
        ana.send(ana.supplement(sealed.id, "move", {"project": str(cast.sail)}))
    with db.reading() as session:
        linked = session.scalars(select(IssueProject.project_id).where(IssueProject.issue_id == UUID(issue["issue"])))
        assert linked.all() == [cast.sail]
        on_timeline = select(Entry.ref).where(Entry.project_id == cast.sail, Entry.kind == "issue")
        assert session.scalars(on_timeline).all() == [UUID(issue["id"])]


# -- what was not chosen ----------------------------------------------------------------------------------------------


def test_the_photos_of_the_version_not_chosen_go_on_arriving(
    db: Database, ana: Phone, cast: Cast, settings: Settings
) -> None:
    line, other_line = photo(b"one"), photo(b"two")
    first = ana.visit(cast.sail, photos=[line])
    other = Phone(cast.ana, ana.client).visit(cast.sail, id=first.id, photos=[other_line])
    ana.send(first)
    assert ana.send(other).status_code == 409
    for chosen in (other, first):
        with db.writing() as session:
            review.choose(session, settings, first.id, chosen.sha256, cast.lin)
        assert photos_of(ana, first) == [("wanted", None)]
        assert photos_of(ana, other) == [("wanted", None)]


# -- where nobody could go on -----------------------------------------------------------------------------------------


def test_what_breaks_at_the_very_end_asks_for_a_person_too(
    db: Database, ana: Phone, cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise ValueError("no number")

    sealed = ana.visit(cast.sail)
    with monkeypatch.context() as patched:
        patched.setattr(visits, "_number", breaks)
        answer = ana.send(sealed)
    assert (answer.status_code, answer.get_json()["reason"]) == (202, "failed")
    with db.reading() as session:
        assert session.scalars(select(Raw.state)).all() == ["failed"]
        assert session.scalars(select(ReviewItem.kind)).all() == ["failed"]
    review.retry(db, settings, sealed.id, cast.lin)
    assert ana.send(sealed).get_json()["state"] == "placed"


@pytest.mark.parametrize("mangled", [b"\xed\xa0\x80", b"\\ud800", b"\\u0000"])
def test_half_a_character_is_left_out_however_it_comes(db: Database, ana: Phone, cast: Cast, mangled: bytes) -> None:
    sealed = ana.visit(cast.sail, {"content": "看了[ ]主厂房"})
    raw = sealed.raw.replace(b"[ ]", mangled)
    assert ana.client is not None
    for bytes_sent in (raw, raw.decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass")):
        id = new_id()
        sent = bytes_sent.replace(*(str(one).encode("ascii") for one in (sealed.id, id)))
        sent = sent.replace(*(str(one).encode("utf-16-le") for one in (sealed.id, id)))
        answer = ana.client.put(f"/api/v1/visits/{id}", data=sent, content_type="application/json")
        assert (answer.status_code, answer.get_json()["state"]) == (201, "placed")
        with db.reading() as session:
            content = session.get_one(Visit, id).content
        assert content.startswith("看了") and content.endswith("主厂房") and "\x00" not in content
        assert content.encode()  # no half of a pair


def test_json_too_deep_to_clean_is_no_record(ana: Phone, cast: Cast) -> None:
    sealed = ana.visit(cast.sail)
    deep = b'{"a":[' * 300 + b'"\\u0000"' + b"]}" * 300
    assert ana.client is not None
    answer = ana.client.put(
        sealed.url, data=sealed.raw[:-1] + b', "x": ' + deep + b"}", content_type="application/json"
    )
    assert (answer.status_code, answer.get_json()["code"]) == (400, "not-json")


# -- whose it is ------------------------------------------------------------------------------------------------------


def test_only_an_unknown_author_is_matched(db: Database, cast: Cast, settings: Settings) -> None:
    ana = Phone(cast.ana)
    known, unknown = ana.visit(cast.sail), Phone(new_id()).visit(cast.sail)
    for sealed in (known, unknown):
        records.accept(db, settings, sealed.id, sealed.raw, records.Sender(cast.dee, importing=True))
    with db.reading() as session:
        dee = cast.person(session, "dee")
        items = {item.record_id: item for item in session.scalars(select(ReviewItem)) if item.kind == "imported"}
        assert "match" not in policy.acts(dee, items[known.id])
        assert "match" in policy.acts(dee, items[unknown.id])
    own = ana.visit(cast.sail, id=unknown.id)  # under the same id, from a phone whose owner is known
    records.accept(db, settings, own.id, own.raw, records.Sender(cast.ana))
    review.match_user(db, settings, unknown.id, cast.bo, cast.dee)
    with db.reading() as session:
        owners: list[UUID | None] = list(
            session.scalars(select(Raw.owner_id).where(Raw.record_id == own.id).order_by(Raw.id))
        )
        assert owners == [cast.bo, cast.ana]
