"""Who works here: users, teams, handling units, and dated memberships."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldapp.core.db import Archivable, Base, new_id

OFFICER, LEAD, DESK, UNIT, ADMIN = "officer", "lead", "desk", "unit", "admin"
SECURITY, AUDITOR = "security", "auditor"
POWERS = (ADMIN, SECURITY, AUDITOR)  # 系统管理员, 安全管理员, 审计员: nobody holds two of them
ROLES = (OFFICER, LEAD, DESK, UNIT, *POWERS)
TEAM, SQUAD, TASK_FORCE = "team", "squad", "task_force"
TEAM_KINDS = (TEAM, SQUAD, TASK_FORCE)  # 服务队, 小分队, 专班: the last one has an end
DUTIES = ("统筹", "带队", "队员", "帮办代办", "首席服务官")
GRANTED, REFUSED, TAKEN_BACK = "granted", "refused", "taken_back"


class User(Base):
    __tablename__ = "user"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    username: Mapped[str] = mapped_column(String(60), unique=True)  # lower case
    name: Mapped[str] = mapped_column(String(60))
    initials: Mapped[str] = mapped_column(String(40), default="")  # pinyin, for search
    password_hash: Mapped[str] = mapped_column(String(200))
    locale: Mapped[str | None] = mapped_column(String(20))
    session_epoch: Mapped[int] = mapped_column(default=0)  # raised by a password change: older cookies end
    must_change_password: Mapped[bool] = mapped_column(default=False)  # somebody else chose it
    password_changed_at: Mapped[datetime | None]  # none: as it was when the account was made
    disabled_at: Mapped[datetime | None]  # the sync door stays open for 30 days after it (docs/sync-protocol.md 11)
    demo: Mapped[bool] = mapped_column(default=False)  # start-up refuses these where the origin is not local
    created_at: Mapped[datetime]

    memberships: Mapped[list["Membership"]] = relationship(back_populates="user", lazy="selectin")


class Team(Archivable):
    """A team, squad (小分队) or task force (专班, the one with an end)."""

    __tablename__ = "team"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[str] = mapped_column(String(20), default=TEAM)
    ends_on: Mapped[date | None]
    order: Mapped[int] = mapped_column(default=0)


class Unit(Archivable):
    """A handling unit (承办单位): it must act on an issue; listed in organisation order."""

    __tablename__ = "unit"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    order: Mapped[int] = mapped_column(default=0)


class Membership(Base):
    """A role in a team or unit from a day to a day. Never overwritten: a change ends one row and begins another."""

    __tablename__ = "membership"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), index=True)
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("team.id"), index=True)
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("unit.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    duty: Mapped[str] = mapped_column(String(20), default="")  # 统筹 · 带队 · 队员 · 帮办代办 · 首席服务官
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]  # the last day; one before the first: it ended on the day it began

    __table_args__ = (Index("ix_membership_starts", "starts_on", "id"),)

    user: Mapped[User] = relationship(back_populates="memberships")
    team: Mapped[Team | None] = relationship(lazy="joined")
    unit: Mapped[Unit | None] = relationship(lazy="joined")

    def holds_on(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


class Proposal(Base):
    """A membership that a system administrator asks for. It gives nobody anything until somebody else grants it."""

    __tablename__ = "proposal"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), index=True)
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("team.id"))
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("unit.id"))
    role: Mapped[str] = mapped_column(String(20))
    duty: Mapped[str] = mapped_column(String(20), default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("membership.id"))  # which ends when this one begins
    proposed_by: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))  # none: on the server
    proposed_at: Mapped[datetime]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    decided_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(20), default="")  # granted, refused, taken_back

    __table_args__ = (Index("ix_proposal_open", "outcome", "proposed_at", "id"),)

    user: Mapped[User] = relationship(foreign_keys=[user_id], lazy="joined")
    team: Mapped[Team | None] = relationship(lazy="joined")
    unit: Mapped[Unit | None] = relationship(lazy="joined")
    replaces: Mapped[Membership | None] = relationship(lazy="joined")


class LoginFailure(Base):
    """Failed sign-ins by account and address together: a mobile network hides thousands behind one address."""

    __tablename__ = "login_failure"
    username: Mapped[str] = mapped_column(String(60), primary_key=True)
    address: Mapped[str] = mapped_column(String(60), primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]

    __table_args__ = (Index("ix_login_failure_last_at", "last_at"),)
