"""Each list of the officer's day is read by its index, on both databases."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from fieldapp.accounts.policy import Person
from fieldapp.compliance import policy as compliance_policy
from fieldapp.compliance import queries as feedback
from fieldapp.compliance.models import Feedback
from fieldapp.core.db import Database
from fieldapp.feed import link_queries, search_queries, unfiled_queries
from fieldapp.projects import enterprise_queries as enterprises
from fieldapp.visits import joint_queries, last_queries, site_queries, stages
from fieldapp.visits import queries as visits
from tests.cast import NOON, Cast

Reads = Callable[[Session, Person, Cast], Any]
AT_PROJECT = "visit_project_project|pk_visit_project|sqlite_autoindex_visit_project_1"
LISTS: dict[str, tuple[str, str, Reads]] = {  # who reads, by which index, what
    "to be filed": ("ana", "ix_visit_state", lambda s, p, c: unfiled_queries.waiting(s, p, zone_readable=True)),
    "follow-ups": ("ana", "ix_follow_up_owner", lambda s, p, c: visits.follow_ups(s, p.id)),
    "stages to confirm": ("lin", "ix_stage_seen_waiting",
                          lambda s, p, c: stages.waiting(s, p, zone_readable=True, limit=5)),
    "own links": ("ana", "ix_link_maker", lambda s, p, c: link_queries.listed(s, p)),
    "all links": ("sia", "ix_link_made", lambda s, p, c: link_queries.listed(s, p)),
    "own feedback": ("ana", "ix_feedback_user", lambda s, p, c: feedback.listed(s, compliance_policy.own(p))),
    "to answer": ("zoe", "ix_feedback_open", lambda s, p, c: feedback.listed(s, Feedback.answered_at.is_(None))),
    "all feedback": ("zoe", "ix_feedback_said", lambda s, p, c: feedback.listed(s)),
    "enterprises": ("ana", "ix_enterprise_name", lambda s, p, c: enterprises.listed(s, p, zone_readable=True)),
    "last digits": ("ana", "ix_contact_phone_tail",
                    lambda s, p, c: search_queries.results(s, p, "5678", zone_readable=True, kind="contact")),
    "a number": ("ana", "visit_number|(number=?)",
                 lambda s, p, c: search_queries.results(s, p, "zf128", zone_readable=True)),
    "who was there too": ("bo", AT_PROJECT + "|ix_visit_occurred",
                          lambda s, p, c: joint_queries.at_the_same_time(s, p, c.sail, NOON, zone_readable=True)),
    "like last time": ("ana", AT_PROJECT,
                       lambda s, p, c: last_queries.last_visits(s, p, [c.sail], zone_readable=True)),
    "last progress": ("ana", AT_PROJECT,
                      lambda s, p, c: site_queries.last_progress(s, p, [c.sail], zone_readable=True)),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_read_by_its_index(db: Database, cast: Cast, name: str) -> None:
    who, index, read = LISTS[name]
    said: list[tuple[str, Any]] = []
    with db.reading() as session:
        person = cast.person(session, who)

        def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
            said.append((statement, parameters))

        event.listen(db.engine, "before_cursor_execute", hear)
        read(session, person, cast)
        event.remove(db.engine, "before_cursor_execute", hear)
        connection = session.connection()
        if db.dialect == "postgresql":  # tables this small are read whole, however many indexes they have
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        explain = "EXPLAIN QUERY PLAN " if db.dialect == "sqlite" else "EXPLAIN "
        plans = [
            " ".join(str(tuple(row)) for row in connection.exec_driver_sql(explain + statement, parameters))
            for statement, parameters in said
        ]
    assert any(one in plan for plan in plans for one in index.split("|")), plans
