"""Adding enterprises and contacts, and what the desk makes of them. Merging also moves visits and issues: feed."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from fieldapp.accounts.actions import initials
from fieldapp.accounts.policy import Person
from fieldapp.core import audit, changes, clock
from fieldapp.projects.models import Contact, Enterprise, Project, Zone, digits_of

MAX_NAME, MAX_CONTACT, MAX_PHONE = 120, 60, 30


class Taken(Exception):
    """The id, or the credit code, stands for something else already."""


def add_enterprise(session: Session, by: Person, id: UUID, *, name: str, uscc: str = "") -> Enterprise:
    """An enterprise by its name. From the desk it is confirmed at once. Saying it again changes nothing; raises Taken
    where the id or the code belongs to another."""
    name = name.strip()[:MAX_NAME]
    known = session.get(Enterprise, id)
    if known is not None:
        if (known.name, known.uscc or "") != (name, uscc):
            raise Taken("id")
        return known
    if uscc and session.scalar(select(Enterprise.id).where(Enterprise.uscc == uscc)) is not None:
        raise Taken("uscc")
    made = Enterprise(
        id=id, zone_id=session.scalar(select(Zone.id).limit(1)), name=name, initials=initials(name)[:120],
        uscc=uscc or None, confirmed=by.is_desk, proposed_by=by.id, proposed_team=min(by.team_ids, default=None),
    )  # fmt: skip
    session.add(made)
    session.flush()
    audit.record(session, by.id, "enterprise.added", "enterprise", id, confirmed=made.confirmed)
    return made


def add_contact(
    session: Session, by: Person, id: UUID, enterprise_id: UUID | None, *, name: str, title: str = "",
    phone: str = "", visit_id: UUID | None = None,
) -> Contact:  # fmt: skip
    """Somebody to call there. Saying it again changes nothing; raises Taken where the id is another's.

    Who is there already, by name and number, is not added a second time: then that contact is answered."""
    said = {
        "name": name.strip()[:MAX_CONTACT],
        "title": title.strip()[:MAX_CONTACT],
        "phone": phone.strip()[:MAX_PHONE],
    }
    known = session.get(Contact, id)
    if known is not None:
        if any(getattr(known, field) != value for field, value in said.items()):
            raise Taken("id")
        return known
    twin = _twin(session, enterprise_id, said["name"], said["phone"])
    if twin is not None:
        return twin
    made = Contact(
        id=id, enterprise_id=enterprise_id, confirmed=by.is_desk, proposed_by=by.id, visit_id=visit_id, order=100,
        **said,
    )  # fmt: skip
    session.add(made)
    session.flush()
    audit.record(session, by.id, "contact.added", "contact", id, enterprise=str(enterprise_id or ""))
    phones_learn(session, enterprise_id)
    return made


def _twin(session: Session, enterprise_id: UUID | None, name: str, phone: str) -> Contact | None:
    """Who goes by this name there and has this number, or none that is known."""
    query = select(Contact).where(
        Contact.enterprise_id == enterprise_id, Contact.name == name, Contact.archived_at.is_(None)
    )
    digits = digits_of(phone)
    return next((one for one in session.scalars(query) if digits_of(one.phone) == digits), None)


def settle_contacts(session: Session, visit_id: UUID, enterprise_id: UUID) -> None:
    """A visit was filed, or filed elsewhere: whom the officer met there, and wrote down, belongs where it belongs."""
    query = select(Contact).where(Contact.visit_id == visit_id, ~Contact.confirmed, Contact.archived_at.is_(None))
    for one in session.scalars(query).all():
        if one.enterprise_id == enterprise_id:
            continue
        twin = _twin(session, enterprise_id, one.name, one.phone)
        before, one.enterprise_id = one.enterprise_id, enterprise_id
        one.archived_at = clock.now() if twin is not None else None
        phones_learn(session, before)
    phones_learn(session, enterprise_id)


def drop_contacts(session: Session, visit_id: UUID, keep: Iterable[UUID]) -> None:
    """A revision of their visit no longer names these."""
    gone = update(Contact).where(Contact.visit_id == visit_id, ~Contact.confirmed, Contact.id.not_in(list(keep)))
    session.execute(gone.where(Contact.archived_at.is_(None)).values(archived_at=clock.now()))


def confirm_enterprise(session: Session, by: Person, id: UUID) -> None:
    one = session.get_one(Enterprise, id)
    if not one.confirmed:
        one.confirmed = True
        audit.record(session, by.id, "enterprise.confirmed", "enterprise", id)


def confirm_contact(session: Session, by: Person, id: UUID) -> None:
    one = session.get_one(Contact, id)
    if not one.confirmed:
        one.confirmed = True
        audit.record(session, by.id, "contact.confirmed", "contact", id)


def archive_contact(session: Session, by: Person, id: UUID) -> None:
    """Nobody to call any more. The row stays: visits say whom they met."""
    one = session.get_one(Contact, id)
    if one.archived_at is None:
        one.archived_at = clock.now()
        audit.record(session, by.id, "contact.archived", "contact", id)
        phones_learn(session, one.enterprise_id)


def revealed(session: Session, by: Person, contact: Contact) -> None:
    """Somebody who is not assigned looked at a whole number."""
    audit.record(session, by.id, "contact.revealed", "contact", contact.id, enterprise=str(contact.enterprise_id))


def phones_learn(session: Session, enterprise_id: UUID | None) -> None:
    """Phones that carry a project of this enterprise ask for what is new of it."""
    if enterprise_id is not None:
        for id in session.scalars(select(Project.id).where(Project.enterprise_id == enterprise_id)).all():
            changes.note(session, "project", id)
