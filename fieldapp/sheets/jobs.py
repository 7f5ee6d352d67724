"""A workbook is checked, and brought in, after the answer: ten thousand lines take longer than anybody waits."""

from dataclasses import asdict
from datetime import timedelta
from functools import partial
from io import BytesIO
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session, undefer

from fieldapp.core import audit, clock, jobs
from fieldapp.core.secret import secret_key
from fieldapp.sheets import actions
from fieldapp.sheets.models import AT_WORK, CHECKED, DONE, REFUSED, WAITING, WANTED, Workbook
from fieldapp.sheets.reading import Book, Unreadable, read
from fieldapp.sheets.steps import Doer

JOB = "workbooks"
LEASE = timedelta(minutes=5)  # anew with each hundred lines
SHOWN = 1000  # findings that are kept
KEPT = timedelta(days=1)


@jobs.job(JOB)
def work(context: jobs.Context) -> None:
    """Every workbook that waits, one at a time: two at once would plan with each other's lines missing."""
    while (claimed := context.db.write(_claim)) is not None:
        _look_at(context, claimed)
    context.db.write(_let_go)


def _claim(session: Session) -> Workbook | None:
    waiting = select(Workbook).where(Workbook.state.in_(AT_WORK)).order_by(Workbook.at, Workbook.id).limit(1)
    workbook = session.scalar(waiting.options(undefer(Workbook.content)).with_for_update(skip_locked=True))
    if workbook is None or (workbook.lease is not None and workbook.lease > clock.now()):
        return None
    workbook.lease = clock.now() + LEASE
    return workbook


def _look_at(context: jobs.Context, claimed: Workbook) -> None:
    try:
        book = read(BytesIO(claimed.content or b""))
    except Unreadable as error:
        context.db.write(partial(_refused, id=claimed.id, error=error))
        return
    with context.db.reading() as session:
        planned = actions.plan(session, book, clock.today(context.settings.timezone))
    ready = claimed.state == WANTED and (claimed.skip_bad or not planned.bad)
    context.db.write(lambda session: _planned(session, claimed.id, book, planned, goes_on=ready))
    if ready:
        _bring(context, claimed, planned)


def _bring(context: jobs.Context, claimed: Workbook, planned: actions.Plan) -> None:
    doer = Doer(claimed.brought_by, secret_key(context.settings))

    def each(session: Session, done: int, accounts: list[tuple[UUID, str]]) -> None:
        workbook = session.get_one(Workbook, claimed.id)
        workbook.done, workbook.lease = done, clock.now() + LEASE
        workbook.accounts = [*workbook.accounts, *([str(id), name] for id, name in accounts)]

    try:
        actions.bring(context.db, planned, doer, claimed.id, each=each)
    except actions.Overtaken:
        context.db.write(lambda session: _again(session, claimed.id))
        return
    context.db.write(lambda session: _done(session, claimed.id))


def _refused(session: Session, id: UUID, error: Unreadable) -> None:
    workbook = session.get_one(Workbook, id)
    workbook.state, workbook.reason, workbook.said = REFUSED, error.code, error.said
    workbook.content, workbook.lease = None, None


def _planned(session: Session, id: UUID, book: Book, planned: actions.Plan, *, goes_on: bool) -> None:
    workbook = session.get_one(Workbook, id)
    workbook.counts, workbook.found = planned.counts, len(planned.findings)
    workbook.findings = [asdict(one) for one in planned.findings[:SHOWN]]
    workbook.unknown, workbook.total, workbook.done = book.unknown[:20], planned.to_do, 0
    if not goes_on:
        workbook.state, workbook.lease = CHECKED, None


def _again(session: Session, id: UUID) -> None:
    """What it was checked against has changed: it is checked anew, and somebody looks at it once more."""
    workbook = session.get_one(Workbook, id)
    workbook.state, workbook.overtaken, workbook.lease = WAITING, True, None


def _done(session: Session, id: UUID) -> None:
    workbook = session.get_one(Workbook, id)
    workbook.state, workbook.content, workbook.lease = DONE, None, None
    audit.record(session, workbook.brought_by, "workbook.done", "workbook", id, counts=workbook.counts)


def _let_go(session: Session) -> None:
    """Nobody needs the file of yesterday any more; it names people and their numbers."""
    old = Workbook.at < clock.now() - KEPT
    idle = Workbook.state.not_in(AT_WORK), Workbook.content.is_not(None)
    session.execute(update(Workbook).where(old, *idle).values(content=None))
