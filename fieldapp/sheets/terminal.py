"""`fieldapp import`: the same check and the same bringing in as the page's, told on a terminal."""

import sys
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from fieldapp.accounts.people_actions import one_time_password
from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from fieldapp.core.secret import secret_key
from fieldapp.settings import Settings
from fieldapp.sheets import actions, words
from fieldapp.sheets.reading import MOST_BYTES, Unreadable, read
from fieldapp.sheets.steps import Doer


def bring_in(
    database: Database, settings: Settings, file: Path, *, only: str | None, dry: bool, skip_bad: bool
) -> int:  # fmt: skip
    """0: every line is good, and in (unless `dry`). 1: some are bad. Raises Unreadable, OSError."""
    with file.open("rb") as content:
        if file.stat().st_size > MOST_BYTES:
            raise Unreadable("too-big")
        book = read(content, only)
    with database.reading() as session:
        planned = actions.plan(session, book, clock.today(settings.timezone))
    _tell(planned, book.unknown)
    if dry or (planned.bad and not skip_bad):
        print("Nothing was brought in.")
        return 1 if planned.bad else 0
    doer = Doer(None, secret_key(settings))
    try:
        brought = actions.bring(database, planned, doer, new_id(), each=_progress(planned.to_do))
    except actions.Overtaken:
        print("Somebody changed the registers meanwhile. What was done stays; run it again for the rest.")
        return 1
    print(f"{brought.done} lines brought in, {len(planned.steps) - planned.to_do} were as they are.")
    _hand_out(brought, doer)
    return 1 if planned.bad else 0


def _tell(planned: actions.Plan, unknown: list[str]) -> None:
    for name, each in planned.counts.items():
        said = ", ".join(f"{count} {what}" for what, count in each.items() if count)
        print(f"{words.sheet_title(name)}: {said or 'empty'}")
    for one in planned.findings:
        mark = "bad" if one.bad else "odd"
        print(f"  {mark}  {words.sheet_title(one.sheet)} line {one.row}: {words.finding(asdict(one))}")
    for what in unknown:
        print(f"  not known, left out: {what}")


def _progress(total: int) -> actions.Each | None:
    """A line that moves, for who looks at a terminal."""
    if not sys.stderr.isatty():
        return None

    def each(_session: Session, done: int, _accounts: list[tuple[UUID, str]]) -> None:
        filled = 40 * done // total
        sys.stderr.write(f"\r[{'#' * filled}{'.' * (40 - filled)}] {done}/{total}" + ("\n" if done == total else ""))
        sys.stderr.flush()

    return each


def _hand_out(brought: actions.Brought, doer: Doer) -> None:
    if brought.accounts:
        print("New accounts, each with a password for the first sign-in only; their roles wait to be granted:")
    for id, username in brought.accounts:
        print(f"  {username:20} {one_time_password(doer.secret, id)}")
