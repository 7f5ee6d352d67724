#!/usr/bin/python3
"""A small WebKitGTK browser that WebKitWebDriver can drive; a program of its own, run by Debian's python3 with GTK.

    webkit_browser.py --profile=DIR [--ephemeral] --at=LAT,LNG,ACCURACY [--offline]

Debian's MiniBrowser is not enough: under automation it forgets everything when it ends, so that nothing can be killed
and opened again, it knows no position, and it cannot be taken offline. SIGUSR1 cuts the network for pages, workers and
everything else in it; SIGUSR2 joins it again. What pages let out (uncaught errors, console errors, violations of their
policy) is written to DIR.errors, each a line of JSON; with --ephemeral nothing else is.
"""

import argparse
import json
import signal
from pathlib import Path

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import GLib, Gtk, WebKit2  # noqa: E402

NOBODY = "http://127.0.0.1:9"
# On in Safari; WebKitGTK builds them and leaves them off.
AS_IN_SAFARI = {"StorageAPI", "StorageAPIEstimate", "FileSystem", "FileSystemWritableStream"}
# Only of our pages: a plain text is shown in one of WebKit's own, whose style our policy does not allow, and what it
# shows in place of a page that it could not load has no origin ("null"): an error of any script in there, even the
# driver's, is "Script error." and no more. In a page of ours that is a script from elsewhere, and told with its place.
TELL = """
const ours = () => origin !== "null";
const tell = (text) => webkit.messageHandlers.complaint.postMessage(String(text));
const said = (thing) => {
  try {
    return thing instanceof Error ? `${thing.name}: ${thing.message}\\n${thing.stack}` : String(thing);
  } catch {
    return Object.prototype.toString.call(thing);
  }
};
addEventListener("error", ({ error, message }) => {
  const where = error ? "" : ` ${location.href} ${document.readyState}`;
  if (ours() && (error || message)) tell(`uncaught: ${error ? said(error) : message}${where}`);
});
addEventListener("unhandledrejection", (event) => {
  // A page that is left while it fetches a module says that, too: told only by one that is still there.
  const reason = said(event.reason);
  setTimeout(() => tell(`uncaught: ${reason}`), reason.includes("module script") ? 500 : 0);
});
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile, lineNumber }) => {
  if (document.contentType !== "text/html") return;
  tell(`CSP: ${violatedDirective} ${blockedURI} ${sourceFile}:${lineNumber}`);
});
const error = console.error;
console.error = (...things) => { tell(`console: ${things.map(said).join(" ")}`); error.apply(console, things); };
"""


def asked_for() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--profile", type=Path, required=True)
    parser.add_argument("--ephemeral", action="store_true")
    parser.add_argument("--at", default="0,0,10000")
    parser.add_argument("--size", default="390x844")
    parser.add_argument("--language", default="zh-CN")
    parser.add_argument("--offline", action="store_true")
    return parser.parse_known_args()[0]  # the driver adds arguments of its own


def kept(asked: argparse.Namespace) -> WebKit2.WebsiteDataManager:
    """Where the browser keeps what sites store: in the profile, or nowhere."""
    if asked.ephemeral:
        return WebKit2.WebsiteDataManager.new_ephemeral()
    profile: Path = asked.profile
    profile.mkdir(parents=True, exist_ok=True)
    manager = WebKit2.WebsiteDataManager(
        base_data_directory=str(profile / "data"), base_cache_directory=str(profile / "cache")
    )
    cookies = str(profile / "cookies.sqlite")
    manager.get_cookie_manager().set_persistent_storage(cookies, WebKit2.CookiePersistentStorage.SQLITE)
    return manager


class Browser:
    def __init__(self, asked: argparse.Namespace) -> None:
        self._width, self._height = (int(edge) for edge in asked.size.split("x"))
        self._latitude, self._longitude, self._accuracy = (float(part) for part in asked.at.split(","))
        self._safari = not asked.ephemeral
        self._errors: Path = asked.profile.with_suffix(".errors")
        self._kept = kept(asked)
        if asked.offline:
            self._switch(offline=True)
        self._context = WebKit2.WebContext.new_with_website_data_manager(self._kept)
        self._context.set_preferred_languages([asked.language])
        self._context.set_automation_allowed(True)
        self._context.connect("automation-started", self._driven)
        self._context.get_geolocation_manager().connect("start", self._stand)
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGUSR1, lambda: self._switch(offline=True))
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGUSR2, lambda: self._switch(offline=False))

    def _switch(self, *, offline: bool) -> bool:
        """A proxy that nobody answers at: for every process of this browser there is no network."""
        mode = WebKit2.NetworkProxyMode.CUSTOM if offline else WebKit2.NetworkProxyMode.NO_PROXY
        dead = WebKit2.NetworkProxySettings.new(NOBODY, None) if offline else None
        self._kept.set_network_proxy_settings(mode, dead)
        return True  # the signal is listened to again

    def _stand(self, manager: WebKit2.GeolocationManager) -> bool:
        def found() -> bool:
            manager.update_position(WebKit2.GeolocationPosition.new(self._latitude, self._longitude, self._accuracy))
            return False

        GLib.idle_add(found)
        return True

    def _driven(self, _context: WebKit2.WebContext, session: WebKit2.AutomationSession) -> None:
        name = WebKit2.ApplicationInfo()
        name.set_name("MiniBrowser")
        session.set_application_info(name)
        session.connect("create-web-view", lambda *_: self._view())

    def _listening(self) -> WebKit2.UserContentManager:
        """To what pages let out: a web process that is killed takes its own log with it, this is written at once."""
        content = WebKit2.UserContentManager()
        content.connect("script-message-received::complaint", self._write_down)
        content.register_script_message_handler("complaint")
        everywhere = WebKit2.UserContentInjectedFrames.ALL_FRAMES
        at_once = WebKit2.UserScriptInjectionTime.START
        content.add_script(WebKit2.UserScript.new(f"{{{TELL}}}", everywhere, at_once, None, None))
        return content

    def _write_down(self, _content: WebKit2.UserContentManager, said: WebKit2.JavascriptResult) -> None:
        with self._errors.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(said.get_js_value().to_string(), ensure_ascii=False) + "\n")

    def _view(self) -> WebKit2.WebView:
        view = WebKit2.WebView(
            web_context=self._context, is_controlled_by_automation=True, user_content_manager=self._listening()
        )
        settings = view.get_settings()
        features = WebKit2.Settings.get_all_features()
        for feature in (features.get(at) for at in range(features.get_length())):
            if self._safari and feature.get_identifier() in AS_IN_SAFARI:
                settings.set_feature_enabled(feature, True)
        view.connect("permission-request", lambda _view, request: (request.allow(), True)[1])
        window = Gtk.Window()
        window.set_default_size(self._width, self._height)
        window.add(view)
        window.show_all()
        return view


if __name__ == "__main__":
    browser = Browser(asked_for())
    Gtk.main()
