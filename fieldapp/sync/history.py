"""After a restore: phones tell what the server once had, and hear which of that it lacks (docs/sync-protocol.md 12).

Numbers are reserved only for what is not here, and only as far as the lost server can have given them: anyone with
an account may call this at any time, and must not be able to use the numbers up.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from pydantic import Field
from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session

from fieldapp.accounts.policy import Person
from fieldapp.core import audit, clock, numbers
from fieldapp.core.changes import insert
from fieldapp.core.db import Ending, at_end
from fieldapp.core.models import Audit, Counter, Reserved
from fieldapp.core.payload import OFFICE, Line, Payload
from fieldapp.sync.models import Raw

# Numbers of issues that one request may have kept: meanwhile nobody else may be able to write. Others are left aside,
# and given anew; a refusal would keep the phone from bringing back its records.
MOST_NUMBERS = 2_000
NUMBER = re.compile(r"(ZF|XQ)-([0-9]{4})-([0-9]{6,9})")
SUBJECT = {numbers.VISIT: "visit", numbers.ISSUE: "issue"}
ENDING = {numbers.VISIT: Ending.VISIT_NUMBER, numbers.ISSUE: Ending.ISSUE_NUMBER}


class Remembered(Payload):
    """A record that a phone still holds and that once had a 2xx."""

    id: UUID
    sha256: Line
    visit_number: Line | None = None
    issue_numbers: dict[UUID, Line] = Field(default_factory=dict)


class History(Payload):
    owner: UUID | None = None  # whose records they are
    records: list[Remembered] = Field(default_factory=list, max_length=500)


@dataclass(frozen=True)
class Held:
    """A number that a phone still holds for an id."""

    series: str
    year: int
    count: int
    text: str
    id: UUID

    @property
    def counter(self) -> str:
        return f"{self.series}-{self.year}"


def history(session: Session, person: Person, device_id: UUID, said: History) -> list[UUID]:
    """Keep the numbers that the phone knows for the ids that are not here; answer the records that we lack."""
    here = select(Raw.record_id, Raw.payload_sha256).where(Raw.record_id.in_([r.id for r in said.records]))
    known = {(row.record_id, row.payload_sha256) for row in session.execute(here)}
    visits = [one for record in said.records for one in _held(numbers.VISIT, record.visit_number, record.id)]
    opened = ((issue, number) for record in said.records for issue, number in record.issue_numbers.items())
    issues = [one for issue, number in islice(opened, MOST_NUMBERS) for one in _held(numbers.ISSUE, number, issue)]
    _reserve(session, person, numbers.VISIT, visits)
    _reserve(session, person, numbers.ISSUE, issues)
    audit.record(session, person.id, "device.history", "device", device_id, records=len(said.records))
    return [record.id for record in said.records if (record.id, record.sha256) not in known]


def _held(series: str, text: str | None, id: UUID) -> list[Held]:
    match = NUMBER.fullmatch(text or "")
    if match is None or match[1] != series:
        return []
    return [Held(series, int(match[2]), int(match[3]), match[0], id)]


def _reserve(session: Session, person: Person, series: str, held: list[Held]) -> None:
    """Hold each number for its id, and lift the counters above them. What another has by now is only told of."""
    here = numbers.with_number(session, series, {one.id for one in held})
    ours = [one for one in held if one.id not in here and _given_by_us(session, one)]
    texts = {one.text for one in ours}
    taken = numbers.in_use(session, series, texts)
    reserved = session.execute(select(Reserved.number, Reserved.id).where(Reserved.number.in_(texts)))
    taken |= {row.number: row.id for row in reserved}
    highest: dict[str, int] = {}
    for one in ours:
        holder = taken.setdefault(one.text, one.id)
        if holder != one.id:
            _tell_taken(session, person, one, holder)
            continue
        values = {"number": one.text, "id": one.id, "at": clock.now()}
        session.execute(insert(session, Reserved).values(**values).on_conflict_do_nothing())
        highest[one.counter] = max(highest.get(one.counter, 0), one.count)
    for counter, value in highest.items():
        at_end(session, ENDING[series], f"lift:{counter}", _lifting(counter, value))


def _given_by_us(session: Session, one: Held) -> bool:
    """Whether the lost server can have given this number: this year or the last, not far beyond the backup."""
    year = clock.now().astimezone(OFFICE).year
    return one.year in (year - 1, year) and 0 < one.count <= _highest(session).get(one.counter, 0)


def _highest(session: Session) -> dict[str, int]:
    if "highest_before" not in session.info:
        session.info["highest_before"] = numbers.highest_before(session)
    found: dict[str, int] = session.info["highest_before"]
    return found


def _tell_taken(session: Session, person: Person, one: Held, holder: UUID) -> None:
    """It will get another number: the audit says which one it had. Once, however often the phone says it."""
    told = select(Audit.id).where(
        Audit.verb == "number.replaced", Audit.subject_type == SUBJECT[one.series], Audit.subject_id == str(one.id)
    )
    if session.scalar(told.limit(1)) is None:
        subject = SUBJECT[one.series]
        audit.record(session, person.id, "number.replaced", subject, one.id, number=one.text, taken_by=str(holder))


def _lifting(counter: str, value: int) -> Callable[[Session], None]:
    def lift(session: Session) -> None:
        session.execute(insert(session, Counter).values(name=counter, value=0).on_conflict_do_nothing())
        session.execute(update(Counter).where(and_(Counter.name == counter, Counter.value < value)).values(value=value))

    return lift
