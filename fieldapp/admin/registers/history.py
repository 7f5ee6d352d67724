"""What was done to a row, in the words of its form."""

from typing import Any
from uuid import UUID

from fieldapp.admin.registers import queries
from fieldapp.admin.registers.fields import Field
from fieldapp.admin.registers.known import Known
from fieldapp.admin.registers.register import Register


def page(register: Register, known: Known, key: UUID | str, before: str | None) -> dict[str, Any]:
    turns = queries.history(known.session, register, key, before)
    fields = {column: field for field in register.fields for column in field.columns}
    meant: dict[str, list[Any]] = {}
    for name, both in (pair for turn in turns.items for pair in turn.changes.items() if pair[0] in fields):
        for value in both:
            for target, keys in fields[name].rows_meant({name: value}).items():
                meant.setdefault(target, []).extend(keys)
    for target, keys in meant.items():
        known.learn(target, keys)
    return {"turns": turns, "said": [(turn, _said(turn.changes, fields, known)) for turn in turns.items]}


def _said(changes: dict[str, list[Any]], fields: dict[str, Field], known: Known) -> list[tuple[str, str, str]]:
    """(label, before, after) of each field, in the order of the form."""
    done, said = set(), []
    for name, field in fields.items():
        if name not in changes or field.name in done:
            continue
        done.add(field.name)
        before, after = ({c: changes[c][end] for c in field.columns if c in changes} for end in (0, 1))
        said.append((str(field.label), field.say(before, known), field.say(after, known)))
    return said
