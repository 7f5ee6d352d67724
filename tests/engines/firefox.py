"""Firefox as a device: the Debian package, headless, with its own profile."""

import json
import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from tests.cast import SITE
from tests.engines.driven import Driven
from tests.engines.marionette import Marionette, Refused
from tests.processes import running, tree_of, until

NAMES = ("firefox-esr", "firefox")
PREFERENCES: dict[str, object] = {
    "marionette.port": 0,  # any free one; it is written into the profile
    "network.disable-localhost-when-offline": True,
    "network.manage-offline-status": False,
    "geo.provider.network.url": "data:application/json,"
    + json.dumps({"location": {"lat": SITE[0], "lng": SITE[1]}, "accuracy": 8}),
    "geo.prompt.testing": True,
    "geo.prompt.testing.allow": True,
    "intl.accept_languages": "zh-CN",
    "ui.primaryPointerCapabilities": 1,  # coarse: a thumb
    "ui.allPointerCapabilities": 1,
    "devtools.console.stdout.content": True,
    "devtools.console.stdout.chrome": False,
    # Nothing else than the pages under test: it takes seconds of the start, and asks the network.
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.backup.enabled": False,
    "browser.ml.enable": False,
    "browser.newtabpage.activity-stream.testing.shouldInitializeFeeds": False,
    "browser.preonboarding.enabled": False,
    "browser.safebrowsing.update.enabled": False,
    "browser.sessionstore.resume_from_crash": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.push.connection.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "security.remote_settings.crlite_filters.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.startup.max_resumed_crashes": -1,
    "toolkit.telemetry.server": "data:,",
}
COMPLAINTS = """
const found = [];
for (const message of Services.console.getMessageArray()) {
  if (!(message instanceof Ci.nsIScriptError) || message.flags & Ci.nsIScriptError.warningFlag) continue;
  if (message.sourceName.startsWith("resource:") || message.sourceName.startsWith("chrome:")) continue;
  if (message.category.startsWith("CSP_")) found.push(`CSP: ${message.errorMessage} ${message.sourceName}`);
  if (message.category === "content javascript") found.push(`uncaught: ${message.errorMessage} ${message.sourceName}`);
}
Services.console.reset();
return found;"""
CONSOLE = "console.error: "
OWN = "console.error: RSLoader"  # the browser's own wish for its maker's news
# A page that is left while it fetches a module says so; so does a worker whose fetch the network refused.
WIRE = ("error loading dynamically imported module", "FetchEvent.respondWith() Promise rejected")


def find() -> str | None:
    """The path of a Firefox: FIELDAPP_FIREFOX, or one on PATH."""
    return os.environ.get("FIELDAPP_FIREFOX") or next((path for name in NAMES if (path := shutil.which(name))), None)


class Firefox(Driven):
    engine = "firefox"
    keeps = True

    def __init__(self, profile: Path, url: str) -> None:
        self.url = url
        self._profile, self._offline, self._found = profile.resolve(), False, list[str]()
        self._log, self._read = self._profile.with_suffix(".log"), 0
        profile.mkdir(parents=True, exist_ok=True)
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
        (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None
        self._start()

    def _start(self) -> None:
        where = self._profile / "MarionetteActivePort"
        where.unlink(missing_ok=True)
        for name in ("lock", ".parentlock"):
            (self._profile / name).unlink(missing_ok=True)
        environ = {**os.environ, "TZ": "Asia/Shanghai", "MOZ_HEADLESS_WIDTH": "390", "MOZ_HEADLESS_HEIGHT": "844"}
        environ |= {"MOZ_CRASHREPORTER_DISABLE": "1", "HOME": str(self._profile)}
        command = [str(find()), "--marionette", "--headless", "--no-remote", "--profile", str(self._profile)]
        with self._log.open("ab") as told:
            self._process = subprocess.Popen(
                [*command, "-remote-allow-system-access"], env=environ, stdout=told, stderr=told, start_new_session=True
            )
        until("Firefox listens", lambda: where.exists() and where.read_text().strip().isdecimal())
        self._ask = Marionette(int(where.read_text()))
        self._ask("WebDriver:NewSession", capabilities={"alwaysMatch": {"unhandledPromptBehavior": "accept"}})
        self._ask("WebDriver:SetTimeouts", script=60_000, pageLoad=60_000, implicit=0)
        if self._offline:
            self._network(offline=True)

    def open(self, path: str) -> None:
        try:
            self._ask("WebDriver:Navigate", url=f"{self.url}{path}")
        except Refused as refused:
            if "error page" not in refused.message:
                raise

    def tab(self, number: int) -> None:
        handles = self._ask("WebDriver:GetWindowHandles")
        if number == len(handles):
            handles = [*handles, self._ask("WebDriver:NewWindow", type="tab", focus=True)["handle"]]
        self._ask("WebDriver:SwitchToWindow", handle=handles[number], focus=True)

    def _click_on(self, element: str) -> None:
        self._ask("WebDriver:ElementClick", id=element)

    def _clear(self, element: str) -> None:
        self._ask("WebDriver:ElementClear", id=element)

    def _type(self, element: str, text: str) -> None:
        self._ask("WebDriver:ElementSendKeys", id=element, text=text)

    def _reloads(self, refused: Refused) -> bool:
        return refused.name == "javascript error" and "document" in refused.message

    def forget_cookies(self) -> None:
        with self._ask.chrome():
            self._ask.script("Services.cookies.removeAll()")

    def offline(self) -> None:
        self._network(offline=True)

    def online(self) -> None:
        self._network(offline=False)

    def _network(self, *, offline: bool) -> None:
        self._offline = offline
        with self._ask.chrome():
            self._ask.script(
                "Services.io.offline = arguments[0];"
                "if (arguments[0]) Services.obs.notifyObservers(null, 'net:prune-all-connections');",
                offline,
            )

    def kill(self) -> None:
        """Complaints that nobody has asked for go with it."""
        for pid in sorted(tree_of(str(self._profile))):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._gone()

    def reopen(self, path: str) -> None:
        self._start()
        self.open(path)

    def close(self) -> None:
        if self._process is None:
            return
        self._listen()
        with suppress(Refused, OSError):
            self._ask("Marionette:Quit", flags=["eForceQuit"])
        self._gone()

    def _gone(self) -> None:
        if self._process is None:
            return
        self._ask.close()
        self._process.wait(timeout=60)
        self._process = None
        until("every process of Firefox has ended", lambda: not any(map(running, tree_of(str(self._profile)))))

    def errors(self) -> list[str]:
        if self._process is not None:
            self._listen()
        told = self._log.read_text(encoding="utf-8", errors="replace")
        fresh, self._read = told[self._read :].splitlines(), len(told)
        console = [line for line in fresh if line.startswith(CONSOLE) and not line.startswith(OWN)]
        found, self._found = [line for line in self._found if not any(part in line for part in WIRE)], []
        return [*found, *console]

    def _listen(self) -> None:
        with self._ask.chrome():
            self._found += self._ask.script(COMPLAINTS)
