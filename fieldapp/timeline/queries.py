"""Reading the feed, newest first, by keyset."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, select
from sqlalchemy.orm import Session

from fieldapp.core.fixed import Fixed
from fieldapp.core.paging import Page, by_time
from fieldapp.timeline.models import Entry

SIZE = 20
_OTHER = Fixed(select(Entry.id).where(Entry.ref == bindparam("sought"), Entry.kind != bindparam("kind")).limit(1))


def is_taken(session: Session, ref: UUID, kind: str) -> bool:
    """Whether timelines know something of another kind by this id."""
    return _OTHER.first(session, sought=ref, kind=kind) is not None


def entries(
    session: Session,
    *,
    project_id: UUID | None = None,
    enterprise_id: UUID | None = None,
    kinds: Collection[str] = (),
    subkinds: Collection[str] = (),
    where: ColumnElement[bool] | None = None,
    after: str | None = None,
    limit: int = SIZE,
) -> Page[Entry]:
    """A page of one timeline. `where` is the asker's visibility, by join: upper layers know what a `ref` is."""
    whose = Entry.project_id == project_id if project_id else Entry.enterprise_id == enterprise_id
    query = select(Entry).where(whose, Entry.left_at.is_(None))
    if kinds:
        query = query.where(Entry.kind.in_(kinds))
    if subkinds:
        query = query.where(Entry.subkind.in_(subkinds))
    if where is not None:
        query = query.where(where)
    return by_time(session, query, Entry.occurred_at, Entry.id, after=after, limit=limit)
