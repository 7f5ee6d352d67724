"""The table of an issue's states (docs/sync-protocol.md 9 shows the same), and the fold of its events over it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.issues import words
from fieldapp.issues.models import Issue, IssueEvent

OPEN, DISPATCHED, HANDLING, RETURNED, REPLIED = "open", "dispatched", "handling", "returned", "replied"
SOLVED, CLOSE_OFF_ASKED, APPROVED, CALLED_BACK = "solved", "close_off_asked", "approved", "called_back"
REOPENED, STRUCK_OFF, MERGED, WITHDRAWN = "reopened", "struck_off", "merged", "withdrawn"

ENDED = frozenset({STRUCK_OFF, MERGED, WITHDRAWN})
GOING = frozenset(
    {OPEN, DISPATCHED, HANDLING, RETURNED, REPLIED, SOLVED, CLOSE_OFF_ASKED, APPROVED, CALLED_BACK, REOPENED}
)
STATES = GOING | ENDED
SAME = ""  # the event leaves the state as it is

#     event                from                                                            to
NEXT: dict[str, tuple[frozenset[str], str]] = {
    "opened":             (frozenset(),                                                    OPEN),
    "dispatched":         (frozenset({OPEN, RETURNED, REOPENED, DISPATCHED}),              DISPATCHED),
    "accepted":           (frozenset({DISPATCHED}),                                        HANDLING),
    "returned":           (frozenset({DISPATCHED, HANDLING}),                              RETURNED),
    "progress":           (GOING,                                                          SAME),
    "no_change":          (GOING,                                                          SAME),
    "extended":           (GOING,                                                          SAME),
    "replied":            (frozenset({DISPATCHED, HANDLING, REOPENED, REPLIED}),           REPLIED),
    "solved":             (frozenset({OPEN, DISPATCHED, HANDLING, RETURNED, REOPENED, REPLIED}), SOLVED),
    "close_off_asked":    (frozenset({REPLIED, SOLVED}),                                   CLOSE_OFF_ASKED),
    "approved":           (frozenset({CLOSE_OFF_ASKED}),                                   APPROVED),
    "called_back":        (frozenset({APPROVED, SOLVED, REPLIED}),                         CALLED_BACK),
    "reopened":           (frozenset({REPLIED, SOLVED, CLOSE_OFF_ASKED, APPROVED, CALLED_BACK, STRUCK_OFF}), REOPENED),
    "struck_off":         (frozenset({APPROVED, CALLED_BACK}),                             STRUCK_OFF),
    "merged":             (GOING,                                                          MERGED),
    "withdrawn":          (GOING,                                                          WITHDRAWN),
}  # fmt: skip
# Until the life of an issue is built.
FROM_A_PHONE = frozenset({"opened", "progress", "no_change", "solved", "withdrawn"})
SUPERSEDED, DOES_NOT_FIT = "superseded", "does-not-fit"
UPDATES = frozenset({"progress", "no_change", "solved"})  # what an officer says of an open issue with one tap


def after(state: str, event: str) -> str | None:
    """The state after `event`; None where it does not fit."""
    sources, target = NEXT[event]
    return (target or state) if state in sources else None


def become(issue: Issue, state: str, event_id: UUID | None, at: datetime) -> None:
    issue.state = state
    issue.closed_at = (issue.closed_at or at) if state in ENDED else None
    issue.last_event_id, issue.last_event_at = event_id, at


def state_before(session: Session, event: IssueEvent) -> str:
    """In which state its issue was when it came."""
    earlier = select(IssueEvent.type).where(IssueEvent.issue_id == event.issue_id, IssueEvent.applied)
    state = OPEN
    for type in session.scalars(earlier.where(IssueEvent.order < event.order).order_by(IssueEvent.order)):
        state = (OPEN if type == "opened" else after(state, type)) or state
    return state


def refold(session: Session, issue: Issue) -> None:
    """Make the issue's row what its applied events say, in their order."""
    session.flush()
    applied = select(IssueEvent).where(IssueEvent.issue_id == issue.id, IssueEvent.applied)
    events = session.scalars(applied.order_by(IssueEvent.order)).all()
    state, last = OPEN, None
    for event in events:
        state = (OPEN if event.type == "opened" else after(state, event.type)) or state
        last = event
    if last is not None:
        become(issue, state, last.id, last.occurred_at)
    words.changed(session, issue.id)
