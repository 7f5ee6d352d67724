"""Every setting, read once from the environment: `FIELDAPP_<NAME>`, or `FIELDAPP_<NAME>_FILE`, a file that holds it.

A bad or missing value stops the start and names the variable. docs/settings.md lists them all; a test holds it to that.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

HERE = Path("var")
YES, NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}
LOCALES = {"zh_Hans_CN", "en"}
LEVELS = {"DEBUG", "INFO", "WARNING", "ERROR"}
LOGS_AT_LEAST = 180  # days: 网络安全法 asks for six months of logs
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class BadSetting(ValueError):
    """A variable whose value cannot be used; the message names it."""


def _setting(default: Any, why: str, least: int = 0) -> Any:
    return field(default=default, metadata={"why": why, "least": least})


@dataclass(frozen=True)
class Settings:
    data_dir: Path = _setting(HERE, "where the database, the files and the secret key live by default")
    database_url: str = _setting("", "SQLAlchemy URL; empty: SQLite in data_dir. postgresql+psycopg://… for PostgreSQL")
    files_url: str = _setting("", "where photo bytes live; empty: the folder data_dir/files")
    redis_url: str = _setting("", "Redis/Valkey for jobs and limits on several machines; empty: none")
    secret_key: str = _setting("", "signs the login cookie; empty: made at init in data_dir/secret.key (mode 600)")
    origin: str = _setting("", "https://… as phones see it; decides Secure, __Host- and HSTS. Empty: loopback only")
    timezone: str = _setting("Asia/Shanghai", "the zone in which days begin and times are shown")
    locale: str = _setting("zh_Hans_CN", "language where the person has not chosen one: zh_Hans_CN or en")
    zone_readable: bool = _setting(True, "officers may read every project of the zone; false: their teams' only")
    officer_filter: bool = _setting(False, "leads may filter by officer (国办函〔2026〕12号; audited); off by default")
    three_powers: bool = _setting(True, "three administrators kept apart; false: the system administrator grants roles")
    session_phone: int = _setting(90, "days a sign-in lasts where 'my own device' was ticked", least=1)
    session_desk_idle: int = _setting(30, "minutes without use after which any other sign-in ends", least=1)
    login_failures: int = _setting(5, "failed sign-ins by account and address before a lockout", least=1)
    login_lockout: int = _setting(15, "minutes a lockout lasts", least=1)
    password_days: int = _setting(0, "days after which a password must be changed; 0: never")
    second_factor: str = _setting("admins", "who must show a second factor, off loopback: off, admins or all")
    passkeys: bool = _setting(True, "people may sign in with a passkey of their phone or key, and keep some here")
    oidc_issuer: str = _setting("", "OpenID Connect: the issuer's address; empty: no single sign-on")
    oidc_client_id: str = _setting("", "what the issuer calls this application")
    oidc_client_secret: str = _setting("", "what this application shows the issuer; empty: PKCE alone")
    oidc_claim: str = _setting("preferred_username", "the claim that holds the account name here")
    oidc_name: str = _setting("", "what the button for it says: whose accounts these are")
    local_sign_in: str = _setting("all", "who may sign in without the issuer where there is one: all or admins")
    neglect_days: int = _setting(30, "days without any contact after which a project is 久未联系", least=1)
    workers: int = _setting(1, "gunicorn worker processes", least=1)
    threads: int = _setting(64, "threads a worker process; with few, silent phones stop the server", least=1)
    trusted_proxies: int = _setting(0, "how many proxies in front set X-Forwarded-*; 0: none is believed")
    tile_url: str = _setting("", "map tiles, {z}/{x}/{y} or WMTS; empty: only the zone's own outline")
    tile_label_url: str = _setting("", "a second tile layer with names (天地图 cva_w)")
    tile_attribution: str = _setting("", "shown on the map, with the approval number (审图号)")
    organiser: str = _setting("", "主办单位: whose system this is; shown on /about")
    organiser_contact: str = _setting("", "whom to ask about the system and one's own data; shown on /about")
    filing_number: str = _setting("", "备案编号 of this application; shown on /about")
    terms: str = _setting("", "使用规范, the whole text; empty: the one that comes with the app")
    privacy: str = _setting("", "隐私政策, the whole text; empty: the one that says what this app really keeps")
    notice: str = _setting("", "the notice of first sign-in; empty: ours. A changed one is shown again")
    keep_positions_days: int = _setting(0, "days after which positions of visits and photos are removed; 0: for ever")
    keep_photos_days: int = _setting(0, "days after which the bytes of photos are removed; 0: for ever")
    keep_logs_days: int = _setting(0, "days after which rows of the audit log may go: 180 or more; 0: never")
    syslog: str = _setting("", "udp://host:514, tcp://host:601 or unix:///dev/log: the audit log goes there, too")
    stops_on: str = _setting("", "YYYY-MM-DD: the day this system stops; told to everyone as soon as it is set")
    stop_notice: str = _setting("", "what else is told of the stop: where the data goes, whom to ask")
    worker: bool = _setting(True, "false: phones drop their service worker and its caches, never their records")
    pg_bin: str = _setting("", "folder of pg_dump and pg_restore, for backups of PostgreSQL; empty: found on PATH")
    log_level: str = _setting("INFO", "DEBUG, INFO, WARNING or ERROR")
    metrics_token: str = _setting("", "opens /metrics to Prometheus (Authorization: Bearer …); empty: a 404")
    sentry_dsn: str = _setting("", "where errors are reported in Sentry's protocol, without personal data; empty: no")

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


def _value(environ: Mapping[str, str], name: str) -> str | None:
    variable = f"FIELDAPP_{name.upper()}"
    if f"{variable}_FILE" in environ:
        try:
            return Path(environ[f"{variable}_FILE"]).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadSetting(f"{variable}_FILE cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return environ.get(variable)


def _parsed(known: "Field[Any]", text: str) -> Any:
    variable = f"FIELDAPP_{known.name.upper()}"
    if isinstance(known.default, bool):
        if text.lower() not in YES | NO:
            raise BadSetting(f"{variable} should be yes or no, not {text!r}")
        return text.lower() in YES
    if isinstance(known.default, int):
        least = known.metadata["least"]
        if not text.isdecimal() or int(text) < least:
            raise BadSetting(f"{variable} should be a whole number, {least} or more, not {text!r}")
        return int(text)
    return Path(text) if isinstance(known.default, Path) else text


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process. Raises BadSetting, naming the variable."""
    environ = os.environ if environ is None else environ
    given = {known: _value(environ, known.name) for known in fields(Settings)}
    settings = Settings(**{known.name: _parsed(known, text) for known, text in given.items() if text})
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    """What is more than the form of one word. Raises BadSetting."""
    if settings.origin:
        parts = urlsplit(settings.origin)
        rest = parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username
        if parts.scheme not in {"http", "https"} or not parts.hostname or rest:
            raise BadSetting(f"FIELDAPP_ORIGIN should look like https://fieldapp.example, not {shown(settings.origin)}")
    if settings.locale not in LOCALES:
        raise BadSetting(f"FIELDAPP_LOCALE should be zh_Hans_CN or en, not {settings.locale!r}")
    if settings.secret_key and len(settings.secret_key) < 32:
        raise BadSetting("FIELDAPP_SECRET_KEY should have at least 32 characters")
    if settings.second_factor not in {"off", "admins", "all"}:
        raise BadSetting(f"FIELDAPP_SECOND_FACTOR should be off, admins or all, not {settings.second_factor!r}")
    _check_single_sign_on(settings)
    if settings.log_level not in LEVELS:
        raise BadSetting(f"FIELDAPP_LOG_LEVEL should be DEBUG, INFO, WARNING or ERROR, not {settings.log_level!r}")
    try:
        ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadSetting(f"FIELDAPP_TIMEZONE should be like Asia/Shanghai, not {settings.timezone!r}") from error
    if 0 < settings.keep_logs_days < LOGS_AT_LEAST:
        raise BadSetting(f"FIELDAPP_KEEP_LOGS_DAYS should be 0 or at least {LOGS_AT_LEAST} (网络安全法: six months)")
    if settings.syslog and not _is_syslog(settings.syslog):
        raise BadSetting(
            f"FIELDAPP_SYSLOG should be like udp://host:514, tcp://host:601 or unix:///dev/log, not {settings.syslog!r}"
        )
    if settings.stops_on and not _is_day(settings.stops_on):
        raise BadSetting(f"FIELDAPP_STOPS_ON should be a day like 2027-03-31, not {settings.stops_on!r}")
    if settings.database_url and not settings.database_url.startswith(("sqlite:", "postgresql+psycopg:")):
        raise BadSetting("FIELDAPP_DATABASE_URL should begin with sqlite: or postgresql+psycopg:")
    if settings.redis_url and not settings.redis_url.startswith(("redis://", "rediss://", "unix://")):
        raise BadSetting(f"FIELDAPP_REDIS_URL should begin with redis://, not {shown(settings.redis_url)}")
    if settings.metrics_token and len(settings.metrics_token) < 16:
        raise BadSetting("FIELDAPP_METRICS_TOKEN should have at least 16 characters")
    if settings.sentry_dsn and not settings.sentry_dsn.startswith(("https://", "http://")):
        raise BadSetting("FIELDAPP_SENTRY_DSN should begin with https://")
    for name in ("tile_url", "tile_label_url"):
        url = getattr(settings, name)
        if url and not url.startswith(("https://", "http://")):
            raise BadSetting(f"FIELDAPP_{name.upper()} should begin with https://, not {shown(url)}")
        if url and (fault := tile_fault(url)):
            wanted = {"host": "name a plain host", "place": "have {z}, {x} and {y}"}.get(fault, "be a plain address")
            raise BadSetting(f"FIELDAPP_{name.upper()} should {wanted}, not {shown(url)}")


_TILE_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?", re.IGNORECASE)


def tile_fault(url: str) -> str:
    """What is wrong with the address of a layer of tiles: scheme, host, place, or form; "": nothing. Its host goes into
    the Content-Security-Policy, so it must be one and nothing else."""
    if not url.startswith(("https://", "http://")):
        return "scheme"
    if not url.isascii() or not url.isprintable() or any(char in url for char in " \"'<>`\\^|") or len(url) > 500:
        return "form"
    host = url.split("://", 1)[1].partition("/")[0]
    if not _TILE_HOST.fullmatch(host.replace("{s}", "a")):
        return "host"
    return "" if "{z}" in url and "{x}" in url and ("{y}" in url or "{-y}" in url) else "place"


def tile_host(url: str) -> str:
    """What the policy calls the host of these tiles: "https://*.tiles.example" where {s} names several."""
    scheme, _colon, rest = url.partition("://")
    labels = rest.partition("/")[0].lower().split(".")
    several = max((place for place, label in enumerate(labels) if "{s}" in label), default=-1)
    return f"{scheme}://{'.'.join(['*', *labels[several + 1 :]] if several >= 0 else labels)}"


def _check_single_sign_on(settings: Settings) -> None:
    if settings.local_sign_in not in {"all", "admins"}:
        raise BadSetting(f"FIELDAPP_LOCAL_SIGN_IN should be all or admins, not {settings.local_sign_in!r}")
    if not settings.oidc_issuer:
        return
    parts = urlsplit(settings.oidc_issuer)
    if not parts.hostname or (parts.scheme != "https" and parts.hostname not in LOOPBACK):
        raise BadSetting(f"FIELDAPP_OIDC_ISSUER should begin with https://, not {shown(settings.oidc_issuer)}")
    if not settings.oidc_client_id:
        raise BadSetting("FIELDAPP_OIDC_CLIENT_ID is needed where FIELDAPP_OIDC_ISSUER is set")


def shown(url: str) -> str:
    """An address as a terminal or a log may show it: without the password or key that it may carry."""
    place, asked, _query = url.partition("?")
    return re.sub(r"^([a-z][a-z0-9+.-]*:(//)?)?.*@", r"\1***@", place, flags=re.IGNORECASE) + ("?***" if asked else "")


def _is_syslog(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if parts.scheme == "unix":
        return parts.path.startswith("/") and not parts.netloc
    return parts.scheme in {"udp", "tcp"} and bool(parts.hostname) and port is not None and parts.path in {"", "/"}


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
