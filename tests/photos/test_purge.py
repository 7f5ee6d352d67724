"""A photo removed for good by the admin, with a reason: its bytes go, its hash stays, no phone is asked again."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.core import clock, jobs
from fieldapp.core.db import Database, new_id
from fieldapp.core.files import Files
from fieldapp.core.models import Audit
from fieldapp.photos import jobs as photo_jobs
from fieldapp.photos import manifest_actions
from fieldapp.photos.body import PhotoClaim
from fieldapp.photos.models import Photo, evidence_key
from fieldapp.photos.queries import receipt_of
from fieldapp.settings import Settings
from tests.cast import NOON, PASSWORD, Cast
from tests.feed.story import Story

ClientOf = Callable[..., FlaskClient]
BYTES = b"a picture of somebody's papers"
HASH = sha256(BYTES).hexdigest()


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def context(settings: Settings, db: Database) -> jobs.Context:
    return jobs.Context(settings, db, Files(settings.files))


@pytest.fixture
def visit(db: Database, cast: Cast) -> UUID:
    return Story(db, cast).logs("ana")


def with_bytes(context: jobs.Context, visit: UUID, owner: UUID) -> UUID:
    """A photo of the visit whose files are all there."""
    claim = PhotoClaim(id=new_id(), sha256=HASH, size=len(BYTES), caption="身份证")
    with context.db.writing() as session:
        manifest_actions.claim(session, visit, owner, [claim])
        from fieldapp.photos import actions

        actions.use(session, [claim.id], "visit", visit)
        actions.receive(session, owner, [claim.id])
        session.get_one(Photo, claim.id).derivative = "made"
    for key in (evidence_key(HASH), f"thumb/{claim.id}.jpg", f"display/{claim.id}.jpg"):
        context.files.put_bytes(key, BYTES)
    return claim.id


def there(context: jobs.Context, photo: UUID) -> list[str]:
    keys = {"evidence": evidence_key(HASH), "thumb": f"thumb/{photo}.jpg", "display": f"display/{photo}.jpg"}
    return [name for name, key in keys.items() if context.files.size(key) is not None]


def purge(client_of: ClientOf, photo: UUID, name: str = "zoe", reason: str = "企业来函要求") -> int:
    return client_of(name).post(f"/photos/{photo}/purge", data={"reason": reason}).status_code


def test_the_admin_removes_a_photo_for_good_and_the_page_says_what_is_left(
    context: jobs.Context, cast: Cast, client_of: ClientOf, visit: UUID
) -> None:
    photo = with_bytes(context, visit, cast.ana)
    page = client_of("zoe").get(f"/photos/{photo}").text
    assert "备份" in page and HASH in page
    assert "身份证" not in page and "/thumb" not in page, "no words and no picture for who may not read the visit"
    assert [purge(client_of, photo) for _ in range(2)] == [303, 303]
    assert there(context, photo) == ["evidence", "thumb", "display"], "the job deletes, after the answer"
    photo_jobs.delete_purged(context)
    assert there(context, photo) == []
    with context.db.reading() as session:
        [told] = session.scalars(select(Audit).where(Audit.verb == "photo.purged")).all()
        assert (told.actor_id, told.detail["reason"], told.detail["sha256"]) == (cast.zoe, "企业来函要求", HASH)
        assert [one.state for one in receipt_of(session, visit)] == ["withdrawn"]
    for door in ("thumb", "display", "evidence"):
        assert {client_of(n).get(f"/photos/{photo}/{door}").status_code for n in ("ana", "lin", "zoe")} == {404}
    assert "已彻底清除" in client_of("ana").get(f"/photos/{photo}").text
    seen = client_of("bo").get(f"/visits/{visit}").text
    assert "有 1 张照片已彻底清除" in seen and HASH in seen, "a tombstone"


def test_nobody_else_may_and_not_without_a_reason(
    context: jobs.Context, cast: Cast, client_of: ClientOf, visit: UUID
) -> None:
    photo = with_bytes(context, visit, cast.ana)
    assert {purge(client_of, photo, name) for name in ("ana", "bo", "lin", "dee", "uma")} == {404}
    assert [purge(client_of, photo, reason=reason) for reason in ("", "  ", "长" * 81)] == [422] * 3
    opened = [client_of(name).get(f"/photos/{photo}").status_code for name in ("ana", "zoe", "bo", "lin", "uma")]
    assert opened == [200, 200, 404, 404, 404]
    photo_jobs.delete_purged(context)
    assert len(there(context, photo)) == 3


def test_the_password_is_asked_for_again_and_the_reason_is_kept(
    context: jobs.Context, cast: Cast, client_of: ClientOf, visit: UUID
) -> None:
    photo, zoe = with_bytes(context, visit, cast.ana), client_of("zoe")
    clock.advance(timedelta(minutes=11))
    said = {"reason": "企业来函要求"}
    asked = zoe.post(f"/photos/{photo}/purge", data=said)
    assert asked.status_code == 403 and "企业来函要求" in asked.text
    assert zoe.post(f"/photos/{photo}/purge", data=said | {"_proof": "a guess"}).status_code == 422
    photo_jobs.delete_purged(context)
    assert len(there(context, photo)) == 3
    assert zoe.post(f"/photos/{photo}/purge", data=said | {"_proof": PASSWORD}).status_code == 303


def test_bytes_that_another_photo_needs_stay_for_it(
    context: jobs.Context, cast: Cast, client_of: ClientOf, db: Database, visit: UUID
) -> None:
    first = with_bytes(context, visit, cast.ana)
    second = with_bytes(context, Story(db, cast).logs("bo"), cast.bo)
    purge(client_of, first)
    photo_jobs.delete_purged(context)
    assert there(context, first) == ["evidence"]
    assert there(context, second) == ["evidence", "thumb", "display"]
    purge(client_of, second)
    photo_jobs.delete_purged(context)
    assert there(context, second) == []


@pytest.mark.parametrize("reason", ["企业来函要求", "unlisted"])
def test_no_later_manifest_asks_a_phone_for_it_again(
    context: jobs.Context, cast: Cast, client_of: ClientOf, visit: UUID, reason: str
) -> None:
    photo = with_bytes(context, visit, cast.ana)
    purge(client_of, photo, reason=reason)
    photo_jobs.delete_purged(context)
    with context.db.writing() as session:  # a revision lists it again; a phone of a restored server tells its history
        manifest_actions.claim(session, visit, cast.ana, [PhotoClaim(id=photo, sha256=HASH, size=len(BYTES))])
    with context.db.reading() as session:
        assert [one.state for one in receipt_of(session, visit)] == ["withdrawn"]
        assert session.get_one(Photo, photo).purged_at == NOON
    with clock.frozen(NOON + timedelta(hours=1)):
        purge(client_of, photo, reason="ein zweites Mal")
    with context.db.reading() as session:
        assert session.get_one(Photo, photo).purged_at == NOON, "gone is gone"
