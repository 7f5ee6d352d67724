"""What became of the year's issues: dispatched, handled, answered, struck off, the older the further.

The life of an issue has no pages yet, so its events are written here as its units would have: rows in the order of
acceptance, and the fold over them.
"""

import random
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.demo.issue_words import CALLBACKS, RETURN_REASONS
from fieldapp.demo.stage import Stage, make_id
from fieldapp.issues.models import Issue, IssueEvent
from fieldapp.issues.states import refold
from fieldapp.settings import Settings
from fieldapp.timeline import actions as timeline

LIMIT = timedelta(days=15)
# How far an issue of that age (days) has come, as the events after `opened`.
WHOLE = ("dispatched", "accepted", "progress", "replied", "close_off_asked", "approved", "called_back", "struck_off")
SHORT = ("solved", "called_back", "struck_off")
NOTES = {
    "progress": ("已安排人员现场查勘，正在制定方案。", "方案已定，施工队伍明日进场。", "已完成过半，等待材料到场。"),
    "replied": ("已办理完毕，并向企业作了答复。", "已书面答复企业，企业表示认可。"),
    "solved": ("已现场协调解决。",),
    "close_off_asked": ("企业已确认，申请销号。",),
    "approved": ("同意销号，安排回访。",),
    "called_back": CALLBACKS,
    "returned": RETURN_REASONS,
}


def play(settings: Settings, db: Database, stage: Stage, rng: random.Random) -> None:
    db.write(lambda session: _all(session, stage, rng))


def _all(session: Session, stage: Stage, rng: random.Random) -> None:
    for issue in session.scalars(select(Issue).order_by(Issue.opened_at, Issue.id)).all():
        _live(session, stage, issue, rng)


def _live(session: Session, stage: Stage, issue: Issue, rng: random.Random) -> None:
    """Let the events after the opening happen, each a day or some after the last, until now is reached."""
    story: tuple[str, ...] = SHORT if rng.random() < 0.2 else WHOLE
    if story is WHOLE and rng.random() < 0.12:
        story = ("dispatched", "returned", *WHOLE)
    age = (clock.now() - issue.opened_at).days
    most = len(story) if age > 40 or rng.random() < 0.3 else rng.randrange(len(story) + 1)
    at, order = issue.opened_at, 1
    for type in story[:most]:
        at += timedelta(hours=rng.randint(3, 90))
        if at > clock.now():
            break
        order += 1
        _add(session, stage, issue, type, at, order, make_id(at, rng), rng)
    if issue.dispatched_at is not None:
        issue.due_at = issue.dispatched_at + LIMIT
    refold(session, issue)


def _add(
    session: Session, stage: Stage, issue: Issue, type: str, at: datetime, order: int, id: UUID, rng: random.Random
) -> None:
    by_unit = type in ("accepted", "progress", "replied", "returned", "close_off_asked")
    actor = stage.users["unit1" if by_unit else "desk1" if type in ("dispatched", "called_back") else "lead1"].id
    text = rng.choice(NOTES.get(type, ("",)))
    session.add(
        IssueEvent(
            id=id, issue_id=issue.id, order=order, type=type, actor_id=actor, occurred_at=at, received_at=at,
            unit_id=issue.lead_unit_id if by_unit else None, base=issue.last_event_id,
            body={"text": text} if text else {},
        )
    )  # fmt: skip
    if type == "dispatched":
        issue.dispatched_at = at
        issue.lead_unit_id = issue.lead_unit_id or stage.units["市政工程部"]
    timeline.append(
        session, projects=[link.project_id for link in issue.projects],
        enterprises=[link.enterprise_id for link in issue.enterprises], occurred_at=at, received_at=at, kind="issue",
        subkind=type, actor_id=actor, ref=id, parent=issue.id,
    )  # fmt: skip
