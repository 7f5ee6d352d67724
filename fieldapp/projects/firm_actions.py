"""Keeping enterprises and contacts in the registers. What officers add, and the desk confirms: `enterprise_actions`."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from fieldapp.accounts.actions import initials
from fieldapp.core.kept import Clash, Kept, Said
from fieldapp.projects.enterprise_actions import phones_learn
from fieldapp.projects.models import Contact, Enterprise, tail_of
from fieldapp.projects.project_actions import zone_of


class Enterprises(Kept[Enterprise]):
    def add(self, session: Session, by: UUID | None, key: UUID | str, said: Said) -> Enterprise:
        """Confirmed from the beginning."""
        return super().add(session, by, key, {**said, "zone_id": zone_of(session, None)})

    def restore(self, session: Session, by: UUID | None, key: UUID | str) -> Enterprise:
        """Raises Clash("merged") for one that was merged: another stands for it."""
        if session.get_one(Enterprise, key).merged_into is not None:
            raise Clash("merged")
        return super().restore(session, by, key)

    def made_of(self, said: Said) -> dict[str, Any]:
        made = dict(said)
        if "name" in said:
            made["initials"] = initials(said["name"])[:120]
        return made

    def after(self, session: Session, by: UUID | None, row: Enterprise, was: dict[str, Any] | None) -> None:
        """Phones carry it with each of its projects."""
        if was is not None:
            row.confirmed = True
            phones_learn(session, row.id)


class Contacts(Kept[Contact]):
    def after(self, session: Session, by: UUID | None, row: Contact, was: dict[str, Any] | None) -> None:
        if was:
            row.confirmed = True
        phones_learn(session, row.enterprise_id)
        if was and "enterprise_id" in was:
            phones_learn(session, was["enterprise_id"])

    def told(self, name: str, value: Any) -> Any:
        """Of a number the log tells the tail: whoever reads logs need not call anybody."""
        if name == "phone" and value:
            return f"…{tail_of(value)}" if tail_of(value) else "…"
        return super().told(name, value)


ENTERPRISES = Enterprises(Enterprise, "enterprise", ("name", "short_name", "uscc", "sector"), unique=("uscc",))
CONTACTS = Contacts(Contact, "contact", ("enterprise_id", "name", "title", "phone", "order"))
