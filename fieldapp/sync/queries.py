"""How `/review` finds its rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from fieldapp.accounts import queries as accounts
from fieldapp.accounts.policy import Person
from fieldapp.core.paging import Page, by_time
from fieldapp.feed import queries as feed
from fieldapp.projects.models import Project
from fieldapp.sync import envelope, policy
from fieldapp.sync.models import Raw, Record, ReviewItem
from fieldapp.sync.payloads import VisitRecord
from fieldapp.visits import policy as visits_policy
from fieldapp.visits.models import Visit, VisitKind

LIST_SIZE = 30
MOST_COUNTED = 1_000


@dataclass(frozen=True)
class Waiting:
    """A row of the list: the item, whose it is, and the visit it led to, if the reader may open that."""

    item: ReviewItem
    author: str
    visit: UUID | None
    number: str | None
    type: str  # of the record: visit, supplement, issue_event


@dataclass(frozen=True)
class Version:
    """One of several contents under an id, as far as whoever sorts it out needs to tell them apart."""

    sha256: str
    rev: int
    received_at: datetime
    state: str
    kind: VisitKind | None
    project: str
    occurred_at: datetime | None
    text: str
    photos: int | None


def waiting(
    session: Session, person: Person, after: str | None, *, zone_readable: bool, kinds: Iterable[str] = (),
    most: int = LIST_SIZE,
) -> Page[Waiting]:  # fmt: skip
    """Open items, of these kinds or of any, oldest first: what has waited longest comes first."""
    query = _open(person)
    if kinds:
        query = query.where(ReviewItem.kind.in_(list(kinds)))
    found = by_time(session, query, ReviewItem.opened_at, ReviewItem.id, after=after, limit=most, oldest_first=True)
    return Page(_rows(session, person, found.items, zone_readable=zone_readable), found.next)


def _open(person: Person) -> Select[ReviewItem]:
    return select(ReviewItem).where(ReviewItem.closed_at.is_(None), policy.to_sort(person))


def counts(session: Session, person: Person) -> dict[str, int]:
    """How many items of each kind wait, among the first MOST_COUNTED."""
    some = _open(person).with_only_columns(ReviewItem.kind).limit(MOST_COUNTED).subquery()
    return dict(session.execute(select(some.c.kind, func.count()).group_by(some.c.kind)).all())


def _rows(session: Session, person: Person, items: list[ReviewItem], *, zone_readable: bool) -> list[Waiting]:
    names = accounts.names(session, {item.user_id for item in items if item.user_id})
    ids = [item.record_id for item in items if item.record_id]
    readable = visits_policy.readable(person, zone_readable=zone_readable)
    seen = {
        row.id: row.number for row in session.execute(select(Visit.id, Visit.number).where(Visit.id.in_(ids), readable))
    }
    types = dict(session.execute(select(Record.id, Record.type).where(Record.id.in_(ids))).all())
    return [
        Waiting(
            item,
            names.get(item.user_id, "") if item.user_id else "",
            item.record_id if item.record_id in seen else None,
            seen.get(item.record_id) if item.record_id else None,
            types.get(item.record_id, "") if item.record_id else "",
        )
        for item in items
    ]


def one(session: Session, person: Person, id: UUID, *, zone_readable: bool) -> Waiting | None:
    """An open item that this person may sort out."""
    query = select(ReviewItem).where(ReviewItem.id == id, ReviewItem.closed_at.is_(None), policy.to_sort(person))
    item = session.scalar(query)
    return _rows(session, person, [item], zone_readable=zone_readable)[0] if item is not None else None


def count(session: Session, person: Person, most: int = 100) -> int:
    """How many items wait for this person, up to `most`: counts are capped."""
    open_ones = select(ReviewItem.id).where(ReviewItem.closed_at.is_(None), policy.to_sort(person)).limit(most)
    return session.scalar(select(func.count()).select_from(open_ones.subquery())) or 0


feed.to_sort_out.append(count)  # today's page, below us, shows the number


def count_of_devices(session: Session) -> int:
    """Phones that need a look. A number is all that leads and desks are told."""
    query = select(func.count()).where(ReviewItem.closed_at.is_(None), ReviewItem.kind.in_(policy.OF_DEVICES))
    return session.scalar(query) or 0


def versions(session: Session, person: Person, record_id: UUID) -> list[Version]:
    """The contents that stand under an id. A desk is not shown the text of a sensitive one; who reads no visits is
    told when each came and what became of it, and no more."""
    raws = session.scalars(select(Raw).where(Raw.record_id == record_id).order_by(Raw.received_at, Raw.id)).all()
    if session.get(Record, record_id) is None:
        return []
    if not policy.reads_texts(person):
        return [
            Version(raw.payload_sha256, raw.rev, raw.received_at, raw.state, None, "", None, "", None) for raw in raws
        ]
    kinds = {kind.code: kind for kind in session.scalars(select(VisitKind))}
    return [_version(session, person, raw, kinds) for raw in raws]


def _version(session: Session, person: Person, raw: Raw, kinds: dict[str, VisitKind]) -> Version:
    reading = envelope.read(raw.payload, raw.record_id)
    photos = len(reading.claims) if reading.claims is not None else None
    kind, project, at, text = None, "", None, ""
    if isinstance(reading.record, VisitRecord):
        body = reading.record.body
        kind, at = kinds.get(body.kind), reading.record.occurred_at
        if person.is_lead or not body.sensitive:
            found = session.get(Project, body.project) if body.project else None
            project = found.title if found is not None else body.typed_project
            text = "\n".join(filter(None, (body.content, body.progress, body.needs, body.problems, body.answers)))
    return Version(raw.payload_sha256, raw.rev, raw.received_at, raw.state, kind, project, at, text[:400], photos)


def raws_of(session: Session, record_id: UUID) -> list[Raw]:
    """The contents under an id, newest first; their bytes are read only when asked for."""
    return list(session.scalars(select(Raw).where(Raw.record_id == record_id).order_by(Raw.id.desc())))
