"""A machine whose power can be cut: Debian's user-mode-linux, on this one's root (read only) and a disk of its own.

Killing it takes all that its kernel had not yet written to the image, as a power cut does. What it had written counts
as being on the disk: the write cache of a disk that lies about it is not simulated.
"""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

UML = "linux.uml"
MEMORY = "1200M"
DISK = "/tmp/disk"  # where the image is mounted inside
PORT = 8000
# The root is this machine's; /tmp is fresh, so that the socket of a PostgreSQL has a place.
INIT = """#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t tmpfs -o mode=1777 tmpfs /tmp
mkdir -p /dev/shm; mount -t tmpfs -o mode=1777 tmpfs /dev/shm
ip link set lo up; ip link set eth0 up; ip addr add {inside}/30 dev eth0
mkdir {disk}; mount -t ext4 /dev/ubda {disk} || exit
cd {here}
{commands}
sync
poweroff -f
"""


def missing() -> str:
    """What this machine lacks for it; empty: nothing."""
    if shutil.which(UML) is None:
        return "no user-mode-linux (apt install user-mode-linux)"
    if os.geteuid() != 0 or not Path("/dev/net/tun").exists():
        return "it needs root, and /dev/net/tun"
    if any(Path.cwd().is_relative_to(place) for place in ("/dev", "/proc", "/sys", "/tmp")):
        return f"the guest has a /dev and a /tmp of its own and would not see {Path.cwd()}: use a checkout elsewhere"
    return ""


class Guest:
    """`image` is its disk. The address is from the block that is kept for documentation."""

    def __init__(self, folder: Path, image: Path) -> None:
        self.folder, self.image = folder, image
        number = secrets.randbelow(63)
        self.tap, self.outside, self.inside = f"cut{number}", f"192.0.2.{4 * number + 1}", f"192.0.2.{4 * number + 2}"
        self._process: subprocess.Popen[bytes] | None = None
        self._home = Path(tempfile.mkdtemp(prefix="fieldapp-guest-"))  # not below /dev, which the guest has its own of

    @property
    def url(self) -> str:
        return f"http://{self.inside}:{PORT}"

    @property
    def log(self) -> Path:
        return self.folder / "guest.log"

    @contextmanager
    def wired(self) -> Iterator["Guest"]:
        """With the line between the two machines; at the end it is off."""
        for command in (
            f"ip tuntap add dev {self.tap} mode tap", f"ip addr add {self.outside}/30 dev {self.tap}",
            f"ip link set {self.tap} up",
        ):  # fmt: skip
            subprocess.run(command.split(), check=True)
        try:
            yield self
        finally:
            self.cut()
            subprocess.run(["ip", "link", "del", self.tap], check=False)
            shutil.rmtree(self._home, ignore_errors=True)

    def boot(self, commands: str) -> None:
        """Switch it on; it does `commands` and, should they ever end, powers off."""
        init = self._home / "init"
        init.write_text(INIT.format(inside=self.inside, disk=DISK, here=Path.cwd(), commands=commands))
        init.chmod(0o755)
        with self.log.open("ab") as told:
            self._process = subprocess.Popen(
                [
                    UML, f"mem={MEMORY}", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro",
                    f"ubd0={self.image}", f"init={init}", f"eth0=tuntap,{self.tap}", "con=null", "con0=null,fd:1",
                    "ssl=null",
                ],
                stdin=subprocess.DEVNULL, stdout=told, stderr=told, start_new_session=True,
            )  # fmt: skip

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def cut(self) -> None:
        """The power is gone."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    @contextmanager
    def disk(self) -> Iterator[Path]:
        """A copy of the disk as the cut has left it, mounted here: the file system recovers as at the next boot."""
        copy, place = self.folder / "copy.img", self.folder / "copy"
        subprocess.run(["cp", "--sparse=always", self.image, copy], check=True)
        place.mkdir(exist_ok=True)
        subprocess.run(["mount", "-o", "loop", copy, place], check=True)
        try:
            yield place
        finally:
            subprocess.run(["umount", place], check=True)
            copy.unlink()


def make_image(image: Path, contents: Path, megabytes: int) -> None:
    """An ext4 disk that holds what lies in a folder."""
    with image.open("wb") as made:
        made.truncate(megabytes * 1_000_000)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-d", contents, image], check=True)


def environment(**values: str) -> str:
    return "".join(f"export {name}='{value}'\n" for name, value in values.items())


PYTHON = sys.executable
