"""A body read straight from the socket: as it comes, nothing lost, and no byte of the next request taken."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from gunicorn.http.body import Body, LengthReader
from gunicorn.http.unreader import SocketUnreader

from fieldapp.core.incoming import LARGE, SMALL, reader_of

Wires = tuple[socket.socket, socket.socket]


@pytest.fixture
def wires() -> Iterator[Wires]:
    """The phone's end and ours."""
    phone, ours = socket.socketpair()
    with phone, ours:
        yield phone, ours


def environ(ours: socket.socket, length: int, ahead: bytes = b"") -> dict[str, Any]:
    """As gunicorn makes it: what came along with the head is held by its reader."""
    unreader = SocketUnreader(ours)
    unreader.unread(ahead)
    return {"wsgi.input": Body(LengthReader(unreader, length)), "gunicorn.socket": ours}


def test_each_read_answers_with_what_is_there(wires: Wires) -> None:
    phone, ours = wires
    read, most = reader_of(environ(ours, 10, b"ab"))
    assert (most, read(most)) == (LARGE, b"ab")
    phone.sendall(b"cdef")
    assert read(most) == b"cdef"
    phone.sendall(b"ghij")
    assert [read(3), read(3), read(3)] == [b"ghi", b"j", b""]


def test_the_next_request_is_left_for_gunicorn(wires: Wires) -> None:
    around = environ(wires[1], 3, b"abcGET / HTTP/1.1")
    read, most = reader_of(around)
    assert [read(most), read(most)] == [b"abc", b""]
    assert around["wsgi.input"].read(most) == b""
    assert around["wsgi.input"].reader.unreader.take_buffered() == b"GET / HTTP/1.1"


def test_what_is_not_read_here_gunicorn_still_has(wires: Wires) -> None:
    phone, ours = wires
    around = environ(ours, 6, b"abc")
    read, _most = reader_of(around)
    assert read(2) == b"ab"
    phone.sendall(b"def")
    assert around["wsgi.input"].read(10) == b"cdef"


def test_a_connection_that_ends_reads_as_an_end(wires: Wires) -> None:
    phone, ours = wires
    read, most = reader_of(environ(ours, 10))
    phone.sendall(b"abc")
    phone.close()
    assert [read(most), read(most)] == [b"abc", b""]


def test_any_other_reader_is_asked_for_little_at_once() -> None:
    from io import BytesIO

    read, most = reader_of({"wsgi.input": BytesIO(b"abc")})  # type: ignore[typeddict-item]
    assert (most, read(most)) == (SMALL, b"abc")
