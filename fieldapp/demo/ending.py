"""The odd cases that pages should have something to show of: an addition, a withdrawal, what waits for a person."""

import json
import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from fieldapp.accounts.policy import Person, person_on
from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.core.payload import Arrival, Position, Times
from fieldapp.demo.stage import Stage, make_id
from fieldapp.feed import actions as feed
from fieldapp.projects.coordinates import from_wgs84
from fieldapp.projects.models import Contact, Project
from fieldapp.settings import Settings
from fieldapp.sync import records
from fieldapp.visits.body import Met, NextStep, SupplementBody, VisitBody
from fieldapp.visits.models import FollowUp, Visit

DONE_BEFORE = timedelta(days=4)
# officer, project, logged so many days ago, the next step, and its day from today on
PROMISES = (
    ("officer1", "jingge-1", 6, "回访临时用电增容进展，问清表箱到货时间。", -2),
    ("officer1", "denghuo", 3, "电话告知试生产备案所需材料清单。", 0),
    ("officer1", "haitong", 2, "到现场复核北门排水，与供水公司同去。", 1),
    ("officer2", "xingcha-1", 5, "把用工补贴申报口径答复给企业。", -1),
    ("officer2", "canglang-1", 2, "提醒企业提交联合验收申请。", 2),
    ("officer3", "wangchao", 4, "回访总装车间消防整改情况。", -1),
    ("lead1", "jingge-2", 3, "协调道路开口占道手续，约交警现场会商。", 0),
)


def play(settings: Settings, db: Database, stage: Stage, rng: random.Random) -> None:
    db.write(lambda session: _supplements(session, settings, stage, rng))
    db.write(lambda session: _special_visits(session, settings, stage, rng))
    db.write(lambda session: _tick_off(session, stage))
    db.write(lambda session: _promises(session, settings, stage, rng))
    _for_review(settings, db, stage, rng)


def _person(stage: Stage, username: str) -> Person:
    return person_on(stage.users[username], stage.today)


def _arrival(at: datetime, rng: random.Random, received: datetime | None = None) -> Arrival:
    return Arrival(make_id(at, rng), Times(at, received or at, received or at))


def _supplements(session: Session, settings: Settings, stage: Stage, rng: random.Random) -> None:
    """A colleague adds to a visit; an author corrects one and withdraws another."""
    owner = stage.users["officer1"].id
    recent = select(Visit.id, Visit.occurred_at).where(Visit.owner_id == owner, Visit.kind == "site_inspection")
    found = session.execute(recent.order_by(Visit.occurred_at.desc()).limit(6)).all()
    said = [
        ("officer2", {"visit": found[1].id, "type": "addition", "text": "下午再次到现场，企业已按意见调整围挡位置。"}),
        ("officer1", {"visit": found[2].id, "type": "correction", "fields": {"progress": "二层梁板钢筋绑扎完成。"}}),
        ("officer1", {"visit": found[4].id, "type": "withdrawal", "reason": "重复登记"}),
    ]
    for number, (who, body) in enumerate(said):
        at = min(found[number + 1].occurred_at + timedelta(hours=5), clock.now() - timedelta(minutes=5))
        with clock.frozen(at):
            feed.supplement_visit(
                session,
                _person(stage, who),
                _arrival(at, rng),
                SupplementBody.model_validate(body),
                zone_readable=settings.zone_readable,
            )


def _special_visits(session: Session, settings: Settings, stage: Stage, rng: random.Random) -> None:
    """To be filed, entered later, and one whose point looks like a shifted datum."""
    now = clock.now()
    first, second = stage.plays[0], stage.plays[3]
    shifted = from_wgs84(first.lat, first.lng, "gcj02")
    unfiled = VisitBody(
        kind="reception", typed_project="某新能源装备意向项目", content="接待客商一行四人，介绍园区岸线与用地条件。"
    )
    later = VisitBody(
        kind="site_visit",
        project=stage.projects[second.key],
        said_when="yesterday",
        progress="厂房屋面板安装完成八成。",
    )
    doubtful = VisitBody(
        kind="site_inspection", project=stage.projects[first.key], progress="基坑支护完成，准备下道工序。",
        position=Position(lat=shifted.lat, lng=shifted.lng, accuracy_m=12),
    )  # fmt: skip
    bodies = [
        (now - timedelta(hours=20), None, unfiled),
        (now - timedelta(hours=30), now - timedelta(hours=3), later),
        (now - timedelta(hours=26), None, doubtful),
    ]
    for at, received, body in bodies:
        with clock.frozen(received or at):
            feed.log_visit(
                session, _person(stage, "officer1"), _arrival(at, rng, received), body,
                zone_readable=settings.zone_readable,
            )  # fmt: skip


def _tick_off(session: Session, stage: Stage) -> None:
    """Old next steps were done long ago."""
    old = FollowUp.due_on < stage.today - DONE_BEFORE
    session.execute(update(FollowUp).where(old | FollowUp.due_on.is_(None)).values(done_at=clock.now()))


def _promises(session: Session, settings: Settings, stage: Stage, rng: random.Random) -> None:
    """待跟进 of today: some late, some due, some for later; each with whom to call."""
    firms = {play.key: play for play in stage.plays}
    for who, key, ago, text, ahead in PROMISES:
        project = session.get_one(Project, stage.projects[key])
        contact = session.scalars(
            select(Contact).where(Contact.enterprise_id == project.enterprise_id).order_by(Contact.order).limit(1)
        ).one()
        body = VisitBody(
            kind="phone_follow_up", project=project.id, content=f"电话了解{firms[key].building}近况，约定下一步。",
            met=[Met(name=contact.name, title=contact.title, contact=contact.id)],
            next_step=NextStep(text=text, on=stage.today + timedelta(days=ahead)),
        )  # fmt: skip
        at = clock.now() - timedelta(days=ago)
        with clock.frozen(at):
            feed.log_visit(session, _person(stage, who), _arrival(at, rng), body, zone_readable=settings.zone_readable)


def _for_review(settings: Settings, db: Database, stage: Stage, rng: random.Random) -> None:
    """A visit for a project that is unknown here, and two versions of another."""
    at = clock.now() - timedelta(hours=6)
    lost, double = make_id(at, rng), make_id(at, rng)
    known = str(stage.projects[stage.plays[1].key])
    said: list[tuple[UUID, dict[str, Any]]] = [
        (lost, {"kind": "site_visit", "project": str(make_id(at, rng)), "progress": "项目部反映临时用水已接通。"}),
        (double, {"kind": "phone_follow_up", "project": known, "content": "企业表示下周三组织基础验收。"}),
        (double, {"kind": "phone_follow_up", "project": known, "content": "企业表示下周四组织基础验收，邀请参加。"}),
    ]
    for id, body in said:
        envelope = {
            "id": str(id), "type": "visit", "schema": 1, "owner": str(stage.users["officer2"].id),
            "occurred_at": at.isoformat(), "recorded_at": at.isoformat(), "photos": [], "body": body,
        }  # fmt: skip
        raw = json.dumps(envelope, ensure_ascii=False).encode()
        records.accept(db, settings, id, raw, records.Sender(stage.users["officer2"].id))
