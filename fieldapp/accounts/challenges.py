"""The challenge that a page asks a passkey with: in this browser's signed session, for one purpose, used once."""

import ipaddress
import secrets
from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import request
from flask import session as cookie
from flask_babel import gettext as _

from fieldapp.accounts.passkey_actions import Challenge, Place
from fieldapp.core import clock
from fieldapp.core.web import settings
from fieldapp.settings import LOOPBACK


def place() -> Place | None:
    """Where we are, as browsers see us; None where no passkey can be: an address of numbers, or switched off."""
    origin = settings().origin.rstrip("/") or f"{request.scheme}://{request.host}"
    host = urlsplit(origin).hostname or ""
    if not settings().passkeys or _is_number(host) or (not settings().origin and host not in LOOPBACK):
        return None
    return Place(host, origin, str(_("Project visits")))


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def make(purpose: str) -> bytes:
    challenge = secrets.token_bytes(32)
    cookie["challenge"] = {"for": purpose, "hex": challenge.hex(), "at": clock.now().timestamp()}
    return challenge


def take(purpose: str) -> Challenge | None:
    said = cookie.pop("challenge", None)
    if said is None or said["for"] != purpose:
        return None
    return Challenge(bytes.fromhex(said["hex"]), datetime.fromtimestamp(said["at"], tz=UTC))
