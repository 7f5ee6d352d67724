"""HTTP/1.1 over one socket that stays open, as lean as can be: the client must not eat the cores it measures with."""

import re
import socket
from urllib.parse import urlencode

from fieldapp.demo.load import PASSWORD
from tests.processes import until

END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
COOKIE = re.compile(rb"\r\nset-cookie: *([^;\r]+)", re.IGNORECASE)


class Refused(Exception):
    """An answer that was not asked for."""


class Wire:
    def __init__(self, port: int) -> None:
        self.port, self.cookie = port, b""
        self._socket: socket.socket | None = None

    def ask(self, method: str, path: str, expect: int, parts: tuple[bytes, ...] = (), headers: str = "") -> bytes:
        """One request and its whole answer, head and body. Raises Refused for another status than expected."""
        length = sum(len(part) for part in parts)
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nSec-Fetch-Site: same-origin\r\n"
            f"Content-Length: {length}\r\n{headers}Cookie: "
        ).encode() + self.cookie + END  # fmt: skip
        try:
            answer = self._once(head, parts)
        except ConnectionError:
            self.close()  # one that was idle may be closed by now; every request of ours may be repeated
            answer = self._once(head, parts)
        if int(answer[9:12]) != expect:
            raise Refused(f"{method} {path}: {answer[:2000].decode(errors='replace')}")
        return answer

    def _once(self, head: bytes, parts: tuple[bytes, ...]) -> bytes:
        connection = self._socket or self._open()
        connection.sendall(head + parts[0] if parts else head)
        for part in parts[1:]:
            connection.sendall(part)
        return self._answer(connection)

    def sign_in(self, username: str) -> None:
        form = urlencode({"username": username, "password": PASSWORD, "own_device": "y"}).encode()
        answer = self.ask("POST", "/login", 303, (form,), "Content-Type: application/x-www-form-urlencoded\r\n")
        found = COOKIE.search(answer)
        if found is None:
            raise Refused("no cookie came with the sign-in")
        self.cookie = found[1]

    def until_ready(self) -> None:
        until("the server answers", self._answers)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _answers(self) -> bool:
        try:
            return self.ask("GET", "/readyz", 200) != b""
        except OSError:
            self.close()
            return False

    def _open(self) -> socket.socket:
        self._socket = socket.create_connection(("127.0.0.1", self.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    def _answer(self, connection: socket.socket) -> bytes:
        answer = b""
        while END not in answer:
            if not (data := connection.recv(65536)):
                raise ConnectionResetError("the server closed the connection")
            answer += data
        head = answer.index(END) + len(END)
        said = LENGTH.search(answer, 0, head)
        whole = head + (int(said[1]) if said else 0)
        while len(answer) < whole:
            if not (data := connection.recv(65536)):
                raise ConnectionResetError("the server closed the connection")
            answer += data
        return answer
