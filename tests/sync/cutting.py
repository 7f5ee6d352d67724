"""A proxy that breaks connections where a test says so, as a mobile network does."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Cutter:
    """Each number is one cut. 9: when a connection has carried 9 bytes to the server; -9: the answer to as many."""

    upstream: int
    cuts: list[int] = field(default_factory=list)
    port: int = 0
    made: int = 0  # cuts that happened

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve(self, listener: socket.socket) -> None:
        with suppress(OSError):  # closed: the test is over
            while True:
                client, _address = listener.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self.upstream))
        carried = [0]
        back = threading.Thread(target=self._bring_back, args=(server, client, carried), daemon=True)
        back.start()
        with suppress(OSError):
            while data := client.recv(16_384):
                cut = self.cuts[0] if self.cuts else 0
                if 0 < cut <= carried[0] + len(data):
                    server.sendall(data[: cut - carried[0]])
                    self._cut(client, server)
                    break
                carried[0] += len(data)
                server.sendall(data)
            else:
                server.shutdown(socket.SHUT_WR)
        back.join()
        for end in (client, server):
            end.close()

    def _bring_back(self, server: socket.socket, client: socket.socket, carried: list[int]) -> None:
        with suppress(OSError):
            while data := server.recv(16_384):
                if self.cuts and self.cuts[0] < 0 and carried[0] >= -self.cuts[0]:
                    self._cut(client, server)
                    return
                client.sendall(data)
            client.shutdown(socket.SHUT_WR)

    def _cut(self, *ends: socket.socket) -> None:
        """End both connections with RST, whoever is reading from them."""
        self.cuts.pop(0)
        self.made += 1
        for end in ends:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with suppress(OSError):
                end.shutdown(socket.SHUT_RD)
            end.close()


@contextmanager
def cutter(upstream_url: str, *cuts: int) -> Iterator[Cutter]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Cutter(int(upstream_url.rsplit(":", 1)[1]), list(cuts), listener.getsockname()[1])
        threading.Thread(target=made.serve, args=(listener,), daemon=True).start()
        yield made
