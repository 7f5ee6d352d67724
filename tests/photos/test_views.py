"""Photo bytes over HTTP: to whoever may see all that shows them, as pictures that can do nothing else."""

from collections.abc import Callable, Collection, Iterator
from hashlib import sha256
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.accounts.policy import Person
from fieldapp.core import clock, jobs
from fieldapp.core.db import Database, new_id
from fieldapp.core.files import Files
from fieldapp.core.models import Audit
from fieldapp.photos import actions, manifest_actions, policy
from fieldapp.photos import jobs as photo_jobs
from fieldapp.photos.body import PhotoClaim
from fieldapp.photos.models import evidence_key
from fieldapp.settings import Settings
from tests.cast import NOON, Cast
from tests.photos import pictures

ClientOf = Callable[..., FlaskClient]
VISIT, ISSUE, SECRET = new_id(), new_id(), new_id()
CAMERA = pictures.with_exif(6)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def context(settings: Settings, db: Database) -> jobs.Context:
    return jobs.Context(settings, db, Files(settings.files))


@pytest.fixture(autouse=True)
def rules(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may read what shows photos: the staff the visit, everyone the issue, ana, lin and uma the secret issue."""

    def visit(_session: Session, person: Person, ids: Collection[UUID]) -> Collection[UUID]:
        return [id for id in ids if person.is_staff and id == VISIT]

    def issue(_session: Session, person: Person, ids: Collection[UUID]) -> Collection[UUID]:
        secret = {SECRET} if person.id in (cast.ana, cast.lin, cast.uma) else set()
        return set(ids) & ({ISSUE} | secret)

    monkeypatch.setattr(policy, "readers", {"visit": visit, "issue": issue})


@pytest.fixture
def photo(context: jobs.Context, cast: Cast) -> Callable[..., UUID]:
    """A photo of ana's, shown by these, its copies made."""

    def make(*shown_by: tuple[str, UUID], data: bytes = CAMERA, sensitive: bool = False) -> UUID:
        digest, id = sha256(data).hexdigest(), new_id()
        context.files.put_bytes(evidence_key(digest), data)
        claim = PhotoClaim(id=id, sha256=digest, size=len(data), sensitive=sensitive)
        with context.db.writing() as session:
            manifest_actions.claim(session, new_id(), cast.ana, [claim])
            actions.receive(session, cast.ana, [id])
            for kind, user in shown_by:
                actions.use(session, [id], kind, user, sensitive=user == SECRET)
        photo_jobs.make_copies(context)
        return id

    return make


def seen_by(client_of: ClientOf, id: UUID) -> set[str]:
    """Who of the cast gets the picture; the others get the 404 of what is not there."""
    answers = {name: client_of(name).get(f"/photos/{id}/display") for name in ("ana", "bo", "lin", "dan", "uma", "zoe")}
    assert {a.status_code for a in answers.values()} <= {200, 404}
    return {name for name, answer in answers.items() if answer.status_code == 200}


def test_whoever_may_read_the_visit_sees_its_photos(client_of: ClientOf, photo: Callable[..., UUID]) -> None:
    assert seen_by(client_of, photo(("visit", VISIT))) == {"ana", "bo", "lin", "dan"}


def test_the_strictest_of_all_that_show_a_photo_decides(client_of: ClientOf, photo: Callable[..., UUID]) -> None:
    assert seen_by(client_of, photo(("visit", VISIT), ("issue", SECRET))) == {"ana", "lin", "uma"}
    assert seen_by(client_of, photo(("visit", new_id()))) == set()


def test_a_handling_unit_sees_what_its_issue_was_given(client_of: ClientOf, photo: Callable[..., UUID]) -> None:
    assert "uma" in seen_by(client_of, photo(("visit", VISIT), ("issue", ISSUE)))


def test_a_visit_that_became_sensitive_hides_its_photos_from_the_unit(
    client_of: ClientOf, db: Database, photo: Callable[..., UUID]
) -> None:
    id = photo(("visit", VISIT), ("issue", ISSUE))
    with db.writing() as session:
        actions.mark_sensitive(session, "visit", VISIT, True)
    assert "uma" not in seen_by(client_of, id)


def test_a_sensitive_photo_is_for_its_author_and_their_lead(client_of: ClientOf, photo: Callable[..., UUID]) -> None:
    assert seen_by(client_of, photo(("visit", VISIT), sensitive=True)) == {"ana", "lin"}


def test_a_photo_that_nothing_shows_yet_is_its_authors(client_of: ClientOf, photo: Callable[..., UUID]) -> None:
    id = photo()
    assert seen_by(client_of, id) == {"ana"}
    got = {name: client_of(name).get(f"/photos/{id}/evidence").status_code for name in ("ana", "lin", "zoe")}
    assert got == {"ana": 200, "lin": 404, "zoe": 404}


def test_what_an_unknown_kind_of_thing_shows_nobody_sees(client_of: ClientOf, photo: Callable[..., UUID]) -> None:
    assert seen_by(client_of, photo(("visit", VISIT), ("poster", new_id()))) == set()


def test_a_withdrawn_photo_is_hidden_and_its_author_and_admin_may_fetch_it(
    client_of: ClientOf, db: Database, cast: Cast, photo: Callable[..., UUID]
) -> None:
    id = photo(("visit", VISIT))
    with db.writing() as session:
        actions.withdraw(session, id, cast.ana, "a face")
    assert seen_by(client_of, id) == set()
    got = {
        name for name in ("ana", "bo", "lin", "zoe") if client_of(name).get(f"/photos/{id}/evidence").status_code == 200
    }
    assert got == {"ana", "zoe"}


@pytest.mark.parametrize("copy", ["thumb", "display"])
def test_a_copy_is_a_picture_that_a_browser_may_keep(
    client_of: ClientOf, photo: Callable[..., UUID], copy: str
) -> None:
    answer = client_of("bo").get(f"/photos/{photo(('visit', VISIT))}/{copy}")
    assert answer.content_type == "image/jpeg"
    assert answer.data.startswith(b"\xff\xd8")
    assert b"Exif" not in answer.data
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "Set-Cookie" not in answer.headers


def test_a_machine_of_several_asks_each_time_who_may_see_it(
    client_of: ClientOf, db: Database, cast: Cast, photo: Callable[..., UUID]
) -> None:
    id = photo(("visit", VISIT))
    shared, url = client_of("bo", own_device=False), f"/photos/{id}/display"
    answer = shared.get(url)
    assert answer.headers["Cache-Control"] == "private, no-cache"
    again = {"If-None-Match": answer.headers["ETag"]}
    assert shared.get(url, headers=again).status_code == 304
    with db.writing() as session:
        actions.withdraw(session, id, cast.ana, "a face")
    assert shared.get(url, headers=again).status_code == 404


def test_the_evidence_is_a_download_and_on_record(
    client_of: ClientOf, db: Database, cast: Cast, photo: Callable[..., UUID]
) -> None:
    id = photo(("visit", VISIT))
    answer = client_of("bo").get(f"/photos/{id}/evidence")
    assert answer.data == CAMERA
    assert answer.content_type == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{id}.jpg"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]
    with db.reading() as session:
        row = session.scalars(select(Audit).where(Audit.verb == "photo.downloaded")).one()
        assert (row.actor_id, row.subject_id) == (cast.bo, str(id))


def test_a_page_pretending_to_be_a_photo_is_never_shown(
    client_of: ClientOf, cast: Cast, photo: Callable[..., UUID]
) -> None:
    id = photo(("visit", VISIT), data=b"<!doctype html><script>alert(document.cookie)</script>")
    assert seen_by(client_of, id) == set()
    assert client_of("bo").get(f"/photos/{id}/evidence").status_code == 404
    answer = client_of("zoe").get(f"/photos/{id}/evidence")
    assert (answer.status_code, answer.content_type) == (200, "application/octet-stream")
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_before_its_copies_are_made_a_photo_is_not_there_and_nobody_remembers_that(
    client_of: ClientOf, context: jobs.Context, cast: Cast
) -> None:
    digest, id = sha256(CAMERA).hexdigest(), new_id()
    with context.db.writing() as session:
        manifest_actions.claim(session, new_id(), cast.ana, [PhotoClaim(id=id, sha256=digest, size=len(CAMERA))])
    answer = client_of("ana").get(f"/photos/{id}/thumb")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")


def test_a_file_that_is_gone_is_a_404_and_no_crash(
    client_of: ClientOf, context: jobs.Context, photo: Callable[..., UUID]
) -> None:
    id = photo(("visit", VISIT))
    context.files.delete(f"thumb/{id}.jpg")
    assert client_of("ana").get(f"/photos/{id}/thumb").status_code == 404


def test_whoever_is_signed_out_gets_nothing(client_of: ClientOf, photo: Callable[..., UUID]) -> None:
    id = photo(("visit", VISIT))
    for copy in ("thumb", "display", "evidence"):
        assert client_of(None).get(f"/photos/{id}/{copy}").status_code in (302, 401)
