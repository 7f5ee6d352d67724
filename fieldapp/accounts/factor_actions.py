"""Second factors: an app that shows codes, codes for the day it is lost, and taking all of them away.

A code is taken once: of the app, by its time step, which only moves on; of recovery, by its row. Both are one UPDATE
that says whether it met a row, so that of two requests with the same code one is refused.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pyotp
from pyotp.exceptions import OTPVerificationError
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from fieldapp.accounts import attempts, device_actions, factor_queries
from fieldapp.accounts.factor_models import CodeApp, Passkey, RecoveryCode
from fieldapp.accounts.models import User
from fieldapp.core import audit, clock
from fieldapp.core.db import new_id

CODES = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another
LENGTH = 10
A_STEP = 1  # steps of 30 seconds that a phone's clock may be off


@dataclass(frozen=True)
class Shown:
    """What came of a second factor: which one it was; "" and perhaps until when no more is heard."""

    factor: str
    locked_until: datetime | None = None


def new_secret() -> str:
    return pyotp.random_base32()


def address_for_app(secret: str, username: str, issuer: str) -> str:
    """What the QR code says."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=issuer)


def step_of(secret: str, typed: str) -> int | None:
    """The time step that this code belongs to; none: it is not right now."""
    code = "".join(typed.split())
    if not re.fullmatch(r"[0-9]{6}", code):
        return None
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(code, for_time=clock.now(), valid_window=A_STEP)
    except OTPVerificationError:
        return None


def add_code_app(session: Session, user: User, secret: str, step: int) -> list[str]:
    """Keep the app whose code was right; the recovery codes, where these are the first."""
    session.execute(delete(CodeApp).where(CodeApp.user_id == user.id))
    session.add(CodeApp(user_id=user.id, secret=secret, added_at=clock.now(), last_step=step))
    session.flush()
    audit.record(session, user.id, "factor.added", "user", user.id, factor="code-app")
    return first_recovery_codes(session, user)


def first_recovery_codes(session: Session, user: User) -> list[str]:
    """New ones where there are none; empty where there are some."""
    if factor_queries.factors(session, user.id).recovery_codes:
        return []
    return new_recovery_codes(session, user)


def new_recovery_codes(session: Session, user: User) -> list[str]:
    """Ten new ones; those of before count no more."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(LENGTH)) for _ in range(CODES)]
    session.add_all(RecoveryCode(id=new_id(), user_id=user.id, code_sha256=_digest(user.id, code)) for code in codes)
    session.flush()
    audit.record(session, user.id, "factor.recovery-codes", "user", user.id)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def remove_code_app(session: Session, user: User) -> None:
    session.execute(delete(CodeApp).where(CodeApp.user_id == user.id))
    audit.record(session, user.id, "factor.removed", "user", user.id, factor="code-app")
    forget_recovery(session, user.id)


def forget_recovery(session: Session, user_id: UUID) -> None:
    """Codes for a lost factor go with the last one."""
    session.flush()
    if not factor_queries.factors(session, user_id).any:
        session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def reset(session: Session, user: User, *, by: UUID | None) -> None:
    """All second factors go, as when the phone and the codes are lost; every sign-in ends."""
    for table in (CodeApp, RecoveryCode, Passkey):
        session.execute(delete(table).where(table.user_id == user.id))
    user.session_epoch += 1
    device_actions.end_all(session, user.id)
    audit.record(session, by, "factor.reset", "user", user.id)


def take(session: Session, user_id: UUID, typed: str) -> str:
    """Which factor this code is of, and it is used up with this; "": of none."""
    return take_from_app(session, user_id, typed) or _take_recovery(session, user_id, typed)


def take_from_app(session: Session, user_id: UUID, typed: str) -> str:
    app = session.get(CodeApp, user_id)
    step = step_of(app.secret, typed) if app is not None else None
    if step is None:
        return ""
    newer = update(CodeApp).where(CodeApp.user_id == user_id, CodeApp.last_step < step).values(last_step=step)
    return "code-app" if session.scalar(newer.returning(CodeApp.user_id)) else ""


def _take_recovery(session: Session, user_id: UUID, typed: str) -> str:
    code = re.sub(r"[^a-z0-9]", "", typed.lower())
    if len(code) != LENGTH:
        return ""
    unused = update(RecoveryCode).where(
        RecoveryCode.user_id == user_id, RecoveryCode.code_sha256 == _digest(user_id, code),
        RecoveryCode.used_at.is_(None),
    )  # fmt: skip
    used = unused.values(used_at=clock.now()).returning(RecoveryCode.id)
    return "recovery-code" if session.scalar(used) else ""


def _digest(user_id: UUID, code: str) -> str:
    """Fast on purpose: 49 random bits that are tried under a lockout need no slow hash."""
    return hashlib.sha256(user_id.bytes + code.encode()).hexdigest()


def show_code(
    session: Session, user: User, typed: str, address: str, limits: attempts.Limits, done: str, **told: str
) -> Shown:  # fmt: skip
    """Somebody shows a second factor, with the limits of signing in; `done` is what it was for."""
    tried = attempts.attempt(session, user.username, address)
    if tried.locked_until is not None:
        return Shown("", tried.locked_until)
    factor = take(session, user.id, typed)
    told = told | {"factor": factor}
    come = attempts.conclude(session, tried, bool(factor), limits, "second-factor", done=done, told=told)
    return Shown(factor if come.user else "", come.locked_until)
