"""The doctor on the machine and its settings: origin, secret, disk, clock, font."""

import os
import shutil
import stat
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy import text

from fieldapp.core import clock, queues
from fieldapp.settings import Settings, shown
from fieldapp.upkeep import dump
from fieldapp.upkeep.backup import key_files
from fieldapp.upkeep.examining import Examination, Finding

SECRET_LENGTH = 32
SECRET_LETTERS = 10  # different ones; a random key of 32 has some 20 of them
SECRETS_OF_EXAMPLES = ("change", "secret-key", "only-for-tests", "example", "fieldapp-secret")
ANSWERS_WITHIN = 3.0


def origin(this: Examination) -> Iterator[Finding]:
    if not this.settings.origin:
        yield Finding(
            "origin-missing",
            "FIELDAPP_ORIGIN is not set: only this machine can sign in, and cookies are not marked as secure.",
            "Set it to the address that phones use, such as https://fieldapp.example (docs/deploy.md).",
        )


def secret(this: Examination) -> Iterator[Finding]:
    """What signs the cookies: long, random, and nobody else's to read."""
    key = this.settings.secret_key
    path = this.settings.data_dir / "secret.key"
    if not key and path.is_file():
        key = path.read_text().strip()
    if key and (why := _weakness(key)):
        yield Finding(
            "secret-weak",
            f"The secret key {why}: whoever guesses it signs in as anybody.",
            "Put a new one in its place (`openssl rand -base64 48`) and start the server again. Everyone signs in "
            "anew; what their phones hold stays.",
        )
    open_ones = [file for file in _secret_files(this.settings) if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    for file in open_ones:
        yield Finding(
            "secret-readable",
            f"{file} may be read by others on this machine (mode {stat.filemode(file.stat().st_mode)}).",
            f"chmod 600 {file}; if others have accounts on this machine, make a new key as well.",
        )


def _weakness(key: str) -> str:
    if len(key) < SECRET_LENGTH:
        return f"has {len(key)} characters only, fewer than {SECRET_LENGTH}"
    if any(word in key.lower() for word in SECRETS_OF_EXAMPLES):
        return "is one of an example"
    return "hardly varies" if len(set(key)) < SECRET_LETTERS else ""


def _secret_files(settings: Settings) -> list[Path]:
    named = os.environ.get("FIELDAPP_SECRET_KEY_FILE")
    found = [*key_files(settings.data_dir), *([Path(named)] if named else [])]
    return [path for path in found if path.is_file()]


def disk(this: Examination) -> Iterator[Finding]:
    """Where database, files and unfinished uploads lie. A full disk loses nothing, but takes nothing either."""
    looked_at: set[int] = set()
    for folder in _folders(this.settings):
        device = folder.stat().st_dev
        if device in looked_at:
            continue
        looked_at.add(device)
        room = shutil.disk_usage(folder)
        if room.free < max(this.limits.free_bytes, room.total * this.limits.free_share):
            yield Finding(
                "disk-nearly-full",
                f"{room.free / 1e9:.1f} GB are free of the {room.total / 1e9:.1f} GB on which {folder} lies.",
                "Make room or take a larger disk: when it is full the phones keep what they hold, and nothing arrives.",
            )


def _folders(settings: Settings) -> list[Path]:
    found = [settings.data_dir, settings.parts_dir]
    database, files = dump.file_of(settings.database), urlsplit(settings.files)
    found += [database.parent] if database is not None else []
    found += [Path(unquote(files.path))] if files.scheme == "file" else []
    return [folder for folder in found if folder.is_dir()]


def clocks(this: Examination) -> Iterator[Finding]:
    """Ours against that of the database, of the file system, of the address as phones see it, and the past."""
    for whose, shows in _other_clocks(this):
        off = shows - clock.now()
        if abs(off) > this.limits.clock:
            yield Finding(
                "clock-off",
                f"This machine's clock and {whose} differ by {abs(off.total_seconds()):.0f} s.",
                "Have both set themselves (timedatectl set-ntp true): this clock tells when a record was received.",
            )


def _other_clocks(this: Examination) -> Iterator[tuple[str, datetime]]:
    if this.database.dialect == "postgresql":  # SQLite has none of its own
        with this.database.reading() as session:
            yield "the database's", session.scalar(text("SELECT clock_timestamp()")) or clock.now()
    for folder in _folders(this.settings):
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".clock-") as touched:
            yield f"that of {folder}", datetime.fromtimestamp(Path(touched.name).stat().st_mtime, UTC)
        break
    if this.settings.origin and (date := _date_of(this.settings.origin)) is not None:
        yield f"that of {this.settings.origin}", date + timedelta(milliseconds=500)  # it tells whole seconds


def _date_of(origin: str) -> datetime | None:
    """What the server at our own address says that it is; none: it does not answer from here."""
    try:
        with urllib.request.urlopen(f"{origin}/healthz", timeout=ANSWERS_WITHIN) as answer:  # noqa: S310 - a checked setting
            return parsedate_to_datetime(answer.headers["Date"])
    except (urllib.error.URLError, OSError, ValueError, TypeError):
        return None


def font(this: Examination) -> Iterator[Finding]:
    if not any(Path(path).is_file() for path in this.limits.fonts):
        yield Finding(
            "font-missing",
            "No font with Chinese characters is installed: what the server draws itself (the demo's photos; watermarks "
            "and exports) would show boxes. Pages are drawn by phones and are not concerned.",
            "apt install fonts-noto-cjk",
        )


def redis(this: Examination) -> Iterator[Finding]:
    """Away, it loses nothing: jobs wait for the sweep, limits are counted by each process."""
    if this.settings.redis_url and (why := queues.answers(this.settings.redis_url, ANSWERS_WITHIN)):
        yield Finding(
            "redis-away",
            f"The Redis at {shown(this.settings.redis_url)} does not answer: {why}",
            "Start it again. Meanwhile nothing is lost: jobs wait up to a minute, limits count in each process alone.",
        )


ALL = (origin, secret, disk, clocks, font, redis)
