"""A workbook checked against the registers, and brought in.

Nothing is brought in unless every line is good, or bad ones are to be skipped. Lines go in a hundred at a time, each
hundred in one transaction, so that a phone that saves a visit meanwhile does not wait; who is stopped in between begins
anew and finds what is done: a row is known by what people call it (an enterprise by its credit code or name, a project
by enterprise, name and phase, an account by its name, a contact by enterprise, name and number), never by its line.
That is also why the same file twice changes nothing.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from fieldapp.accounts.actions import Refused
from fieldapp.core import audit
from fieldapp.core.db import Database
from fieldapp.core.kept import Clash, Moved
from fieldapp.sheets import firms, people
from fieldapp.sheets.columns import ASSIGNMENTS, CONTACTS, PROJECTS, UNITS, USERS
from fieldapp.sheets.known import Known, load
from fieldapp.sheets.reading import Book, Row
from fieldapp.sheets.steps import SAME, Doer, Step
from fieldapp.sheets.values import Bad, checked

A_BATCH = 100
READ: dict[str, Callable[[Row, Known], Step]] = {
    UNITS: people.unit,
    USERS: people.account,
    PROJECTS: firms.project,
    ASSIGNMENTS: people.assignment,
    CONTACTS: firms.contact,
}


@dataclass(frozen=True)
class Finding:
    """What is wrong, or odd, with a line."""

    sheet: str
    row: int
    column: str
    code: str
    said: dict[str, object] = field(default_factory=dict)
    bad: bool = True


@dataclass(frozen=True)
class Plan:
    """`steps` in the order in which they are to be done; bad lines have none."""

    steps: list[Step]
    findings: list[Finding]
    counts: dict[str, dict[str, int]]  # sheet → new, changed, same, bad

    @property
    def bad(self) -> int:
        return sum(each["bad"] for each in self.counts.values())

    @property
    def to_do(self) -> int:
        return sum(step.what != SAME for step in self.steps)


Each = Callable[[Session, int, list[tuple[UUID, str]]], None]


def plan(session: Session, book: Book, day: date) -> Plan:
    """Check every line against the registers and against the lines before it; write nothing."""
    known = load(session, day)
    steps: list[Step] = []
    findings: list[Finding] = []
    counts = {sheet.name: Counter({"new": 0, "changed": 0, "same": 0, "bad": 0}) for sheet in book.sheets}
    for row in book.rows:
        try:
            step = _step(row, known)
        except Bad as bad:
            findings.append(Finding(row.sheet.name, row.number, bad.column, bad.code, bad.said))
            counts[row.sheet.name]["bad"] += 1
            continue
        steps.append(step)
        counts[row.sheet.name][step.what] += 1
        findings += [Finding(row.sheet.name, row.number, column, code, bad=False) for code, column in step.warnings]
    return Plan(steps, findings, {name: dict(each) for name, each in counts.items()})


def _step(row: Row, known: Known) -> Step:
    for column in row.sheet.columns:
        checked(column, row.cells[column.name])
    return READ[row.sheet.name](row, known)


class Overtaken(Exception):
    """Somebody has changed what a line was checked against; what was brought in before it stays."""


@dataclass(frozen=True)
class Brought:
    accounts: list[tuple[UUID, str]]
    done: int


def bring(
    database: Database, planned: Plan, doer: Doer, workbook: UUID, *,
    each: Each | None = None,
) -> Brought:  # fmt: skip
    """Do what is to be done. `each` is told, in a hundred's own transaction, how many are done and which accounts were
    made. Raises Overtaken."""
    waiting = [step for step in planned.steps if step.what != SAME]
    made: list[tuple[UUID, str]] = []
    done = 0
    for steps in _in_batches(waiting):
        for step in steps:
            if step.prepare is not None:
                step.prepare(doer)
        accounts = [step.account for step in steps if step.account is not None]
        done += len(steps)

        hundred = _Hundred(steps, doer, workbook, done, accounts, each)
        try:
            database.write(hundred.write)
        except (Clash, Moved, Refused) as reason:
            raise Overtaken(str(reason)) from reason
        made += accounts
    return Brought(made, done)


@dataclass(frozen=True)
class _Hundred:
    steps: list[Step]
    doer: Doer
    workbook: UUID
    upto: int
    accounts: list[tuple[UUID, str]]
    each: Each | None

    def write(self, session: Session) -> None:
        for step in self.steps:
            for act in step.acts:
                act(session, self.doer)
        told = {"rows": len(self.steps), "upto": self.upto}
        audit.record(session, self.doer.by, "workbook.brought", "workbook", self.workbook, **told)
        if self.each is not None:
            self.each(session, self.upto, self.accounts)


def _in_batches(steps: list[Step]) -> list[list[Step]]:
    return [steps[at : at + A_BATCH] for at in range(0, len(steps), A_BATCH)]
