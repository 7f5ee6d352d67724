"""Reading the feed, newest first, by keyset."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from fieldapp.core.fixed import Fixed
from fieldapp.core.paging import Page, pack, page, unpack
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
    start = unpack(after, datetime, UUID)
    if start is not None:
        at, id = start
        query = query.where(or_(Entry.occurred_at < at, and_(Entry.occurred_at == at, Entry.id < id)))
    query = query.order_by(Entry.occurred_at.desc(), Entry.id.desc()).limit(limit + 1)
    return page(list(session.scalars(query)), limit, lambda entry: pack(entry.occurred_at, entry.id))
