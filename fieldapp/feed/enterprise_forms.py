"""What one types to add an enterprise or a contact. Ids are made when the form is rendered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from flask_babel import gettext as _

from fieldapp.core.db import new_id
from fieldapp.feed.forms import clean, id_of
from fieldapp.projects import credit_code
from fieldapp.projects.enterprise_actions import MAX_CONTACT, MAX_NAME, MAX_PHONE
from fieldapp.projects.models import digits_of

DIGITS_LEAST, DIGITS_MOST = 5, 20


@dataclass
class ContactForm:
    id: UUID = field(default_factory=new_id)
    name: str = ""
    title: str = ""
    phone: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, form: Mapping[str, str], *, required: bool = True) -> "ContactForm":
        """Not `required`: part of a longer form, where all of it may be left empty."""
        read = cls(id_of(form.get("contact_id")), clean(form.get("name")), clean(form.get("title")))
        read.phone = clean(form.get("phone"))
        if required or read.title or read.phone or read.name:
            read._check()
        return read

    def _check(self) -> None:
        if not self.name:
            self.errors["name"] = _("Please write the name.")
        for name, most in (("name", MAX_CONTACT), ("title", MAX_CONTACT), ("phone", MAX_PHONE)):
            if len(getattr(self, name)) > most:
                self.errors[name] = _("At most %(most)s characters fit.", most=most)
        if self.phone and not DIGITS_LEAST <= len(digits_of(self.phone)) <= DIGITS_MOST:
            self.errors.setdefault("phone", _("A number has 5 to 20 digits."))


@dataclass
class EnterpriseForm:
    id: UUID = field(default_factory=new_id)
    name: str = ""
    uscc: str = ""
    anyway: bool = False  # it is another one than those that are called alike
    contact: ContactForm = field(default_factory=ContactForm)
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, form: Mapping[str, str]) -> "EnterpriseForm":
        read = cls(id_of(form.get("id")), clean(form.get("enterprise")), credit_code.tidy(clean(form.get("uscc"))))
        read.anyway, read.contact = form.get("anyway") == "1", ContactForm.read(form, required=False)
        if not read.name:
            read.errors["enterprise"] = _("Please write the name.")
        elif len(read.name) > MAX_NAME:
            read.errors["enterprise"] = _("At most %(most)s characters fit.", most=MAX_NAME)
        if len(read.uscc) > credit_code.LENGTH:
            read.errors["uscc"] = _("A credit code has 18 characters.")
        return read

    @property
    def refused(self) -> bool:
        return bool(self.errors or self.contact.errors)
