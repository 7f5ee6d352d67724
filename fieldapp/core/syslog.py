"""Lines for a syslog server (RFC 5424): over UDP a datagram each, over TCP with their length before them (RFC 6587).

Only the worker sends: nobody who works waits for a server that does not answer.
"""

import json
import os
import socket
from datetime import datetime
from logging.handlers import SYSLOG_UDP_PORT, SysLogHandler
from typing import Any
from urllib.parse import unquote, urlsplit

ANSWERS_WITHIN = 5.0  # seconds
FACILITY, SEVERITY = "authpriv", "notice"
APP, KIND = "fieldapp", "audit"


class Wire(SysLogHandler):
    """The standard library's handler, which never waits longer than a moment and raises what goes wrong."""

    socket: socket.socket | None

    def __init__(self, url: str) -> None:
        self._to = urlsplit(url)
        self._host, self._port = self._to.hostname or "", self._to.port or SYSLOG_UDP_PORT
        super().__init__((self._host, self._port))

    def createSocket(self) -> None:  # noqa: N802 - as the standard library calls it
        if self._to.scheme == "unix":
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self.socket.settimeout(ANSWERS_WITHIN)
            self.socket.connect(unquote(self._to.path))
            return
        if self._to.scheme == "tcp":
            self.socket = socket.create_connection((self._host, self._port), ANSWERS_WITHIN)
            return
        found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_DGRAM)
        family, kind, protocol, _name, address = found[0]
        self.socket = socket.socket(family, kind, protocol)
        self.socket.connect(address)

    def send(self, at: datetime, said: dict[str, Any]) -> None:
        """One line. Raises OSError where it did not go."""
        if self.socket is None:
            raise ConnectionError("not connected")
        line = self.line(at, said)
        self.socket.sendall(b"%d %s" % (len(line), line) if self._to.scheme == "tcp" else line)

    def line(self, at: datetime, said: dict[str, Any]) -> bytes:
        """`<85>1 2026-11-20T04:00:00.000000+00:00 host fieldapp 17 audit - {…}`, in ASCII."""
        priority = self.encodePriority(FACILITY, SEVERITY)
        when, host = at.isoformat(timespec="microseconds"), socket.gethostname()
        head = f"<{priority}>1 {when} {host} {APP} {os.getpid()} {KIND} -"
        return f"{head} {json.dumps(said, separators=(',', ':'))}".encode("ascii")
