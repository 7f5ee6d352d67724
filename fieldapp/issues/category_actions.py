"""Keeping the categories of issues: two levels."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.core.kept import Clash, Kept, Said
from fieldapp.issues.models import Category


class Categories(Kept[Category]):
    def add(self, session: Session, by: UUID | None, key: UUID | str, said: Said) -> Category:
        _check_levels(session, key, said)
        return super().add(session, by, key, said)

    def change(
        self, session: Session, by: UUID | None, key: UUID | str, said: Said, *, seen: Mapping[str, Any] | None = None
    ) -> Category:
        _check_levels(session, key, said)
        return super().change(session, by, key, said, seen=seen)


def _check_levels(session: Session, key: UUID | str, said: Said) -> None:
    """Above a category stands one of the first level; what has others below it stands there itself."""
    if said.get("parent") is None:
        return
    above = session.get(Category, said["parent"])
    below = session.scalar(select(Category.code).where(Category.parent == key).limit(1))
    if above is None or above.parent is not None or above.code == key or below is not None:
        raise Clash("parent")


CATEGORIES = Categories(
    Category, "category", ("parent", "zh", "en", "unit_id", "closing_condition", "order"), phones="category",
    key="code",
)  # fmt: skip
