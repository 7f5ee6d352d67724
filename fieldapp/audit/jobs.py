"""Each minute: whether the seal is to be checked, and what of the log may go. `forwarding` sends it to the syslog."""

import logging
from datetime import timedelta

from sqlalchemy.orm import Session

from fieldapp.audit import forwarding, seal
from fieldapp.core import audit_chain, clock, facts, jobs

__all__ = ["forwarding"]  # registered by being imported
log = logging.getLogger("fieldapp.audit")

CHECK = "audit-check"  # the job's name, for a nudge
LET_GO = "audit.let_go"  # a fact: the day, and the days by the setting, for which it was done


@jobs.job(CHECK)
def check_seal(context: jobs.Context) -> None:
    with context.db.reading() as session:
        due = seal.is_due(session)
    if due:
        seal.check(context.db)


@jobs.every_minute
def let_go(context: jobs.Context) -> None:
    """Once a day announce what was kept long enough; what an announcement, sealed by now, lies behind goes."""
    if not (days := context.settings.keep_logs_days):
        return
    today: dict[str, str | int] = {"day": clock.today(context.settings.timezone).isoformat(), "days": days}
    with context.db.reading() as session:
        done = facts.get(session, LET_GO) == today
    if not done:
        _announce(context, days, today)
    while context.db.write(audit_chain.remove_some):
        pass


def _announce(context: jobs.Context, days: int, today: dict[str, str | int]) -> None:
    before = clock.now() - timedelta(days=days)
    try:
        with context.db.reading() as session:
            last = audit_chain.goes_up_to(session, before)
    except audit_chain.Broken as broken:
        last = None
        log.error("the log is not as it was written: nothing of it goes", extra={"facts": {"row": broken.seq}})

    def write(session: Session) -> None:
        if last is not None:
            audit_chain.announce(session, last, before)
        facts.put(session, LET_GO, **today)

    context.db.write(write)
