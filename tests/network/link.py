"""A link between two networks of this machine, made of two TUN devices, with us as the wire.

The process that makes it stands at the office's end and must be alone in a network namespace (`unshare --net`); the
phone gets one of its own, which ends with the process that holds it. Needs root and /dev/net/tun.
"""

import fcntl
import os
import select
import struct
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from random import Random

from tests.network.lanes import PROFILES, Lane, Meter, reset_for, segment

PHONE, OFFICE = "10.77.0.1", "10.77.0.2"
MOVED = "10.77.0.{}"
MTU = 1400
TUN_SET = 0x400454CA
TUN_PLAIN = 0x0001 | 0x1000  # IFF_TUN | IFF_NO_PI
AT_ONCE = 64


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


class Link:
    """Up is from the phone to the office."""

    def __init__(self, seed: int, profile: str = "lan") -> None:
        chance = Random(seed)
        self.up, self.down = (Lane(PROFILES[profile], Random(chance.random())) for _ in range(2))
        self.sent, self.received = Meter(), Meter()  # as the phone sees it
        self._flows: set[frozenset[tuple[bytes, int]]] = set()
        self._gone: dict[frozenset[tuple[bytes, int]], bool] = {}
        self._lock = threading.Lock()
        self._bell, self._ring = os.pipe()
        self._addresses = 1
        _ip("link", "set", "lo", "up")
        # It ends when we do, however we do: nothing is left over.
        self._holder = subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE)
        self._until_apart()
        self.enter = ["nsenter", f"--net=/proc/{self._holder.pid}/ns/net"]
        self._phone, self._office = self._device("air0"), self._device("air1")
        _ip("link", "set", "air0", "netns", str(self._holder.pid))
        self._at_phone("link", "set", "lo", "up")
        self._at_phone("addr", "add", f"{PHONE}/24", "dev", "air0")
        self._at_phone("link", "set", "air0", "up", "mtu", str(MTU))
        _ip("addr", "add", f"{OFFICE}/24", "dev", "air1")
        _ip("link", "set", "air1", "up", "mtu", str(MTU))
        threading.Thread(target=self._carry, daemon=True).start()

    # -- what can happen to it --

    def becomes(self, profile: str) -> None:
        """Another network, with whatever was cut or broken mended."""
        with self._lock:
            for lane in (self.up, self.down):
                lane.changes(PROFILES[profile])
                lane.cut, lane.longest = False, None

    def cuts(self) -> None:
        """Everything under way is lost, and so is all that is sent from now on; nobody is told."""
        with self._lock:
            self.up.cut = self.down.cut = True

    def joins(self) -> None:
        with self._lock:
            self.up.cut = self.down.cut = False

    def loses_long_ones(self, longest: int) -> None:
        """As where some router takes only shorter packets and does not say so."""
        with self._lock:
            self.up.longest = self.down.longest = longest

    def forgets(self, *, silently: bool) -> None:
        """Every connection is dead from now on, with a reset for whoever goes on talking or silently; new ones work."""
        with self._lock:
            self._gone.update(dict.fromkeys(self._flows, not silently))
            self._flows.clear()

    def moves(self) -> None:
        """The phone has another address, and its system knows."""
        self._addresses += 1
        self._at_phone("addr", "flush", "dev", "air0")
        self._at_phone("addr", "add", f"{MOVED.format(10 + self._addresses)}/24", "dev", "air0")

    def close(self) -> None:
        os.write(self._ring, b"x")
        self._holder.kill()
        self._holder.wait()

    # -- the wire --

    def _carry(self) -> None:
        while True:
            ready, _, _ = select.select([self._phone, self._office, self._bell], [], [], self._pause())
            if self._bell in ready:
                return
            with self._lock:
                for device in ready:
                    self._take(device)
                now = time.monotonic()
                self._hand_over(self._office, self.up.due(now))
                self._hand_over(self._phone, self.down.due(now))

    def _pause(self) -> float:
        times = [lane.next_at for lane in (self.up, self.down) if lane.next_at is not None]
        return max(0.0, min(times) - time.monotonic()) if times else 1.0

    def _take(self, device: int) -> None:
        from_phone = device == self._phone
        lane, meter = (self.up, self.sent) if from_phone else (self.down, self.received)
        for _ in range(AT_ONCE):
            try:
                packet = os.read(device, 2 * MTU)
            except OSError:
                return
            seen = segment(packet)
            if from_phone:
                meter.count(packet, seen)
            if seen is not None and seen.flow in self._gone:
                if self._gone[seen.flow]:
                    self._hand_over(device, [reset_for(seen)])
                continue
            if seen is not None:
                self._flows.add(seen.flow)
            lane.put(packet, time.monotonic())

    def _hand_over(self, device: int, packets: list[bytes]) -> None:
        for packet in packets:
            if device == self._phone:
                self.received.count(packet, segment(packet))
            with suppress(OSError):
                os.write(device, packet)

    # -- making it --

    def _at_phone(self, *arguments: str) -> None:
        subprocess.run([*self.enter, "ip", *arguments], check=True)

    def _until_apart(self) -> None:
        """`unshare` needs a moment before it has left our network."""
        ours = Path("/proc/self/ns/net").readlink()
        for _ in range(500):
            with suppress(OSError):
                if Path(f"/proc/{self._holder.pid}/ns/net").readlink() != ours:
                    return
            time.sleep(0.01)
        raise RuntimeError("the phone got no network of its own")

    def _device(self, name: str) -> int:
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(device, TUN_SET, struct.pack("16sH22x", name.encode(), TUN_PLAIN))
        return device
