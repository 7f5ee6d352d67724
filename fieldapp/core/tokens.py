"""Words that open something to whoever holds them. The database knows only their hash; we can say them again."""

import base64
import hashlib
import hmac
from uuid import UUID


def token(secret: str, purpose: str, id: UUID) -> str:
    """43 letters that follow from the server's secret and an id: the same form, sent twice, gives the same."""
    made = hmac.digest(secret.encode(), f"{purpose}:{id}".encode(), "sha256")
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def spoken(secret: str, purpose: str, id: UUID) -> str:
    """As `token`, to be written down by hand: 16 letters and digits in fours, 80 bits."""
    made = hmac.digest(secret.encode(), f"{purpose}:{id}".encode(), "sha256")
    letters = base64.b32encode(made[:10]).decode()
    return "-".join(letters[i : i + 4] for i in range(0, 16, 4))


def hashed(word: str) -> str:
    return hashlib.sha256(word.encode(errors="replace")).hexdigest()


def plain(typed: str) -> str:
    """A spoken word as somebody typed it: spaces, small letters and the digits 0 and 1 for O and I are forgiven."""
    letters = "".join(c for c in typed.upper() if c.isascii() and c.isalnum()).replace("0", "O").replace("1", "I")
    return "-".join(letters[i : i + 4] for i in range(0, len(letters), 4))
