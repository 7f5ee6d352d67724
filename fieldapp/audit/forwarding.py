"""The sealed rows of the log, sent on to a syslog server in their order (FIELDAPP_SYSLOG).

The database is the queue: what a server that does not answer has missed is sent when it answers again, up to
MOST_BEHIND rows; older ones are left out and counted. With several workers a row may go twice: its number tells.
"""

import logging
from contextlib import closing
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.accounts.models import User
from fieldapp.core import audit_chain, clock, facts, jobs
from fieldapp.core.models import Audit
from fieldapp.core.syslog import Wire

log = logging.getLogger("fieldapp.audit")
STATE = "audit.syslog"  # a fact: the row sent last, how many were left out, since when it fails and why
MOST_BEHIND = 100_000
A_BATCH = 500


@jobs.every_minute
def forward(context: jobs.Context) -> None:
    if not (url := context.settings.syslog):
        return
    with context.db.reading() as session:
        state, end = facts.get(session, STATE), audit_chain.last_sealed(session)
    if "sent" not in state:  # from now on: what was written before it was set is not told again
        _keep(context, {"sent": end, "dropped": 0})
        return
    if end - state["sent"] > MOST_BEHIND:
        left_out = end - MOST_BEHIND - state["sent"]
        state = {**state, "sent": end - MOST_BEHIND, "dropped": state["dropped"] + left_out}
        log.error("rows of the log were left out of the syslog", extra={"facts": {"rows": left_out}})
        _keep(context, state)
    if state["sent"] < end:
        _send(context, url, state)


def _send(context: jobs.Context, url: str, state: dict[str, Any]) -> None:
    """All that waits; what stands in the way is kept for the doctor, and tried again in a minute."""
    try:
        with closing(Wire(url)) as wire:
            while rows := _next(context, state["sent"]):
                for row, account in rows:
                    wire.send(row.at, _said(row, account))
                state = {"sent": rows[-1][0].seq, "dropped": state["dropped"]}
                _keep(context, state)
    except OSError as error:
        since = state.get("failing_since") or clock.now().isoformat()
        log.warning("the syslog server does not answer", extra={"facts": {"error": str(error)}})
        _keep(context, {**state, "failing_since": since, "error": str(error)[:200]})


def _next(context: jobs.Context, sent: int) -> list[tuple[Audit, str | None]]:
    query = select(Audit, User.username).outerjoin(User, User.id == Audit.actor_id).where(Audit.seq > sent)
    with context.db.reading() as session:
        return [(row, account) for row, account in session.execute(query.order_by(Audit.seq).limit(A_BATCH))]


def _said(row: Audit, account: str | None) -> dict[str, Any]:
    return {
        "seq": row.seq, "verb": row.verb, "account": account, "actor": str(row.actor_id) if row.actor_id else None,
        "subject": row.subject_type, "id": row.subject_id, "detail": row.detail, "request": row.request_id,
        "address": row.address, "hash": (row.hash or b"").hex(),
    }  # fmt: skip


def _keep(context: jobs.Context, state: dict[str, Any]) -> None:
    context.db.write(lambda session: facts.put(session, STATE, **state))


def standing(session: Session) -> tuple[int, int, datetime | None, str]:
    """For the doctor: how many rows wait, how many were left out, since when it fails, and why."""
    state = facts.get(session, STATE)
    waiting = audit_chain.last_sealed(session) - state["sent"] if "sent" in state else 0
    since = state.get("failing_since")
    return waiting, state.get("dropped", 0), datetime.fromisoformat(since) if since else None, state.get("error", "")
