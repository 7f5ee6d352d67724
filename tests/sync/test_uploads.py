"""Photos come by tus: what each request answers, and what is true afterwards (docs/sync-protocol.md, "Uploads")."""

import errno
import hashlib
import os
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from fieldapp.core.files import Files
from fieldapp.core.problems import Problem
from fieldapp.photos import actions as photos
from fieldapp.photos import manifest_actions as manifests
from fieldapp.photos.body import PhotoClaim
from fieldapp.photos.models import Photo, Upload
from fieldapp.settings import Settings
from fieldapp.sync import upload_jobs, upload_rows, uploads
from fieldapp.sync.models import Record
from fieldapp.sync.parts import Body, Parts
from fieldapp.sync.upload_places import Announced
from fieldapp.sync.uploads import Uploads
from tests.cast import NOON, Cast
from tests.sync.bringing import TYPE, Brought, arrive, listed, patch_headers, photo_of, receipt_in

ClientOf = Callable[..., FlaskClient]
DOOR = "/api/v1/uploads"
CRANE = b"a crane at the quay " * 2000  # 40,000 bytes


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def ana(client_of: ClientOf) -> FlaskClient:
    return client_of("ana")


@pytest.fixture
def crane(db: Database, cast: Cast) -> Brought:
    return listed(db, cast.ana, CRANE)[0]


@pytest.fixture
def door(settings: Settings, db: Database) -> Uploads:
    return Uploads(settings, db, Files(settings.files))


def announced(photo: Brought) -> Announced:
    return Announced(photo.record, photo.id, photo.sha256, len(photo.data))


def post(client: FlaskClient, photo: Brought, data: bytes = b"") -> TestResponse:
    return client.post(DOOR, headers={**photo.creation, **({"Content-Type": TYPE} if data else {})}, data=data)


def patch(client: FlaskClient, at: str, offset: int, data: bytes, *, checked: bool = False) -> TestResponse:
    return client.patch(at, headers=patch_headers(offset, data if checked else None), data=data)


def head(client: FlaskClient, at: str) -> TestResponse:
    return client.head(at, headers={"Tus-Resumable": "1.0.0"})


def evidence(settings: Settings, photo: Brought) -> bytes:
    return Files(settings.files).open(f"evidence/{photo.sha256[:2]}/{photo.sha256}").read()


def parts(settings: Settings) -> list[int]:
    return [path.stat().st_size for path in settings.parts_dir.glob("*.part")]


# -- one request, one photo --


def test_a_photo_sent_in_one_request_is_stored_and_receipted(
    ana: FlaskClient, db: Database, settings: Settings, crane: Brought
) -> None:
    answer = post(ana, crane, CRANE)
    assert answer.status_code == 201
    assert answer.headers["Upload-Offset"] == str(len(CRANE))
    receipt = receipt_in(answer)
    assert receipt["complete"] is True
    assert receipt["id"] == str(crane.record)
    assert receipt["photos"] == [{"id": str(crane.id), "state": "stored", "reason": None}]
    assert evidence(settings, crane) == CRANE
    assert parts(settings) == []
    stored = photo_of(db, crane.id)
    assert (stored.state, stored.derivative, stored.stored_at) == ("stored", "wanted", NOON)


def test_sending_it_again_gives_the_same_place_and_the_receipt(ana: FlaskClient, crane: Brought) -> None:
    first, again = post(ana, crane, CRANE), post(ana, crane, CRANE)
    assert again.status_code == 201
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Upload-Offset"] == str(len(CRANE))
    assert receipt_in(again)["complete"] is True


def test_a_photo_of_a_visit_logged_on_a_page_has_no_receipt(ana: FlaskClient, db: Database, cast: Cast) -> None:
    page = Brought(new_id(), new_id(), CRANE)
    with db.writing() as session:
        manifests.claim(session, page.record, cast.ana, [PhotoClaim(id=page.id, sha256=page.sha256, size=len(CRANE))])
        photos.receive(session, cast.ana, [page.id])
    answer = post(ana, page)
    assert (answer.status_code, answer.json["code"]) == (404, "record-unknown")


def test_an_empty_file_is_stored_by_its_announcement(ana: FlaskClient, db: Database, cast: Cast) -> None:
    nothing = listed(db, cast.ana, b"")[0]
    answer = post(ana, nothing)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "0")
    assert receipt_in(answer)["complete"] is True


def test_a_receipt_is_complete_only_with_the_last_photo(ana: FlaskClient, db: Database, cast: Cast) -> None:
    one, two = listed(db, cast.ana, b"one", b"two")
    first = receipt_in(post(ana, one, b"one"))
    assert [line["state"] for line in first["photos"]] == ["stored", "wanted"]
    assert first["complete"] is False
    assert receipt_in(post(ana, two, b"two"))["complete"] is True


# -- in pieces --


def test_pieces_add_up_and_the_last_one_brings_the_receipt(
    ana: FlaskClient, settings: Settings, crane: Brought
) -> None:
    at = post(ana, crane).headers["Location"]
    for offset in range(0, len(CRANE), 16_000):
        answer = patch(ana, at, offset, CRANE[offset : offset + 16_000], checked=True)
        assert answer.status_code == 204
    assert answer.headers["Upload-Offset"] == str(len(CRANE))
    assert receipt_in(answer)["complete"] is True
    assert evidence(settings, crane) == CRANE


def test_begun_is_partial_and_head_says_how_far(ana: FlaskClient, db: Database, crane: Brought) -> None:
    at = post(ana, crane).headers["Location"]
    assert photo_of(db, crane.id).state == "wanted"
    patch(ana, at, 0, CRANE[:100])
    answer = head(ana, at)
    assert answer.status_code == 200
    assert (answer.headers["Upload-Offset"], answer.headers["Upload-Length"]) == ("100", "40000")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Fieldapp-Receipt" not in answer.headers
    assert photo_of(db, crane.id).state == "partial"


def test_an_announcement_after_a_begun_upload_leads_back_to_it_without_reading_the_body(
    ana: FlaskClient, settings: Settings, crane: Brought
) -> None:
    at = post(ana, crane).headers["Location"]
    patch(ana, at, 0, CRANE[:100])
    again = post(ana, crane, CRANE)
    assert (again.status_code, again.headers["Location"], again.headers["Upload-Offset"]) == (201, at, "100")
    assert parts(settings) == [100]


def test_a_piece_for_another_place_is_told_where_to_go_on(ana: FlaskClient, settings: Settings, crane: Brought) -> None:
    at = post(ana, crane).headers["Location"]
    patch(ana, at, 0, CRANE[:100])
    answer = patch(ana, at, 50, CRANE[50:])
    assert (answer.status_code, answer.json["code"], answer.headers["Upload-Offset"]) == (409, "offset", "100")
    assert parts(settings) == [100]


def test_a_piece_whose_checksum_is_wrong_is_dropped(ana: FlaskClient, settings: Settings, crane: Brought) -> None:
    at = post(ana, crane).headers["Location"]
    patch(ana, at, 0, CRANE[:100], checked=True)
    headers = patch_headers(100, b"what was meant")
    answer = ana.patch(at, headers=headers, data=b"what arrived..")
    assert (answer.status_code, answer.json["code"], answer.headers["Upload-Offset"]) == (460, "checksum", "100")
    assert parts(settings) == [100]
    assert patch(ana, at, 100, CRANE[100:], checked=True).status_code == 204


def test_a_photo_whose_hash_is_wrong_at_the_end_is_dropped_and_begins_again(
    ana: FlaskClient, db: Database, settings: Settings, crane: Brought
) -> None:
    answer = post(ana, crane, CRANE[::-1])
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (460, "0")
    assert parts(settings) == []
    assert photo_of(db, crane.id).stored_at is None
    assert receipt_in(post(ana, crane, CRANE))["complete"] is True


def test_more_bytes_than_announced_are_refused(ana: FlaskClient, settings: Settings, crane: Brought) -> None:
    at = post(ana, crane).headers["Location"]
    assert patch(ana, at, 0, CRANE + b"!").status_code == 400
    assert patch(ana, at, 0, CRANE).status_code == 204


def test_a_zero_length_patch_at_the_end_answers_with_the_receipt(ana: FlaskClient, crane: Brought) -> None:
    at = post(ana, crane, CRANE).headers["Location"]
    answer = patch(ana, at, len(CRANE), b"")
    assert answer.status_code == 204
    assert receipt_in(answer)["complete"] is True


def test_a_method_override_patches(ana: FlaskClient, crane: Brought) -> None:
    at = post(ana, crane).headers["Location"]
    answer = ana.post(at, headers={**patch_headers(0), "X-HTTP-Method-Override": "PATCH"}, data=CRANE)
    assert answer.status_code == 204
    assert ana.post(at, headers=patch_headers(0), data=CRANE).status_code == 404


# -- whose, and what --


def test_a_photo_of_an_unknown_record_asks_for_the_record_first(ana: FlaskClient) -> None:
    answer = post(ana, Brought(new_id(), new_id(), CRANE), CRANE)
    assert (answer.status_code, answer.json["code"]) == (404, "record-unknown")


def test_another_users_record_is_as_unknown_as_none(client_of: ClientOf, crane: Brought) -> None:
    answer = post(client_of("dan"), crane, CRANE)
    assert (answer.status_code, answer.json["code"]) == (404, "record-unknown")


def test_another_users_upload_is_not_there(ana: FlaskClient, client_of: ClientOf, crane: Brought) -> None:
    at = post(ana, crane).headers["Location"]
    dan = client_of("dan")
    assert head(dan, at).status_code == 404
    assert patch(dan, at, 0, CRANE).status_code == 404
    assert head(ana, f"{DOOR}/{new_id()}").status_code == 404


def test_whoever_is_signed_out_is_told_so_and_keeps_everything(client_of: ClientOf, crane: Brought) -> None:
    answer = post(client_of(None), crane, CRANE)
    assert (answer.status_code, answer.json["code"]) == (401, "signed-out")
    assert answer.headers["Tus-Resumable"] == "1.0.0"


def test_the_same_id_with_other_bytes_differs(ana: FlaskClient, crane: Brought) -> None:
    other = Brought(crane.record, crane.id, CRANE + b"?")
    answer = post(ana, other, other.data)
    assert (answer.status_code, answer.json["code"]) == (409, "photo-differs")


def test_a_revision_with_other_bytes_begins_a_new_upload(
    ana: FlaskClient, db: Database, cast: Cast, settings: Settings, crane: Brought
) -> None:
    at = post(ana, crane).headers["Location"]
    patch(ana, at, 0, CRANE[:100])
    revised = Brought(crane.record, crane.id, b"cropped")
    with db.writing() as session:
        claim = PhotoClaim(id=crane.id, sha256=revised.sha256, size=len(revised.data))
        manifests.claim(session, crane.record, cast.ana, [claim])
    answer = post(ana, revised, revised.data)
    assert answer.headers["Location"] != at
    assert receipt_in(answer)["complete"] is True
    assert head(ana, at).status_code == 404


def test_bytes_that_this_owner_sent_already_count_at_once(ana: FlaskClient, db: Database, cast: Cast) -> None:
    one, two = listed(db, cast.ana, CRANE, CRANE)
    assert receipt_in(post(ana, one, CRANE))["complete"] is True
    answer = post(ana, two)
    assert answer.headers["Upload-Offset"] == str(len(CRANE))
    assert receipt_in(answer)["complete"] is True
    assert [photo_of(db, p.id).state for p in listed(db, cast.ana, CRANE)] == ["stored"]


def test_bytes_that_another_sent_never_count(ana: FlaskClient, client_of: ClientOf, db: Database, cast: Cast) -> None:
    post(ana, listed(db, cast.ana, CRANE)[0], CRANE)
    dans = listed(db, cast.dan, CRANE)[0]
    answer = post(client_of("dan"), dans)
    assert answer.headers["Upload-Offset"] == "0"
    assert photo_of(db, dans.id).state == "wanted"


def test_a_record_whose_manifest_could_not_be_read_takes_all_its_photos(
    ana: FlaskClient, db: Database, cast: Cast
) -> None:
    photo = Brought(new_id(), new_id(), CRANE)
    with db.writing() as session:
        arrive(session, photo.record, cast.ana, state="failed", photo_claims=None)
        session.add(
            Record(
                id=photo.record, type="unknown", owner_id=cast.ana, state="unplaced", received_at=NOON, changed_at=NOON
            )
        )
    answer = post(ana, photo, CRANE)
    assert answer.status_code == 201
    assert receipt_in(answer)["photos"] == "unknown"
    assert receipt_in(answer)["complete"] is False
    assert photo_of(db, photo.id).state == "stored"
    with db.writing() as session:  # later its manifest can be read after all
        claim = PhotoClaim(id=photo.id, sha256=photo.sha256, size=len(CRANE), caption="the crane")
        manifests.claim(session, photo.record, cast.ana, [claim])
    assert (photo_of(db, photo.id).state, photo_of(db, photo.id).caption) == ("stored", "the crane")


def test_a_variants_own_photo_is_taken_too(ana: FlaskClient, db: Database, cast: Cast, crane: Brought) -> None:
    extra = Brought(crane.record, new_id(), b"only in the variant")
    claim = PhotoClaim(id=extra.id, sha256=extra.sha256, size=len(extra.data))
    with db.writing() as session:
        claims = [claim.model_dump(mode="json")]
        arrive(session, crane.record, cast.ana, state="variant", payload_sha256="e" * 64, photo_claims=claims)
        manifests.park(session, crane.record, cast.ana, [claim])
    receipt = receipt_in(post(ana, extra, extra.data))
    assert (receipt["state"], receipt["payload_sha256"], receipt["complete"]) == ("variant", "e" * 64, True)
    mine = receipt_in(post(ana, crane, CRANE))  # the projected bytes' receipt does not speak of it
    assert [line["id"] for line in mine["photos"]] == [str(crane.id)]


def test_a_desk_brings_the_photos_of_what_it_imported(
    client_of: ClientOf, db: Database, cast: Cast, crane: Brought
) -> None:
    with db.writing() as session:
        arrive(session, crane.record, cast.ana, state="earlier", imported_by=cast.dee, payload_sha256="d" * 64)
    answer = post(client_of("dee"), crane, CRANE)
    assert receipt_in(answer)["complete"] is True
    assert photo_of(db, crane.id).owner_id == cast.ana


def test_nothing_asks_for_a_withdrawn_photo(ana: FlaskClient, db: Database, cast: Cast, crane: Brought) -> None:
    with db.writing() as session:
        photos.withdraw(session, crane.id, cast.ana, "lost")
    answer = post(ana, crane)
    assert answer.headers["Upload-Offset"] == str(len(CRANE))
    assert receipt_in(answer)["photos"] == [{"id": str(crane.id), "state": "withdrawn", "reason": "lost"}]


# -- sizes and headers --


def test_a_photo_of_64_mb_and_a_byte_is_refused_before_it_is_sent(ana: FlaskClient, cast: Cast, crane: Brought) -> None:
    headers = {**crane.creation, "Upload-Length": str(64 * 1024 * 1024 + 1)}
    answer = ana.post(DOOR, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (413, "photo-too-large")


def test_the_first_receipt_already_refuses_what_is_too_large(db: Database, cast: Cast) -> None:
    record, claim = new_id(), PhotoClaim(id=new_id(), sha256="a" * 64, size=64 * 1024 * 1024 + 1)
    with db.writing() as session:
        manifests.claim(session, record, cast.ana, [claim])
    assert photo_of(db, claim.id).state == "refused"


ID = b64encode(b"01939f10-0000-7000-8000-000000000001").decode()


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("Tus-Resumable", "0.2.2", 412),
        ("Upload-Length", "-1", 400),
        ("Upload-Length", "1e9", 400),
        ("Upload-Metadata", "record !!!", 400),
        ("Upload-Metadata", "", 400),
        ("Upload-Metadata", f"record {ID},photo {ID},sha256 {b64encode(b' '.join([b'ab'] * 32)).decode()}", 400),
        ("Content-Type", "image/jpeg", 415),
        ("Upload-Checksum", "md5 aaaa", 400),
        ("Upload-Checksum", "sha256 ?", 400),
    ],
)
def test_headers_that_cannot_be_meant_are_refused(
    ana: FlaskClient, crane: Brought, header: str, value: str, status: int
) -> None:
    answer = ana.post(DOOR, headers={**crane.creation, "Content-Type": TYPE, header: value}, data=CRANE)
    assert answer.status_code == status
    assert answer.headers["Tus-Resumable"] == "1.0.0"


def test_options_says_what_the_door_speaks(client_of: ClientOf) -> None:
    answer = client_of(None).options(DOOR)
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,creation-with-upload,checksum,expiration"
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha256"
    assert answer.headers["Tus-Max-Size"] == str(64 * 1024 * 1024)


# -- several at once --


def test_a_second_writer_waits(door: Uploads, ana: FlaskClient, cast: Cast, crane: Brought) -> None:
    place = door.create(cast.ana, announced(crane), with_body=True)
    assert place.lease
    at = f"{DOOR}/{place.id}"
    answer = patch(ana, at, 0, CRANE)
    assert (answer.status_code, answer.json["code"]) == (423, "upload-busy")
    assert answer.headers["Retry-After"]
    assert post(ana, crane, CRANE).status_code == 423
    clock.advance(upload_rows.LEASE)  # the first one's process has died
    assert receipt_in(patch(ana, at, 0, CRANE))["complete"] is True


def test_a_live_writer_keeps_its_lease_and_a_robbed_one_stops(
    door: Uploads, db: Database, cast: Cast, crane: Brought, settings: Settings
) -> None:
    place = door.create(cast.ana, announced(crane), with_body=True)
    slowly = iter([CRANE[:10], CRANE[10:20], CRANE[20:]])

    def read(_length: int) -> bytes:
        clock.advance(uploads.RENEW)
        return next(slowly)

    assert door.receive(place, Body(read, len(CRANE))).receipt
    robbed = listed(db, cast.ana, CRANE[1:])[0]
    place = door.create(cast.ana, announced(robbed), with_body=True)

    def robbing(_length: int) -> bytes:
        clock.advance(upload_rows.LEASE)
        door.claim(cast.ana, place.id, 0)
        return CRANE[1:11]

    with pytest.raises(Problem) as problem:
        door.receive(place, Body(robbing, len(CRANE) - 1))
    assert problem.value.status == 423
    assert (settings.parts_dir / f"{place.id}.part").read_bytes() == b""  # not a byte after the lease was gone


@pytest.mark.parametrize("wakes", ["with more", "with nothing"])
@pytest.mark.parametrize("checked", [True, False])
def test_a_robbed_writer_leaves_what_another_has_finished_alone(
    door: Uploads, ana: FlaskClient, cast: Cast, crane: Brought, settings: Settings, wakes: str, checked: bool
) -> None:
    """The finished part is the evidence file, by another name. Whoever slept may neither add to it nor cut it."""
    place = door.create(cast.ana, announced(crane), with_body=True)
    turns = 0

    def read(_length: int) -> bytes:
        nonlocal turns
        turns += 1
        if turns == 1:
            return CRANE[:10]
        if turns == 2:  # a clock set right, a machine woken up
            clock.advance(upload_rows.LEASE)
            offset = int(head(ana, f"{DOOR}/{place.id}").headers["Upload-Offset"])
            assert receipt_in(patch(ana, f"{DOOR}/{place.id}", offset, CRANE[offset:]))["complete"] is True
            return b"x" * 100 if wakes == "with more" else b""
        return b""

    with pytest.raises(Problem) as problem:
        door.receive(place, Body(read, len(CRANE), b"another" if checked else None, most=10))
    assert problem.value.status == 423
    assert evidence(settings, crane) == CRANE


def test_a_user_runs_two_uploads_at_once_and_a_third_comes_later(
    door: Uploads, ana: FlaskClient, client_of: ClientOf, db: Database, cast: Cast
) -> None:
    one, two, three = listed(db, cast.ana, b"one", b"two", b"three")
    held = [door.create(cast.ana, announced(photo), with_body=True) for photo in (one, two)]
    answer = post(ana, three, b"three")
    assert (answer.status_code, answer.json["code"], answer.headers["Retry-After"]) == (503, "busy", "5")
    dans = listed(db, cast.dan, b"dan's")[0]
    assert post(client_of("dan"), dans, b"dan's").status_code == 201
    door.receive(held[0], Body(_once(b"one"), 3))
    assert post(ana, three, b"three").status_code == 201


def _once(data: bytes) -> Callable[[int], bytes]:
    left = [data]
    return lambda _length: left.pop() if left else b""


def test_uploads_never_hold_all_the_threads(door: Uploads, settings: Settings) -> None:
    taken = [door.room() for _ in range(settings.threads * 3 // 4)]
    for room in taken:
        room.__enter__()
    with pytest.raises(Problem) as problem, door.room():
        raise AssertionError("there was room")
    assert (problem.value.status, problem.value.headers) == (503, (("Retry-After", "5"),))


# -- what goes wrong --


def test_a_body_that_ends_early_is_kept_and_is_not_the_whole(
    door: Uploads, db: Database, cast: Cast, crane: Brought
) -> None:
    place = door.create(cast.ana, announced(crane), with_body=True)
    paused = door.receive(place, Body(_once(CRANE[:1000]), len(CRANE)))
    assert (paused.offset, paused.receipt) == (1000, None)
    assert photo_of(db, crane.id).state == "partial"


def test_a_connection_that_breaks_keeps_what_came(door: Uploads, cast: Cast, crane: Brought) -> None:
    came = [CRANE[:1000]]

    def read(_length: int) -> bytes:
        if not came:
            raise TimeoutError("silent for 30 seconds")
        return came.pop()

    place = door.create(cast.ana, announced(crane), with_body=True)
    assert door.receive(place, Body(read, len(CRANE))).offset == 1000
    assert door.claim(cast.ana, place.id, 1000).lease


def test_a_broken_piece_proves_nothing_and_is_dropped(door: Uploads, cast: Cast, crane: Brought) -> None:
    place = door.create(cast.ana, announced(crane), with_body=True)
    checksum = hashlib.sha256(CRANE[:1000]).digest()
    assert door.receive(place, Body(_once(CRANE[:500]), 1000, checksum)).offset == 0


def test_an_answer_lost_after_the_commit_is_given_again(
    door: Uploads, ana: FlaskClient, cast: Cast, crane: Brought
) -> None:
    place = door.create(cast.ana, announced(crane), with_body=True)
    door.receive(place, Body(_once(CRANE), len(CRANE)))  # its answer never arrives
    at = f"{DOOR}/{place.id}"
    assert head(ana, at).headers["Upload-Offset"] == str(len(CRANE))
    assert receipt_in(head(ana, at))["complete"] is True
    assert receipt_in(patch(ana, at, len(CRANE), b""))["complete"] is True
    assert receipt_in(post(ana, crane, CRANE))["complete"] is True


def test_bytes_all_here_but_not_committed_are_stored_by_whatever_comes_next(
    door: Uploads, ana: FlaskClient, db: Database, settings: Settings, cast: Cast, crane: Brought
) -> None:
    place = door.create(cast.ana, announced(crane), with_body=True)
    (settings.parts_dir / f"{place.id}.part").write_bytes(CRANE)  # the process died here
    clock.advance(upload_rows.LEASE)
    assert photo_of(db, crane.id).stored_at is None
    assert head(ana, f"{DOOR}/{place.id}").headers["Upload-Offset"] == str(len(CRANE))
    assert receipt_in(post(ana, crane))["complete"] is True
    assert evidence(settings, crane) == CRANE


def test_the_file_is_synced_before_the_photo_is_stored(
    settings: Settings, db: Database, cast: Cast, crane: Brought
) -> None:
    states: list[tuple[str, str]] = []

    def fsync(handle: int) -> None:
        states.append((Path(f"/proc/self/fd/{handle}").resolve().name, photo_of(db, crane.id).state))
        os.fsync(handle)

    door = Uploads(settings, db, Files(settings.files, fsync=fsync))
    place = door.create(cast.ana, announced(crane), with_body=True)
    door.receive(place, Body(_once(CRANE), len(CRANE)))
    assert states[0] == (f"{place.id}.part", "wanted")
    assert states[-1] == (crane.sha256[:2], "wanted")
    assert photo_of(db, crane.id).state == "stored"


@pytest.mark.parametrize(("error", "status", "kept"), [(errno.ENOSPC, 507, len(CRANE)), (errno.EIO, 503, 0)])
def test_a_disk_that_fails_at_the_end_is_no_stored_photo(
    settings: Settings, db: Database, cast: Cast, crane: Brought, error: int, status: int, kept: int
) -> None:
    def fsync(_handle: int) -> None:
        raise OSError(error, os.strerror(error))

    door = Uploads(settings, db, Files(settings.files, fsync=fsync))
    place = door.create(cast.ana, announced(crane), with_body=True)
    with pytest.raises(Problem) as problem:
        door.receive(place, Body(_once(CRANE), len(CRANE)))
    assert problem.value.status == status
    assert sum(parts(settings)) == kept
    assert photo_of(db, crane.id).stored_at is None
    healthy = Uploads(settings, db, Files(settings.files))
    place = healthy.create(cast.ana, announced(crane), with_body=True)
    assert place.offset == kept
    assert healthy.receive(place, Body(_once(CRANE[kept:]), len(CRANE) - kept)).receipt


def test_a_full_disk_keeps_the_part(door: Uploads, settings: Settings, cast: Cast, crane: Brought) -> None:
    place = door.create(cast.ana, announced(crane), with_body=True)
    (settings.parts_dir / f"{place.id}.part").symlink_to("/dev/full")
    with pytest.raises(Problem) as problem:
        door.receive(place, Body(_once(CRANE), len(CRANE)))
    assert (problem.value.status, problem.value.code) == (507, "disk-full")


def test_a_database_that_is_locked_answers_503(
    ana: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch, crane: Brought
) -> None:
    from sqlalchemy.exc import OperationalError

    def locked(*_args: Any, **_more: Any) -> None:
        raise OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))

    monkeypatch.setattr(Uploads, "create", locked)
    answer = post(ana, crane, CRANE)
    assert (answer.status_code, answer.json["code"], answer.headers["Retry-After"]) == (503, "busy", "5")


# -- time --


def test_an_upload_left_alone_for_a_week_is_forgotten_and_begins_again(
    ana: FlaskClient, db: Database, settings: Settings, crane: Brought
) -> None:
    at = post(ana, crane).headers["Location"]
    patch(ana, at, 0, CRANE[:100])
    clock.advance(upload_rows.KEEP_UNFINISHED)
    with clock.frozen(clock.now()):
        later = ana  # the session is her own device's
        assert head(later, at).status_code == 410
        upload_jobs.sweep(db, Parts(settings.parts_dir))
        assert parts(settings) == []
        assert photo_of(db, crane.id).state == "wanted"
        assert head(later, at).status_code == 404
        assert receipt_in(post(later, crane, CRANE))["complete"] is True


def test_a_receipt_that_no_proxy_would_let_through_is_asked_for_by_put(
    ana: FlaskClient, db: Database, cast: Cast
) -> None:
    """Forty photos: nginx would answer 502 to each, for ever, though every byte has come."""
    few, many = (listed(db, cast.ana, *(f"{count} {n}".encode() for n in range(count))) for count in (10, 40))
    assert receipt_in(post(ana, few[0], few[0].data))["photos"][0]["state"] == "stored"
    for one in many:
        answer = post(ana, one, one.data)
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, str(len(one.data)))
        assert "Fieldapp-Receipt" not in answer.headers
        assert sum(len(name) + len(value) + 4 for name, value in answer.headers) < 4096
    told = ana.get(f"/api/v1/records/{many[0].record}").get_json()
    assert {line["state"] for line in told["photos"]} == {"stored"} and told["complete"]


def test_an_expired_upload_may_be_announced_again_before_the_sweep(ana: FlaskClient, crane: Brought) -> None:
    at = post(ana, crane).headers["Location"]
    patch(ana, at, 0, CRANE[:100])
    clock.advance(upload_rows.KEEP_UNFINISHED)
    again = post(ana, crane)
    assert again.headers["Upload-Offset"] == "100"
    assert patch(ana, again.headers["Location"], 100, CRANE[100:]).status_code == 204


def test_part_files_that_no_upload_knows_go_after_a_day(db: Database, settings: Settings) -> None:
    folder = Parts(settings.parts_dir)
    stray, young = settings.parts_dir / f"{new_id()}.part", settings.parts_dir / f"{new_id()}.part"
    odd = [settings.parts_dir / f"{name}.part" for name in ("copy of a part", new_id().hex, "")]
    for path, age in ((stray, 2), (young, 0), *((path, 2) for path in odd)):
        path.write_bytes(b"?")
        at = NOON.timestamp() - age * 86400
        os.utime(path, (at, at))
    upload_jobs.sweep(db, folder)
    assert not stray.exists()
    assert all(path.exists() for path in odd)  # nobody knows whose they are: the doctor tells of them
    assert young.exists()


def test_uploads_are_rows_of_one_owner_and_photo(ana: FlaskClient, db: Database, crane: Brought) -> None:
    for _ in range(3):
        post(ana, crane)
    with db.reading() as session:
        assert len(session.scalars(select(Upload)).all()) == 1
        assert len(session.scalars(select(Photo)).all()) == 1
