"""What is said later about a visit: everyone reads the fold, and nothing that was sealed is lost."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from fieldapp.core.db import Database, new_id
from fieldapp.core.payload import CannotPlace, Times
from fieldapp.photos.models import Photo
from fieldapp.projects.models import Project
from fieldapp.timeline.models import Entry
from fieldapp.visits import queries
from fieldapp.visits.models import Supplement, Visit
from tests.cast import NOON, Cast
from tests.visits.conftest import Log, Say

Load = Callable[[UUID], Visit]
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def shown_on(db: Database, project: UUID) -> list[str]:
    with db.reading() as session:
        query = select(Entry.kind, Entry.subkind).where(Entry.project_id == project, Entry.left_at.is_(None))
        return [f"{kind}:{subkind}" for kind, subkind in session.execute(query.order_by(Entry.kind))]


def contact(db: Database, project: UUID) -> object:
    with db.reading() as session:
        return session.get_one(Project, project).last_contact_at


def seen_by(db: Database, cast: Cast, visit: UUID) -> set[str]:
    with db.reading() as session:
        return {
            name
            for name in ("ana", "bo", "lin", "dan", "uma", "dee", "zoe")
            if queries.visible_visit(session, cast.person(session, name), visit, zone_readable=True)
        }


def test_an_addition_is_shown_beside_the_visit_and_may_be_made_by_whoever_sees_it(
    db: Database, cast: Cast, log: Log, say: Say, load: Load
) -> None:
    id = log(cast.sail, content="看了")
    say(id, "addition", by="dan", text="隔壁也通水了")
    assert load(id).content == "看了"
    assert shown_on(db, cast.sail) == ["supplement:addition", "visit:site_inspection"]


def test_a_correction_changes_the_fold_and_keeps_what_was_there(
    db: Database, cast: Cast, log: Log, say: Say, load: Load
) -> None:
    id = log(cast.sail, content="一层", progress_percent=10)
    say(id, "correction", fields={"content": "二层", "progress_percent": 20})
    say(id, "correction", fields={"content": "三层", "next_step": {"text": "复看", "on": "2026-12-01"}})
    visit = load(id)
    assert (visit.content, visit.progress_percent, visit.next_step) == ("三层", 20, "复看")
    with db.reading() as session:
        before = [one.body["before"] for one in queries.supplements(session, [id])[id]]
    assert before[0] == {"content": "一层", "progress_percent": 10}
    assert before[1]["content"] == "二层"


def test_a_corrected_time_moves_the_entry_and_the_last_contact(
    db: Database, cast: Cast, log: Log, say: Say, load: Load
) -> None:
    id = log(cast.sail)
    earlier = NOON - timedelta(days=3)
    say(id, "correction", fields={"occurred_at": earlier.isoformat()})
    assert load(id).occurred_at == earlier
    assert contact(db, cast.sail) == earlier
    with db.reading() as session:
        entries = session.scalars(select(Entry.occurred_at).where(Entry.ref == id))
        assert set(entries) == {earlier}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "unreadable"),
        ({"colour": "blue"}, "unreadable"),
        ({"progress_percent": 400}, "unreadable"),
        ({"kind": "moon_landing"}, "unknown-kind"),
        ({"project": str(new_id())}, "unreadable"),
    ],
)
def test_a_correction_that_says_nothing_readable_changes_nothing(
    cast: Cast, log: Log, say: Say, load: Load, fields: dict[str, object], reason: str
) -> None:
    id = log(cast.sail, content="看了")
    with pytest.raises(CannotPlace) as refused:
        say(id, "correction", fields=fields)
    assert refused.value.reason == reason
    assert load(id).content == "看了"


def test_a_move_takes_the_visit_to_the_other_project_and_back(
    db: Database, cast: Cast, log: Log, say: Say, load: Load
) -> None:
    id = log(cast.sail)
    say(id, "move", project=cast.reef)
    assert (shown_on(db, cast.sail), contact(db, cast.sail)) == ([], None)
    assert shown_on(db, cast.reef) == ["supplement:move", "visit:site_inspection"]
    assert contact(db, cast.reef) == NOON
    say(id, "move", project=cast.sail)
    assert shown_on(db, cast.sail)[-1] == "visit:site_inspection"
    assert "visit:site_inspection" not in shown_on(db, cast.reef)
    say(id, "move")
    assert (load(id).state, contact(db, cast.sail)) == ("unfiled", None)


def test_the_desk_and_the_lead_may_move_what_is_linked_wrongly_others_not(cast: Cast, log: Log, say: Say) -> None:
    id = log(enterprises=[cast.enterprise])
    for name in ("bo", "dan"):
        with pytest.raises(CannotPlace):
            say(id, "move", by=name, project=cast.sail)
    assert say(id, "move", by="dee", project=cast.sail) is not None
    assert say(id, "move", by="lin", project=cast.reef) is not None


def test_a_withdrawn_visit_is_for_author_and_lead_only_and_counts_nowhere(
    db: Database, cast: Cast, log: Log, say: Say
) -> None:
    older = log(cast.sail, times=Times(NOON - timedelta(days=9), NOON - timedelta(days=9), NOON))
    id = log(cast.sail)
    assert older != id and contact(db, cast.sail) == NOON
    assert seen_by(db, cast, id) == {"ana", "bo", "lin", "dan", "dee"}
    say(id, "withdrawal", reason="登记重复")
    assert seen_by(db, cast, id) == {"ana", "lin"}
    assert contact(db, cast.sail) == NOON - timedelta(days=9)


def test_voiding_is_for_the_lead_of_the_authors_team(cast: Cast, log: Log, say: Say, load: Load) -> None:
    id = log(cast.sail)
    for name in ("ana", "bo", "dan", "dee"):
        with pytest.raises(CannotPlace):
            say(id, "void", by=name, reason="x")
    say(id, "void", by="lin", reason="不是走访")
    assert load(id).withdrawn_at == NOON


def test_withdrawing_and_correcting_are_for_the_author(cast: Cast, log: Log, say: Say) -> None:
    id = log(cast.sail)
    for name in ("bo", "lin", "dee"):
        for type in ("withdrawal", "correction", "photo_withdrawn"):
            with pytest.raises(CannotPlace):
                say(id, type, by=name, fields={"content": "x"})


def test_a_sensitive_visit_is_for_those_who_were_there_and_the_lead(
    db: Database, cast: Cast, log: Log, say: Say
) -> None:
    id = log(cast.sail, sensitive=True)
    assert seen_by(db, cast, id) == {"ana", "lin"}
    with_bo = log(cast.sail, sensitive=True, participants=[cast.bo])
    assert seen_by(db, cast, with_bo) == {"ana", "bo", "lin"}
    assert say(id, "addition", by="bo", text="x") is None, "what one may not see is not there"
    plain = log(cast.sail)
    say(plain, "correction", fields={"sensitive": True})
    assert seen_by(db, cast, plain) == {"ana", "lin"}


def test_before_signing_a_visit_is_for_the_projects_team(db: Database, cast: Cast, log: Log) -> None:
    assert seen_by(db, cast, log(cast.talk)) == {"ana", "bo", "lin", "dee"}
    assert seen_by(db, cast, log(None, typed_project="?")) == {"ana", "bo", "lin", "dee"}


def test_a_withdrawn_photo_says_so_on_the_timeline(db: Database, cast: Cast, log: Log, say: Say) -> None:
    photo = new_id()
    id = log(cast.sail, claims=[{"id": str(photo), "sha256": HASH, "size": 5}])
    say(id, "photo_withdrawn", photo=photo, reason="lost")
    assert "supplement:photo_withdrawn" in shown_on(db, cast.sail)
    with db.reading() as session:
        assert session.get_one(Photo, photo).state == "withdrawn"
        assert session.scalar(select(Supplement.type)) == "photo_withdrawn"
