"""Accounts: adding, changing a password, ending."""

import re
import secrets
from datetime import date
from functools import cache
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldapp.accounts import device_actions, powers, queries
from fieldapp.accounts.models import ROLES, Membership, Team, Unit, User
from fieldapp.core import audit, changes, clock
from fieldapp.core.db import new_id

USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,59}")
PASSWORD_MIN = 10
KINDS = 3
_hasher = PasswordHasher()
Place = TypeVar("Place", Team, Unit)


class Refused(ValueError):
    """Input that cannot be taken; `code` is a word that the door turns into a sentence."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def initials(name: str) -> str:
    """Pinyin initials of a name, lower case, other characters as they are: 云帆二期A → yfeqa."""
    from pypinyin import Style, lazy_pinyin  # its dictionaries take most of a second: not at every start

    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower().replace(" ", "")


def check_password(password: str, username: str, name: str = "") -> None:
    """Raises Refused: at least ten characters of three kinds, and neither the account's name nor the person's in it.

    Passwords of an earlier rule go on until they are changed: this is asked of new ones only."""
    kinds = {_kind(character) for character in password}
    if len(password) < PASSWORD_MIN:
        raise Refused("password-short")
    if len(password) > 200:
        raise Refused("password-long")
    if len(kinds) < KINDS:
        raise Refused("password-plain")
    folded = "".join(password.lower().split())
    if any(_tells(part) and part in folded for part in (username.lower(), "".join(name.lower().split()))):
        raise Refused("password-name")


def _tells(name: str) -> bool:
    """Two Latin letters stand in many a word by chance; two Chinese characters do not."""
    return len(name) > 2 or (len(name) == 2 and not name.isascii())


def _kind(character: str) -> str:
    """Small letters, capitals, digits, letters without case (汉字), and all else."""
    if character.isdigit():
        return "digit"
    if not character.isalpha():
        return "sign"
    return "small" if character.islower() else "capital" if character.isupper() else "letter"


def add_user(
    session: Session,
    *,
    username: str,
    name: str,
    password: str,
    role: str,
    team: str | None = None,
    unit: str | None = None,
    duty: str = "",
    starts_on: date,
    demo: bool = False,
    by: UUID | None = None,
    like: User | None = None,
    given: bool | None = None,
) -> User:
    """A new account with its first membership. Raises Refused with a code that says what is wrong.

    `given`: somebody else chose the password, so its owner changes it first; by default where there is a `by`.
    `like` has the same password, so that the demo's accounts cost one hash and not seven."""
    check_new(session, username, name)
    if role not in ROLES:
        raise Refused("role-unknown")
    check_password(password, username.strip(), name)
    kept = like.password_hash if like else _hasher.hash(password)
    user = make_user(
        session, new_id(), username=username, name=name, password_hash=kept, by=by, demo=demo, given=given, role=role
    )
    membership = Membership(user_id=user.id, role=role, duty=duty, starts_on=starts_on)
    if team:
        membership.team_id = _called(session, Team, team).id
    if unit:
        membership.unit_id = _called(session, Unit, unit).id
    session.add(membership)
    changes.note(session, "officer", user.id)
    return user


def check_new(session: Session, username: str, name: str) -> None:
    """Raises Refused where there can be no account of this name."""
    if not USERNAME.fullmatch(username.strip().lower()):
        raise Refused("username-form")
    check_name(name)
    if queries.by_username(session, username) is not None:
        raise Refused("username-taken")


def check_name(name: str) -> None:
    if not name.strip() or len(name) > 60:
        raise Refused("name-form")


def make_user(
    session: Session, id: UUID, *, username: str, name: str, password_hash: str, by: UUID | None, demo: bool = False,
    given: bool | None = None, **told: str,
) -> User:  # fmt: skip
    """An account that holds no role yet; `check_new` has been asked. `given`: as in `add_user`."""
    user = User(
        id=id, username=username.strip().lower(), name=name.strip(), initials=initials(name), demo=demo,
        password_hash=password_hash, created_at=clock.now(),
        must_change_password=given if given is not None else by is not None,
    )  # fmt: skip
    session.add(user)
    session.flush()
    audit.record(session, by, "user.add", "user", user.id, **told)
    return user


def _called(session: Session, kind: type[Place], name: str) -> Place:
    """The team or unit of this name; made if it does not exist."""
    found = session.scalar(select(kind).where(kind.name == name))
    if found is None:
        count = session.scalar(select(func.count()).select_from(kind)) or 0
        found = kind(id=new_id(), name=name, order=count)
        session.add(found)
        session.flush()
        if kind is Unit:
            changes.note(session, "unit", found.id)
    return found


def setup_code(data_dir: Path) -> str:
    """Opens /setup. Made at the first need, in a file of mode 600: whoever can read it runs the server."""
    path = data_dir / "setup.code"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(4))
    return path.read_text().strip()


def hash_of(password: str) -> str:
    """What is kept of a password. Slow on purpose, so not for a transaction."""
    return _hasher.hash(password)


def password_hash(password: str, username: str, name: str = "") -> str:
    """What is kept of a new password. Slow on purpose, so not for a transaction. Raises Refused."""
    check_password(password, username, name)
    return _hasher.hash(password)


def set_password(
    session: Session, user: User, new_hash: str, *, by: UUID | None, given: bool | None = None, but: UUID | None = None
) -> None:
    """A new password, as `password_hash` made it; every sign-in of the account ends, `but` the one that changes it.

    `given`: somebody else chose it, so its owner changes it first; by default where that is not the owner."""
    user.password_hash, user.password_changed_at = new_hash, clock.now()
    user.must_change_password = given if given is not None else by not in (None, user.id)
    user.session_epoch += 1
    device_actions.end_all(session, user.id, but=but)
    audit.record(session, by, "user.password", "user", user.id, given=user.must_change_password)


def end_sessions(session: Session, user: User, *, by: UUID | None, but: UUID | None = None) -> None:
    """Whoever is signed in to this account, on whatever device, no longer is. What waits on a phone stays there."""
    user.session_epoch += 1
    device_actions.end_all(session, user.id, but=but)
    audit.record(session, by, "user.sessions-ended", "user", user.id)


def disable(session: Session, user: User, *, by: UUID | None) -> None:
    """End an account. Its phone may still hand in what it holds for 30 days. Raises Refused for the last one of a
    power that the zone needs."""
    powers.alone(session)
    if user.disabled_at is None:
        for power in powers.lost_without(session, user.id):
            raise Refused(f"last-{power}")
        user.disabled_at = clock.now()
        changes.note(session, "officer", user.id, removed=True)
        audit.record(session, by, "user.disable", "user", user.id)


@cache
def _nobodys_hash() -> str:
    """An account that does not exist takes as long as one that does."""
    return _hasher.hash("nobody")


def verify(user: User | None, password: str) -> bool:
    """Whether this is the user's password; as slow for an account that does not exist."""
    try:
        return _hasher.verify(user.password_hash if user else _nobodys_hash(), password) and user is not None
    except (VerificationError, InvalidHashError):
        return False
