"""WebKit as a device: WebKitGTK, the nearest to an iPhone that runs here, driven by Debian's WebKitWebDriver.

Once with a profile on the disk, and once with one that lives in memory only, as in Safari's private windows, where a
Blob in IndexedDB fails. The browser itself is webkit_browser.py.
"""

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from http.client import HTTPException
from json import loads
from pathlib import Path
from typing import Any

from tests.cast import SITE
from tests.conftest import free_port
from tests.engines.driven import Driven
from tests.engines.marionette import Refused
from tests.engines.webdriver import WebDriver
from tests.processes import running, tree_of, until

BROWSER = Path(__file__).with_name("webkit_browser.py")
NEEDS = (
    "gi.require_version('Gtk', '3.0'); gi.require_version('WebKit2', '4.1'); from gi.repository import Gtk, WebKit2",
)
PLACE = f"--at={SITE[0]},{SITE[1]},8"
FRESH = {"TZ": "Asia/Shanghai", "NO_AT_BRIDGE": "1", "GDK_BACKEND": "x11"}
REACHED = "() => fetch('/healthz', { cache: 'no-store' }).then(() => true, () => false)"
# All that WebKit says of an error without a place in any script. A driver's script is none of that kind (it is told in
# full, tried), nor one in a page that WebKit shows itself (webkit_browser.py leaves those out). Seen on a busy machine
# in pages of ours that were just being left; why is not known. The file of errors has it with the page's address.
MUTED = "uncaught: Script error."
BROKEN_OFF = "Operation was cancelled"  # all that WebKit shows in place of the page


def find() -> str | None:
    """The path of the driver: FIELDAPP_WEBKIT, or the one on PATH, if all that goes with it is there."""
    driver = os.environ.get("FIELDAPP_WEBKIT") or shutil.which("WebKitWebDriver")
    if not (driver and shutil.which("Xvfb") and Path("/usr/bin/python3").exists()):
        return None
    asked = subprocess.run(["/usr/bin/python3", "-c", f"import gi; {NEEDS[0]}"], capture_output=True, check=False)
    return driver if asked.returncode == 0 else None


class WebKit(Driven):
    engine = "webkit"
    keeps = True

    def __init__(self, profile: Path, url: str) -> None:
        self.url = url
        self._profile, self._offline, self._read = profile.resolve(), False, 0
        self._errors = self._profile.with_suffix(".errors")
        self._profile.mkdir(parents=True, exist_ok=True)
        self._tabs: list[str] = []
        self._screen: subprocess.Popen[bytes] | None = None
        self._driver: subprocess.Popen[bytes] | None = None
        self._start()

    def _start(self) -> None:
        port = free_port()
        environ = {**os.environ, **FRESH, "DISPLAY": self._display(), "HOME": str(self._profile)}
        with self._profile.with_suffix(".log").open("ab") as told:
            self._driver = subprocess.Popen(
                [str(find()), "-p", str(port)], env=environ, stdout=told, stderr=told, start_new_session=True
            )
        args = [f"--profile={self._profile}", PLACE]
        args += ["--offline"] * self._offline + ["--ephemeral"] * (not self.keeps)
        wishes = {"webkitgtk:browserOptions": {"binary": str(BROWSER), "args": args}}
        self._ask = self._session(port, wishes)
        self._ask("POST", "/timeouts", script=60_000, pageLoad=60_000, implicit=0)
        self._tabs = [self._ask("GET", "/window")]

    def _session(self, port: int, wishes: dict[str, Any]) -> WebDriver:
        opened: list[WebDriver] = []

        def ask() -> bool:
            with suppress(ConnectionError, HTTPException):
                opened[:] = [WebDriver(port, wishes)]
            return opened != []

        until("WebKit's driver listens", ask)
        return opened[0]

    def _display(self) -> str:
        """A screen of its own, that nobody sees."""
        told, telling = os.pipe()
        command = ["Xvfb", "-displayfd", str(telling), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
        self._screen = subprocess.Popen(command, pass_fds=[telling], stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(telling)
        with os.fdopen(told) as number:
            return f":{number.readline().strip()}"

    def open(self, path: str) -> None:
        """Once more where the network was just being switched: WebKit breaks off all that is under way then."""

        def opened() -> bool:
            self._ask("POST", "/url", url=f"{self.url}{path}")
            return BROKEN_OFF not in self._where()

        self._until(f"{path} to open", opened)

    def tab(self, number: int) -> None:
        if number == len(self._tabs):
            self._tabs.append(self._ask("POST", "/window/new", type="tab")["handle"])
        self._ask("POST", "/window", handle=self._tabs[number])

    def _click_on(self, element: str) -> None:
        self._ask("POST", f"/element/{element}/click")

    def _clear(self, element: str) -> None:
        self._ask("POST", f"/element/{element}/clear")

    def _type(self, element: str, text: str) -> None:
        self._ask("POST", f"/element/{element}/value", text=text)

    def _reloads(self, refused: Refused) -> bool:
        return refused.name == "javascript error"

    def forget_cookies(self) -> None:
        """The driver deletes those of the page at hand; a port makes no difference to a cookie."""
        if not self._ask("GET", "/url").startswith("http"):
            self.open("/healthz")
        self._ask("DELETE", "/cookie")

    def offline(self) -> None:
        self._switch(offline=True)

    def online(self) -> None:
        self._switch(offline=False)

    def _switch(self, *, offline: bool) -> None:
        """Obeyed a moment later, and WebKit breaks off all that is under way: waited for, never done for nothing."""
        if offline is self._offline:
            return
        self._offline = offline
        os.kill(self._leader(), signal.SIGUSR1 if offline else signal.SIGUSR2)
        if self._ask("GET", "/url").startswith("http"):
            self._until("the network to be switched", lambda: self.run(REACHED) is not offline)

    def _leader(self) -> int:
        """The browser itself; its web and network processes are its children."""
        return min(tree_of(f"--profile={self._profile}"))

    def screenshot(self) -> str:
        """A PNG of what is seen, in Base64."""
        shot: str = self._ask("GET", "/screenshot")
        return shot

    def kill(self) -> None:
        for pid in sorted(tree_of(f"--profile={self._profile}")):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._gone()

    def reopen(self, path: str) -> None:
        self._start()
        self.open(path)

    def close(self) -> None:
        if self._driver is not None:
            with suppress(Refused, OSError, HTTPException):
                self._ask("DELETE", "")
        self._gone()

    def _gone(self) -> None:
        for process in (self._driver, self._screen):
            if process is not None:
                process.kill()
                process.wait()
        self._driver = self._screen = None
        until("every process of WebKit has ended", lambda: not any(map(running, tree_of(f"--profile={self._profile}"))))

    def errors(self) -> list[str]:
        lines = self._errors.read_text(encoding="utf-8").splitlines() if self._errors.exists() else []
        fresh, self._read = lines[self._read :], len(lines)
        return [told for line in fresh if not (told := loads(line)).startswith(MUTED)]


class EphemeralWebKit(WebKit):
    engine = "webkit-ephemeral"
    keeps = False
