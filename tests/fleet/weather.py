"""Weather: a proxy that misbehaves on purpose, between the phones and the server.

What it does to a phone's n-th request is drawn from (seed, phone, n), so one number tells the whole run again. A phone
names itself in the header `Fleet`; `Fleet: 12 drop` asks for one fault by name. Requests without it pass unharmed.
"""

import random
import socket
import struct
import threading
import time
from collections import Counter, defaultdict
from contextlib import suppress

HTML = b"<!doctype html><title>Gate</title><h1>Something on the way answers instead</h1>"
SAID: dict[str, tuple[int, str]] = {
    "500": (500, ""), "502": (502, ""), "503": (503, "Retry-After: 20\r\n"), "413": (413, ""),
    "429": (429, "Retry-After: 30\r\n"), "portal": (200, ""), "login": (302, "Location: /login?next=/\r\n"),
}  # fmt: skip
#           what                                   how often, of 100 faults
FAULTS = {
    "delay": 12,  # some milliseconds later
    "slow": 4,  # in drips
    "refuse": 10,  # cut before the request
    "cut": 12,  # cut in the middle of its body
    "truncated": 6,  # the body ends early, and politely
    "corrupt": 3,  # a byte of a photo is another on arrival
    "drop": 16,  # the server acts; the answer never arrives
    "half": 5,  # half of the answer arrives
    "twice": 6,  # sent again after it was answered
    "at-once": 6,  # sent twice at the same time
    "late": 4,  # no answer, and it arrives much later
    "500": 3, "502": 4, "503": 2, "413": 1, "429": 2, "portal": 2, "login": 2,
}  # fmt: skip
LATE_FOR = (2, 12)  # requests of this phone


class Weather:
    def __init__(self, upstream: int, seed: int, share: float = 0.2) -> None:
        """`share` of all requests meet a fault."""
        self._upstream, self._seed, self.share = upstream, seed, share
        self.met: Counter[str] = Counter()
        self.passed = 0
        self._asked: Counter[str] = Counter()
        self._late: dict[str, list[tuple[int, bytes]]] = defaultdict(list)
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    @property
    def faults(self) -> int:
        return sum(self.met.values())

    def deliver_late(self) -> None:
        """Whatever is still on its way arrives now."""
        with self._lock:
            waiting = [request for late in self._late.values() for _due, request in late]
            self._late.clear()
        for request in waiting:
            self._bring(request)

    def draw(self, phone: str, asked: str) -> tuple[str, random.Random]:
        """What becomes of this request."""
        with self._lock:
            self._asked[phone] += 1
            count = self._asked[phone]
        rng = random.Random(f"{self._seed}:{phone}:{count}")
        how = asked
        if not how and rng.random() < self.share:
            how = rng.choices(list(FAULTS), list(FAULTS.values()))[0]
        return how, rng

    def put_by(self, phone: str, request: bytes, rng: random.Random) -> None:
        with self._lock:
            self._late[phone].append((self._asked[phone] + rng.randint(*LATE_FOR), request))

    def due(self, phone: str) -> list[bytes]:
        if phone not in self._late:
            return []
        with self._lock:
            count = self._asked[phone]
            due = [request for at, request in self._late[phone] if at <= count]
            self._late[phone] = [(at, request) for at, request in self._late[phone] if at > count]
        return due

    def count(self, how: str) -> None:
        with self._lock:
            if how:
                self.met[how] += 1
            else:
                self.passed += 1

    def reach(self, rng: random.Random | None = None) -> socket.socket:
        """A connection to the server, from another address each time, as a mobile network gives them."""
        source = f"127.0.{rng.randint(0, 3)}.{rng.randint(2, 250)}" if rng else "127.0.0.1"
        made = socket.create_connection(("127.0.0.1", self._upstream), timeout=60, source_address=(source, 0))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def _bring(self, request: bytes) -> None:
        with suppress(OSError), self.reach() as server:
            server.sendall(request)
            _read_answer(server, "GET")

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=_Way(self, client).serve, daemon=True).start()


class _Way:
    """One connection of a phone, and its counterpart to the server."""

    def __init__(self, weather: Weather, client: socket.socket) -> None:
        self.weather, self.client = weather, client
        self.server: socket.socket | None = None
        self.left = b""
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def serve(self) -> None:
        with suppress(OSError, ValueError):
            while self._one():
                pass
        _reset(self.client)
        if self.server is not None:
            self.server.close()

    def _one(self) -> bool:
        """One request; False when the connection is to end."""
        while b"\r\n\r\n" not in self.left:
            data = self.client.recv(262_144)
            if not data:
                return False
            self.left += data
        head, _, rest = self.left.partition(b"\r\n\r\n")
        length = int(_header(head, b"content-length") or 0)
        phone, _, asked = _header(head, b"fleet").decode().partition(" ")
        method, path = head.split(b" ", 2)[:2]
        how, rng = self.weather.draw(phone, asked) if phone else ("", random.Random(0))
        how = _fitting(how, method, path, length)
        self.weather.count(how)
        if how == "refuse":
            return False
        parts, size = [rest], len(rest)
        while size < length:
            data = self.client.recv(262_144)
            if not data:
                return False
            parts.append(data)
            size += len(data)
        body = b"".join(parts)
        self.left = body[length:]
        for late in self.weather.due(phone):
            threading.Thread(target=self.weather._bring, args=(late,), daemon=True).start()
        if how in SAID:
            self.client.sendall(_page(how))
            return True
        return self._carry(head + b"\r\n\r\n", body[:length], method.decode(), how, phone, rng)

    def _carry(self, head: bytes, body: bytes, method: str, how: str, phone: str, rng: random.Random) -> bool:
        if how == "late":
            self.weather.put_by(phone, head + body, rng)
            return False
        if how in ("cut", "truncated"):
            return self._cut_short(head, body, method, rng, politely=how == "truncated")
        if how == "delay":
            time.sleep(rng.uniform(0.001, 0.03))
        if how == "corrupt":
            at = rng.randrange(len(body))
            body = body[:at] + bytes([body[at] ^ 0x55]) + body[at + 1 :]
        answer, keeps = self._send(head, body, method, rng, drips=how == "slow", at_once=how == "at-once")
        if how == "twice":
            self._hang_up()
            answer, keeps = self._send(head, body, method, rng)
        if how == "drop":
            return False
        if how == "half":
            self.client.sendall(answer[: len(answer) // 2])
            return False
        self.client.sendall(answer)
        return keeps

    def _cut_short(self, head: bytes, body: bytes, method: str, rng: random.Random, *, politely: bool) -> bool:
        self._hang_up()
        server = self.weather.reach(rng)
        with server:
            server.sendall(head + body[: rng.randrange(len(body))])
            if not politely:
                _reset(server)
                return False
            server.shutdown(socket.SHUT_WR)
            answer, _keeps = _read_answer(server, method)
        self.client.sendall(answer)
        return True

    def _send(
        self, head: bytes, body: bytes, method: str, rng: random.Random, *, drips: bool = False, at_once: bool = False
    ) -> tuple[bytes, bool]:
        second: threading.Thread | None = None
        if at_once:
            second = threading.Thread(target=self.weather._bring, args=(head + body,), daemon=True)
            second.start()
        if self.server is None:
            self.server = self.weather.reach(rng)
        try:
            if drips:
                step = max(1, len(body) // 8)
                self.server.sendall(head)
                for at in range(0, len(body), step):
                    time.sleep(0.003)
                    self.server.sendall(body[at : at + step])
            else:
                with suppress(BrokenPipeError, ConnectionResetError):  # it may have answered before reading on
                    self.server.sendall(head + body)
            answer, keeps = _read_answer(self.server, method)
        except OSError:
            self._hang_up()
            raise
        if second is not None:
            second.join()
        if not keeps:
            self._hang_up()
        return answer, keeps

    def _hang_up(self) -> None:
        if self.server is not None:
            self.server.close()
        self.server = None


def _fitting(how: str, method: bytes, path: bytes, length: int) -> str:
    """A fault that this request can meet; else it passes."""
    if how in ("cut", "truncated", "slow") and length < 2:
        return "drop" if how == "cut" else ""
    if how == "corrupt":  # TLS would notice; tus proves it for itself, and a record's own hash is only in its receipt
        return how if path.startswith(b"/api/v1/uploads") and length else ""
    if how == "late" and (b"/devices/" in path or not path.startswith(b"/api/v1/") or method == b"GET"):
        return "drop"
    if how == "413" and length < 2048:
        return "502"
    return how


def _header(head: bytes, name: bytes) -> bytes:
    at = head.lower().find(b"\r\n" + name + b":")
    if at < 0:
        return b""
    start = at + len(name) + 3
    end = head.find(b"\r\n", start)
    return head[start : end if end >= 0 else len(head)].strip()


def _read_answer(server: socket.socket, method: str) -> tuple[bytes, bool]:
    """The answer as it came, and whether the connection goes on."""
    data = b""

    def more() -> bytes:
        part = server.recv(262_144)
        if not part:
            raise ConnectionResetError
        return part

    while b"\r\n\r\n" not in data:
        data += more()
    head, _, body = data.partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    keeps = _header(head, b"connection").lower() != b"close"
    if method == "HEAD" or status in (204, 304):
        return data, keeps
    if _header(head, b"transfer-encoding").lower() == b"chunked":
        while not data.endswith(b"0\r\n\r\n"):
            data += more()
        return data, keeps
    missing = int(_header(head, b"content-length") or 0) - len(body)
    parts = [data]
    while missing > 0:
        part = more()
        parts.append(part)
        missing -= len(part)
    return b"".join(parts), keeps


def _page(how: str) -> bytes:
    status, headers = SAID[how]
    kind = "Content-Type: text/html; charset=utf-8\r\n"
    return f"HTTP/1.1 {status} Weather\r\n{kind}Content-Length: {len(HTML)}\r\n{headers}\r\n".encode() + HTML


def _reset(end: socket.socket) -> None:
    """As a dead connection looks."""
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        end.close()
