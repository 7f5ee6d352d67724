"""The feed: newest first, a page at a time, said once, and left without being erased."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from fieldapp.core.db import Database, new_id
from fieldapp.timeline import queries
from fieldapp.timeline.actions import amend, append, settle
from fieldapp.timeline.models import Entry
from tests.cast import NOON, Cast


def say(db: Database, cast: Cast, *, hours_ago: int = 0, kind: str = "visit", ref: UUID | None = None) -> UUID:
    ref = ref or new_id()
    with db.writing() as session:
        append(
            session, projects=[cast.sail, cast.sail], enterprises=[cast.enterprise],
            occurred_at=NOON - timedelta(hours=hours_ago), received_at=NOON, kind=kind, subkind="site_inspection",
            actor_id=cast.ana, ref=ref,
        )  # fmt: skip
    return ref


def shown(db: Database, **how: object) -> list[UUID]:
    with db.reading() as session:
        return [entry.ref for entry in queries.entries(session, **how).items]  # type: ignore[arg-type]


def test_it_is_read_newest_first_page_by_page_without_gap_or_repeat(db: Database, cast: Cast) -> None:
    refs = [say(db, cast, hours_ago=hours // 2) for hours in range(7)]
    read, after = list[UUID](), None
    while True:
        with db.reading() as session:
            page = queries.entries(session, project_id=cast.sail, after=after, limit=2)
        read += [entry.ref for entry in page.items]
        after = page.next
        if after is None:
            break
    assert len(read) == len(set(read)) == 7 and set(read) == set(refs)
    with db.reading() as session:
        times = dict(session.execute(select(Entry.ref, Entry.occurred_at)).all())
    assert [times[ref] for ref in read] == sorted((times[ref] for ref in read), reverse=True)


def test_saying_it_again_changes_nothing(db: Database, cast: Cast) -> None:
    ref = say(db, cast)
    say(db, cast, ref=ref, hours_ago=5)
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Entry)) == 2
        assert session.scalars(select(Entry.occurred_at).distinct()).all() == [NOON]


def test_an_entry_leaves_a_timeline_and_comes_back(db: Database, cast: Cast) -> None:
    ref = say(db, cast)
    with db.writing() as session:
        settle(session, "visit", ref, projects=[], enterprises=[cast.enterprise], at=NOON)
    assert shown(db, project_id=cast.sail) == []
    assert shown(db, enterprise_id=cast.enterprise) == [ref]
    with db.writing() as session:
        settle(session, "visit", ref, projects=[cast.sail], enterprises=[], at=NOON)
    assert shown(db, project_id=cast.sail) == [ref]
    assert shown(db, enterprise_id=cast.enterprise) == []


def test_the_fold_may_change_when_and_what_kind(db: Database, cast: Cast) -> None:
    first, second = say(db, cast), say(db, cast, hours_ago=1)
    with db.writing() as session:
        amend(session, "visit", first, occurred_at=NOON - timedelta(hours=2), subkind="phone_follow_up")
    assert shown(db, project_id=cast.sail) == [second, first]
    assert shown(db, project_id=cast.sail, subkinds=["phone_follow_up"]) == [first]


def test_it_is_filtered_by_kind_and_by_what_the_asker_may_see(db: Database, cast: Cast) -> None:
    visit, issue = say(db, cast), say(db, cast, kind="issue")
    assert shown(db, project_id=cast.sail, kinds=["issue"]) == [issue]
    assert shown(db, project_id=cast.sail, where=Entry.ref == visit) == [visit]
