"""The visit, immutable once the phone has its receipt, and the supplements whose fold one reads."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldapp.core.db import Archivable, Base, new_id


class VisitKind(Archivable):
    """踏查现场, 电话跟踪, …: data, not code. Expected is a wish; nothing ever blocks saving."""

    __tablename__ = "visit_kind"
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    zh: Mapped[str] = mapped_column(String(40))
    en: Mapped[str] = mapped_column(String(60))
    group: Mapped[str] = mapped_column(String(20))  # site, phone, office, meeting, away
    icon: Mapped[str] = mapped_column(String(20))
    photos: Mapped[str] = mapped_column(String(10))  # expected, optional, none
    position: Mapped[str] = mapped_column(String(10))
    fields: Mapped[list[str]] = mapped_column(JSON)  # of VisitBody, in the order in which such a visit happens
    order: Mapped[int] = mapped_column(default=0)


class Visit(Base):
    """As sealed, but for what supplements fold into it: `*_now` columns and `withdrawn_at` follow the fold."""

    __tablename__ = "visit"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str | None] = mapped_column(String(20), unique=True)  # ZF-2026-000128
    kind: Mapped[str] = mapped_column(ForeignKey("visit_kind.code"))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("team.id"))  # the author's at the time of recording
    state: Mapped[str] = mapped_column(String(12))  # placed, unfiled (待归档)
    typed_project: Mapped[str] = mapped_column(String(200), default="")

    occurred_at: Mapped[datetime]  # capped at received_at; the sort key everywhere
    occurred_said: Mapped[datetime]  # as sealed
    said_when: Mapped[str] = mapped_column(String(20), default="now")
    recorded_at: Mapped[datetime]  # phone's clock, as sealed
    clock_offset_ms: Mapped[int | None]
    received_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    later_entry: Mapped[bool] = mapped_column(default=False)  # 补录
    late_upload: Mapped[bool] = mapped_column(default=False)  # 补传
    clock_doubtful: Mapped[bool] = mapped_column(default=False)  # flagged, never refused, never rewritten

    content: Mapped[str] = mapped_column(Text, default="")
    progress: Mapped[str] = mapped_column(Text, default="")
    needs: Mapped[str] = mapped_column(Text, default="")
    problems: Mapped[str] = mapped_column(Text, default="")
    answers: Mapped[str] = mapped_column(Text, default="")
    stage: Mapped[str] = mapped_column(String(40), default="")
    progress_percent: Mapped[int | None]
    milestones: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    asked: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    met: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    outside: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    programmes: Mapped[list[str]] = mapped_column(JSON, default=list)
    policy_items: Mapped[list[str]] = mapped_column(JSON, default=list)
    next_step: Mapped[str] = mapped_column(Text, default="")
    next_step_on: Mapped[date | None]
    next_step_by: Mapped[str] = mapped_column(String(60), default="")

    lat: Mapped[float | None]  # WGS-84
    lng: Mapped[float | None]
    accuracy_m: Mapped[float | None]
    altitude_m: Mapped[float | None]
    position_age_ms: Mapped[int | None]
    position_source: Mapped[str | None] = mapped_column(String(10))  # gps, manual, photo
    position_crs: Mapped[str | None] = mapped_column(String(10))  # as received
    position_raw: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    position_absent: Mapped[str] = mapped_column(String(40), default="")
    photos_absent: Mapped[str] = mapped_column(String(40), default="")
    distance_m: Mapped[float | None]  # to the main project's point
    datum_doubtful: Mapped[bool] = mapped_column(default=False)  # 疑似 GCJ-02

    sensitive: Mapped[bool] = mapped_column(default=False)
    withdrawn_at: Mapped[datetime | None]  # 撤回 or 作废: seen by author and lead only, counted nowhere
    schema: Mapped[int]
    rev: Mapped[int] = mapped_column(default=1)
    device_id: Mapped[UUID | None]
    seq: Mapped[int | None]
    payload_sha256: Mapped[str | None] = mapped_column(String(64))  # of the sealed bytes, or of a form's content

    projects: Mapped[list["VisitProject"]] = relationship(cascade="all, delete-orphan", order_by="VisitProject.order")
    participants: Mapped[list["Participant"]] = relationship(cascade="all, delete-orphan")
    enterprises: Mapped[list["VisitEnterprise"]] = relationship(cascade="all, delete-orphan")

    __table_args__ = (
        Index("ix_visit_occurred", "occurred_at", "id"),
        Index("ix_visit_owner", "owner_id", "occurred_at", "id"),
        Index("ix_visit_kind", "kind", "occurred_at", "id"),
        Index("ix_visit_team", "team_id", "occurred_at", "id"),
        Index("ix_visit_state", "state", "occurred_at", "id"),
        Index("ix_visit_place", "lat", "lng"),
    )


class VisitProject(Base):
    __tablename__ = "visit_project"
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.id"), primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"), primary_key=True)
    main: Mapped[bool] = mapped_column(default=False)
    order: Mapped[int] = mapped_column(default=0)

    __table_args__ = (Index("ix_visit_project_project", "project_id", "visit_id"),)


class VisitEnterprise(Base):
    """An enterprise that took part apart from those of the projects (a briefing for twenty)."""

    __tablename__ = "visit_enterprise"
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.id"), primary_key=True)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), primary_key=True)

    __table_args__ = (Index("ix_visit_enterprise_enterprise", "enterprise_id", "visit_id"),)


class Participant(Base):
    """An officer who took part, beside the author."""

    __tablename__ = "participant"
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), primary_key=True)

    __table_args__ = (Index("ix_participant_user", "user_id", "visit_id"),)


class Supplement(Base):
    """Said later about a visit: addition, correction, move, withdrawal, void, photo_withdrawn. Only ever added."""

    __tablename__ = "supplement"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.id"))
    type: Mapped[str] = mapped_column(String(20))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
    body: Mapped[dict[str, Any]] = mapped_column(JSON)  # SupplementBody
    payload_sha256: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (Index("ix_supplement_visit", "visit_id", "received_at", "id"),)


class FollowUp(Base):
    """待跟进: from a next step; personal, never an issue, never counted."""

    __tablename__ = "follow_up"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    visit_id: Mapped[UUID | None] = mapped_column(ForeignKey("visit.id"), index=True)
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("project.id"))
    text: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date | None]
    done_at: Mapped[datetime | None]
    done_by_visit: Mapped[UUID | None]

    __table_args__ = (Index("ix_follow_up_owner", "owner_id", "done_at", "due_on"),)


class StageSeen(Base):
    """An officer saw another stage than the one on record; the project changes when a lead confirms it."""

    __tablename__ = "stage_seen"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.id"), unique=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    before: Mapped[str] = mapped_column(ForeignKey("stage.code"))  # on record when it was seen
    stage: Mapped[str] = mapped_column(ForeignKey("stage.code"))
    seen_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    decision: Mapped[str] = mapped_column(String(12), default="")  # confirmed, left, superseded

    __table_args__ = (
        Index("ix_stage_seen_project", "project_id", "decided_at"),
        Index("ix_stage_seen_waiting", "decided_at", "seen_at"),
    )


class Question(Archivable):
    """What to ask at a stage, or as long as a project is before, in, or after its building. Data, not code."""

    __tablename__ = "question"
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    zh: Mapped[str] = mapped_column(String(120))
    en: Mapped[str] = mapped_column(String(200))
    stages: Mapped[list[str]] = mapped_column(JSON)  # none: of its scope
    scope: Mapped[str] = mapped_column(String(20), default="")  # before, building (在建), producing (投产)
    order: Mapped[int] = mapped_column(default=0)
