"""A photo that comes whole in one request is no row until it is stored, takes long, or is cut."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select

from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.core.files import Files
from fieldapp.core.problems import Problem
from fieldapp.photos.models import Upload
from fieldapp.settings import Settings
from fieldapp.sync import uploads
from fieldapp.sync.parts import Body
from fieldapp.sync.upload_places import Announced, Place
from fieldapp.sync.uploads import Uploads
from tests.cast import NOON, Cast
from tests.sync.bringing import Brought, listed, photo_of

CRANE = b"a crane at the quay " * 2000


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def crane(db: Database, cast: Cast) -> Brought:
    return listed(db, cast.ana, CRANE)[0]


@pytest.fixture
def door(settings: Settings, db: Database) -> Uploads:
    return Uploads(settings, db, Files(settings.files))


@pytest.fixture
def begin(door: Uploads, db: Database, cast: Cast) -> Callable[[Brought], Place]:
    def begun(photo: Brought) -> Place:
        said = Announced(photo.record, photo.id, photo.sha256, len(photo.data))
        with db.reading() as session:
            return door.create(cast.ana, said, with_body=True, whole_in=session)

    return begun


Begin = Callable[[Brought], Place]


def rows(db: Database) -> list[Upload]:
    with db.reading() as session:
        return list(session.scalars(select(Upload)))


def body(*pieces: bytes, before_each: Callable[[], object] = lambda: None) -> Body:
    left = list(pieces)

    def read(_most: int) -> bytes:
        before_each()
        return left.pop(0) if left else b""

    return Body(read, len(CRANE))


def test_it_is_stored_and_leaves_a_row_that_says_so(door: Uploads, db: Database, begin: Begin, crane: Brought) -> None:
    place = begin(crane)
    assert not place.row and rows(db) == []
    done = door.receive(place, body(CRANE))
    assert done.receipt and photo_of(db, crane.id).state == "stored"
    (row,) = rows(db)
    assert (row.id, row.lease) == (done.id, None) and row.done_at is not None


def test_one_that_is_cut_becomes_a_row_to_go_on_with(
    door: Uploads, db: Database, cast: Cast, begin: Begin, crane: Brought
) -> None:
    paused = door.receive(begin(crane), body(CRANE[:1000]))
    assert (paused.offset, paused.receipt) == (1000, None)
    assert [row.id for row in rows(db)] == [paused.id]
    assert photo_of(db, crane.id).state == "partial"
    again = begin(crane)
    assert (again.id, again.offset, again.row) == (paused.id, 1000, True)
    ours = door.claim(cast.ana, paused.id, 1000)
    assert door.receive(ours, Body(lambda _most: CRANE[1000:], len(CRANE) - 1000)).receipt


def test_one_that_takes_long_becomes_a_row_with_a_lease(
    door: Uploads, db: Database, begin: Begin, crane: Brought
) -> None:
    leases: list[str | None] = []

    def slowly() -> None:
        leases.append(rows(db)[0].lease if rows(db) else None)
        clock.advance(uploads.AT_ONCE)

    place = begin(crane)
    assert door.receive(place, body(CRANE[:10], CRANE[10:20], CRANE[20:], before_each=slowly)).receipt
    assert leases == [None, place.lease, place.lease]


def test_a_second_connection_with_the_same_photo_waits(door: Uploads, begin: Begin, crane: Brought) -> None:
    other = begin(crane)

    def meanwhile() -> None:
        with pytest.raises(Problem) as problem:
            door.receive(other, body(CRANE))
        assert problem.value.status == 423

    assert door.receive(begin(crane), body(CRANE, before_each=meanwhile)).receipt
    assert begin(crane).receipt


def test_a_third_photo_of_one_user_waits(door: Uploads, db: Database, cast: Cast, begin: Begin, crane: Brought) -> None:
    second, third = (begin(one) for one in listed(db, cast.ana, CRANE[::-1], CRANE[1:] + b"!"))
    refused: list[int] = []

    def third_meanwhile() -> None:
        with pytest.raises(Problem) as problem:
            door.receive(third, body(CRANE))
        refused.append(problem.value.status)

    def second_meanwhile() -> None:
        door.receive(second, body(CRANE[::-1], before_each=third_meanwhile))

    assert door.receive(begin(crane), body(CRANE, before_each=second_meanwhile)).receipt
    assert refused == [503]


def test_two_processes_with_the_same_photo_store_it_once(
    settings: Settings, db: Database, cast: Cast, door: Uploads, begin: Begin, crane: Brought
) -> None:
    elsewhere = Database(settings.database)
    other = Uploads(settings, elsewhere, Files(settings.files))
    said = Announced(crane.record, crane.id, crane.sha256, len(crane.data))
    with elsewhere.reading() as session:
        place = other.create(cast.ana, said, with_body=True, whole_in=session)
    first = door.receive(begin(crane), body(CRANE))
    second = other.receive(place, body(CRANE))
    elsewhere.close()
    assert first.receipt and second.receipt and first.id == second.id
    assert len(rows(db)) == 1 and list(settings.parts_dir.glob("*.part")) == []


def test_wrong_bytes_leave_nothing_behind(
    door: Uploads, db: Database, settings: Settings, begin: Begin, crane: Brought
) -> None:
    with pytest.raises(Problem) as problem:
        door.receive(begin(crane), body(CRANE[::-1]))
    assert problem.value.status == 460
    assert rows(db) == [] and list(settings.parts_dir.glob("*.part")) == []
    assert door.receive(begin(crane), body(CRANE)).receipt
