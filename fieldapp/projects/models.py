"""What officers are responsible for: the zone, its areas, enterprises, projects, and who is assigned when."""

import unicodedata
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Numeric, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from fieldapp.core.db import Archivable, Base, new_id


class Zone(Archivable):
    """A development zone (开发区). `basemap` is its own outline: coast, roads, plots, as GeoJSON."""

    __tablename__ = "zone"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    basemap: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class Area(Archivable):
    """A sub-zone (片区), the unit of the roll-up."""

    __tablename__ = "area"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    zone_id: Mapped[UUID] = mapped_column(ForeignKey("zone.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    boundary: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class Stage(Base):
    """S00 洽谈 … S13 达产达效, seeded from the template, then the zone's own to edit."""

    __tablename__ = "stage"
    code: Mapped[str] = mapped_column(String(10), primary_key=True)
    zh: Mapped[str] = mapped_column(String(40))
    en: Mapped[str] = mapped_column(String(60))
    order: Mapped[int]


class Enterprise(Archivable):
    __tablename__ = "enterprise"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    zone_id: Mapped[UUID | None] = mapped_column(ForeignKey("zone.id"))
    name: Mapped[str] = mapped_column(String(120), index=True)
    short_name: Mapped[str] = mapped_column(String(60), default="")
    initials: Mapped[str] = mapped_column(String(120), default="")
    uscc: Mapped[str | None] = mapped_column(String(18), unique=True)  # 统一社会信用代码, GB 32100
    sector: Mapped[str] = mapped_column(String(80), default="")
    confirmed: Mapped[bool] = mapped_column(default=True)  # false: an officer gave only a name
    proposed_by: Mapped[UUID | None]  # the officer, where it is not confirmed yet
    proposed_team: Mapped[UUID | None]  # theirs at that time: until the desk has looked, it is for them
    merged_into: Mapped[UUID | None]  # the one that stands, never one that was merged itself


class Contact(Archivable):
    __tablename__ = "contact"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    # None: met on a visit that is not filed yet.
    enterprise_id: Mapped[UUID | None] = mapped_column(ForeignKey("enterprise.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(60), default="")
    phone: Mapped[str] = mapped_column(String(30), default="")  # shown masked but to the assigned
    phone_tail: Mapped[str] = mapped_column(String(4), default="")  # its last four digits, for the search
    order: Mapped[int] = mapped_column(default=0)
    confirmed: Mapped[bool] = mapped_column(default=True)  # false: an officer added them
    proposed_by: Mapped[UUID | None]
    visit_id: Mapped[UUID | None]  # the visit that they were met on, where that is how they came here

    __table_args__ = (
        Index("ix_contact_phone_tail", "phone_tail"),
        Index("ix_contact_visit", "visit_id"),
        Index("ix_contact_name", "name", "id"),
    )

    @validates("phone")
    def _keep_tail(self, _name: str, phone: str) -> str:
        self.phone_tail = tail_of(phone)
        return phone


def digits_of(phone: str) -> str:
    """A number as one dials it, however it was typed; full-width digits are digits."""
    return "".join(str(unicodedata.digit(char)) for char in phone if char.isdigit())


def tail_of(phone: str) -> str:
    """The last four digits; none of what is too short to be a number."""
    digits = digits_of(phone)
    return digits[-4:] if len(digits) >= 7 else ""


class Project(Archivable):
    """An enterprise's undertaking, one row a phase (期)."""

    __tablename__ = "project"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    zone_id: Mapped[UUID] = mapped_column(ForeignKey("zone.id"), index=True)
    area_id: Mapped[UUID | None] = mapped_column(ForeignKey("area.id"), index=True)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    phase: Mapped[str] = mapped_column(String(20), default="")
    initials: Mapped[str] = mapped_column(String(160), default="")
    stage: Mapped[str] = mapped_column(ForeignKey("stage.code"))
    lat: Mapped[float | None]  # WGS-84
    lng: Mapped[float | None]
    fence: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # 项目范围: GeoJSON; nothing is gated by it
    key_project: Mapped[bool] = mapped_column(default=False)  # 重点项目
    investment: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))  # 万元
    site_area: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))  # 亩
    contact_every_days: Mapped[int | None]  # the wished cadence; a guide, never a punch clock
    last_contact_at: Mapped[datetime | None]  # any kind counts but a call nobody answered; follows the fold
    version: Mapped[int] = mapped_column(BigInteger, default=0)  # the live timeline's cursor

    enterprise: Mapped[Enterprise] = relationship()
    area: Mapped[Area | None] = relationship()

    __table_args__ = (
        Index("ix_project_list", "archived_at", "last_contact_at", "id"),
        Index("ix_project_name", "name", "id"),
    )

    @property
    def title(self) -> str:
        """Name and phase as one says them: 云帆新材料项目（二期）."""
        return f"{self.name}（{self.phase}）" if self.phase else self.name


class Assignment(Base):
    """挂点: an officer or a team serves a project from a day to a day; never overwritten."""

    __tablename__ = "assignment"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"), index=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"), index=True)
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("team.id"), index=True)
    role: Mapped[str] = mapped_column(String(20), default="main")  # main 主责, supporting 协同
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]  # the last day; one before the first: it was taken back before it began

    __table_args__ = (Index("ix_assignment_starts", "starts_on", "id"),)


class Opened(Base):
    """When a person last opened a project's page: their phone carries it for 30 days."""

    __tablename__ = "opened"
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"), primary_key=True)
    at: Mapped[datetime]

    __table_args__ = (Index("ix_opened_user_at", "user_id", "at"),)


class Programme(Archivable):
    """A campaign (专项活动) that one visit can answer for."""

    __tablename__ = "programme"
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    order: Mapped[int] = mapped_column(default=0)


class Phrase(Archivable):
    """A stock phrase (常用语) for one field of the visit form."""

    __tablename__ = "phrase"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    field: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    order: Mapped[int] = mapped_column(default=0)
