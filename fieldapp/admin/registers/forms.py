"""A register's form as it came back: what was typed, what it means, what is wrong, what others did meanwhile."""

import json
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from fieldapp.admin.registers.fields import Field, Typed, Wrong
from fieldapp.admin.registers.known import Known
from fieldapp.admin.registers.register import Register
from fieldapp.core.kept import plain


@dataclass
class Meanwhile:
    """A field that somebody else has changed while this form was open."""

    was: str
    now: str
    theirs: bool  # it was not touched here, so theirs stands in the form


@dataclass
class Form:
    register: Register
    known: Known
    typed: Typed
    new: bool
    seen: dict[str, Any] = field(default_factory=dict)  # what the page showed, as `plain` has it
    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    meanwhile: dict[str, Meanwhile] = field(default_factory=dict)

    @property
    def fields(self) -> list[Field]:
        return self.register.form_fields(new=self.new)

    @classmethod
    def blank(cls, register: Register, known: Known, given: dict[str, str]) -> "Form":
        return cls(register, known, Typed({name: [text] for name, text in given.items()}), new=True)

    @classmethod
    def of(cls, register: Register, known: Known, row: Any) -> "Form":
        """As the row is."""
        form = cls(register, known, Typed({}), new=False)
        for one in form.fields:
            form.typed.put(one.inputs(row, known))
            form.seen |= one.facts(row)
        return form

    @classmethod
    def sent(cls, register: Register, known: Known, said: MultiDict[str, str], *, new: bool) -> "Form":
        form = cls(register, known, Typed(dict(said.lists())), new=new, seen=_seen(said.get("seen", "")))
        for one in form.fields:
            if one.only_new and not new:
                continue
            try:
                form.values |= one.read(form.typed, known)
            except Wrong as wrong:
                form.errors[one.name] = str(wrong)
        _together(form)
        return form

    def seen_text(self) -> str:
        return json.dumps(self.seen, ensure_ascii=False, separators=(",", ":"))

    def said(self) -> dict[str, Any]:
        """What is to be kept, without the key."""
        return {name: value for name, value in self.values.items() if name != self.register.kept.key}

    def fell_behind(self, row: Any) -> None:
        """Somebody else was first. What was not touched here becomes as theirs; what both changed shows both."""
        for one in self.fields:
            now = one.facts(row)
            was = {name: self.seen.get(name) for name in now}
            mine = {name: plain(self.values.get(name)) for name in now}
            if now == was or (mine == now and not one.only_new):
                continue
            theirs = mine == was or one.only_new
            if theirs:
                self.typed.put(one.inputs(row, self.known))
            said = one.say(was, self.known), one.say(now, self.known)
            self.meanwhile[one.name] = Meanwhile(*said, theirs)
        self.seen = {name: value for one in self.fields for name, value in one.facts(row).items()}


def _seen(text: str) -> dict[str, Any]:
    """What the page had shown. One that is not ours counts as nothing seen: then everything is new to it."""
    try:
        seen = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return seen if isinstance(seen, dict) else {}


def _together(form: Form) -> None:
    """What no field can judge alone."""
    first, last = form.values.get("starts_on"), form.values.get("ends_on")
    if first and last and last < first:
        form.errors["ends_on"] = _("The last day lies before the first.")
