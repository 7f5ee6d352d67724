"""Every setting, read once from the environment: `FIELDAPP_<NAME>`, or `FIELDAPP_<NAME>_FILE` naming a file that holds it.

A bad or missing value stops the start and names the variable. docs/settings.md lists them all (a test holds it to that).
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class BadSetting(ValueError):
    """A variable whose value cannot be used; the message names it."""


def _setting(default: Any, why: str) -> Any:
    return field(default=default, metadata={"why": why})


@dataclass(frozen=True)
class Settings:
    data_dir: Path = _setting(Path("var"), "where the database, the files and the secret key live by default")
    database_url: str = _setting("", "SQLAlchemy URL; empty: SQLite in data_dir. postgresql+psycopg://… for PostgreSQL")
    files_url: str = _setting("", "where photo bytes live; empty: the folder data_dir/files")
    redis_url: str = _setting("", "Redis/Valkey for jobs and limits on several machines; empty: none")
    secret_key: str = _setting("", "signs the login cookie; empty: made at init in data_dir/secret.key (mode 600)")
    origin: str = _setting("", "https://… as phones see it; decides Secure, __Host- and HSTS. Empty: loopback only")
    timezone: str = _setting("Asia/Shanghai", "the zone in which days begin and times are shown")
    locale: str = _setting("zh_Hans_CN", "language where the person has not chosen one: zh_Hans_CN or en")
    zone_readable: bool = _setting(True, "officers may read every project of the zone; false: their teams' only")
    officer_filter: bool = _setting(False, "leads may filter by officer (国办函〔2026〕12号; audited); off by default")
    session_phone: int = _setting(90, "days a sign-in lasts where 'my own device' was ticked")
    session_desk_idle: int = _setting(30, "minutes without use after which any other sign-in ends")
    login_failures: int = _setting(5, "failed sign-ins by account and address before a lockout")
    login_lockout: int = _setting(15, "minutes a lockout lasts")
    neglect_days: int = _setting(30, "days without any contact after which a project is 久未联系")
    workers: int = _setting(1, "gunicorn worker processes")
    threads: int = _setting(64, "threads a worker process; fewer let silent phones stop the server (sync-contract 8)")
    trusted_proxies: int = _setting(0, "how many proxies in front set X-Forwarded-*; 0: none is believed")
    tile_url: str = _setting("", "map tiles, {z}/{x}/{y} or WMTS; empty: only the zone's own outline")
    tile_label_url: str = _setting("", "a second tile layer with names (天地图 cva_w)")
    tile_attribution: str = _setting("", "shown on the map, with the approval number (审图号)")
    worker: bool = _setting(True, "false: phones drop their service worker and its caches, never their records")
    log_level: str = _setting("INFO", "DEBUG, INFO, WARNING or ERROR")

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{(self.data_dir / 'fieldapp.db').resolve()}"

    @property
    def files(self) -> str:
        return self.files_url or (self.data_dir / "files").resolve().as_uri()

    @property
    def parts_dir(self) -> Path:
        """Unfinished uploads. On the machine's own disk even where `files_url` is elsewhere."""
        return self.data_dir / "parts"

    @property
    def secure(self) -> bool:
        return self.origin.startswith("https://")

    @property
    def local(self) -> bool:
        """Whether only this very machine can reach us."""
        return not self.origin or urlsplit(self.origin).hostname in LOOPBACK

    @property
    def tile_hosts(self) -> list[str]:
        """Origins that the Content-Security-Policy lets images come from."""
        hosts = []
        for url in (self.tile_url, self.tile_label_url):
            if url:
                parts = urlsplit(url)
                hosts.append(f"{parts.scheme}://{parts.netloc.replace('{s}', '*')}")
        return sorted(set(hosts))


def _value(environ: Mapping[str, str], name: str) -> str | None:
    variable = f"FIELDAPP_{name.upper()}"
    if f"{variable}_FILE" in environ:
        try:
            return Path(environ[f"{variable}_FILE"]).read_text().strip()
        except OSError as error:
            raise BadSetting(f"{variable}_FILE: cannot be read: {error.strerror}") from error
    return environ.get(variable)


def _parsed(name: str, text: str, default: Any) -> Any:
    try:
        if isinstance(default, bool):
            return {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}[
                text.lower()
            ]
        if isinstance(default, int):
            number = int(text)
            if number < 0:
                raise ValueError
            return number
        return Path(text) if isinstance(default, Path) else text
    except (KeyError, ValueError) as error:
        kind = "yes or no" if isinstance(default, bool) else "a whole number, 0 or more"
        raise BadSetting(f"FIELDAPP_{name.upper()} should be {kind}, not {text!r}") from error


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process. Raises BadSetting, naming the variable."""
    environ = os.environ if environ is None else environ
    known = {f.name: f.default for f in fields(Settings)}
    given = {name: _value(environ, name) for name in known}
    chosen = {name: _parsed(name, text, known[name]) for name, text in given.items() if text not in (None, "")}
    settings = Settings(**chosen)
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    if settings.origin:
        parts = urlsplit(settings.origin)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path not in {"", "/"}:
            raise BadSetting(f"FIELDAPP_ORIGIN should look like https://fieldapp.example, not {settings.origin!r}")
    if settings.locale not in {"zh_Hans_CN", "en"}:
        raise BadSetting(f"FIELDAPP_LOCALE should be zh_Hans_CN or en, not {settings.locale!r}")
    if settings.secret_key and len(settings.secret_key) < 32:
        raise BadSetting("FIELDAPP_SECRET_KEY should have at least 32 characters")
    if settings.log_level not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise BadSetting(f"FIELDAPP_LOG_LEVEL should be DEBUG, INFO, WARNING or ERROR, not {settings.log_level!r}")


def secret_key(settings: Settings) -> str:
    """The signing key: the setting, else the file that the first start makes (mode 600, part of every backup)."""
    if settings.secret_key:
        return settings.secret_key
    path = settings.data_dir / "secret.key"
    if not path.exists():
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as out:
            out.write(secrets.token_urlsafe(48))
    return path.read_text().strip()
