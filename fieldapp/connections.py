"""Gunicorn's threads, made to stand phones that fall silent.

As it comes, a thread waits without end for a body, five seconds for a first byte, and the one loop that accepts
connections waits up to two seconds for each peer that does not hang up. A hundred phones in a tunnel are a dead server
(decision 13). Here nobody waits long for anybody while others need the thread: what has come so far is treated as a
connection that broke, which phones are made for.
"""

import errno
import select
import selectors
import socket
import struct
import threading
import time
from collections import deque
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

SILENCE = 30.0  # seconds without a byte, either way, after which a connection is taken for broken
AT_LEAST = 0.3  # seconds that everybody may be silent for, however many wait for a thread
LOOK = 0.1  # seconds between two looks at whether others need the thread
FAREWELL = 2.0  # seconds in which a peer may read our last answer and hang up
DRAINED = 64 * 1024
PASSING = {errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK}


class Patience:
    """How long a process waits for the next byte of one connection, given how many others it waits for.

    Where more than three quarters of the threads do nothing but wait, the longest silent are given up until no more
    than half of them do. Whoever has just said something is the last to go.
    """

    def __init__(self, threads: int) -> None:
        self._many, self._few = max(1, threads * 3 // 4), max(1, threads // 2)
        self._silent: dict[int, float] = {}  # file number: since when
        self._pressed = False
        self._lock = threading.Lock()

    def wait(self, connection: socket.socket, silence: float) -> bool:
        """Whether the next byte came, or the end of the connection."""
        number, since = connection.fileno(), time.monotonic()
        look = select.poll()
        look.register(number, select.POLLIN)
        with self._lock:
            self._silent[number] = since
        try:
            while (left := since + silence - time.monotonic()) > 0:
                if look.poll(min(left, LOOK) * 1000):
                    return True
                if self._given_up(number, since):
                    return False
            return False
        finally:
            with self._lock:
                self._silent.pop(number, None)

    def _given_up(self, number: int, since: float) -> bool:
        with self._lock:
            waiting = len(self._silent)
            self._pressed = waiting > (self._few if self._pressed else self._many)
            if not self._pressed or time.monotonic() - since < AT_LEAST:
                return False
            longer = sum(1 for other in self._silent.values() if other < since)
            if longer >= waiting - self._few:
                return False
            del self._silent[number]
            return True


class Patient(socket.socket):
    """A connection whose every wait for the other side has an end."""

    def __init__(self, accepted: socket.socket, patience: Patience) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach())
        self._patience, self._silence = patience, SILENCE
        self.over = False
        self.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(SILENCE), 0))

    def recv(self, size: int, flags: int = 0) -> bytes:
        """What has come, or comes while there is patience. Then the end, for good: what came later would be taken for
        the next request."""
        if self.over:
            return b""
        try:
            return super().recv(size, flags | socket.MSG_DONTWAIT)
        except BlockingIOError:
            if not self._silence:
                raise
        if not self._patience.wait(self, self._silence):
            self.over = True
            return b""
        return super().recv(size, flags)

    # The kernel's own blocking stays as it is: only the patience changes.

    def setblocking(self, flag: bool) -> None:
        super().setblocking(flag)
        self._silence = SILENCE if flag else 0.0

    def settimeout(self, value: float | None) -> None:
        self.setblocking(value != 0)
        self._silence = SILENCE if value is None else value

    def gettimeout(self) -> float | None:
        return self._silence

    def drain(self) -> bool:
        """Throw away what has come; whether the other side has hung up, or goes on without end."""
        try:
            data = super().recv(DRAINED, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return not data


class Connection(TConn):  # type: ignore[misc]  # gunicorn has no types
    """As gunicorn's, but no end of it is waited for in the loop that all others need."""

    def __init__(self, worker: "Worker", accepted: socket.socket, address: Any, listener: Any) -> None:
        super().__init__(worker.cfg, Patient(accepted, worker.patience), address, listener.getsockname())
        self._worker = worker

    def close(self, graceful: bool = False) -> None:
        if not graceful or not self._worker.part_from(self):
            super().close()


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A web process: a thread is taken when a request begins to come, and given back when its phone falls silent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.patience = Patience(self.cfg.threads)
        self._parting: deque[tuple[float, Connection]] = deque()

    def accept(self, listener: Any) -> None:
        try:
            accepted, address = listener.accept()
        except OSError as error:
            if error.errno not in PASSING:
                raise
            return
        self.nr_conns += 1
        connection = Connection(self, accepted, address, listener)
        connection.set_timeout()
        self.pending_conns.append(connection)
        read = partial(self.on_pending_socket_readable, connection)
        self.poller.register(connection.sock, selectors.EVENT_READ, read)

    def handle(self, connection: Connection) -> Any:
        kept = super().handle(connection)
        return kept if not connection.sock.over else False

    def part_from(self, connection: Connection) -> bool:
        """Say that no more comes and let the peer read to the end, without waiting for it; whether there is a peer."""
        try:
            connection.sock.shutdown(socket.SHUT_WR)
            connection.sock.setblocking(False)
            self.poller.register(connection.sock, selectors.EVENT_READ, partial(self._hear_out, connection))
        except (OSError, ValueError, KeyError):
            return False
        self._parting.append((time.monotonic() + FAREWELL, connection))
        return True

    def _hear_out(self, connection: Connection, _client: socket.socket) -> None:
        if connection.sock.drain():
            self._parted(connection)

    def _parted(self, connection: Connection) -> None:
        if connection.sock.fileno() >= 0:
            self.poller.unregister(connection.sock)
            connection.close()

    def murder_pending(self) -> None:
        super().murder_pending()
        while self._parting and (self._parting[0][0] <= time.monotonic() or self._parting[0][1].sock.fileno() < 0):
            self._parted(self._parting.popleft()[1])
