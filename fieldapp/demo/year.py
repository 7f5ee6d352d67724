"""A year of the zone: some seven hundred visits of every kind, with photos, supplements and issues."""

import hashlib
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from multiprocessing import get_context
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import update
from sqlalchemy.orm import Session

from fieldapp.accounts.policy import Person, person_on
from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.core.files import Files
from fieldapp.core.payload import Arrival, Position, Times
from fieldapp.demo import ending, handling, words
from fieldapp.demo.issue_words import OPENED_BY, IssueText, issue_text
from fieldapp.demo.scenes import Shot, draw_shot
from fieldapp.demo.stage import FIRST_TEAM, Stage, make_id
from fieldapp.demo.zone import DemoProject, enterprises
from fieldapp.feed import actions as feed
from fieldapp.issues.body import IssueEvent
from fieldapp.photos import actions as photos
from fieldapp.photos import copies
from fieldapp.photos.body import PhotoClaim
from fieldapp.photos.models import Photo, evidence_key
from fieldapp.settings import Settings
from fieldapp.visits.body import Met, NextStep, Outside, VisitBody

SHANGHAI = ZoneInfo("Asia/Shanghai")
VISITS = 700
PHOTOS = 260
IN_ONE_TRANSACTION = 40
DRAWERS = 2
# kind -> how often among a hundred visits (the telephone leads by far)
OFTEN = {
    "phone_follow_up": 36, "site_inspection": 14, "site_visit": 16, "incoming_call": 5, "online": 5, "joint_visit": 3,
    "accompanied_filing": 6, "department_liaison": 4, "office_meeting": 2, "coordination_meeting": 2,
    "liaison_meeting": 1, "talks": 1, "policy_briefing": 1, "standing_watch": 1, "mock_acceptance": 2, "reception": 1,
}  # fmt: skip
QUIET, QUIET_FOR = ("bailu", "qingyu"), 47  # 久未联系: nobody was in touch for so many days
ON_SITE = ("site_inspection", "site_visit", "joint_visit", "standing_watch", "mock_acceptance")


@dataclass
class Plan:
    """One visit to be."""

    at: datetime  # UTC, when it took place
    kind: str
    play: DemoProject
    officer: str
    seed: int
    shots: list[tuple[words.PhotoPlan, Shot]] = field(default_factory=list)
    issue: IssueText | None = None


@dataclass(frozen=True)
class Taken:
    """A drawn photo with its copies, as another process hands it over."""

    data: bytes
    thumb: bytes
    width: int
    height: int


def play(settings: Settings, db: Database, files: Files, stage: Stage, rng: random.Random) -> None:
    plans = _plans(stage, rng)
    _give_photos(plans, rng)
    _give_issues(plans, stage, rng)
    pictures = _pictures([shot for plan in plans for _, shot in plan.shots])
    for start in range(0, len(plans), IN_ONE_TRANSACTION):
        _log_some(settings, db, files, stage, plans[start : start + IN_ONE_TRANSACTION], pictures)
    handling.play(settings, db, stage, rng)
    ending.play(settings, db, stage, rng)


def _plans(stage: Stage, rng: random.Random) -> list[Plan]:
    """When, what kind, where, who: more of late than a year ago, on working days, the sites in the morning."""
    plans: list[Plan] = []
    weights = [6 if play.key_project else 3 for play in stage.plays]
    while len(plans) < VISITS:
        ago = int(365 * rng.random() ** 1.25)
        day = stage.today - timedelta(days=ago)
        if day.weekday() >= 5 and rng.random() < 0.9:
            continue
        kind = rng.choices(list(OFTEN), list(OFTEN.values()))[0]
        hour = (
            rng.choice((9, 9, 10, 10, 11, 14, 15))
            if kind in ON_SITE
            else rng.choice((8, 9, 10, 11, 13, 14, 15, 16, 17))
        )
        at = datetime(day.year, day.month, day.day, hour, rng.randrange(60), tzinfo=SHANGHAI).astimezone(UTC)
        if at > clock.now() - timedelta(minutes=20):
            continue
        project = rng.choices(stage.plays, weights)[0]
        if project.key in QUIET and ago < QUIET_FOR:
            continue
        plans.append(Plan(at, kind, project, _officer(stage, project, rng), rng.getrandbits(32)))
    return sorted(plans, key=lambda plan: plan.at)


def _officer(stage: Stage, project: DemoProject, rng: random.Random) -> str:
    if stage.team_of[project.key] != FIRST_TEAM:
        return "officer3"
    return rng.choices(("officer1", "officer2", "lead1"), (6, 5, 1))[0]


def _days_ago(plan: Plan, today: date) -> int:
    return (today - plan.at.astimezone(SHANGHAI).date()).days


def _give_photos(plans: Sequence[Plan], rng: random.Random) -> None:
    """The latest visits have pictures first: that is where one looks."""
    left = PHOTOS
    today = clock.now().astimezone(SHANGHAI).date()
    for plan in reversed(plans):
        ago = _days_ago(plan, today)
        wanted = rng.choice((2, 3, 3, 4)) if plan.kind in ON_SITE and ago < 45 else rng.choice((0, 1, 1, 2))
        own = random.Random(plan.seed)
        local = plan.at.astimezone(SHANGHAI)
        for shot in words.photo_plans(plan.kind, plan.play, ago, own, min(wanted, left)) if wanted and left else ():
            board = tuple(words.board_lines(plan.play, shot, f"{local:%Y-%m-%d %H:%M}", plan.officer))
            progress = words.share_done(plan.play, ago)
            plan.shots.append(
                (shot, Shot(shot.scene, own.getrandbits(32), local.replace(tzinfo=None), board, progress))
            )
            left -= 1


def _give_issues(plans: Sequence[Plan], stage: Stage, rng: random.Random) -> None:
    for plan in plans:
        if plan.kind in (*ON_SITE, "incoming_call", "phone_follow_up") and rng.random() < 0.17:
            plan.issue = issue_text(plan.play, _days_ago(plan, stage.today), random.Random(plan.seed + 1))


def _take(shot: Shot) -> Taken:
    data = draw_shot(shot)
    made = copies.make(BytesIO(data))
    return Taken(data, made.thumb, made.width, made.height)


def _pictures(shots: Sequence[Shot]) -> Iterator[Taken]:
    """Drawn by other processes while this one writes; spawned, since this one has a database open."""
    with ProcessPoolExecutor(DRAWERS, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_take, shots, chunksize=6)


def _log_some(
    settings: Settings, db: Database, files: Files, stage: Stage, plans: list[Plan], pictures: Iterator[Taken]
) -> None:
    """Bytes first, then rows: no receipt could be wrong at any moment."""
    taken = {id(plan): [next(pictures) for _ in plan.shots] for plan in plans}
    for shots in taken.values():
        for shot in shots:
            files.put_bytes(evidence_key(hashlib.sha256(shot.data).hexdigest()), shot.data)

    def log(session: Session) -> list[tuple[UUID, Taken]]:
        stored: list[tuple[UUID, Taken]] = []
        for plan in plans:
            stored += _log(session, settings, stage, plan, taken[id(plan)])
        return stored

    for photo_id, shot in db.write(log):
        files.put_bytes(f"thumb/{photo_id}.jpg", shot.thumb)


def _log(
    session: Session, settings: Settings, stage: Stage, plan: Plan, shots: list[Taken]
) -> list[tuple[UUID, Taken]]:
    rng = random.Random(plan.seed + 2)
    received = plan.at + timedelta(seconds=rng.randint(20, 600))
    if rng.random() < 0.06:  # out of reach until the evening
        received = min(plan.at + timedelta(hours=rng.randint(1, 9)), clock.now())
    user = stage.users[plan.officer]
    author = person_on(user, plan.at.astimezone(SHANGHAI).date())
    claims = [_claim(plan, shot, drawn, rng) for (shot, _), drawn in zip(plan.shots, shots, strict=True)]
    arrival = Arrival(make_id(plan.at, rng), Times(plan.at, plan.at, received))
    with clock.frozen(received):
        feed.log_visit(
            session, author, arrival, _body(stage, plan, author, rng), claims=claims,
            issue_events=_opened(plan, claims, rng), zone_readable=settings.zone_readable,
        )  # fmt: skip
        photos.receive(session, user.id, [claim.id for claim in claims])
    for claim, drawn in zip(claims, shots, strict=True):
        _copies_are_made(session, claim.id, drawn)
    return list(zip((claim.id for claim in claims), shots, strict=True))


def _copies_are_made(session: Session, photo_id: UUID, drawn: Taken) -> None:
    made = {"derivative": "made", "detected": "JPEG", "width": drawn.width, "height": drawn.height}
    session.execute(update(Photo).where(Photo.id == photo_id).values(display_is_evidence=True, **made))


def _claim(plan: Plan, shot: words.PhotoPlan, drawn: Taken, rng: random.Random) -> PhotoClaim:
    return PhotoClaim(
        id=make_id(plan.at, rng), sha256=hashlib.sha256(drawn.data).hexdigest(), size=len(drawn.data),
        taken_at=plan.at + timedelta(seconds=rng.randint(5, 500)), role=shot.role, caption=shot.caption,
        width=drawn.width, height=drawn.height,
    )  # fmt: skip


def _body(stage: Stage, plan: Plan, author: Person, rng: random.Random) -> VisitBody:
    ago = _days_ago(plan, stage.today)
    said = words.visit_text(plan.kind, plan.play, ago, rng)
    firm = next(firm for firm in enterprises() if firm.name == plan.play.enterprise)
    met = [Met(name=one.name, title=one.title) for one in rng.sample(firm.contacts, 1)]
    day = plan.at.astimezone(SHANGHAI).date()
    step = None
    if said.next_step:
        step = NextStep(
            text=said.next_step, on=day + timedelta(days=said.next_step_days) if said.next_step_days else None
        )
    others = [name for name in ("officer1", "officer2", "lead1") if name != plan.officer]
    joint = plan.kind in ("joint_visit", "coordination_meeting", "office_meeting")
    invited = rng.sample(list(stage.enterprises.values()), 6) if plan.kind in ("policy_briefing", "talks") else []
    return VisitBody(
        kind=plan.kind, project=stage.projects[plan.play.key], content=said.content, progress=said.progress,
        needs=said.needs, problems=said.problems, answers=said.answers, next_step=step, met=met,
        policy_items=list(said.policy_items), outside=[Outside(unit=unit, name=who) for unit, who in said.outside],
        enterprises=invited, participants=[stage.users[rng.choice(others)].id] if joint else [],
        programmes=[rng.choice(words.PROGRAMMES)[0]] if rng.random() < 0.2 else [],
        **_position(plan, rng),
    )  # fmt: skip


def _position(plan: Plan, rng: random.Random) -> dict[str, Any]:
    """Near the project, as good as phones are; now and then none (a steel shed, no permission)."""
    if plan.kind not in ON_SITE:
        return {}
    if rng.random() < 0.1:
        return {"position_absent": rng.choice(("timeout", "denied", "indoors"))}
    accuracy = rng.choice((5, 8, 12, 15, 22, 40, 65))
    metre = 1 / 111_000
    here = Position(
        lat=round(plan.play.lat + rng.gauss(0, 70) * metre, 6), lng=round(plan.play.lng + rng.gauss(0, 90) * metre, 6),
        accuracy_m=accuracy, age_ms=rng.randint(200, 8000),
    )  # fmt: skip
    return {"position": here}


def _opened(plan: Plan, claims: Sequence[PhotoClaim], rng: random.Random) -> list[IssueEvent]:
    if plan.issue is None:
        return []
    text = plan.issue
    deadline = plan.at + timedelta(days=rng.randint(5, 25)) if rng.random() < 0.3 else None
    return [
        IssueEvent(
            id=make_id(plan.at, rng), issue=make_id(plan.at, rng), type="opened", title=text.title,
            text=text.description, category=text.category, nature=text.nature, urgency=text.urgency,
            channel="phone" if plan.kind in ("incoming_call", "phone_follow_up") else "visit",
            raised_by=rng.choice(OPENED_BY), place=text.place, sensitive=text.sensitive, enterprise_deadline=deadline,
            photos=[claim.id for claim in claims[:1]],
        )
    ]  # fmt: skip
