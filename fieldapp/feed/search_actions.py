"""The index of the search, made again from the records that it tells of."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from fieldapp.core.db import Database
from fieldapp.core.models import Fact
from fieldapp.issues import words as issue_words
from fieldapp.issues.models import Issue
from fieldapp.search import actions as search
from fieldapp.visits import words as visit_words
from fieldapp.visits.models import Visit

DUE = "search-due"  # a fact that a migration writes: what is here waits to be indexed
A_BATCH = 500
FIRST = UUID(int=0)


def rebuild(database: Database) -> int:
    """Empty the index, then say every visit and every issue anew, some at a time: others write meanwhile. How many."""
    database.write(search.forget_all)
    count = _say_all(database, Visit) + _say_all(database, Issue)
    database.write(lambda session: session.execute(delete(Fact).where(Fact.name == DUE)))
    return count


def _say_all(database: Database, model: type[Visit] | type[Issue]) -> int:
    last, count = FIRST, 0

    def some(session: Session) -> list[UUID]:
        query = select(model).where(model.id > last).order_by(model.id).limit(A_BATCH)
        found: list[Visit | Issue] = list(session.scalars(query))
        for one in found:
            if isinstance(one, Visit):
                visit_words.say_again(session, one)
            else:
                issue_words.say_again(session, one)
        return [one.id for one in found]

    while ids := database.write(some):
        last, count = ids[-1], count + len(ids)
    return count
