"""Accounts, as a system administrator keeps them: made, renamed, disabled and enabled, given a new password."""

from datetime import date
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from fieldapp.accounts import actions, powers
from fieldapp.accounts.actions import Refused
from fieldapp.accounts.models import User
from fieldapp.core import audit, changes, tokens

PURPOSE = "one-time password"


def one_time_password(secret: str, id: UUID) -> str:
    """To be told to somebody and changed by them at once: twelve letters in fours, 60 bits. The same form, sent twice,
    gives the same."""
    word = tokens.spoken(secret, PURPOSE, id)[:14]
    return word[0] + word[1:].lower()


def new_password(secret: str, user_id: UUID, form_id: UUID) -> str:
    """One for somebody who has lost theirs. It follows from both ids: whoever chooses the form's must not come by the
    first password of another account."""
    return one_time_password(secret, uuid5(user_id, str(form_id)))


def make(
    session: Session, id: UUID, *, username: str, name: str, password_hash: str, by: UUID | None
) -> User:  # fmt: skip
    """An account with no role yet. Saying it again changes nothing. Raises Refused."""
    known = session.get(User, id)
    if known is not None:
        if (known.username, known.name) != (username.strip().lower(), name.strip()):
            raise Refused("id-taken")
        return known
    actions.check_new(session, username, name)
    return actions.make_user(session, id, username=username, name=name, password_hash=password_hash, by=by, given=True)


def rename(session: Session, user: User, name: str, *, by: UUID | None) -> None:
    actions.check_name(name)
    was, name = user.name, name.strip()
    if was != name:
        user.name, user.initials = name, actions.initials(name)
        changes.note(session, "officer", user.id)
        audit.record(session, by, "user.renamed", "user", user.id, changes={"name": [was, name]})


def enable(session: Session, user: User, *, by: UUID | None) -> None:
    """The account as it was, with the memberships that still hold. Sessions of before stay ended."""
    powers.alone(session)
    if user.disabled_at is not None:
        user.disabled_at = None
        actions.end_sessions(session, user, by=by)
        changes.note(session, "officer", user.id)
        audit.record(session, by, "user.enable", "user", user.id)


def may_reset(session: Session, user: User, *, three_powers: bool, day: date) -> bool:
    """Who makes the password of another power would have that power: theirs is set on the server, by its command."""
    return not three_powers or not powers.held_from(session, user.id, day)


def reset_password(session: Session, user: User, password_hash: str, *, by: UUID | None) -> None:
    """A password that somebody else chose: to be changed at the first sign-in; every session ends."""
    actions.set_password(session, user, password_hash, by=by, given=True)
