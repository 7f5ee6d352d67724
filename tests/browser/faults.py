"""A wire that breaks: a proxy between Chromium and the server. What breaks is said for the next requests of a kind.

    wire.breaks("drop", method="PUT", path="/api/v1/visits/")      the server acts, its answer never arrives
    wire.breaks("slow", path="/projects")                          the answer comes once the wire mends
    wire.breaks("refuse" | "hang" | "500" | "502" | "413" | "portal" | "login", …)

Pages are opened at the wire's own address, so that the guard sees one origin.
"""

import re
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

HTML = b"<!doctype html><title>Gate</title><h1>Something on the way answers instead</h1>"
ANSWERS = {
    "500": (500, "text/html", HTML, ""),
    "502": (502, "text/html", HTML, ""),
    "413": (413, "text/html", HTML, ""),
    "portal": (200, "text/html", HTML, ""),
    "login": (302, "text/html", b"", "Location: /login\r\n"),
}
FOR_EVER = 1_000_000


@dataclass
class Break:
    how: str
    method: str
    path: str
    left: int

    def fits(self, method: str, path: str) -> bool:
        return self.left > 0 and re.fullmatch(self.method, method) is not None and path.startswith(self.path)


@dataclass
class Message:
    """One request or answer: its head as it came, and what of its body lies behind it already."""

    head: bytes
    body: bytes

    @property
    def first(self) -> list[str]:
        return self.head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")

    def header(self, name: str) -> str:
        found = re.search(rf"^{name}:[ \t]*(.*?)\r$".encode(), self.head, re.IGNORECASE | re.MULTILINE)
        return found.group(1).decode("latin-1") if found else ""


class Wire:
    """One thread a connection, one request after the other; every connection to the server is fresh."""

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self.seen: list[str] = []  # "PUT /api/v1/visits/… drop", in the order of arrival
        self.rewrite: Callable[[str, bytes], bytes] | None = None  # of the body of plain answers, by path
        self._breaks: list[Break] = []
        self._lock = threading.Lock()
        self._free = threading.Event()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def breaks(self, how: str, *, method: str = ".*", path: str = "/api/v1/", times: int = FOR_EVER) -> None:
        """From now on, for so many requests. Says nothing about others."""
        with self._lock:
            self._free.clear()
            self._breaks.append(Break(how, method, path, times))

    def becomes(self, how: str, *, method: str = ".*", path: str = "/api/v1/") -> None:
        """Broken in this way instead of any other, with no moment between in which something gets through."""
        with self._lock:
            self._breaks[:] = [Break(how, method, path, FOR_EVER)]

    def mends(self) -> None:
        """All is well again; what hung is let go of without an answer, what was slow with it."""
        with self._lock:
            self._breaks.clear()
        self._free.set()

    def broke(self, how: str = "") -> list[str]:
        """The requests that met a fault so far."""
        return [line for line in self.seen if not line.endswith(" ok") and line.endswith(how)]

    def close(self) -> None:
        self.mends()
        with suppress(OSError):
            self._listener.close()
        for one in list(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._open.add(client)  # before its thread runs: nothing that has begun is overlooked
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError, ValueError), client:
            left = b""
            while (request := _read_head(client, left)) is not None:
                if self._pass_on(client, request) is False:
                    break
                left = b""
        self._open.discard(client)

    def _fault(self, method: str, path: str) -> str:
        with self._lock:
            found = next((one for one in self._breaks if one.fits(method, path)), None)
            how = "ok" if found is None else found.how
            if found is not None:
                found.left -= 1
            self.seen.append(f"{method} {path} {how}")
        return how

    def _pass_on(self, client: socket.socket, request: Message) -> bool:
        """One request and its answer; False when this connection has ended."""
        method, path = request.first[0], request.first[1]
        how = self._fault(method, path.split("?")[0])
        if how == "refuse":
            return _reset(client)
        body = request.body + _read_exactly(client, int(request.header("Content-Length") or 0) - len(request.body))
        if how in {"hang", "slow"}:
            self._free.wait()
        if how == "hang":
            return _reset(client)
        if how in ANSWERS:
            status, kind, page, more = ANSWERS[how]
            head = f"HTTP/1.1 {status} Fault\r\nContent-Type: {kind}\r\nContent-Length: {len(page)}\r\n{more}\r\n"
            client.sendall(head.encode() + page)
            return True
        with socket.create_connection(("127.0.0.1", self.upstream)) as server:
            server.sendall(_asked(request.head, plainly=self.rewrite is not None) + body)
            answer = _read_head(server, b"")
            if answer is None:
                return _reset(client)
            if how == "drop":
                _read_all(server)  # the server has done its work and said so
                return _reset(client)
            return self._answer(client, server, answer, path, method)

    def _answer(self, client: socket.socket, server: socket.socket, answer: Message, path: str, method: str) -> bool:
        body = answer.body + (b"" if method == "HEAD" else _read_all(server))
        if self.rewrite is not None and not answer.header("Transfer-Encoding"):
            changed = self.rewrite(path, body)
            if changed != body:
                length = f"Content-Length: {len(changed)}\r".encode()
                answer.head = re.sub(rb"(?im)^content-length:.*\r$", length, answer.head)
                answer.head = re.sub(rb"(?im)^etag:.*\r\n", b"", answer.head)
                body = changed
        # Kept alive, as with a real server: a browser sends again by itself on a reused connection only.
        ends = bool(answer.header("Content-Length") or answer.header("Transfer-Encoding"))
        framed = ends or answer.first[1] in {"204", "304"}
        head = re.sub(rb"(?im)^connection:.*\r\n", b"", answer.head) if framed else answer.head
        client.sendall(head + body)
        return framed


def _asked(head: bytes, *, plainly: bool) -> bytes:
    """As the server gets it: for one answer on this connection, uncompressed where that is to be rewritten."""
    dropped = b"connection|keep-alive|accept-encoding" if plainly else b"connection|keep-alive"
    return re.sub(rb"(?im)^(" + dropped + rb"):.*\r\n", b"", head)[:-2] + b"Connection: close\r\n\r\n"


def _read_head(source: socket.socket, begun: bytes) -> Message | None:
    data = begun
    while b"\r\n\r\n" not in data:
        more = source.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    return Message(head + b"\r\n\r\n", body)


def _read_exactly(source: socket.socket, size: int) -> bytes:
    parts = []
    while size > 0:
        part = source.recv(min(size, 65536))
        if not part:
            raise ValueError("the request ended early")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _read_all(source: socket.socket) -> bytes:
    parts = []
    while part := source.recv(65536):
        parts.append(part)
    return b"".join(parts)


def _reset(client: socket.socket) -> bool:
    """As a dead connection looks from the phone."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    return False
