"""One synthetic visit, as the rows that accepting it would have left."""

import hashlib
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fieldapp.core.db import new_id
from fieldapp.core.payload import OFFICE
from fieldapp.demo.bulk import Row

Made = dict[str, list[Row]]  # by the name of the table
HANDLED_WITHIN, A_WEEK = timedelta(days=30), timedelta(days=7)
SENTENCES = (
    "看了主厂房，二层钢构正在吊装。",
    "企业反映临时用电容量不足。",
    "道路已经通到门口。",
    "设备到货，准备安装。",
    "工人宿舍已经交付。",
    "手续齐全，等待验收。",
    "雨水管线尚未接通。",
    "电话了解进度，一切正常。",
)


@dataclass(frozen=True)
class Author:
    id: UUID
    team: UUID


@dataclass(frozen=True)
class Place:
    project: UUID
    enterprise: UUID
    lat: float
    lng: float


@dataclass
class Told:
    """What has been counted so far."""

    now: datetime
    rows: Counter[str] = field(default_factory=Counter)
    numbers: Counter[str] = field(default_factory=Counter)
    visited: Counter[UUID] = field(default_factory=Counter)
    last_at: dict[UUID, datetime] = field(default_factory=dict)

    def number(self, series: str, at: datetime) -> str:
        name = f"{series}-{at.astimezone(OFFICE).year}"
        self.numbers[name] += 1
        return f"{name}-{self.numbers[name]:06d}"


def visit_rows(
    made: Made, told: Told, at: datetime, author: Author, place: Place, kind: str, device: UUID, dice: random.Random,
    *, category: str, unit: UUID,
) -> None:  # fmt: skip
    """A visit with the rows around it: two photos in 3 of 10, an issue in 1 of 4, a next step in 1 of 5."""
    id, seq = new_id(), told.rows["visit"] + len(made.get("visit", [])) + 1
    said = {"kind": kind, "project": str(place.project), "content": dice.choice(SENTENCES),
            "progress": dice.choice(SENTENCES)}  # fmt: skip
    payload = _payload(id, author, device, seq, at, said)
    sha256 = hashlib.sha256(payload).hexdigest()
    here = (place.lat + dice.gauss(0, 0.0004), place.lng + dice.gauss(0, 0.0004)) if dice.random() < 0.7 else None
    _add(made, "raw", id=seq, record_id=id, payload_sha256=sha256, payload=payload, schema=1, rev=1, owner_id=author.id,
         sender_id=author.id, device_id=device, received_at=at, state="projected", reason="",
         failed_version="")  # fmt: skip
    _add(made, "record", id=id, type="visit", owner_id=author.id, device_id=device, seq=seq, state="placed", reason="",
         needs_review=False, raw_id=seq, rev=1, received_at=at, changed_at=at, version=0)  # fmt: skip
    follows = dice.random() < 0.2
    _add(made, "visit", id=id, number=told.number("ZF", at), sensitive=dice.random() < 0.02, payload_sha256=sha256,
         **_sealed(author, kind, at, device, seq, said, here, "约定回访" if follows else ""))  # fmt: skip
    _add(made, "visit_project", visit_id=id, project_id=place.project, main=True, order=0)
    _entries(made, place, at, author, id, "visit", kind, None)
    if follows:
        _add(made, "follow_up", id=new_id(), owner_id=author.id, visit_id=id, project_id=place.project, text="约定回访",
             due_on=(at + A_WEEK).date(), done_at=at + A_WEEK if at + A_WEEK < told.now else None)  # fmt: skip
    for order in range(2 if dice.random() < 0.3 else 0):
        _photo(made, id, author, at, order)
    if dice.random() < 0.25:
        _issue(made, told, id, author, place, at, category, unit, dice)
    told.visited[place.project] += 1
    told.last_at[place.project] = max(at, told.last_at.get(place.project, at))


def _add(made: Made, table: str, **row: Any) -> None:
    made.setdefault(table, []).append(row)


def _payload(id: UUID, author: Author, device: UUID, seq: int, at: datetime, body: dict[str, Any]) -> bytes:
    said = {"id": str(id), "type": "visit", "schema": 1, "rev": 1, "replaces": None, "owner": str(author.id),
            "device": str(device), "seq": seq, "occurred_at": at.isoformat(), "recorded_at": at.isoformat(),
            "photos": [], "body": body}  # fmt: skip
    return json.dumps(said, ensure_ascii=False).encode()


def _sealed(
    author: Author, kind: str, at: datetime, device: UUID, seq: int, said: dict[str, Any],
    here: tuple[float, float] | None, step: str,
) -> Row:  # fmt: skip
    lat, lng = here or (None, None)
    return {
        "kind": kind, "owner_id": author.id, "team_id": author.team, "state": "placed", "typed_project": "",
        "occurred_at": at, "occurred_said": at, "said_when": "now", "recorded_at": at, "received_at": at,
        "later_entry": False, "late_upload": False, "clock_doubtful": False, "content": said["content"],
        "progress": said["progress"], "needs": "", "problems": "", "answers": "", "stage": "", "met": [], "outside": [],
        "programmes": [], "policy_items": [], "next_step": step, "next_step_by": "", "lat": lat, "lng": lng,
        "accuracy_m": 12.0 if here else None, "position_source": "gps" if here else None, "position_absent": "",
        "photos_absent": "", "datum_doubtful": False, "schema": 1, "rev": 1, "device_id": device, "seq": seq,
    }  # fmt: skip


def _entries(
    made: Made, place: Place, at: datetime, author: Author, ref: UUID, kind: str, subkind: str, parent: UUID | None
) -> None:
    """On the project's timeline and on the enterprise's."""
    shared = {"occurred_at": at, "received_at": at, "kind": kind, "subkind": subkind, "actor_id": author.id, "ref": ref,
              "parent": parent}  # fmt: skip
    _add(made, "entry", id=new_id(), project_id=place.project, enterprise_id=None, **shared)
    _add(made, "entry", id=new_id(), project_id=None, enterprise_id=place.enterprise, **shared)


def _photo(made: Made, visit: UUID, author: Author, at: datetime, order: int) -> None:
    id = new_id()
    _add(made, "photo", id=id, record_id=visit, owner_id=author.id, order=order,
         sha256=hashlib.sha256(id.bytes).hexdigest(), size=305_000, type="image/jpeg", taken_at=at, role="progress",
         caption="", viewpoint="", sensitive=False, exif_claimed={}, state="stored", stored_at=at, derivative="made",
         detected="JPEG", width=2048, height=1536, display_is_evidence=True)  # fmt: skip
    _add(made, "photo_use", photo_id=id, user_type="visit", user_id=visit, sensitive=False)


def _issue(
    made: Made, told: Told, visit: UUID, author: Author, place: Place, at: datetime, category: str, unit: UUID,
    dice: random.Random,
) -> None:  # fmt: skip
    id, event, title = new_id(), new_id(), dice.choice(SENTENCES).strip("。")
    ended = at + HANDLED_WITHIN if at + HANDLED_WITHIN < told.now and dice.random() < 0.98 else None
    _add(made, "issue", id=id, number=told.number("XQ", at), title=title, description="", nature="request",
         category=category, urgency="normal", channel="visit", raised_by="", place="",
         state="struck_off" if ended else "open", lead_unit_id=unit, opened_by=author.id, team_id=author.team,
         visit_id=visit, sensitive=False, opened_at=at, received_at=at, closed_at=ended, last_event_id=event,
         last_event_at=at, due_at=at + HANDLED_WITHIN)  # fmt: skip
    _add(made, "issue_project", issue_id=id, project_id=place.project)
    _add(made, "issue_enterprise", issue_id=id, enterprise_id=place.enterprise)
    _add(made, "issue_event", id=event, issue_id=id, order=1, type="opened", actor_id=author.id, record_id=visit,
         occurred_at=at, received_at=at, applied=True, reason="", body={"title": title})  # fmt: skip
    _entries(made, place, at, author, event, "issue", "opened", id)
