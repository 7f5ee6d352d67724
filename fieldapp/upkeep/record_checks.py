"""The doctor on what the database says: damage, devices, jobs, audit, accounts."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select, text

from fieldapp.accounts import actions as accounts
from fieldapp.accounts import queries as accounts_queries
from fieldapp.accounts.models import User
from fieldapp.audit import forwarding
from fieldapp.core import audit, clock
from fieldapp.core.audit_chain import verify
from fieldapp.demo.load import PASSWORD
from fieldapp.photos.models import Photo
from fieldapp.sync.devices import GAP_AFTER
from fieldapp.sync.models import RECEIVED, Gap, Raw
from fieldapp.upkeep.examining import Examination, Finding

WORKER = "See whether `fieldapp serve` (or `fieldapp worker`) runs and what its log says."
RESTORE = "Stop the server, keep a copy of everything as it is, and restore the last backup into an empty place."


def integrity(this: Examination) -> Iterator[Finding]:
    """SQLite reads its whole file; PostgreSQL looks after itself."""
    if this.database.dialect != "sqlite":
        return
    with this.database.reading() as session:
        said = [str(row[0]) for row in session.execute(text("PRAGMA integrity_check(20)"))]
        orphans = session.execute(text("PRAGMA foreign_key_check")).all()
    if said != ["ok"]:
        yield Finding("database-damaged", "The database file is damaged.", RESTORE, said)
    if orphans:
        about = [f"{row[0]} row {row[1]} refers to a {row[2]} that is not there" for row in orphans]
        yield Finding("database-references", f"{len(orphans)} rows refer to rows that are not there.", RESTORE, about)


def device_gaps(this: Examination) -> Iterator[Finding]:
    """Records that a phone has counted and that never came."""
    old = select(Gap).where(Gap.since <= clock.now() - GAP_AFTER).order_by(Gap.device_id, Gap.seq)
    with this.database.reading() as session:
        gaps = session.scalars(old).all()
        names = accounts_queries.names(session, {gap.user_id for gap in gaps})
    if gaps:
        about = [f"{names.get(gap.user_id, gap.user_id)}: no. {gap.seq} of phone {gap.device_id}" for gap in gaps]
        yield Finding(
            "device-gaps",
            f"{len(gaps)} records were saved on phones and have not come for three days, though the phones were here.",
            "Ask their officers, before they clear or change the phone; /review lists the phones.",
            about,
        )


def unprojected(this: Examination) -> Iterator[Finding]:
    """Records whose second transaction has not run, though the sweep looks each minute."""
    old = select(Raw.record_id).where(Raw.state == RECEIVED, Raw.received_at <= _a_while_ago(this)).order_by(Raw.id)
    with this.database.reading() as session:
        waiting = [str(id) for id in session.scalars(old)]
    if waiting:
        yield Finding(
            "records-waiting", f"{len(waiting)} records have arrived and are on no timeline yet.", WORKER, waiting
        )


def copies_waiting(this: Examination) -> Iterator[Finding]:
    """Photos whose thumbnails have not been made."""
    old = select(func.count(), func.min(Photo.stored_at)).where(
        Photo.derivative.in_(["wanted", "making", "again"]), Photo.stored_at <= _a_while_ago(this)
    )
    with this.database.reading() as session:
        count, since = session.execute(old).one()
    if count:
        yield Finding(
            "jobs-behind",
            f"{count} photos wait for their thumbnails, the oldest since {since:%Y-%m-%d %H:%M} UTC.",
            WORKER,
        )


def audit_chain(this: Examination) -> Iterator[Finding]:
    with this.database.reading() as session:
        verdict = verify(session)
        unsealed = audit.unsealed_since(session)
    if verdict.broken_at is not None:
        yield Finding(
            "audit-broken",
            f"The audit log is not as it was written: row {verdict.broken_at} was changed, or one before it removed.",
            "Somebody has written to the database past the application. Keep a copy of everything, compare the log "
            "with that of the backups, and find out who has access.",
        )
    if unsealed is not None and unsealed <= _a_while_ago(this):
        yield Finding(
            "audit-unsealed",
            f"{verdict.unsealed} rows of the audit log are not sealed, the oldest since {unsealed:%Y-%m-%d %H:%M} UTC.",
            WORKER,
        )


def syslog(this: Examination) -> Iterator[Finding]:
    """Whether the server that should have the log too has it."""
    if not this.settings.syslog:
        return
    with this.database.reading() as session:
        waiting, dropped, since, why = forwarding.standing(session)
    if since is not None and since <= _a_while_ago(this):
        yield Finding(
            "syslog-failing",
            f"{this.settings.syslog} has not taken the audit log since {since:%Y-%m-%d %H:%M} UTC ({why}); "
            f"{waiting} rows wait.",
            "See whether it runs and can be reached from here. The rows are sent when it answers, up to "
            f"{forwarding.MOST_BEHIND:,} of them.",
        )
    if dropped:
        yield Finding(
            "syslog-dropped",
            f"{dropped} rows of the audit log were never sent to {this.settings.syslog}: it was away for too long.",
            "They are in this server's own log: the auditor exports them on /audit, as JSON lines.",
        )


def demo_accounts(this: Examination) -> Iterator[Finding]:
    """Accounts whose password anybody can read in the documentation, where others than this machine can sign in."""
    if this.settings.local:
        return
    with this.database.reading() as session:
        users = session.scalars(select(User).where(User.disabled_at.is_(None)).order_by(User.username)).all()
    of_demo = [user.username for user in users if user.demo]
    known = {user.password_hash for user in users if user.demo}  # the demo's seven share one hash, and its cost
    open_hashes = {
        hashed for hashed in known if any(accounts.verify(u, PASSWORD) for u in users if u.password_hash == hashed)
    }
    open_ones = [user.username for user in users if user.password_hash in open_hashes]
    if open_ones:
        yield Finding(
            "demo-accounts",
            f"{len(open_ones)} demo accounts have the password that the documentation names.",
            "Begin with an empty database; invented visits do not belong beside real ones. At once: "
            "`fieldapp user disable NAME` for each.",
            open_ones,
        )
    elif of_demo:
        yield Finding(
            "demo-accounts",
            f"{len(of_demo)} demo accounts are in this database.",
            "Begin with an empty database; invented visits do not belong beside real ones.",
            of_demo,
        )


def _a_while_ago(this: Examination) -> datetime:
    return clock.now() - this.limits.waiting


ALL = (integrity, device_gaps, unprojected, copies_waiting, audit_chain, syslog, demo_accounts)
