"""What several declarations of registers are made of."""

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, or_

from fieldapp.admin.registers.fields import Code, Whole
from fieldapp.projects.enterprise_queries import like

NAME = {"label": _l("What it is called"), "required": True}
ORDER = Whole(name="order", label=_l("Place in the list"), hint=_l("Smaller numbers come first."), empty=0)
CODE = Code(
    name="code", label=_l("Code in records"), hint=_l("What records say; it cannot be changed later."), required=True
)
ZH = {"name": "zh", "label": _l("Name in Chinese"), "required": True}
EN = {"name": "en", "label": _l("Name in English"), "hint": _l("Left empty, it is the Chinese one."), "instead": "zh"}


def holding(*columns: Any) -> Any:
    """Rows of which one of these columns holds what was typed."""

    def search(text: str) -> ColumnElement[bool]:
        what = like(text)
        return or_(*(column.ilike(what, escape="\\") for column in columns))

    return search


def ids_of(rows: Iterable[Any], name: str) -> list[Any]:
    return [getattr(row, name) for row in rows if getattr(row, name)]


def filled(*words: str) -> tuple[str, ...]:
    return tuple(word for word in words if word)
