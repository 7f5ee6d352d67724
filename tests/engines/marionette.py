"""Firefox's own remote control, as geckodriver uses it: JSON with its length before it, on a socket of this machine.

The commands are WebDriver's. PyPI's marionette_driver says the same with thirteen packages beside it.
"""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
PATIENCE = 120  # seconds for one command


class Refused(Exception):
    """What Firefox answers instead: WebDriver's name of the error, and its message."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name, self.message = name, message


class Marionette:
    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._stream = self._socket.makefile("rwb")
        self._sent = 0
        self._receive()  # its greeting

    def __call__(self, name: str, **parameters: Any) -> Any:
        self._sent += 1
        message = json.dumps([0, self._sent, name, parameters]).encode()
        self._stream.write(str(len(message)).encode() + b":" + message)
        self._stream.flush()
        _, _, error, result = self._receive()
        if error:
            raise Refused(error["error"], error["message"])
        return result["value"] if isinstance(result, dict) and set(result) == {"value"} else result

    def script(self, body: str, *args: Any) -> Any:
        """The body of a function run in the page, its policy notwithstanding; a promise is waited for."""
        return self("WebDriver:ExecuteScript", script=body, args=list(args), sandbox=None)

    @contextmanager
    def chrome(self) -> Iterator[None]:
        """Inside, scripts run in the browser itself."""
        self("Marionette:SetContext", value="chrome")
        try:
            yield
        finally:
            self("Marionette:SetContext", value="content")

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def _receive(self) -> Any:
        length = b""
        while (byte := self._stream.read(1)) != b":":
            if not byte:
                raise ConnectionError("Firefox has gone")
            length += byte
        return json.loads(self._stream.read(int(length)))
