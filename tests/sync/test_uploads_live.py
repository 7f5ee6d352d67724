"""Uploads against a real server: public tus clients over connections that break, and bytes that never come."""

import hashlib
import json
import random
import shutil
import socket
import subprocess
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from tusclient.client import TusClient

from fieldapp.core.db import Database, new_id
from fieldapp.core.files import Files
from tests.cast import Cast
from tests.conftest import LiveServer
from tests.sync.bringing import TYPE, Brought, listed, patch_headers, photo_of
from tests.sync.cutting import cutter
from tests.sync.phone import Phone

HERE = Path(__file__).parent
PHOTO = random.Random(2).randbytes(700_000)


@pytest.fixture
def server(serve: Callable[..., LiveServer]) -> LiveServer:
    return serve()


@pytest.fixture
def photo(db: Database, cast: Cast) -> Brought:
    return listed(db, cast.ana, PHOTO)[0]


@pytest.fixture
def as_ana(client_of: Callable[..., FlaskClient]) -> dict[str, str]:
    """The headers of ana's browser."""
    cookie = client_of("ana").get_cookie("fieldapp")
    assert cookie is not None
    return {"Cookie": f"fieldapp={cookie.value}", "Sec-Fetch-Site": "same-origin"}


def is_stored(db: Database, server: LiveServer, photo: Brought) -> bool:
    kept = Files(server.settings.files).open(f"evidence/{photo.sha256[:2]}/{photo.sha256}").read()
    return photo_of(db, photo.id).state in ("stored", "unreadable") and kept == photo.data


def receipt_of(header: str) -> dict[str, Any]:
    receipt: dict[str, Any] = json.loads(b64decode(header))
    return receipt


@pytest.fixture
def bring(
    server: LiveServer, db: Database, cast: Cast, as_ana: dict[str, str], tmp_path: Path
) -> Callable[..., tuple[Brought, Path, dict[str, Any]]]:
    """A new photo in a file, and what a client must say to bring it."""

    def make() -> tuple[Brought, Path, dict[str, Any]]:
        photo = listed(db, cast.ana, PHOTO + new_id().bytes)[0]
        file = tmp_path / f"{photo.id}.jpg"
        file.write_bytes(photo.data)
        return photo, file, {"headers": as_ana, "metadata": photo.metadata}

    return make


def test_tuspy_brings_photos_over_a_connection_that_breaks(
    server: LiveServer, db: Database, bring: Callable[..., Any]
) -> None:
    whole, pieces = 10_000_000, 256_000
    cases = [((), whole), ((), pieces), ((100_000, 300_000), whole), ((-200_000, 100_000, -200_000), pieces)]
    for cuts, chunk in cases:
        photo, file, said = bring()
        created = TusClient(f"{server.url}/api/v1/uploads", headers=said["headers"])
        at = created.uploader(str(file), metadata=said["metadata"]).create_url()
        with cutter(server.url, *cuts) as way:
            uploader = TusClient(way.url, headers=said["headers"]).uploader(
                str(file), chunk_size=chunk, retries=40, retry_delay=0.05, url=at.replace(server.url, way.url)
            )
            uploader.upload()
            assert way.made == len(cuts)
        assert receipt_of(uploader.request.response_headers["fieldapp-receipt"])["complete"] is True
        assert is_stored(db, server, photo)

    photo, file, said = bring()
    client = TusClient(f"{server.url}/api/v1/uploads", headers=said["headers"])
    uploader = client.uploader(str(file), metadata=said["metadata"], chunk_size=pieces, retries=1, upload_checksum=True)
    uploader._BaseUploader__checksum_algorithm_name = "sha256"  # it has a setting for sha1 only
    uploader._BaseUploader__checksum_algorithm = hashlib.sha256
    uploader.upload()
    assert is_stored(db, server, photo)


def test_tus_js_client_brings_photos_over_a_connection_that_breaks(
    server: LiveServer, db: Database, bring: Callable[..., Any]
) -> None:
    node = shutil.which("node")
    assert node is not None
    cases: list[tuple[tuple[int, ...], dict[str, Any]]] = [
        ((), {"withData": True}),
        ((-200_000,), {}),
        ((150_000, -200_000, 200_000), {"chunkSize": 256_000, "withData": True}),
    ]
    for cuts, options in cases:
        photo, file, said = bring()
        with cutter(server.url, *cuts) as way:
            asked = {"endpoint": f"{way.url}/api/v1/uploads", "file": str(file), **said, **options}
            command = [node, str(HERE / "tus_js" / "upload.mjs"), json.dumps(asked)]
            told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            assert told.returncode == 0, told.stderr
            assert way.made == len(cuts)
        assert receipt_of(json.loads(told.stdout)["receipt"])["complete"] is True
        assert is_stored(db, server, photo)


class Wire:
    """One connection, byte by byte."""

    def __init__(self, server: LiveServer, headers: dict[str, str]) -> None:
        self.server, self.headers = server, headers

    def ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes = b"", *, more_is_to_come: bool = False
    ) -> tuple[int, dict[str, str]]:
        """Send this much and no more, whatever the headers promise; the answer's status and headers."""
        host, port = self.server.url.removeprefix("http://").split(":")
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}:{port}"]
        lines += [f"{name}: {value}" for name, value in {**self.headers, **headers}.items()]
        with socket.create_connection((host, int(port)), timeout=20) as wire:
            wire.sendall("\r\n".join([*lines, "", ""]).encode() + body)
            if not more_is_to_come:
                wire.shutdown(socket.SHUT_WR)
            return self._read(wire)

    @staticmethod
    def _read(wire: socket.socket) -> tuple[int, dict[str, str]]:
        came = b""
        while b"\r\n\r\n" not in came and (data := wire.recv(4096)):
            came += data
        first, *rest = came.partition(b"\r\n\r\n")[0].decode().split("\r\n")
        return int(first.split()[1]), dict(line.split(": ", 1) for line in rest)


def test_the_wire_is_believed_only_as_far_as_it_came(
    server: LiveServer, db: Database, cast: Cast, as_ana: dict[str, str], photo: Brought
) -> None:
    wire = Wire(server, as_ana)
    a_body_cut_short_is_kept_and_not_taken_for_the_whole(wire, db, photo)
    assert is_stored(db, server, photo)
    big, chunked = listed(db, cast.ana, b"x" * 3_000_000, b"chunked" * 100_000)
    a_chunked_body_is_taken(wire, chunked)
    assert is_stored(db, server, chunked)
    a_record_cut_short_is_asked_for_again(wire, cast)
    a_claim_of_200_mb_is_refused_without_waiting_for_it(wire, big)
    a_refusal_reaches_the_phone_that_is_still_sending(wire, Brought(big.record, big.id, b"y" * 3_000_000))


def a_body_cut_short_is_kept_and_not_taken_for_the_whole(wire: Wire, db: Database, photo: Brought) -> None:
    status, headers = wire.ask("POST", "/api/v1/uploads", {**photo.creation, "Content-Length": "0"})
    assert status == 201
    at = headers["Location"]
    status, headers = wire.ask("PATCH", at, {**patch_headers(0), "Content-Length": "700000"}, PHOTO[:123_456])
    assert (status, headers["Upload-Offset"]) == (204, "123456")
    assert "Fieldapp-Receipt" not in headers
    assert photo_of(db, photo.id).state == "partial"
    status, headers = wire.ask("HEAD", at, {"Tus-Resumable": "1.0.0"})
    assert (status, headers["Upload-Offset"]) == (200, "123456")
    rest = PHOTO[123_456:]
    status, headers = wire.ask("PATCH", at, {**patch_headers(123_456), "Content-Length": str(len(rest))}, rest)
    assert receipt_of(headers["Fieldapp-Receipt"])["complete"] is True


def a_record_cut_short_is_asked_for_again(wire: Wire, cast: Cast) -> None:
    sealed = Phone(cast.ana).visit(cast.sail)
    headers = {"Content-Type": "application/json", "Content-Length": str(len(sealed.raw))}
    assert wire.ask("PUT", sealed.url, headers, sealed.raw[:-7])[0] == 408  # 400 would say that it never will be taken
    assert wire.ask("PUT", sealed.url, headers, sealed.raw)[0] == 201


def a_chunked_body_is_taken(wire: Wire, photo: Brought) -> None:
    halves = photo.data[:300_000], photo.data[300_000:]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(half), half) for half in halves) + b"0\r\n\r\n"
    headers = {**photo.creation, "Content-Type": TYPE, "Transfer-Encoding": "chunked"}
    status, answered = wire.ask("POST", "/api/v1/uploads", headers, chunks)
    assert (status, answered["Upload-Offset"]) == (201, "700000")


def a_claim_of_200_mb_is_refused_without_waiting_for_it(wire: Wire, photo: Brought) -> None:
    size = str(200 * 1024 * 1024)
    headers = {**photo.creation, "Upload-Length": size, "Content-Length": size, "Content-Type": TYPE}
    assert wire.ask("POST", "/api/v1/uploads", headers, more_is_to_come=True)[0] == 413


def a_refusal_reaches_the_phone_that_is_still_sending(wire: Wire, other: Brought) -> None:
    headers = {**other.creation, "Content-Length": str(len(other.data)), "Content-Type": TYPE}
    assert wire.ask("POST", "/api/v1/uploads", headers, other.data)[0] == 409


def test_a_photo_survives_a_server_killed_in_the_middle(
    serve: Callable[..., LiveServer], db: Database, as_ana: dict[str, str], photo: Brought
) -> None:
    first = serve()
    wire = Wire(first, as_ana)
    at = wire.ask("POST", "/api/v1/uploads", {**photo.creation, "Content-Length": "0"})[1]["Location"]
    wire.ask("PATCH", at, {**patch_headers(0), "Content-Length": "700000"}, PHOTO[:300_000])
    first.kill()
    second = Wire(serve(int(first.url.rsplit(":", 1)[1])), as_ana)
    assert second.ask("HEAD", at, {"Tus-Resumable": "1.0.0"})[1]["Upload-Offset"] == "300000"
    rest = PHOTO[300_000:]
    _status, headers = second.ask("PATCH", at, {**patch_headers(300_000), "Content-Length": str(len(rest))}, rest)
    assert receipt_of(headers["Fieldapp-Receipt"])["complete"] is True
    assert hashlib.sha256(PHOTO).hexdigest() == photo_of(db, photo.id).sha256
