"""The key that signs the login cookie."""

import os
import secrets
from contextlib import suppress

from fieldapp.core.disk import sync
from fieldapp.settings import Settings


def secret_key(settings: Settings) -> str:
    """The signing key: the setting, else the file that the first start makes (mode 600, part of every backup)."""
    if settings.secret_key:
        return settings.secret_key
    path = settings.data_dir / "secret.key"
    if not path.exists():
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first: its key counts
            os.link(fresh, path)
        fresh.unlink()
        sync(settings.data_dir)  # a power cut that took the key would end every session
        with suppress(PermissionError):  # the folder around it may be somebody else's
            sync(settings.data_dir.resolve().parent)
    return path.read_text().strip()
