"""Reading what became of workbooks."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session, undefer

from fieldapp.accounts.models import POWERS, Membership, User
from fieldapp.core.paging import Page, pack, unpack
from fieldapp.sheets.models import Workbook

A_PAGE = 20


def workbooks(session: Session, after: str | None) -> Page[tuple[Workbook, str]]:
    """The newest first, with who brought them."""
    query = select(Workbook, User.name).join(User, User.id == Workbook.brought_by)
    if (place := unpack(after, datetime, UUID)) is not None:
        query = query.where(tuple_(Workbook.at, Workbook.id) < place)
    rows = session.execute(query.order_by(Workbook.at.desc(), Workbook.id.desc()).limit(A_PAGE + 1)).all()
    items = [(one, name) for one, name in rows[:A_PAGE]]
    more = len(rows) > A_PAGE
    return Page(items, pack(items[-1][0].at, items[-1][0].id) if more else None)


def workbook(session: Session, id: UUID, *, findings: bool = False) -> Workbook | None:
    options = [undefer(Workbook.findings)] if findings else []
    return session.scalar(select(Workbook).where(Workbook.id == id).options(*options))


def waiting_for_password(session: Session, ids: list[UUID]) -> list[tuple[UUID, str, str]]:
    """Id, account and name of those who have not signed in with the password that they were given. Not of whoever was
    granted one of the three powers since: who knew their password would have that power."""
    powerful = select(Membership.user_id).where(Membership.role.in_(POWERS), Membership.user_id.in_(ids))
    query = select(User.id, User.username, User.name).where(
        User.id.in_(ids), User.must_change_password, User.id.not_in(powerful)
    )
    return [(id, username, name) for id, username, name in session.execute(query.order_by(User.username))]
