"""What second factors an account has."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldapp.accounts.factor_models import CodeApp, Passkey, RecoveryCode


@dataclass(frozen=True)
class Factors:
    code_app: bool
    passkeys: int
    recovery_codes: int  # not used yet

    @property
    def any(self) -> bool:
        return self.code_app or self.passkeys > 0


def factors(session: Session, user_id: UUID) -> Factors:
    apps = select(func.count()).select_from(CodeApp).where(CodeApp.user_id == user_id)
    keys = select(func.count()).select_from(Passkey).where(Passkey.user_id == user_id)
    codes = select(func.count()).select_from(RecoveryCode)
    codes = codes.where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    found = session.execute(select(apps.scalar_subquery(), keys.scalar_subquery(), codes.scalar_subquery())).one()
    return Factors(bool(found[0]), found[1], found[2])


def passkeys(session: Session, user_id: UUID) -> list[Passkey]:
    """In the order in which they were added; few, for `passkey_actions.MOST` is small."""
    return list(session.scalars(select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id)))


def passkey_of(session: Session, credential_id: bytes) -> Passkey | None:
    return session.scalar(select(Passkey).where(Passkey.credential_id == credential_id))
