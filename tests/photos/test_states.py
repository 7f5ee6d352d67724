"""What becomes of a photo: claimed, revised, stored, withdrawn, purged (docs/sync-protocol.md 6)."""

from collections.abc import Callable, Sequence
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from fieldapp.core.db import Database, new_id
from fieldapp.photos import actions, manifest_actions, queries
from fieldapp.photos.body import PhotoClaim
from fieldapp.photos.models import Photo
from tests.cast import Cast

Do = Callable[..., object]


def claim(sha: str = "a", size: int = 10, id: UUID | None = None, **more: object) -> PhotoClaim:
    return PhotoClaim.model_validate({"id": id or new_id(), "sha256": sha * 64, "size": size, **more})


@pytest.fixture
def do(db: Database) -> Do:
    """One transaction with one act in it."""

    def act(what: Callable[..., object], *args: object, **more: object) -> object:
        with db.writing() as session:
            return what(session, *args, **more)

    return act


def states(db: Database, record: UUID) -> list[tuple[str, str | None]]:
    with db.reading() as session:
        return [(line.state, line.reason) for line in queries.receipt_of(session, record)]


def test_a_manifest_is_wanted_in_its_order_and_claiming_twice_changes_nothing(db: Database, cast: Cast, do: Do) -> None:
    record, claims = new_id(), [claim("a", caption="before"), claim("b", size=64 * 1024 * 1024 + 1), claim("c")]
    for _ in range(2):
        do(manifest_actions.claim, record, cast.ana, claims)
        with db.reading() as session:
            assert [line.id for line in queries.receipt_of(session, record)] == [c.id for c in claims]
        assert states(db, record) == [("wanted", None), ("refused", "photo-too-large"), ("wanted", None)]


def test_stored_photos_settle_a_receipt(db: Database, cast: Cast, do: Do) -> None:
    record, one = new_id(), claim()
    do(manifest_actions.claim, record, cast.ana, [one])
    do(actions.receive, cast.dan, [one.id])  # not his
    assert states(db, record) == [("wanted", None)]
    do(actions.receive, cast.ana, [one.id])
    assert states(db, record) == [("stored", None)]


def test_a_revision_withdraws_what_it_no_longer_lists_and_may_list_it_again(db: Database, cast: Cast, do: Do) -> None:
    record, one, two = new_id(), claim("a"), claim("b")
    do(manifest_actions.claim, record, cast.ana, [one, two])
    do(actions.receive, cast.ana, [one.id, two.id])
    do(manifest_actions.claim, record, cast.ana, [two])
    assert sorted(states(db, record)) == [("stored", None), ("withdrawn", "unlisted")]
    do(manifest_actions.claim, record, cast.ana, [one, two])
    assert states(db, record) == [("stored", None), ("stored", None)]


def test_what_was_withdrawn_on_purpose_never_comes_back(db: Database, cast: Cast, do: Do) -> None:
    record, one = new_id(), claim()
    do(manifest_actions.claim, record, cast.ana, [one])
    assert do(actions.withdraw, one.id, cast.ana, "wrong picture") is True
    assert do(actions.withdraw, one.id, cast.ana, "again") is False
    do(manifest_actions.claim, record, cast.ana, [one])
    do(actions.receive, cast.ana, [one.id])  # an upload that was under way
    assert states(db, record) == [("withdrawn", "wrong picture")]


def test_other_bytes_under_the_same_id_are_wanted_anew(db: Database, cast: Cast, do: Do) -> None:
    record, one = new_id(), claim("a")
    do(manifest_actions.claim, record, cast.ana, [one])
    do(actions.receive, cast.ana, [one.id])
    do(manifest_actions.claim, record, cast.ana, [claim("b", id=one.id)])
    assert states(db, record) == [("wanted", None)]


def test_bytes_sent_once_count_for_every_record_of_their_owner_only(db: Database, cast: Cast, do: Do) -> None:
    first, again, dans = new_id(), new_id(), new_id()
    one = claim()
    do(manifest_actions.claim, first, cast.ana, [one])
    do(actions.receive, cast.ana, [one.id])
    do(manifest_actions.claim, again, cast.ana, [claim()])
    do(manifest_actions.claim, dans, cast.dan, [claim()])
    assert states(db, again) == [("stored", None)]
    assert states(db, dans) == [("wanted", None)]


def test_another_record_or_user_cannot_take_a_photo_over(db: Database, cast: Cast, do: Do) -> None:
    record, one = new_id(), claim("a", caption="mine")
    do(manifest_actions.claim, record, cast.ana, [one])
    do(manifest_actions.claim, new_id(), cast.ana, [claim("b", id=one.id, caption="again")])
    do(manifest_actions.claim, new_id(), cast.dan, [claim("b", id=one.id, caption="his")])
    with db.reading() as session:
        photo = session.get_one(Photo, one.id)
        assert (photo.record_id, photo.owner_id, photo.caption, photo.sha256) == (record, cast.ana, "mine", "a" * 64)


def test_a_variants_photos_are_parked_and_get_a_receipt_of_their_own(db: Database, cast: Cast, do: Do) -> None:
    record, listed, extra = new_id(), claim("a"), claim("b")
    do(manifest_actions.claim, record, cast.ana, [listed])
    do(manifest_actions.park, record, cast.ana, [claim("e", id=listed.id), extra])
    do(manifest_actions.claim, record, cast.ana, [listed])  # the projection runs again: the parked one is no part of it
    assert states(db, record) == [("wanted", None)]
    with db.reading() as session:
        lines = queries.receipt_of_claims(session, cast.ana, [claim("e", id=listed.id), extra, claim("c")])
    assert [(line.state, line.reason) for line in lines] == [
        ("refused", "photo-differs"), ("wanted", None), ("wanted", None),
    ]  # fmt: skip


def test_pages_are_told_once_what_changed(db: Database, cast: Cast, do: Do, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[UUID] = []

    def listen(_session: Session, photos: Sequence[Photo]) -> None:
        told.extend(photo.id for photo in photos)

    monkeypatch.setattr(actions, "_listeners", [listen])
    record, one = new_id(), claim()
    do(manifest_actions.claim, record, cast.ana, [one])
    do(actions.receive, cast.ana, [one.id])
    do(actions.receive, cast.ana, [one.id])
    assert told == [one.id]
    do(actions.withdraw, one.id, cast.ana, "wrong")
    assert told == [one.id, one.id]


def test_uses_are_added_kept_and_given_up(db: Database, cast: Cast, do: Do) -> None:
    record, visit, one, two = new_id(), new_id(), claim("a"), claim("b")
    do(manifest_actions.claim, record, cast.ana, [one, two])
    for _ in range(2):
        do(actions.use, [one.id, two.id, new_id()], "visit", visit)
    with db.reading() as session:
        assert [p.id for p in queries.used_by(session, "visit", [visit])[visit]] == [one.id, two.id]
    do(actions.unuse, "visit", visit, keep=[two.id])
    with db.reading() as session:
        assert [p.id for p in queries.used_by(session, "visit", [visit])[visit]] == [two.id]
