"""Each minute: is there an index of the search to be made?"""

from fieldapp.core import jobs
from fieldapp.core.models import Fact
from fieldapp.feed import search_actions


@jobs.every_minute
def make_index(context: jobs.Context) -> None:
    """Left over by a migration; begun anew should it have been broken off."""
    with context.db.reading() as session:
        due = session.get(Fact, search_actions.DUE)
    if due is not None:
        search_actions.rebuild(context.db)
