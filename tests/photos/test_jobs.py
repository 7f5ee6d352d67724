"""The worker's part: copies made once, by whoever is alive, and the end of purged files."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from multiprocessing.connection import Connection
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy.orm import Session

from fieldapp.core import clock, jobs
from fieldapp.core.db import Database, new_id
from fieldapp.core.files import Files
from fieldapp.photos import actions, apart, manifest_actions
from fieldapp.photos import jobs as photo_jobs
from fieldapp.photos.body import PhotoClaim
from fieldapp.photos.models import Photo, evidence_key
from fieldapp.settings import Settings
from tests.cast import NOON, Cast
from tests.photos import pictures

Store = Callable[[bytes], UUID]


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def context(settings: Settings, db: Database) -> jobs.Context:
    return jobs.Context(settings, db, Files(settings.files))


@pytest.fixture
def store(context: jobs.Context, cast: Cast) -> Store:
    """A photo of ana's whose bytes have arrived."""

    def make(data: bytes) -> UUID:
        digest, id = sha256(data).hexdigest(), new_id()
        with context.db.writing() as session:
            manifest_actions.claim(session, new_id(), cast.ana, [PhotoClaim(id=id, sha256=digest, size=len(data))])
        context.files.put_bytes(evidence_key(digest), data)
        with context.db.writing() as session:
            actions.receive(session, cast.ana, [id])
        return id

    return make


def photo_of(context: jobs.Context, id: UUID) -> Photo:
    with context.db.reading() as session:
        return session.get_one(Photo, id)


def test_a_camera_picture_gets_two_copies_and_says_what_it_is(context: jobs.Context, store: Store) -> None:
    photo = photo_of(context, store(pictures.with_exif(6)))
    photo_jobs.make_copies(context)
    made = photo_of(context, photo.id)
    assert (made.derivative, made.detected, made.width, made.height) == ("made", "JPEG", 640, 480)
    assert made.display_key == f"display/{photo.id}.jpg"
    assert b"Exif" not in context.files.open(made.display_key).read()
    assert context.files.size(made.thumb_key)
    assert made.has_copies


def test_a_plain_jpeg_is_shown_as_it_came(context: jobs.Context, store: Store) -> None:
    data = pictures.jpeg()
    id = store(data)
    photo_jobs.make_copies(context)
    made = photo_of(context, id)
    assert made.display_is_evidence
    assert context.files.open(made.display_key).read() == data


def test_bytes_that_are_no_picture_are_kept_and_never_shown(context: jobs.Context, store: Store) -> None:
    id = store(b"a text someone renamed")
    photo_jobs.make_copies(context)
    photo = photo_of(context, id)
    assert (photo.state, photo.reason, photo.derivative) == ("unreadable", "not-a-picture", "failed")
    assert context.files.open(photo.evidence_key).read() == b"a text someone renamed"
    assert not photo.has_copies


def test_every_photo_that_waits_is_made_once(context: jobs.Context, store: Store) -> None:
    ids = [store(pictures.jpeg(pictures.scene(100 + n, 100))) for n in range(5)]
    assert photo_jobs.make_copies(context) == len(ids)
    assert photo_jobs.make_copies(context) == 0
    assert all(photo_of(context, id).has_copies for id in ids)


def test_what_a_worker_holds_no_other_takes_until_its_lease_ends(context: jobs.Context, store: Store) -> None:
    id = store(pictures.jpeg())
    context.db.write(photo_jobs._claim)  # and its worker dies
    assert photo_jobs.make_copies(context) == 0
    clock.advance(photo_jobs.LEASE)
    assert photo_jobs.make_copies(context) == 1
    assert photo_of(context, id).has_copies


def _dies(answer: Connection, data: bytes) -> None:
    """In place of `apart._draw`: a decoder that takes its process with it."""
    os.kill(os.getpid(), signal.SIGKILL)


def killed_while_drawing(context: jobs.Context, times: int) -> None:
    for _ in range(times):
        context.db.write(photo_jobs._claim)  # and then nothing more is heard of the worker
        clock.advance(photo_jobs.LEASE)


def test_workers_killed_by_something_else_cost_no_photo(context: jobs.Context, store: Store) -> None:
    ids = [store(pictures.jpeg(pictures.scene(100 + n, 100))) for n in range(2)]
    killed_while_drawing(context, 5)
    photo_jobs.make_copies(context)
    assert all(photo_of(context, id).has_copies for id in ids)


def test_a_photo_of_which_even_a_process_of_its_own_dies_is_given_up(
    context: jobs.Context, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "_draw", _dies)
    id = store(pictures.jpeg())
    killed_while_drawing(context, 1)
    other = store(pictures.jpeg(pictures.scene(80, 80)))
    photo_jobs.make_copies(context)
    assert (photo_of(context, id).state, photo_of(context, id).reason) == ("unreadable", "stopped-the-worker")
    assert photo_of(context, other).has_copies


def test_no_picture_stays_none_in_a_process_of_its_own(context: jobs.Context, store: Store) -> None:
    id = store(b"a text someone renamed")
    killed_while_drawing(context, 1)
    photo_jobs.make_copies(context)
    assert (photo_of(context, id).state, photo_of(context, id).reason) == ("unreadable", "not-a-picture")


def test_a_disk_that_cannot_be_read_is_no_fault_of_the_picture(context: jobs.Context, store: Store) -> None:
    id = store(pictures.jpeg())
    key = photo_of(context, id).evidence_key
    data = context.files.open(key).read()
    context.files.delete(key)
    for _ in range(4):
        photo_jobs.make_copies(context)
        clock.advance(photo_jobs.LEASE)
    assert photo_of(context, id).state == "stored"
    context.files.put_bytes(key, data)
    photo_jobs.make_copies(context)
    assert photo_of(context, id).has_copies


def test_deleting_the_queue_loses_no_copies(context: jobs.Context, store: Store) -> None:
    jobs.connect(context.settings)
    id = store(pictures.jpeg())
    jobs.nudge("thumbnails")
    jobs.disconnect()
    for path in context.settings.data_dir.glob("jobs.db*"):
        path.unlink()
    jobs.sweep(context)
    assert photo_of(context, id).has_copies


def test_a_purged_photo_loses_its_files_but_not_its_hash(context: jobs.Context, store: Store, cast: Cast) -> None:
    id, same = store(pictures.with_exif(3)), store(pictures.with_exif(3))
    photo_jobs.make_copies(context)
    key = photo_of(context, id).evidence_key
    for one, still_there in ((id, True), (same, False)):
        with context.db.writing() as session:
            assert actions.purge(session, one, cast.zoe, "retention")
        photo_jobs.delete_purged(context)
        photo = photo_of(context, one)
        assert (photo.state, photo.purged_at, photo.derivative) == ("withdrawn", NOON, "none")
        assert len(photo.sha256) == 64
        assert context.files.size(f"display/{one}.jpg") is None
        assert context.files.size(photo.thumb_key) is None
        assert (context.files.size(key) is not None) == still_there


def test_bytes_that_come_again_at_the_moment_of_a_purge_are_not_deleted_under_their_photo(
    context: jobs.Context, store: Store, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = pictures.with_exif(3)
    id = store(data)
    with context.db.writing() as session:
        actions.purge(session, id, cast.zoe, "on request")
    again: list[UUID] = []
    arriving = threading.Thread(target=lambda: again.append(store(data)))
    is_needed = photo_jobs.still_needed

    def looked_at(session: Session, sha256: str) -> bool:
        needed = is_needed(session, sha256)
        arriving.start()
        arriving.join(0.3)  # long enough to get in between, where one can
        return needed

    monkeypatch.setattr(photo_jobs, "still_needed", looked_at)
    photo_jobs.delete_purged(context)
    arriving.join()
    came = photo_of(context, again[0])
    assert came.state == "stored"
    assert context.files.open(came.evidence_key).read() == data


@pytest.mark.parametrize("by", ["one", "all"])
def test_bytes_that_arrive_of_a_photo_purged_meanwhile_are_deleted_too(
    context: jobs.Context, cast: Cast, by: str
) -> None:
    data = pictures.jpeg()
    digest, id = sha256(data).hexdigest(), new_id()
    with context.db.writing() as session:
        manifest_actions.claim(session, new_id(), cast.ana, [PhotoClaim(id=id, sha256=digest, size=len(data))])
    with context.db.writing() as session:
        actions.purge(session, id, cast.zoe, "on request")
    photo_jobs.delete_purged(context)
    context.files.put_bytes(evidence_key(digest), data)  # its upload was under way
    with context.db.writing() as session:
        if by == "one":
            actions.receive(session, cast.ana, [id])
        else:
            actions.arrived(session, cast.ana, digest)
    photo_jobs.delete_purged(context)
    assert context.files.size(evidence_key(digest)) is None
    assert photo_of(context, id).state == "withdrawn"


def test_a_photo_purged_while_its_copies_are_made_leaves_none(context: jobs.Context, store: Store, cast: Cast) -> None:
    id = store(pictures.with_exif(3))
    claimed = context.db.write(photo_jobs._claim)
    assert claimed is not None
    made = photo_jobs._copies(context.files, claimed)
    with context.db.writing() as session:
        actions.purge(session, id, cast.zoe, "on request")
    context.db.write(lambda session: photo_jobs._made(session, claimed, made))
    photo_jobs.delete_purged(context)
    assert context.files.size(f"thumb/{id}.jpg") is None
    assert photo_of(context, id).derivative == "none"


def test_a_revision_that_changes_the_bytes_while_copies_are_made_gets_its_own(
    context: jobs.Context, cast: Cast, store: Store
) -> None:
    old, new = pictures.with_exif(6), pictures.jpeg(pictures.scene(120, 90))
    id = store(old)
    claimed = context.db.write(photo_jobs._claim)
    assert claimed is not None
    digest, record = sha256(new).hexdigest(), photo_of(context, id).record_id
    with context.db.writing() as session:
        manifest_actions.claim(session, record, cast.ana, [PhotoClaim(id=id, sha256=digest, size=len(new))])
    context.files.put_bytes(evidence_key(digest), new)
    with context.db.writing() as session:
        actions.receive(session, cast.ana, [id])
    clock.advance(timedelta(seconds=1))
    photo_jobs.make_copies(context)  # another worker
    end = photo_jobs._make(context.files, claimed)  # the first one, late
    context.db.write(end)
    assert photo_of(context, id).derivative == "wanted"
    photo_jobs.make_copies(context)
    made = photo_of(context, id)
    assert (made.derivative, made.width, made.height) == ("made", 120, 90)
    thumb = Image.open(context.files.open(made.thumb_key))
    assert thumb.size == (120, 90)


def test_a_lease_lasts_longer_than_any_picture_takes() -> None:
    assert timedelta(minutes=2) < photo_jobs.LEASE
