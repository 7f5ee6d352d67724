"""A relay between the proxy and the application that counts: which request brought how many bytes of a body."""

import re
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass

CHUNK = 65536


@dataclass
class Seen:
    """One request as the application gets it."""

    method: str
    path: str
    length: int  # announced
    came: int = 0  # of its body


class Relay:
    """HTTP/1.1 from the proxy, one request after the other on a connection; answers pass as they are."""

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self.seen: list[Seen] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def uploaded(self) -> int:
        """Bytes of photos that the application was handed, wanted or not."""
        return sum(one.came for one in list(self.seen) if one.path.startswith("/api/v1/uploads"))

    def requests(self, path: str = "/") -> list[Seen]:
        return [one for one in list(self.seen) if one.path.startswith(path)]

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                proxy, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(proxy,), daemon=True).start()

    def _serve(self, proxy: socket.socket) -> None:
        with suppress(OSError), proxy, socket.create_connection(("127.0.0.1", self._upstream)) as app:
            back = threading.Thread(target=_pour, args=(app, proxy), daemon=True)
            back.start()
            self._forward(proxy, app)
            with suppress(OSError):
                app.shutdown(socket.SHUT_WR)
            back.join()

    def _forward(self, proxy: socket.socket, app: socket.socket) -> None:
        head, request = b"", None
        while data := proxy.recv(CHUNK):
            app.sendall(data)
            while data:
                if request is None:
                    head += data
                    begun, found, data = head.partition(b"\r\n\r\n")
                    if not found:
                        break
                    request, head = _request(begun), b""
                    self.seen.append(request)
                took = min(len(data), request.length - request.came)
                request.came += took
                data = data[took:]
                if request.came == request.length:
                    request = None


def _request(head: bytes) -> Seen:
    method, path, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    length = re.search(rb"\r\ncontent-length:[ \t]*(\d+)", head, re.IGNORECASE)
    assert not re.search(rb"\r\ntransfer-encoding:", head, re.IGNORECASE), "chunked bodies are not counted here"
    return Seen(method, path, int(length.group(1)) if length else 0)


def _pour(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(CHUNK):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
