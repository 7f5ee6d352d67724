"""By what words an issue is found: its own, and those of all that was said of it."""

from functools import partial
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.core.db import Ending, at_end
from fieldapp.issues.models import Issue, IssueEvent
from fieldapp.search import actions as search

KIND = "issue"
TEXTS = ("title", "description", "raised_by", "place")


def changed(session: Session, issue_id: UUID) -> None:
    """Something of it has changed: it is indexed once, when the transaction ends."""
    at_end(session, Ending.WORDS, f"issue {issue_id}", partial(_say, issue_id))


def _say(issue_id: UUID, session: Session) -> None:
    issue = session.get(Issue, issue_id)
    if issue is not None:
        say_again(session, issue)


def say_again(session: Session, issue: Issue) -> None:
    """A withdrawn one is not found any more."""
    if issue.state == "withdrawn":
        search.leave(session, issue.id)
        return
    told = select(IssueEvent.body).where(IssueEvent.issue_id == issue.id, IssueEvent.applied)
    said = [body.get("text", "") for body in session.scalars(told.order_by(IssueEvent.order))]
    search.say(session, KIND, issue.id, issue.opened_at, [*(getattr(issue, name) for name in TEXTS), *said])
