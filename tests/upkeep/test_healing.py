"""A restored server is healed by its phones: what came after the backup comes back, with its very numbers."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldapp.accounts.models import Membership, User
from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from fieldapp.core.models import Audit
from fieldapp.issues.models import Issue
from fieldapp.photos.models import Photo
from fieldapp.settings import Settings
from fieldapp.sync.models import Raw, ReviewItem
from fieldapp.timeline.models import Entry
from fieldapp.upkeep.backup import Report
from fieldapp.upkeep.restore import restore
from fieldapp.visits.models import Supplement, Visit
from tests.cast import NOON, PASSWORD_HASH, Cast
from tests.sync.phone import opened, photo
from tests.sync.test_imports import exported, hand_in
from tests.upkeep.conftest import sign_in_on
from tests.upkeep.phone import Phone, Sent, opened_outside, picture

BackUp = Callable[..., Report]
PhoneOf = Callable[[str], Phone]
Start = Callable[[], tuple[Flask, Database]]
AFTER = 100  # visits that the backup does not have


@pytest.fixture(autouse=True)
def noon() -> Any:
    with clock.frozen(NOON):
        yield


def work(phone: Phone, cast: Cast, count: int, name: str) -> list[Sent]:
    """Visits as they come: every third with photos, every fourth with an issue, every tenth said more of later."""
    done = []
    for n in range(count):
        pictures = [picture(f"{name} {n} {k}") for k in range(2)] if n % 3 == 0 else []
        body = {"content": f"{name} {n}", "issue_events": [opened()] if n % 4 == 0 else []}
        sealed = phone.visit(cast.sail, body, photos=[photo(data) for data in pictures])
        done.append(phone.hand_in(sealed, *pictures))
        if n % 4 == 0:
            issue = sealed.said["body"]["issue_events"][0]["issue"]
            done.append(phone.hand_in(phone.event(issue, "progress", {"text": "正在协调"})))
        if n % 10 == 0:
            done.append(phone.hand_in(phone.supplement(sealed.id, "addition", {"text": "补充：已通知企业"})))
            done.append(phone.hand_in(opened_outside(phone, cast.sail)))
    return done


def numbers(db: Database) -> dict[str, str | None]:
    with db.reading() as session:
        found = [*session.execute(select(Visit.id, Visit.number)), *session.execute(select(Issue.id, Issue.number))]
        return {str(id): number for id, number in found}


def counted(db: Database) -> dict[str, int]:
    with db.reading() as session:
        tables = (Visit, Issue, Supplement, Photo, Raw, Entry)
        return {t.__name__: session.scalar(select(func.count()).select_from(t)) or 0 for t in tables}


def destroy(settings: Settings, db: Database) -> None:
    db.close()
    shutil.rmtree(settings.data_dir)


def test_a_hundred_visits_come_back_with_their_numbers_and_photos(
    phone_of: PhoneOf, cast: Cast, db: Database, back_up: BackUp, folder: Path, settings: Settings, elsewhere: Settings,
    restored: Start,
) -> None:  # fmt: skip
    ana, bo = phone_of("ana"), phone_of("bo")
    work(ana, cast, 6, "before")
    back_up()
    for _round in range(2):
        work(ana, cast, AFTER // 4, f"ana {_round}")
        work(bo, cast, AFTER // 4, f"bo {_round}")
    had, held = numbers(db), counted(db)
    destroy(settings, db)

    restore(elsewhere, folder)
    app, there = restored()
    assert counted(there)["Visit"] == 6
    for phone, name in ((bo, "bo"), (ana, "ana")):
        sign_in_on(phone, app, there, cast, name)
    # Before any phone has healed it, somebody logs a visit: it gets a number that nobody had.
    fresh = bo.hand_in(bo.visit(cast.sail, {"content": "meanwhile"}))
    assert fresh.receipt["number"] not in had.values()
    assert len(bo.heal()) + len(ana.heal()) >= AFTER
    assert {id: number for id, number in numbers(there).items() if id != str(fresh.sealed.id)} == had
    now = counted(there)
    assert now["Visit"] == held["Visit"] + 1
    assert {name: now[name] for name in ("Issue", "Supplement", "Photo")} == {
        name: held[name] for name in ("Issue", "Supplement", "Photo")
    }
    assert (now["Raw"], now["Entry"]) == (held["Raw"] + 1, held["Entry"] + 2)  # its project and its enterprise
    with there.reading() as session:
        assert set(session.scalars(select(Photo.state))) == {"stored"}
        assert session.scalars(select(ReviewItem)).all() == []
    # Told again, nothing happens twice.
    assert bo.heal() == [] and ana.heal() == []
    assert counted(there) == now


def test_a_photo_whose_bytes_are_on_no_phone_any_more_is_said_to_be_lost(
    phone_of: PhoneOf, cast: Cast, db: Database, back_up: BackUp, folder: Path, settings: Settings, elsewhere: Settings,
    restored: Start,
) -> None:  # fmt: skip
    ana = phone_of("ana")
    back_up()
    here, gone = [
        ana.hand_in(ana.visit(cast.sail, photos=[photo(picture(text))]), picture(text)) for text in ("gate", "crane")
    ]
    ana.forget_bytes(gone)
    destroy(settings, db)
    restore(elsewhere, folder)
    app, there = restored()
    sign_in_on(ana, app, there, cast, "ana")
    ana.heal()
    with there.reading() as session:
        states = {str(p.id): (p.state, p.reason) for p in session.scalars(select(Photo))}
        kinds = session.scalars(select(ReviewItem.kind)).all()
    assert states == {next(iter(here.bytes)): ("stored", None), gone.receipt["photos"][0]["id"]: ("withdrawn", "lost")}
    assert kinds == ["lost_photo"]


def test_a_number_that_another_has_by_now_is_replaced_and_the_audit_says_so(
    phone_of: PhoneOf, cast: Cast, db: Database, back_up: BackUp, folder: Path, settings: Settings, elsewhere: Settings,
    restored: Start,
) -> None:  # fmt: skip
    """As where the same backup is restored twice: both servers went on from the same counter."""
    ana, bo = phone_of("ana"), phone_of("bo")
    back_up()
    visit = ana.hand_in(ana.visit(cast.sail))
    destroy(settings, db)
    restore(elsewhere, folder)
    app, there = restored()
    for phone, name in ((bo, "bo"), (ana, "ana")):
        sign_in_on(phone, app, there, cast, name)
    taken = bo.hand_in(bo.visit(cast.sail)).receipt["number"]
    visit.number = taken
    ana.heal()
    ana.heal()
    own = visit.receipt["number"]
    assert own not in (None, taken)
    with there.reading() as session:
        rows = session.scalars(select(Audit).where(Audit.verb == "number.replaced")).all()
    assert [(row.subject_id, row.detail["number"]) for row in rows] == [(str(visit.sealed.id), taken)]


def test_records_of_someone_added_after_the_backup_are_matched_by_a_person(
    phone_of: PhoneOf, client_of: Callable[..., Any], cast: Cast, app: Flask, db: Database, back_up: BackUp,
    folder: Path, settings: Settings, elsewhere: Settings, restored: Start,
) -> None:  # fmt: skip
    back_up()
    with db.writing() as session:
        neo = add_neo(session, cast)
    phone = Phone(neo)
    cast.neo = neo  # type: ignore[attr-defined]
    sign_in_on(phone, app, db, cast, "neo")
    first, second, later = (phone.visit(cast.sail, photos=[photo(picture(text))]) for text in ("gate", "crane", "roof"))
    for sealed, text in ((first, "gate"), (second, "crane"), (later, "roof")):
        phone.hand_in(sealed, picture(text))
    cookie = phone.client.get_cookie("fieldapp") if phone.client else None
    destroy(settings, db)
    restore(elsewhere, folder)
    app, there = restored()
    assert cookie is not None
    stranger = app.test_client()
    stranger.set_cookie("fieldapp", cookie.value)
    stranger.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    answer = stranger.put(first.url, data=first.raw)
    assert answer.status_code == 401  # nobody here knows them: the phone keeps everything

    desk = Phone(cast.dee)
    sign_in_on(desk, app, there, cast, "dee")
    assert desk.client is not None
    for sealed, text in ((first, "gate"), (second, "crane")):
        lines = hand_in(desk.client, exported(sealed, bytes_of_photos=picture(text)))
        assert lines[0]["receipt"]["state"] == "unplaced" and lines[0]["photos"] == {}
    with there.writing() as session:
        again = add_neo(session, cast)
    with there.reading() as session:
        item = session.scalars(
            select(ReviewItem).where(ReviewItem.kind == "imported", ReviewItem.record_id == first.id)
        ).one()
    assert desk.client.post(f"/review/{item.id}/match", data={"user": str(again)}).status_code == 303
    with there.reading() as session:
        assert {visit.owner_id for visit in session.scalars(select(Visit))} == {again}
        assert session.scalar(select(func.count()).select_from(Visit)) == 2
        assert [(p.owner_id, p.state) for p in session.scalars(select(Photo))] == [(again, "stored")] * 2
        waiting = session.scalars(select(ReviewItem).where(ReviewItem.closed_at.is_(None))).all()
        assert {(w.kind, w.user_id) for w in waiting} == {("imported", again)}  # for them or their lead to confirm
    # What the same person hands in later is theirs by itself.
    line = hand_in(desk.client, exported(later, bytes_of_photos=picture("roof")))[0]
    assert line["receipt"]["state"] == "placed" and line["receipt"]["complete"]


def add_neo(session: Session, cast: Cast) -> UUID:
    """An officer of ana's team."""
    neo = User(id=new_id(), username="neo", name="倪欧", password_hash=PASSWORD_HASH, created_at=NOON)
    session.add(neo)
    session.flush()
    session.add(Membership(user_id=neo.id, role="officer", team_id=cast.first_team, starts_on=date(2026, 1, 1)))
    return neo.id


def test_without_a_restore_a_history_reserves_nothing_that_is_here(phone_of: PhoneOf, cast: Cast, db: Database) -> None:
    """Anyone signed in may call it at any time."""
    ana = phone_of("ana")
    visit = ana.hand_in(ana.visit(cast.sail))
    visit.number = "ZF-2026-000777"
    assert ana.heal() == []
    assert ana.hand_in(ana.visit(cast.sail)).receipt["number"] == "ZF-2026-000002"
    visit.sealed.id = new_id()  # an id that nobody has, with a number far beyond what was ever given
    visit.number = "ZF-2026-200000"
    assert ana.client is not None
    said = {"records": [{"id": str(visit.sealed.id), "sha256": "0" * 64, "visit_number": visit.number}]}
    assert ana.client.post(f"/api/v1/devices/{ana.device}/history", json=said).status_code == 200
    assert ana.hand_in(ana.visit(cast.sail)).receipt["number"] == "ZF-2026-000003"
