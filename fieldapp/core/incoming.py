"""The body of a request as it comes off the wire.

Gunicorn's own reader fills each read, copies what it has read ahead at every turn, and loses what had come of a read
when the connection breaks. Here each read answers with what is there, straight from the socket, so nothing of it can be
lost and pieces may be large.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gunicorn.http.body import Body, LengthReader

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Read = Callable[[int], bytes]
SMALL = 16 * 1024  # of a reader that loses what had come of a longer read
LARGE = 64 * 1024


def reader_of(environ: "WSGIEnvironment") -> tuple[Read, int]:
    """How to read this request's body, and how much at once."""
    body, socket = environ["wsgi.input"], environ.get("gunicorn.socket")
    if isinstance(body, Body) and isinstance(body.reader, LengthReader) and socket is not None:
        return _straight(body.reader, socket), LARGE
    return body.read, SMALL


def _straight(reader: LengthReader, socket: Any) -> Read:
    """Reads as much as has come, at least a byte, none at the end. Gunicorn keeps the count of what is left."""

    def read(most: int) -> bytes:
        most = min(most, reader.length)
        ahead: bytes = reader.unreader.take_buffered()
        if ahead:  # came along with the head
            reader.unreader.unread(ahead[most:])
        data: bytes = ahead[:most] if ahead or not most else socket.recv(most)
        reader.length -= len(data)
        return data

    return read
