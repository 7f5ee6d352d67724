"""What is typed about people: an account, and what somebody should become."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from flask_babel import gettext as _

from fieldapp.accounts.actions import Refused
from fieldapp.accounts.membership_actions import Wanted
from fieldapp.accounts.models import ROLES
from fieldapp.admin.people import words
from fieldapp.core.db import new_id, uuid_of

LONGEST = 60


def plain(text: str | None) -> str:
    """As typed, but for what no database keeps."""
    return (text or "").replace("\x00", "").strip()


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None


@dataclass
class Form:
    """An account's form, a proposal's, or both in one; `errors` by field."""

    id: UUID = field(default_factory=new_id)
    proposal_id: UUID = field(default_factory=new_id)
    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, sent: Mapping[str, str]) -> "Form":
        names = ("username", "name", "role", "team_id", "unit_id", "duty", "starts_on", "ends_on", "replaces")
        typed = {name: plain(sent.get(name)) for name in names}
        return cls(uuid_of(sent.get("id")) or new_id(), uuid_of(sent.get("proposal_id")) or new_id(), typed)

    def one(self, name: str) -> str:
        return self.typed.get(name, "")

    def wanted(self, day: date) -> Wanted | None:
        """None: the form says what is wrong."""
        if self.one("role") not in ROLES:
            self.errors["role"] = words.refused("role-unknown")
        starts, ends = _day(self.one("starts_on")), _day(self.one("ends_on"))
        if self.one("starts_on") and starts is None:
            self.errors["starts_on"] = _("A day like 2026-11-22.")
        if self.one("ends_on") and ends is None:
            self.errors["ends_on"] = _("A day like 2026-11-22.")
        if self.errors:
            return None
        return Wanted(
            self.one("role"), starts or day, uuid_of(self.one("team_id")), uuid_of(self.one("unit_id")),
            self.one("duty"), ends,
        )  # fmt: skip

    def refuse(self, refused: Refused) -> None:
        """At the field that it is about; the id's trouble is answered by a new one."""
        name = words.FIELD_OF.get(refused.code.split("-")[0], "")
        self.errors[name] = words.refused(refused.code)
        if refused.code == "id-taken":
            self.id, self.proposal_id = new_id(), new_id()
