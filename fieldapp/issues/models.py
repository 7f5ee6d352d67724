"""The issue (问题诉求): an append-only list of events; the row of the issue is their fold."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldapp.core.db import Archivable, Base, new_id


class Category(Archivable):
    """Two levels, data not code. `unit_id`: who is suggested as lead unit."""

    __tablename__ = "category"
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    parent: Mapped[str | None] = mapped_column(ForeignKey("category.code"))
    zh: Mapped[str] = mapped_column(String(40))
    en: Mapped[str] = mapped_column(String(60))
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("unit.id"))
    closing_condition: Mapped[str] = mapped_column(String(200), default="")  # 销号标准
    order: Mapped[int] = mapped_column(default=0)


class Issue(Base):
    __tablename__ = "issue"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str | None] = mapped_column(String(20), unique=True)  # XQ-2026-000128, never reused
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    nature: Mapped[str] = mapped_column(String(20))  # request, inquiry, suggestion, complaint, found
    category: Mapped[str | None] = mapped_column(ForeignKey("category.code"))
    urgency: Mapped[str] = mapped_column(String(10))  # normal, urgent, critical
    channel: Mapped[str] = mapped_column(String(40), default="visit")
    raised_by: Mapped[str] = mapped_column(String(200), default="")
    place: Mapped[str] = mapped_column(String(200), default="")
    lat: Mapped[float | None]  # its own pin, WGS-84
    lng: Mapped[float | None]
    state: Mapped[str] = mapped_column(String(20))  # open states of issues/states.py; struck_off, withdrawn end it
    lead_unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("unit.id"))
    dispatched_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]  # the limit's clock
    enterprise_deadline: Mapped[datetime | None]  # the enterprise's own
    opened_by: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("team.id"))
    visit_id: Mapped[UUID | None] = mapped_column(ForeignKey("visit.id"), index=True)
    sensitive: Mapped[bool] = mapped_column(default=False)
    opened_at: Mapped[datetime]
    received_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    last_event_id: Mapped[UUID | None]
    last_event_at: Mapped[datetime]

    units: Mapped[list["IssueUnit"]] = relationship(cascade="all, delete-orphan")
    projects: Mapped[list["IssueProject"]] = relationship(cascade="all, delete-orphan")
    enterprises: Mapped[list["IssueEnterprise"]] = relationship(cascade="all, delete-orphan")

    __table_args__ = (
        Index("ix_issue_open", "closed_at", "due_at", "id"),
        Index("ix_issue_opened_at", "opened_at", "id"),
        Index("ix_issue_unit", "lead_unit_id", "closed_at", "id"),
        Index("ix_issue_team", "team_id", "closed_at", "id"),
        Index("ix_issue_opened_by", "opened_by", "closed_at", "id"),
    )


class IssueUnit(Base):
    """An assisting unit (协办); the lead unit (主办) is a column, there is exactly one."""

    __tablename__ = "issue_unit"
    issue_id: Mapped[UUID] = mapped_column(ForeignKey("issue.id"), primary_key=True)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), primary_key=True, index=True)


class IssueProject(Base):
    __tablename__ = "issue_project"
    issue_id: Mapped[UUID] = mapped_column(ForeignKey("issue.id"), primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"), primary_key=True, index=True)


class IssueEnterprise(Base):
    __tablename__ = "issue_enterprise"
    issue_id: Mapped[UUID] = mapped_column(ForeignKey("issue.id"), primary_key=True)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), primary_key=True, index=True)


class IssueEvent(Base):
    """Folded in the server's order of acceptance (`order`). What no longer fits is kept as `not_applied`."""

    __tablename__ = "issue_event"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    issue_id: Mapped[UUID] = mapped_column(ForeignKey("issue.id"))
    order: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str] = mapped_column(String(40))
    base: Mapped[UUID | None]
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("unit.id"))
    record_id: Mapped[UUID | None]  # the visit or event record that carried it
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
    applied: Mapped[bool] = mapped_column(default=True)
    reason: Mapped[str] = mapped_column(String(80), default="")  # why not applied
    body: Mapped[dict[str, Any]] = mapped_column(JSON)

    __table_args__ = (
        Index("uq_issue_event_order", "issue_id", "order", unique=True),
        Index("ix_issue_event_record", "record_id"),
    )
