"""What became of one's own records, and the numbers that they were given (docs/sync-protocol.md 10)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.core import clock
from fieldapp.issues.models import Issue, IssueEvent
from fieldapp.sync.models import Record
from fieldapp.visits.models import Visit

Rows = list[dict[str, Any]]

OUTCOMES_AT_FIRST = timedelta(days=30)
OUTCOMES_A_PAGE = 1_000


def outcomes_of(session: Session, owner: UUID, since: int | None) -> tuple[Rows, int | None]:
    """What became of one's own records: number, state and why; at first those of the last 30 days.

    Beside them the version up to which they are whole, where there are more."""
    recent = Record.version > since if since is not None else Record.received_at > clock.now() - OUTCOMES_AT_FIRST
    query = (
        select(Record)
        .where(Record.owner_id == owner, recent)
        .order_by(Record.version, Record.id)
        .limit(OUTCOMES_A_PAGE + 1)
    )
    records = list(session.scalars(query))
    told_to = None
    if len(records) > OUTCOMES_A_PAGE:
        told_to = records[-1].version - 1
        records = [record for record in records if record.version <= told_to]
    numbers = _numbers(session, [record.id for record in records if record.type == "visit"])
    numbers |= _numbers_of_events(session, [record.id for record in records if record.type == "issue_event"])
    rows = [
        {
            "id": str(record.id), "state": record.state, "reason": record.reason, "needs_review": record.needs_review,
            "number": numbers.get(record.id, (None, {}))[0], "issue_numbers": numbers.get(record.id, (None, {}))[1],
        }
        for record in records
    ]  # fmt: skip
    return rows, told_to


def _numbers(session: Session, visit_ids: list[UUID]) -> dict[UUID, tuple[str | None, dict[str, str]]]:
    """Of visits: their number, and the numbers of the issues opened in them."""
    found: dict[UUID, tuple[str | None, dict[str, str]]] = {
        id: (number, {})
        for id, number in session.execute(select(Visit.id, Visit.number).where(Visit.id.in_(visit_ids)))
    }
    opened = select(Issue.visit_id, Issue.id, Issue.number).where(Issue.visit_id.in_(visit_ids))
    for visit_id, issue_id, number in session.execute(opened):
        if visit_id in found and number:
            found[visit_id][1][str(issue_id)] = number
    return found


def _numbers_of_events(session: Session, event_ids: list[UUID]) -> dict[UUID, tuple[str | None, dict[str, str]]]:
    """Of events outside a visit: the number of their issue, which a phone tells a restored server like any other."""
    of_issue = select(IssueEvent.id, Issue.id, Issue.number).join(Issue, Issue.id == IssueEvent.issue_id)
    told = session.execute(of_issue.where(IssueEvent.id.in_(event_ids))) if event_ids else ()
    return {event_id: (None, {str(issue_id): number}) for event_id, issue_id, number in told if number}
