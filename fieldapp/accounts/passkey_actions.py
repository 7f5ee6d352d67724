"""Passkeys (WebAuthn): what is asked of a browser, and whether what it answers is right.

A passkey here always verifies its person (finger, face, PIN), so that it is two factors in one. A challenge is made for
one purpose, lasts minutes, and is of no use once the passkey has answered a later one.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from fieldapp.accounts import factor_actions, factor_queries
from fieldapp.accounts.factor_models import Passkey
from fieldapp.accounts.models import User
from fieldapp.core import audit, clock

LASTS = timedelta(minutes=5)
MOST = 10
BROKEN = (WebAuthnException, ValueError, KeyError, TypeError)  # whatever a stranger's JSON makes of the library


@dataclass(frozen=True)
class Place:
    """Whose pages these are, as a browser sees them."""

    host: str
    origin: str
    name: str


@dataclass(frozen=True)
class Challenge:
    bytes: bytes
    made_at: datetime

    @property
    def fresh(self) -> bool:
        return clock.now() - self.made_at <= LASTS


def to_add(session: Session, user: User, place: Place, challenge: bytes) -> str:
    """What the browser is asked for to make one, as JSON."""
    have = [PublicKeyCredentialDescriptor(id=key.credential_id) for key in factor_queries.passkeys(session, user.id)]
    asked = generate_registration_options(
        rp_id=place.host, rp_name=place.name, user_name=user.username, user_display_name=user.name,
        user_id=user.id.bytes, challenge=challenge, exclude_credentials=have,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )  # fmt: skip
    return options_to_json(asked)


def to_sign_in(place: Place, challenge: bytes, keys: list[Passkey] | None = None) -> str:
    """What the browser is asked for to use one; without `keys` the browser offers those that it has for us."""
    asked = generate_authentication_options(
        rp_id=place.host, challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED,
        allow_credentials=[PublicKeyCredentialDescriptor(id=key.credential_id) for key in keys or []],
    )  # fmt: skip
    return options_to_json(asked)


def add(session: Session, user: User, said: str, challenge: Challenge, place: Place, name: str) -> list[str] | None:
    """Keep the passkey that was made; the recovery codes where these are the first. None: it is not right."""
    if not challenge.fresh or len(factor_queries.passkeys(session, user.id)) >= MOST:
        return None
    try:
        made = verify_registration_response(
            credential=said, expected_challenge=challenge.bytes, expected_rp_id=place.host,
            expected_origin=place.origin, require_user_verification=True,
        )  # fmt: skip
    except BROKEN:
        return None
    if factor_queries.passkey_of(session, made.credential_id) is not None:
        return None
    key = Passkey(
        user_id=user.id, name=name.strip()[:60], credential_id=made.credential_id, added_at=clock.now(),
        public_key=made.credential_public_key, sign_count=made.sign_count,
    )  # fmt: skip
    session.add(key)
    session.flush()
    audit.record(session, user.id, "factor.added", "user", user.id, factor="passkey", passkey=str(key.id))
    return factor_actions.first_recovery_codes(session, user)


def whose(session: Session, said: str) -> Passkey | None:
    """The passkey that this answer names; not yet that it is right."""
    try:
        answer: Any = json.loads(said)
        return factor_queries.passkey_of(session, base64url_to_bytes(answer["rawId"]))
    except BROKEN:
        return None


def is_right(key: Passkey, said: str, challenge: Challenge, place: Place) -> int | None:
    """The passkey's new count; None: this answer does not prove that its person is here now."""
    if not challenge.fresh:
        return None
    try:
        shown = verify_authentication_response(
            credential=said, expected_challenge=challenge.bytes, expected_rp_id=place.host,
            expected_origin=place.origin, credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count, require_user_verification=True,
        )  # fmt: skip
    except BROKEN:
        return None
    return shown.new_sign_count


def use(session: Session, key: Passkey, count: int, challenge: Challenge) -> bool:
    """Whether the answer counts: an answer to a challenge of before the last use has been given already."""
    unused = or_(Passkey.used_at.is_(None), Passkey.used_at < challenge.made_at)
    moved = update(Passkey).where(Passkey.id == key.id, unused).values(used_at=clock.now(), sign_count=count)
    return session.scalar(moved.returning(Passkey.id)) is not None


def rename(session: Session, user_id: UUID, id: UUID, name: str) -> bool:
    key = session.scalar(select(Passkey).where(Passkey.id == id, Passkey.user_id == user_id))
    if key is None:
        return False
    key.name = name.strip()[:60] or key.name
    return True


def remove(session: Session, user_id: UUID, id: UUID) -> bool:
    """Whether this person had it."""
    key = session.scalar(select(Passkey).where(Passkey.id == id, Passkey.user_id == user_id))
    if key is None:
        return False
    session.delete(key)
    audit.record(session, user_id, "factor.removed", "user", user_id, factor="passkey", passkey=str(id))
    factor_actions.forget_recovery(session, user_id)
    return True
