"""A phone's connection: HTTP/1.1 over a plain socket, kept alive while it lasts. Cheap, for there are many of them."""

import json
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

TIMEOUT = 60.0


@dataclass(frozen=True)
class Answer:
    """`status` 0: no answer, whatever the reason."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def code(self) -> str | None:
        """Of our own problem JSON; none for a proxy's page."""
        said = self.json if self.body[:1] == b"{" else None
        return said["code"] if isinstance(said, dict) and isinstance(said.get("code"), str) else None

    @property
    def retry_after(self) -> float:
        text = self.headers.get("retry-after", "")
        return float(text) if text.isdigit() else 0.0

    @property
    def passes(self) -> bool:
        """Busy, overloaded or broken on the way: the same request will do later."""
        return self.status in (0, 408, 425, 429) or self.status >= 500


LOST = Answer(0)


class Wire:
    """To one address. `name` is told in a header, so that the weather on the way is this phone's own."""

    def __init__(self, url: str, name: str = "", *, source: str = "") -> None:
        host, port = url.removeprefix("http://").split(":")
        self._to, self._host = (host, int(port)), f"{host}:{port}"
        self._common = f"Host: {self._host}\r\nSec-Fetch-Site: same-origin\r\n"
        self.name, self._source = name, (source, 0) if source else None
        self.force = ""  # a fault that the weather is asked for
        self._socket: socket.socket | None = None
        self._left = b""
        self.asked = 0

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
        """One request and its answer. Never raises for what the network does."""
        self.asked += 1
        lines = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        length = f"Content-Length: {len(body)}\r\n" if body or method not in ("GET", "HEAD") else ""
        fleet = f"Fleet: {self.name} {self.force}\r\n" if self.name else ""
        request = f"{method} {path} HTTP/1.1\r\n{self._common}{fleet}{lines}{length}\r\n".encode() + body
        try:
            return self._ask(request, bodiless=method == "HEAD")
        except (OSError, ValueError):
            self.close()
            return LOST

    def _ask(self, request: bytes, *, bodiless: bool) -> Answer:
        if self._socket is None:
            self._socket = socket.create_connection(self._to, timeout=TIMEOUT, source_address=self._source)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._left = b""
        with suppress(BrokenPipeError, ConnectionResetError):  # perhaps it was answered before it was read whole
            self._socket.sendall(request)
        answer = self._read(bodiless=bodiless)
        if answer.headers.get("connection", "").lower() == "close":
            self.close()
        return answer

    def _read(self, *, bodiless: bool) -> Answer:
        while b"\r\n\r\n" not in self._left:
            self._more()
        head, _, self._left = self._left.partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        status = int(first.split(" ", 2)[1])
        headers = {name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in rest)}
        if "set-cookie" in headers:
            headers["set-cookie"] = "\n".join(
                line.partition(":")[2].strip() for line in rest if line[:10].lower() == "set-cookie"
            )
        if bodiless or status in (204, 304):
            return Answer(status, headers)
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return Answer(status, headers, self._chunks())
        if "content-length" in headers:
            return Answer(status, headers, self._exactly(int(headers["content-length"])))
        raise ValueError("an answer without an end")

    def _more(self) -> None:
        assert self._socket is not None
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionResetError
        self._left += data

    def _exactly(self, size: int) -> bytes:
        while len(self._left) < size:
            self._more()
        body, self._left = self._left[:size], self._left[size:]
        return body

    def _chunks(self) -> bytes:
        body = b""
        while True:
            while b"\r\n" not in self._left:
                self._more()
            line, _, self._left = self._left.partition(b"\r\n")
            size = int(line.split(b";")[0], 16)
            body += self._exactly(size)
            self._exactly(2)
            if size == 0:
                return body

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket, self._left = None, b""
