"""Keeping the zone: itself and its areas; programmes and stock phrases that visits are written with."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.core import changes
from fieldapp.core.kept import Kept
from fieldapp.projects.models import Area, Phrase, Programme, Project, Zone


class Areas(Kept[Area]):
    def after(self, session: Session, by: UUID | None, row: Area, was: dict[str, Any] | None) -> None:
        """Phones carry an area by its name, with each project."""
        if was and "name" in was:
            for id in session.scalars(select(Project.id).where(Project.area_id == row.id)).all():
                changes.note(session, "project", id)


ZONES = Kept(Zone, "zone", ("name", "basemap"), unique=("name",), told_less=frozenset({"basemap"}))
AREAS = Areas(Area, "area", ("zone_id", "name", "boundary"), told_less=frozenset({"boundary"}))
PROGRAMMES = Kept(Programme, "programme", ("name", "order"), phones="programme", key="code")
PHRASES = Kept(Phrase, "phrase", ("field", "text", "order"), phones="phrase")
