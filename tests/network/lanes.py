"""What a mobile network does to packets on their way, as plain logic: no sockets, no clock of its own.

A lane is one direction. It passes so many bits a second, delays what it passes, loses some, and has room for a few.
"""

from collections import deque
from dataclasses import dataclass
from random import Random
from struct import pack, unpack

ROOM = 200  # packets that wait at a mast before it drops them
TCP = 6
RST, ACK = 0x04, 0x10


@dataclass(frozen=True)
class Profile:
    """One direction of a network: seconds one way and how much they vary, the share that is lost, bits a second."""

    delay: float = 0.0
    jitter: float = 0.0
    loss: float = 0.0
    rate: float | None = None


PROFILES = {
    "lan": Profile(),
    "4g": Profile(0.025, 0.01, 0.001, 10e6),
    "3g": Profile(0.1, 0.04, 0.01, 1.6e6),
    "slow3g": Profile(0.2, 0.05, 0.02, 400e3),
    "2g": Profile(0.4, 0.15, 0.03, 80e3),
    "lossy": Profile(0.05, 0.03, 0.2, 1e6),
}


class Lane:
    """Packets one way, in the order in which they came: radio links deliver in order."""

    def __init__(self, profile: Profile, chance: Random) -> None:
        self.profile, self._chance = profile, chance
        self.cut = False
        self.longest: int | None = None  # longer ones vanish without a word, as where the MTU is wrong
        self.passed = self.lost = 0
        self._free = self._last = 0.0
        self._under_way: deque[tuple[float, bytes]] = deque()

    def put(self, packet: bytes, now: float) -> None:
        """A packet sets out; whether it will arrive is decided now."""
        profile = self.profile
        too_long = self.longest is not None and len(packet) > self.longest
        if self.cut or too_long or len(self._under_way) >= ROOM or self._chance.random() < profile.loss:
            self.lost += 1
            return
        sent = max(now, self._free) + (len(packet) * 8 / profile.rate if profile.rate else 0.0)
        arrives = sent + max(0.0, self._chance.gauss(profile.delay, profile.jitter / 2))
        self._free, self._last = sent, max(arrives, self._last)
        self._under_way.append((self._last, packet))

    def due(self, now: float) -> list[bytes]:
        """What has arrived by now; nothing does while the lane is cut."""
        if self.cut:
            self.lost += len(self._under_way)
            self._under_way.clear()
        arrived = []
        while self._under_way and self._under_way[0][0] <= now:
            arrived.append(self._under_way.popleft()[1])
        self.passed += len(arrived)
        return arrived

    def changes(self, profile: Profile) -> None:
        """Another network from now on. What waits at the old mast is delivered at the pace of the old one."""
        self.profile, self._free = profile, 0.0

    @property
    def next_at(self) -> float | None:
        """When something arrives next."""
        return self._under_way[0][0] if self._under_way else None


@dataclass(frozen=True)
class Segment:
    """What of an IPv4 packet with TCP in it we look at."""

    source: tuple[bytes, int]
    target: tuple[bytes, int]
    seq: int
    ack: int
    flags: int
    head: int  # bytes of both headers
    payload: int

    @property
    def flow(self) -> frozenset[tuple[bytes, int]]:
        return frozenset((self.source, self.target))


def segment(packet: bytes) -> Segment | None:
    """None: no TCP over IPv4."""
    if len(packet) < 40 or packet[0] >> 4 != 4 or packet[9] != TCP:
        return None
    ip = (packet[0] & 15) * 4
    source, target, seq, ack, length, flags = unpack("!HHIIBB", packet[ip : ip + 14])
    head = ip + (length >> 4) * 4
    total = int(unpack("!H", packet[2:4])[0])
    return Segment((packet[12:16], source), (packet[16:20], target), seq, ack, flags, head, total - head)


def reset_for(seen: Segment) -> bytes:
    """The packet by which a mast that knows nothing of this connection ends it, to the one who sent `seen`."""
    tcp = pack("!HHIIBBHHH", seen.target[1], seen.source[1], seen.ack, 0, 5 << 4, RST, 0, 0, 0)
    pseudo = seen.target[0] + seen.source[0] + pack("!BBH", 0, TCP, len(tcp))
    tcp = tcp[:16] + pack("!H", _checksum(pseudo + tcp)) + tcp[18:]
    ip = pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0x4000, 64, TCP, 0) + seen.target[0] + seen.source[0]
    return ip[:10] + pack("!H", _checksum(ip)) + ip[12:] + tcp


def _checksum(data: bytes) -> int:
    total = sum(unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Meter:
    """What one end has put on the link, so that nobody has to guess where bytes went."""

    def __init__(self) -> None:
        self.packets = self.bytes = self.heads = self.payload = self.again = 0
        self._ends: dict[tuple[tuple[bytes, int], tuple[bytes, int]], int] = {}

    def count(self, packet: bytes, seen: Segment | None) -> None:
        self.packets += 1
        self.bytes += len(packet)
        if seen is None:
            return
        self.heads += seen.head
        self.payload += seen.payload
        if not seen.payload:
            return
        way, end = (seen.source, seen.target), seen.seq + seen.payload
        known = self._ends.get(way)
        fresh = seen.payload if known is None else min(seen.payload, max(0, _after(end, known)))
        self.again += seen.payload - fresh
        if fresh:
            self._ends[way] = end

    def copy(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in ("packets", "bytes", "heads", "payload", "again")}


def _after(end: int, known: int) -> int:
    """How far `end` lies behind `known`: sequence numbers begin anew at 2³²."""
    far = (end - known) & 0xFFFFFFFF
    return far - (1 << 32) if far >= 1 << 31 else far
