"""A record arrives: once, twice, eight times at once, revised, varied, by the wrong hand, and when things break."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

import fieldapp
from fieldapp.accounts.models import User
from fieldapp.accounts.policy import person_on
from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from fieldapp.core.payload import Arrival, CannotPlace, Times
from fieldapp.feed import actions as feed
from fieldapp.issues.models import Issue, IssueEvent, IssueProject
from fieldapp.photos.models import Photo
from fieldapp.settings import Settings
from fieldapp.sync import actions, envelope, jobs, records, review
from fieldapp.sync.models import Raw, Record, ReviewItem
from fieldapp.timeline.models import Entry
from fieldapp.visits import follow_up_actions
from fieldapp.visits.body import VisitBody
from fieldapp.visits.models import FollowUp, Visit
from tests.cast import NOON, Cast
from tests.sync.phone import KIND, Phone, opened, photo

ClientOf = Callable[..., FlaskClient]


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def ana(client_of: ClientOf, cast: Cast) -> Phone:
    return Phone(cast.ana, client_of("ana"))


def count(db: Database, model: Any, *where: Any) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def visit(db: Database, id: Any) -> Visit:
    with db.reading() as session:
        return session.get_one(Visit, id)


def head(db: Database, id: Any) -> Record:
    with db.reading() as session:
        return session.get_one(Record, id)


def open_items(db: Database) -> list[tuple[str, str]]:
    with db.reading() as session:
        rows = session.execute(select(ReviewItem.kind, ReviewItem.reason).where(ReviewItem.closed_at.is_(None)))
        return sorted((kind, reason) for kind, reason in rows)


# -- once, and again ----------------------------------------------------------------------------------------------


def test_a_visit_is_answered_with_its_receipt_and_shows_on_the_timeline(db: Database, ana: Phone, cast: Cast) -> None:
    sealed = ana.visit(cast.sail, {"content": "看了主厂房"})
    answer = ana.send(sealed)
    assert answer.status_code == 201
    receipt = answer.get_json()
    assert receipt["id"] == str(sealed.id)
    assert receipt["payload_sha256"] == sealed.sha256
    assert (receipt["state"], receipt["complete"], receipt["photos"]) == ("placed", True, [])
    assert receipt["number"] == "ZF-2026-000001"
    assert answer.headers["Fieldapp-Epoch"] == receipt["server_epoch"] != ""
    assert answer.headers["Fieldapp-Time"] == str(int(NOON.timestamp() * 1000))
    with db.reading() as session:
        entry = session.scalar(select(Entry).where(Entry.project_id == cast.sail))
        assert entry is not None and (entry.ref, entry.kind, entry.actor_id) == (sealed.id, "visit", cast.ana)


def test_the_same_bytes_again_are_the_same_record_with_the_same_receipt(db: Database, ana: Phone, cast: Cast) -> None:
    sealed = ana.visit(cast.sail)
    first, again = ana.send(sealed), ana.send(sealed)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_json() == again.get_json()
    assert (count(db, Raw), count(db, Visit), count(db, Entry, Entry.project_id == cast.sail)) == (1, 1, 1)


def test_the_receipt_tells_the_numbers_of_the_issues_at_once(db: Database, ana: Phone, cast: Cast) -> None:
    one, two = opened(), opened()
    visited = ana.send(ana.visit(cast.sail, {"issue_events": [one, two]})).get_json()
    assert visited["issue_numbers"] == {one["issue"]: "XQ-2026-000001", two["issue"]: "XQ-2026-000002"}
    alone = ana.event(new_id(), "opened", {"title": "x", "projects": [str(cast.sail)]})
    said = ana.send(alone).get_json()
    assert said["issue_numbers"] == {alone.said["body"]["issue"]: "XQ-2026-000003"}
    assert ana.send(ana.visit(cast.sail)).get_json()["issue_numbers"] == {}
    unplaced = ana.send(ana.visit(cast.sail, {"kind": "nothing", "issue_events": [opened()]})).get_json()
    assert (unplaced["state"], unplaced["number"], unplaced["issue_numbers"]) == ("unplaced", None, {})


def test_eight_identical_puts_at_once_make_one_visit_and_eight_equal_receipts(
    db: Database, ana: Phone, cast: Cast, settings: Settings
) -> None:
    sealed = ana.visit(cast.sail, {"issue_events": [opened()]}, photos=[photo()])
    start, answers = threading.Barrier(8), []

    def put() -> None:
        start.wait()
        answers.append(records.accept(db, settings, sealed.id, sealed.raw, records.Sender(cast.ana)))

    threads = [threading.Thread(target=put) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status for answer in answers) == [200] * 7 + [201]
    assert len({answer.receipt.model_dump_json() for answer in answers}) == 1
    assert (count(db, Raw), count(db, Visit), count(db, Photo)) == (1, 1, 1)
    assert visit(db, sealed.id).number == "ZF-2026-000001"


def test_many_different_visits_at_once_get_different_numbers(db: Database, cast: Cast, settings: Settings) -> None:
    phone = Phone(cast.ana)
    sealed = [phone.visit(cast.sail if n % 2 else cast.reef) for n in range(12)]
    start, answers = threading.Barrier(12), []

    def put(one: Any) -> None:
        start.wait()
        answers.append(records.accept(db, settings, one.id, one.raw, records.Sender(cast.ana)))

    threads = [threading.Thread(target=put, args=(one,)) for one in sealed]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status for answer in answers] == [201] * 12
    assert sorted(answer.receipt.number or "" for answer in answers) == [f"ZF-2026-{n:06d}" for n in range(1, 13)]


def test_of_records_that_open_one_issue_at_once_one_opens_it_and_none_fails(
    db: Database, cast: Cast, settings: Settings
) -> None:
    issue, phone = new_id(), Phone(cast.ana)
    sealed = [phone.visit(cast.sail, {"issue_events": [opened(issue)]}) for _ in range(6)]
    start = threading.Barrier(6)

    def put(one: Any) -> None:
        start.wait()
        records.accept(db, settings, one.id, one.raw, records.Sender(cast.ana))

    threads = [threading.Thread(target=put, args=(one,)) for one in sealed]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.reading() as session:
        events = session.execute(select(IssueEvent.applied, IssueEvent.reason)).all()
    assert sorted(tuple(event) for event in events) == [(False, "already-opened")] * 5 + [(True, "")]
    assert (count(db, Visit), count(db, Issue), open_items(db)) == (6, 1, [])


def test_a_revision_does_not_bring_back_a_follow_up_that_was_ticked_off(db: Database, ana: Phone, cast: Cast) -> None:
    step = {"next_step": {"text": "再去看一次", "on": "2026-11-25"}}
    sealed = ana.visit(cast.sail, step)
    ana.send(sealed)
    with db.writing() as session:
        promised = session.scalars(select(FollowUp.id)).one()
        assert follow_up_actions.tick_off(session, cast.person(session, "ana"), promised)
    revised = ana.revise(sealed, {"content": "改过"})
    assert ana.send(revised).status_code == 201
    assert count(db, FollowUp) == 1
    assert ana.send(ana.revise(revised, {"next_step": {"text": "另一件事"}})).status_code == 201
    assert (count(db, FollowUp), count(db, FollowUp, FollowUp.done_at.is_(None))) == (2, 1)


def test_photos_are_wanted_until_their_bytes_are_here(ana: Phone, cast: Cast) -> None:
    line, huge = photo(), photo(b"x", size=65 * 1024 * 1024)
    receipt = ana.send(ana.visit(cast.sail, photos=[line, huge])).get_json()
    assert receipt["photos"] == [
        {"id": line["id"], "state": "wanted", "reason": None},
        {"id": huge["id"], "state": "refused", "reason": "photo-too-large"},
    ]
    assert receipt["complete"] is False


# -- revisions and variants ---------------------------------------------------------------------------------------


def test_a_revision_after_its_forerunner_takes_its_place(db: Database, ana: Phone, cast: Cast) -> None:
    first = ana.visit(cast.sail, {"content": "one"})
    second = ana.revise(first, {"content": "two"})
    assert ana.send(first).status_code == 201
    answer = ana.send(second)
    assert (answer.status_code, answer.get_json()["state"]) == (201, "placed")
    assert (visit(db, first.id).content, visit(db, first.id).rev) == ("two", 2)
    assert visit(db, first.id).number == "ZF-2026-000001"
    assert (count(db, Visit), count(db, Entry, Entry.project_id == cast.sail)) == (1, 1)
    late = ana.send(first).get_json()
    assert (late["state"], late["payload_sha256"]) == ("placed", first.sha256)


def test_a_lower_revision_that_comes_later_changes_nothing_and_is_receipted(
    db: Database, ana: Phone, cast: Cast
) -> None:
    first = ana.visit(cast.sail, {"content": "one"})
    second = ana.revise(first, {"content": "two"})
    assert ana.send(second).status_code == 201
    answer = ana.send(first)
    assert (answer.status_code, answer.get_json()["payload_sha256"]) == (201, first.sha256)
    assert ana.send(first).status_code == 200
    assert visit(db, first.id).content == "two"
    assert not open_items(db)


@pytest.mark.parametrize("first_arrives", [True, False])
def test_an_issue_goes_where_a_revision_of_its_visit_goes_whether_or_not_the_first_arrived(
    db: Database, ana: Phone, cast: Cast, first_arrives: bool
) -> None:
    issue = opened()
    first = ana.visit(cast.sail, {"issue_events": [issue]})
    if first_arrives:
        ana.send(first)
        ana.send(ana.event(issue["issue"], "progress"))
    assert ana.send(ana.revise(first, {"project": str(cast.reef)})).status_code == 201
    with db.reading() as session:
        assert session.scalars(select(IssueProject.project_id)).all() == [cast.reef]
        shown = select(Entry.project_id).where(
            Entry.kind == "issue", Entry.left_at.is_(None), Entry.project_id.is_not(None)
        )
        assert session.scalars(shown).all() == [cast.reef] * (2 if first_arrives else 1)
    if first_arrives:
        assert ana.send(ana.revise(ana.revise(first), {"project": str(cast.sail)})).status_code == 201
        assert count(db, Entry, Entry.kind == "issue", Entry.project_id == cast.sail, Entry.left_at.is_(None)) == 2


def test_a_revision_moves_the_visit_to_another_project(db: Database, ana: Phone, cast: Cast) -> None:
    first = ana.visit(cast.sail)
    ana.send(first)
    ana.send(ana.revise(first, {"project": str(cast.reef)}))
    with db.reading() as session:
        shown = session.scalars(select(Entry.project_id).where(Entry.ref == first.id, Entry.left_at.is_(None))).all()
        contacted = session.execute(text("SELECT name FROM project WHERE last_contact_at IS NOT NULL")).scalars().all()
    assert cast.reef in shown and cast.sail not in shown
    assert contacted == ["海岬装备"]


def test_photos_and_issues_that_a_revision_drops_are_withdrawn(db: Database, ana: Phone, cast: Cast) -> None:
    kept, dropped = photo(b"kept"), photo(b"dropped")
    issue = opened()
    first = ana.visit(cast.sail, {"issue_events": [issue]}, photos=[kept, dropped])
    ana.send(first)
    second = ana.revise(first, {"issue_events": []}, photos=[kept])
    states = {one["id"]: one["state"] for one in ana.send(second).get_json()["photos"]}
    assert states == {kept["id"]: "wanted", dropped["id"]: "withdrawn"}
    with db.reading() as session:
        state = session.execute(text("SELECT state FROM issue")).scalar_one()
    assert state == "withdrawn"
    ana.send(ana.revise(second, {"issue_events": [issue]}, photos=[kept, dropped]))
    with db.reading() as session:
        assert session.execute(text("SELECT state FROM issue")).scalar_one() == "open"


def test_an_issue_that_others_have_acted_on_stays_and_goes_to_review(
    db: Database, ana: Phone, cast: Cast, client_of: ClientOf
) -> None:
    issue = opened()
    first = ana.visit(cast.sail, {"issue_events": [issue]})
    ana.send(first)
    bo = Phone(cast.bo, client_of("bo"))
    assert bo.send(bo.event(issue["issue"], "progress", {"text": "供电所已答复"})).status_code == 201
    answer = ana.send(ana.revise(first, {"issue_events": []}))
    assert answer.get_json()["needs_review"] is True
    assert open_items(db) == [("revision_issue", "")]
    with db.reading() as session:
        assert session.execute(text("SELECT state FROM issue")).scalar_one() == "open"


def test_other_bytes_under_the_same_rev_are_a_variant_and_the_phone_may_let_go(
    db: Database, ana: Phone, cast: Cast
) -> None:
    first = ana.visit(cast.sail, {"content": "one"})
    line = photo()
    other = ana.visit(cast.sail, {"content": "other"}, id=first.id, photos=[line])
    ana.send(first)
    answer = ana.send(other)
    receipt = answer.get_json()
    assert (answer.status_code, receipt["state"], receipt["payload_sha256"]) == (409, "variant", other.sha256)
    assert receipt["photos"] == [{"id": line["id"], "state": "wanted", "reason": None}]
    assert receipt["needs_review"] is True
    assert visit(db, first.id).content == "one"
    assert open_items(db) == [("variant", "")]
    assert ana.send(other).status_code == 409
    assert ana.send(first).status_code == 200


def test_the_office_chooses_a_variant(db: Database, ana: Phone, cast: Cast, settings: Settings) -> None:
    first = ana.visit(cast.sail, {"content": "one"})
    other = ana.visit(cast.sail, {"content": "other"}, id=first.id)
    ana.send(first), ana.send(other)
    with db.writing() as session:
        review.choose(session, settings, first.id, other.sha256, cast.lin)
    assert visit(db, first.id).content == "other"
    assert not open_items(db)
    assert ana.send(other).get_json()["state"] == "placed"
    assert ana.send(first).status_code == 200


def test_a_newer_revision_answers_the_question_that_a_variant_had_asked(db: Database, ana: Phone, cast: Cast) -> None:
    first = ana.visit(cast.sail, {"content": "one"})
    other = ana.visit(cast.sail, {"content": "other"}, id=first.id)
    ana.send(first), ana.send(other)
    assert ana.send(ana.revise(other, {"content": "three"})).status_code == 201
    assert visit(db, first.id).content == "three"
    assert not open_items(db)


def test_another_phone_under_the_same_id_is_a_variant(db: Database, ana: Phone, cast: Cast) -> None:
    first = ana.visit(cast.sail)
    elsewhere = ana.revise(first, {"content": "x"}, device=str(new_id()))
    ana.send(first)
    assert ana.send(elsewhere).status_code == 409


# -- whose, and when ----------------------------------------------------------------------------------------------


def test_a_record_of_another_user_is_refused_and_nothing_is_stored(
    db: Database, cast: Cast, ana: Phone, client_of: ClientOf
) -> None:
    sealed = ana.visit(cast.sail)
    bo = client_of("bo")
    answer = bo.put(sealed.url, data=sealed.raw, content_type="application/json")
    assert (answer.status_code, answer.get_json()["code"]) == (403, "not-owner")
    assert (count(db, Raw), count(db, Record)) == (0, 0)


def test_nobody_signed_in_is_401_and_json(client_of: ClientOf, cast: Cast) -> None:
    answer = Phone(cast.ana, client_of(None)).send(Phone(cast.ana).visit(cast.sail))
    assert (answer.status_code, answer.get_json()["code"]) == (401, "signed-out")
    assert answer.mimetype == "application/problem+json"


def test_a_visit_without_a_project_is_unfiled_until_its_author_moves_it(db: Database, ana: Phone, cast: Cast) -> None:
    sealed = ana.visit(None, {"typed_project": "云帆二期"})
    answer = ana.send(sealed)
    assert (answer.status_code, answer.get_json()["state"]) == (201, "unfiled")
    assert answer.get_json()["number"] == "ZF-2026-000001"
    assert ana.send(ana.supplement(sealed.id, "move", {"project": str(cast.sail)})).status_code == 201
    assert visit(db, sealed.id).state == "placed"
    assert count(db, Entry, Entry.project_id == cast.sail, Entry.kind == "visit") == 1
    assert ana.send(sealed).get_json()["state"] == "placed"  # its phone no longer says 待归档
    assert ana.send(ana.supplement(sealed.id, "move")).status_code == 201
    assert ana.send(sealed).get_json()["state"] == "unfiled"


@pytest.mark.parametrize("unknown", [True, False])
def test_a_project_that_is_not_theirs_and_one_that_is_not_there_read_alike(
    db: Database, cast: Cast, client_of: ClientOf, unknown: bool
) -> None:
    dan = Phone(cast.dan, client_of("dan"))
    line = photo()
    answer = dan.send(dan.visit(new_id() if unknown else cast.talk, photos=[line]))
    receipt = answer.get_json()
    assert (answer.status_code, receipt["state"], receipt["reason"]) == (202, "unplaced", "no-such-project")
    assert receipt["photos"] == [{"id": line["id"], "state": "wanted", "reason": None}]
    assert receipt["needs_review"] is True
    assert (count(db, Visit), open_items(db)) == (0, [("unplaced", "no-such-project")])


def test_the_desk_places_what_could_not_be_placed(
    db: Database, cast: Cast, client_of: ClientOf, settings: Settings
) -> None:
    dan = Phone(cast.dan, client_of("dan"))
    line = photo()
    sealed = dan.visit(new_id(), {"content": "看了"}, photos=[line])
    dan.send(sealed)
    with db.writing() as session:
        review.place(session, settings, sealed.id, cast.reef, cast.person(session, "dee"))
    answer = dan.send(sealed)
    assert (answer.status_code, answer.get_json()["state"], answer.get_json()["needs_review"]) == (200, "placed", False)
    assert [one["state"] for one in answer.get_json()["photos"]] == ["wanted"]
    assert (visit(db, sealed.id).state, visit(db, sealed.id).number) == ("placed", "ZF-2026-000001")
    assert count(db, Entry, Entry.project_id == cast.reef, Entry.kind == "visit") == 1
    revised = dan.revise(sealed, {"content": "又看了"})
    assert dan.send(revised).get_json()["state"] == "placed"
    assert visit(db, sealed.id).content == "又看了"
    assert not open_items(db)


def test_a_unit_and_an_admin_log_no_visits(cast: Cast, client_of: ClientOf) -> None:
    for name in ("uma", "zoe"):
        phone = Phone(getattr(cast, name), client_of(name))
        assert phone.send(phone.visit(cast.sail)).get_json()["reason"] == "not-allowed"


def test_a_membership_that_has_ended_counts_where_it_held_at_the_time(db: Database, cast: Cast, ana: Phone) -> None:
    with db.writing() as session:
        session.execute(
            text("UPDATE membership SET ends_on = '2026-11-18' WHERE user_id = :id"), {"id": _bound(db, cast.ana)}
        )
    during, after = ana.visit(cast.sail), ana.visit(cast.sail)
    during = Phone(cast.ana, ana.client, at=NOON - timedelta(days=3)).visit(cast.sail)
    answer = ana.send(during)
    assert (answer.status_code, answer.get_json()["state"]) == (201, "placed")
    assert answer.get_json()["needs_review"] is True
    assert ana.send(after).get_json()["reason"] == "not-allowed"
    assert ("late_author", "") in open_items(db)


def test_a_disabled_account_may_still_hand_in_for_thirty_days(db: Database, cast: Cast, ana: Phone) -> None:
    with db.writing() as session:
        from fieldapp.accounts.models import User

        session.get_one(User, cast.ana).disabled_at = NOON
    assert ana.send(ana.visit(cast.sail)).status_code == 201
    assert ana.client is not None and ana.client.get(f"/api/v1/records/{new_id()}").status_code == 403
    with clock.frozen(NOON + timedelta(days=31)):
        assert ana.send(ana.visit(cast.sail)).status_code == 401


def _bound(db: Database, id: Any) -> Any:
    return id.hex if db.dialect == "sqlite" else id


# -- what breaks --------------------------------------------------------------------------------------------------


def test_a_cut_between_the_two_transactions_is_mended_by_the_sweep(
    db: Database, ana: Phone, cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = ana.visit(cast.sail, photos=[photo()])

    class Killed(BaseException):
        pass

    def killed(*_args: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(records, "run", killed)
        records.accept(db, settings, sealed.id, sealed.raw, records.Sender(cast.ana))
    assert (count(db, Raw), count(db, Visit)) == (1, 0)
    assert jobs.sweep(db, settings) == 0
    clock.advance(timedelta(seconds=61))
    assert jobs.sweep(db, settings) == 1
    assert count(db, Visit) == 1
    assert ana.send(sealed).status_code == 200


def test_a_repeated_put_runs_what_had_not_run(
    db: Database, ana: Phone, cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = ana.visit(cast.sail)
    with monkeypatch.context() as patched:
        patched.setattr(records, "run", lambda *_args: None)
        answer = ana.send(sealed)
        assert (answer.status_code, answer.get_json()["reason"]) == (202, "pending")
        assert answer.get_json()["complete"] is True
    assert ana.send(sealed).status_code == 200
    assert count(db, Visit) == 1


def test_a_database_error_in_the_second_transaction_is_left_to_the_sweep(
    db: Database, ana: Phone, cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = ana.visit(cast.sail, photos=[photo()])

    class Locked(Exception):
        sqlite_errorcode = 5
        sqlstate = None

    def locked(*_args: Any, **_more: Any) -> None:
        raise OperationalError("INSERT", {}, Locked("database is locked"))

    with monkeypatch.context() as patched:
        patched.setattr(feed, "log_visit", locked)
        answer = ana.send(sealed)
        assert (answer.status_code, answer.get_json()["state"], answer.get_json()["reason"]) == (
            202,
            "unplaced",
            "pending",
        )
        assert [one["state"] for one in answer.get_json()["photos"]] == ["wanted"]
    assert not open_items(db)
    clock.advance(timedelta(seconds=61))
    jobs.sweep(db, settings)
    assert count(db, Visit) == 1


def test_what_cannot_be_projected_goes_to_review_and_is_tried_again_when_asked_or_by_a_new_version(
    db: Database, ana: Phone, cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = photo()
    sealed = ana.visit(cast.sail, photos=[line])

    def broken(*_args: Any, **_more: Any) -> None:
        raise ZeroDivisionError("a bug of ours")

    with monkeypatch.context() as patched:
        patched.setattr(feed, "log_visit", broken)
        receipt = ana.send(sealed).get_json()
        assert (receipt["state"], receipt["reason"], receipt["needs_review"]) == ("unplaced", "failed", True)
        assert receipt["photos"] == [{"id": line["id"], "state": "wanted", "reason": None}]
        assert open_items(db) == [("failed", "failed")]
        review.retry(db, settings, sealed.id, cast.lin)
        assert count(db, Visit) == 0 and open_items(db) == [("failed", "failed")]
    clock.advance(timedelta(minutes=5))
    jobs.sweep(db, settings)
    assert ana.send(sealed).status_code == 202, "sweep and repeated PUT leave it alone"
    monkeypatch.setattr(fieldapp, "__version__", "9.9.9")
    jobs.sweep(db, settings)
    assert count(db, Visit) == 1
    assert not open_items(db)
    assert ana.send(sealed).status_code == 200


def test_retry_projects_what_a_person_has_mended(
    db: Database, ana: Phone, cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = ana.visit(cast.sail)
    with monkeypatch.context() as patched:
        patched.setattr(feed, "log_visit", lambda *_args, **_more: 1 / 0)
        ana.send(sealed)
    review.retry(db, settings, sealed.id, cast.lin)
    assert (count(db, Visit), open_items(db)) == (1, [])


def test_a_newer_schema_is_kept_and_projected_by_the_next_version(
    db: Database, ana: Phone, cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = photo()
    sealed = ana.visit(cast.sail, schema=2, photos=[line])
    receipt = ana.send(sealed).get_json()
    assert (receipt["state"], receipt["reason"], receipt["photos"][0]["state"]) == (
        "unplaced",
        "newer-schema",
        "wanted",
    )
    monkeypatch.setattr(fieldapp, "__version__", "9.9.9")
    monkeypatch.setattr(envelope, "SCHEMA", 2)
    jobs.sweep(db, settings)
    assert ana.send(sealed).get_json()["state"] == "placed"
    assert not open_items(db)


def test_an_older_schema_is_read_through_its_upcaster(
    db: Database, ana: Phone, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def up(said: dict[str, Any]) -> dict[str, Any]:
        return {**said, "body": {**said["body"], "content": said["body"]["memo"]}}

    monkeypatch.setattr(envelope, "SCHEMA", 2)
    monkeypatch.setitem(envelope.UPCASTERS, 1, up)
    sealed = ana.visit(cast.sail, {"memo": "old words"})
    assert ana.send(sealed).status_code == 201
    assert visit(db, sealed.id).content == "old words"


def test_where_not_even_the_manifest_can_be_read_all_photos_are_unknown(db: Database, ana: Phone, cast: Cast) -> None:
    sealed = ana.visit(cast.sail, photos=[{"id": "no uuid"}])
    receipt = ana.send(sealed).get_json()
    assert (receipt["state"], receipt["reason"]) == ("unplaced", "unreadable")
    assert (receipt["photos"], receipt["complete"]) == ("unknown", False)
    assert open_items(db) == [("failed", "unreadable")]


def test_an_unknown_kind_waits_for_a_person(db: Database, ana: Phone, cast: Cast) -> None:
    assert ana.send(ana.visit(cast.sail, {"kind": "moon_landing"})).get_json()["reason"] == "unknown-kind"


def test_another_id_inside_than_in_the_address_is_set_aside(ana: Phone, cast: Cast) -> None:
    sealed = ana.visit(cast.sail)
    assert ana.client is not None
    answer = ana.client.put(f"/api/v1/visits/{new_id()}", data=sealed.raw, content_type="application/json")
    assert (answer.status_code, answer.get_json()["reason"]) == (202, "id-differs")


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"", 400, "not-json"),
        (b"[1, 2]", 400, "not-json"),
        (b'{"id": NaN}', 400, "not-json"),
        (b'{"id": "\xff"}', 400, "not-json"),
        (b"[" * 100_000, 400, "not-json"),
        (b'{"a": "' + b"x" * 1_000_000 + b'"}', 413, "record-too-large"),
    ],
)
def test_only_what_is_no_json_object_or_too_large_is_refused(
    db: Database, ana: Phone, raw: bytes, status: int, code: str
) -> None:
    assert ana.client is not None
    answer = ana.client.put(f"/api/v1/visits/{new_id()}", data=raw, content_type="application/json")
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    assert count(db, Raw) == 0


def test_a_body_that_was_cut_off_is_not_taken_for_a_short_record(ana: Phone, cast: Cast) -> None:
    sealed = ana.visit(cast.sail)
    assert ana.client is not None
    answer = ana.client.put(
        sealed.url,
        data=sealed.raw[:-5],
        content_type="application/json",
        environ_overrides={"CONTENT_LENGTH": str(len(sealed.raw))},
    )
    assert (answer.status_code, answer.get_json()["code"]) == (408, "incomplete")


# -- events that wait ---------------------------------------------------------------------------------------------


def test_an_event_is_held_until_its_issue_arrives(db: Database, ana: Phone, cast: Cast) -> None:
    issue = opened()
    progress = ana.event(issue["issue"], "progress", {"base": issue["id"]})
    answer = ana.send(progress)
    assert (answer.status_code, answer.get_json()["state"]) == (202, "held")
    assert ana.send(progress).status_code == 202
    ana.send(ana.visit(cast.sail, {"issue_events": [issue]}))
    assert ana.send(progress).get_json()["state"] == "placed"


def test_an_event_inside_a_visit_that_has_no_issue_yet_waits_without_its_visit(
    db: Database, ana: Phone, cast: Cast, client_of: ClientOf
) -> None:
    issue = opened()
    update = {"id": str(new_id()), "issue": issue["issue"], "type": "progress", "text": "还在办"}
    sealed = ana.visit(cast.sail, {"issue_events": [update]})
    assert ana.send(sealed).status_code == 201
    assert head(db, UUID(update["id"])).state == "held"
    bo = Phone(cast.bo, client_of("bo"))
    bo.send(bo.visit(cast.sail, {"issue_events": [issue]}))
    assert head(db, UUID(update["id"])).state == "placed"
    with db.reading() as session:
        assert session.execute(text("SELECT count(*) FROM issue_event WHERE applied")).scalar_one() == 2


def test_what_is_unknown_and_what_is_hidden_are_held_alike_and_reach_review_after_five_days(
    db: Database, ana: Phone, cast: Cast, client_of: ClientOf, settings: Settings
) -> None:
    secret = opened(sensitive=True)
    ana.send(ana.visit(cast.sail, {"issue_events": [secret]}))
    bo = Phone(cast.bo, client_of("bo"))
    answers = [bo.send(bo.event(id, "progress")) for id in (secret["issue"], new_id())]
    assert [(a.status_code, a.get_json()["state"], a.get_json()["reason"]) for a in answers] == [
        (202, "held", None)
    ] * 2
    jobs.sweep(db, settings)
    assert not open_items(db)
    clock.advance(timedelta(days=5, seconds=1))
    jobs.sweep(db, settings)
    assert open_items(db) == [("held", "")] * 2


def test_a_supplement_waits_for_its_visit(db: Database, ana: Phone, cast: Cast) -> None:
    sealed = ana.visit(cast.sail)
    addition = ana.supplement(sealed.id, "addition", {"text": "补充：已通水"})
    assert ana.send(addition).get_json()["state"] == "held"
    ana.send(sealed)
    assert ana.send(addition).get_json()["state"] == "placed"


def test_an_event_that_no_longer_fits_is_kept_with_its_reason(db: Database, ana: Phone, cast: Cast) -> None:
    issue = opened()
    ana.send(ana.visit(cast.sail, {"issue_events": [issue]}))
    ana.send(ana.event(issue["issue"], "withdrawn", {"reason": "误登"}))
    answer = ana.send(ana.event(issue["issue"], "progress"))
    assert (answer.status_code, answer.get_json()["state"], answer.get_json()["reason"]) == (
        202,
        "not_applied",
        "ended",
    )


# -- reading one's own records again ------------------------------------------------------------------------------


def test_an_author_gets_receipt_and_bytes_again_and_a_stranger_gets_404(
    db: Database, ana: Phone, cast: Cast, client_of: ClientOf
) -> None:
    sealed = ana.visit(cast.sail)
    ana.send(sealed)
    assert ana.client is not None
    assert ana.client.get(f"/api/v1/records/{sealed.id}").get_json()["payload_sha256"] == sealed.sha256
    again = ana.client.get(f"/api/v1/records/{sealed.id}/raw?sha256={sealed.sha256}")
    assert (again.data, again.headers["X-Content-Type-Options"]) == (sealed.raw, "nosniff")
    assert client_of("zoe").get(f"/api/v1/records/{sealed.id}/raw").status_code == 404
    for path in ("", "/raw"):
        assert client_of("bo").get(f"/api/v1/records/{sealed.id}{path}").status_code == 404
    with db.reading() as session:
        verbs = session.execute(text("SELECT actor_id FROM audit WHERE verb = 'record.raw_read'")).all()
    assert len(verbs) == 1


def test_a_number_reserved_for_a_record_is_given_back_and_kept_from_others(
    db: Database, ana: Phone, cast: Cast
) -> None:
    from fieldapp.core.models import Reserved

    mine, other = ana.visit(cast.sail), ana.visit(cast.sail)
    with db.writing() as session:
        session.add(Reserved(number="ZF-2026-000001", id=mine.id, at=NOON))
    assert ana.send(other).get_json()["number"] == "ZF-2026-000002"
    assert ana.send(mine).get_json()["number"] == "ZF-2026-000001"


def test_the_raw_bytes_are_never_changed_by_reading_them(db: Database, ana: Phone, cast: Cast) -> None:
    raw = json.dumps({**ana.visit(cast.sail).said, "body": {"kind": "site_inspection", "content": "a\u0000b\ud800c"}})
    id = json.loads(raw)["id"]
    assert ana.client is not None
    answer = ana.client.put(f"/api/v1/visits/{id}", data=raw.encode(), content_type="application/json")
    assert answer.status_code == 201
    with db.reading() as session:
        assert session.scalar(select(Raw.payload)) == raw.encode()
        assert session.scalar(select(Visit.content)) == "ab\ufffdc"


# -- what else may come -------------------------------------------------------------------------------------------


def test_a_photo_lost_on_the_phone_is_withdrawn_though_its_visit_is_not_placed(
    db: Database, cast: Cast, client_of: ClientOf
) -> None:
    dan = Phone(cast.dan, client_of("dan"))
    line = photo()
    sealed = dan.visit(new_id(), photos=[line])
    assert dan.send(sealed).get_json()["complete"] is False
    gone = dan.supplement(sealed.id, "photo_withdrawn", {"photo": line["id"], "reason": "lost"})
    assert dan.send(gone).status_code == 201
    receipt = dan.send(sealed).get_json()
    assert (receipt["photos"][0]["state"], receipt["photos"][0]["reason"]) == ("withdrawn", "lost")
    assert (receipt["complete"], receipt["state"]) == (True, "unplaced")


def test_nobody_withdraws_anothers_photo(db: Database, ana: Phone, cast: Cast, client_of: ClientOf) -> None:
    line = photo()
    sealed = ana.visit(cast.sail, photos=[line])
    ana.send(sealed)
    bo = Phone(cast.bo, client_of("bo"))
    own = bo.visit(cast.sail)
    bo.send(own)
    for target in (sealed.id, own.id, new_id()):
        bo.send(bo.supplement(target, "photo_withdrawn", {"photo": line["id"], "reason": "x"}))
    assert ana.send(sealed).get_json()["photos"][0]["state"] == "wanted"


def test_an_import_is_its_authors_and_waits_to_be_confirmed(
    db: Database, ana: Phone, cast: Cast, settings: Settings
) -> None:
    sealed = ana.visit(cast.sail)
    answer = records.accept(db, settings, sealed.id, sealed.raw, records.Sender(cast.dee, importing=True))
    assert (answer.status, answer.receipt.state, answer.receipt.needs_review) == (201, "placed", True)
    assert visit(db, sealed.id).owner_id == cast.ana
    assert ana.send(sealed).status_code == 200, "the phone hands in the same bytes: one record"
    assert count(db, Raw) == 1
    with db.writing() as session:
        actions.confirm_import(session, sealed.id, cast.lin)
    assert head(db, sealed.id).needs_review is False


def test_an_import_of_an_unknown_author_is_matched_by_a_person(db: Database, cast: Cast, settings: Settings) -> None:
    stranger = Phone(new_id())
    line = photo()
    sealed = stranger.visit(cast.sail, photos=[line])
    answer = records.accept(db, settings, sealed.id, sealed.raw, records.Sender(cast.dee, importing=True))
    assert (answer.status, answer.receipt.state, answer.receipt.reason) == (202, "unplaced", "no-owner")
    review.match_user(db, settings, sealed.id, cast.ana, cast.zoe)
    assert visit(db, sealed.id).owner_id == cast.ana
    assert [kind for kind, _ in open_items(db)] == ["imported"]
    with db.reading() as session:
        assert session.get_one(Photo, UUID(line["id"])).state == "wanted"


def test_the_phone_learns_of_every_change_by_the_reference_version(db: Database, ana: Phone, cast: Cast) -> None:
    first, second = ana.visit(cast.sail), ana.visit(cast.sail)
    ana.send(first), ana.send(second)
    assert 0 < head(db, first.id).version < head(db, second.id).version
    ana.send(ana.revise(first, {"content": "x"}))
    assert head(db, first.id).version > head(db, second.id).version


def test_what_is_set_aside_does_not_stop_the_sweep(
    db: Database, ana: Phone, cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, whole = ana.visit(cast.sail, {"content": "broken"}), ana.visit(cast.sail)
    with monkeypatch.context() as patched:
        patched.setattr(records, "run", lambda *_args: None)
        ana.send(broken), ana.send(whole)
    log_visit = feed.log_visit

    def picky(*args: Any, **more: Any) -> Any:
        if args[3].content == "broken":
            raise ZeroDivisionError
        return log_visit(*args, **more)

    monkeypatch.setattr(feed, "log_visit", picky)
    clock.advance(timedelta(seconds=61))
    assert jobs.sweep(db, settings) == 2
    assert count(db, Visit) == 1
    assert open_items(db) == [("failed", "failed")]


def test_waiting_on_is_no_news_for_the_phone(db: Database, ana: Phone, cast: Cast, settings: Settings) -> None:
    secret = opened(sensitive=True)
    ana.send(ana.visit(cast.sail, {"issue_events": [secret]}))
    with db.writing() as session:
        person = cast.person(session, "bo")
    waiting = Phone(cast.bo).event(UUID(secret["issue"]), "progress")
    records.accept(db, settings, waiting.id, waiting.raw, records.Sender(person.id))
    version = head(db, waiting.id).version
    assert version > 0
    assert jobs.sweep(db, settings) == 1
    assert head(db, waiting.id).version == version


def test_a_visit_logged_on_a_page_is_not_taken_over_by_bytes_under_its_id(
    client_of: ClientOf, db: Database, ana: Phone, cast: Cast, settings: Settings
) -> None:
    """Its id stands in the address of its page, so that any colleague knows it."""
    id = new_id()
    with db.writing() as session:
        author = person_on(session.get_one(User, cast.ana), NOON.date())
        said = VisitBody(kind=KIND, project=cast.sail, content="看了主厂房")
        arrival = Arrival(id, Times(NOON, NOON, NOON), payload_sha256="f" * 64)
        feed.log_visit(session, author, arrival, said, zone_readable=True)
    bo = Phone(cast.bo, client_of("bo"))
    first = bo.visit(cast.sail, {"content": "mine now"}, id=id)
    for sealed in (first, bo.revise(first), bo.revise(bo.revise(first))):
        answer = bo.send(sealed)
        assert (answer.status_code, answer.json["state"]) == (202, "unplaced")
    review.retry(db, settings, id, cast.lin)
    with db.reading() as session:
        lin = person_on(session.get_one(User, cast.lin), NOON.date())
    with pytest.raises(CannotPlace), db.writing() as session:
        review.place(session, settings, id, cast.sail, lin)
    assert (visit(db, id).owner_id, visit(db, id).content) == (cast.ana, "看了主厂房")
    assert open_items(db) == [("unplaced", envelope.DIFFERS)]


def test_a_first_put_and_a_page_that_writes_the_same_id_come_to_the_same_end_in_either_order(
    db: Database, ana: Phone, cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page commits while the record is being read: nothing of it was seen when its projection began."""
    sealed = ana.visit(cast.sail, {"content": "from the phone"})
    with db.writing() as session:
        author = person_on(session.get_one(User, cast.ana), NOON.date())

    def page() -> None:
        said = VisitBody(kind=KIND, project=cast.sail, content="on the page")
        arrival = Arrival(sealed.id, Times(NOON, NOON, NOON), payload_sha256="f" * 64)
        with db.writing() as session:
            feed.log_visit(session, author, arrival, said, zone_readable=True)

    run = records.run

    def between(*given: Any) -> None:
        page()  # after T1, before T2
        run(*given)

    monkeypatch.setattr(records, "run", between)
    answer = ana.send(sealed)
    assert (answer.status_code, answer.json["state"], answer.json["reason"]) == (202, "unplaced", envelope.DIFFERS)
    assert open_items(db) == [("unplaced", envelope.DIFFERS)]
    assert visit(db, sealed.id).content == "on the page"
