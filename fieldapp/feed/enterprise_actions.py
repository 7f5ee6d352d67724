"""What is done to an enterprise across features: merging two, and what a visit says of new ones."""

from uuid import UUID, uuid5

from sqlalchemy import Table, delete, select, update
from sqlalchemy.orm import Session

from fieldapp.accounts.policy import Person
from fieldapp.core import audit, changes, clock
from fieldapp.core.db import table_of
from fieldapp.issues.models import IssueEnterprise
from fieldapp.projects import actions as projects
from fieldapp.projects import enterprise_actions as enterprises
from fieldapp.projects import policy
from fieldapp.projects.models import Contact, Enterprise, Project, digits_of
from fieldapp.timeline.models import Entry
from fieldapp.visits.body import Met, VisitBody
from fieldapp.visits.links import Links
from fieldapp.visits.models import VisitEnterprise


class CannotMerge(Exception):
    """One of the two is not there any more, or they are the same."""


def merge(session: Session, by: Person, old_id: UUID, kept_id: UUID) -> None:
    """Let `kept` stand for both: projects, contacts, issues, visits, the timeline go over; the old id leads there."""
    found = {
        one.id: one
        for one in session.scalars(
            select(Enterprise)
            .where(Enterprise.id.in_([old_id, kept_id]), Enterprise.merged_into.is_(None))
            .order_by(Enterprise.id)
            .with_for_update()
        )
    }
    if len(found) != 2:
        raise CannotMerge
    old, kept = found[old_id], found[kept_id]
    moved = list(session.scalars(select(Project.id).where(Project.enterprise_id == old_id)))
    session.execute(update(Project).where(Project.enterprise_id == old_id).values(enterprise_id=kept_id))
    contacts = _merge_contacts(session, old_id, kept_id)
    _relink(session, table_of(IssueEnterprise), "issue_id", old_id, kept_id)
    _relink(session, table_of(VisitEnterprise), "visit_id", old_id, kept_id)
    _merge_timelines(session, old_id, kept_id)
    _close(session, old, kept)
    audit.record(
        session, by.id, "enterprise.merged", "enterprise", old_id, into=str(kept_id), projects=len(moved),
        contacts=contacts,
    )  # fmt: skip
    for id in moved:
        changes.note(session, "project", id)
        projects.touch(session, id)
    enterprises.phones_learn(session, kept_id)


def _close(session: Session, old: Enterprise, kept: Enterprise) -> None:
    """The old row stays as a sign to the other; what it alone knew is taken over."""
    code, old.uscc = old.uscc, None
    session.flush()  # the code is unique: it must have left before it is given
    kept.uscc = kept.uscc or code
    kept.sector = kept.sector or old.sector
    old.merged_into, old.archived_at, old.confirmed = kept.id, clock.now(), True
    session.execute(update(Enterprise).where(Enterprise.merged_into == old.id).values(merged_into=kept.id))


def _merge_contacts(session: Session, old_id: UUID, kept_id: UUID) -> int:
    """Who is known by name and number on both sides is kept once; the other row stays, archived."""
    there = select(Contact).where(Contact.enterprise_id == kept_id, Contact.archived_at.is_(None))
    known = {(one.name, digits_of(one.phone)) for one in session.scalars(there)}
    moved = session.scalars(select(Contact).where(Contact.enterprise_id == old_id)).all()
    for one in moved:
        one.enterprise_id = kept_id
        if one.archived_at is None and (one.name, digits_of(one.phone)) in known:
            one.archived_at = clock.now()
    return len(moved)


def _relink(session: Session, links: Table, key: str, old: UUID, kept: UUID) -> None:
    """Every link to the old one becomes one to the kept one, once."""
    already = select(links.c[key]).where(links.c.enterprise_id == kept).scalar_subquery()
    session.execute(delete(links).where(links.c.enterprise_id == old, links.c[key].in_(already)))
    session.execute(update(links).where(links.c.enterprise_id == old).values(enterprise_id=kept))


def _merge_timelines(session: Session, old: UUID, kept: UUID) -> None:
    """What stood on both stands once; shown, if it was shown on either."""
    both = select(Entry.ref).where(Entry.enterprise_id == kept)
    shown = select(Entry.ref).where(Entry.enterprise_id == old, Entry.left_at.is_(None))
    session.execute(update(Entry).where(Entry.enterprise_id == kept, Entry.ref.in_(shown)).values(left_at=None))
    session.execute(delete(Entry).where(Entry.enterprise_id == old, Entry.ref.in_(both)))
    session.execute(update(Entry).where(Entry.enterprise_id == old).values(enterprise_id=kept))


# -- what a visit brings along (docs/sync-protocol.md 3) -----------------------------------------------------------


def add_named(session: Session, author: Person, body: VisitBody) -> None:
    """A visit to an enterprise that the zone did not know: its one enterprise has an id that the phone made, and its
    name is the one typed. It is there once, however often the visit comes."""
    name = body.typed_project.strip()
    if not name or len(body.enterprises) != 1 or body.project or body.projects or not policy.may_add(author):
        return
    if session.get(Enterprise, body.enterprises[0]) is None:
        enterprises.add_enterprise(session, author, body.enterprises[0], name=name)


def add_met(session: Session, author: Person, visit_id: UUID, body: VisitBody, links: Links, *, fresh: bool) -> None:
    """Whom the officer met and whose number they wrote down becomes a contact there, once. Until the visit is filed,
    the contact waits with it."""
    written = [(place, met) for place, met in enumerate(body.met) if met.phone.strip() and met.name.strip()]
    if not (written or not fresh) or not policy.may_add(author):
        return
    at = next(iter(links.all_enterprises), None)
    kept = []
    for place, met in written:
        known = session.get(Contact, met.contact) if met.contact else None
        if known is not None and known.visit_id != visit_id:
            continue  # somebody the phone knew already: their number is not changed by a visit
        id = met.contact or uuid5(visit_id, f"met {place} {met.name.strip()} {digits_of(met.phone)}")
        kept.append(id)
        _write_met(session, author, visit_id, id, at, met)
    if not fresh:
        enterprises.drop_contacts(session, visit_id, kept)


def _write_met(session: Session, author: Person, visit_id: UUID, id: UUID, at: UUID | None, met: Met) -> None:
    """A revision of the visit may have put it differently."""
    known = session.get(Contact, id)
    if known is None:
        enterprises.add_contact(
            session, author, id, at, name=met.name, title=met.title, phone=met.phone, visit_id=visit_id
        )
        return
    if not known.confirmed:
        known.name, known.title = met.name.strip()[:60], met.title.strip()[:60]
        known.phone, known.archived_at, known.enterprise_id = met.phone.strip()[:30], None, at


def follow_visit(session: Session, visit_id: UUID, enterprise_id: UUID | None) -> None:
    """A visit was filed: whom it brought along goes where it goes."""
    if enterprise_id is not None:
        enterprises.settle_contacts(session, visit_id, enterprise_id)
