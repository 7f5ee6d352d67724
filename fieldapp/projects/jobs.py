"""A day begins: assignments and roles begin and end with it. The phones are told whose projects are theirs now, and who
logs visits in which team."""

from datetime import date, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from fieldapp.accounts.models import Membership
from fieldapp.core import changes, clock, facts, jobs
from fieldapp.core.models import Fact
from fieldapp.projects.models import Assignment

TOLD = "assignments_told"  # a fact: the day of which phones know


@jobs.every_minute
def tell_of_the_day(context: jobs.Context) -> None:
    """Once a day; a row that was changed by hand has been told of by who changed it."""
    today = clock.today(context.settings.timezone)
    with context.db.reading() as session:
        if facts.text(session, TOLD) == today.isoformat():
            return
    context.db.write(lambda session: _tell(session, today))


def _tell(session: Session, today: date) -> None:
    known = session.get(Fact, TOLD, with_for_update=True)
    since = date.fromisoformat(known.value) if known is not None else today - timedelta(days=1)
    for kind, dated, whose in (
        ("project", Assignment, Assignment.project_id), ("officer", Membership, Membership.user_id),
    ):  # fmt: skip
        begun = dated.starts_on.between(since + timedelta(days=1), today)
        over = dated.ends_on.between(since, today - timedelta(days=1))
        for id in set(session.scalars(select(whose).where(or_(begun, over)))):
            changes.note(session, kind, id)
    facts.put_text(session, TOLD, today.isoformat())
