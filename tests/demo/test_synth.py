"""The synthetic zone: of any size, only into an empty database, and as if it had gone through the product's doors."""

import pytest
from sqlalchemy import func, select

from fieldapp.core.db import Base, Database
from fieldapp.core.models import Counter
from fieldapp.demo.load import NotEmpty
from fieldapp.demo.synth import synthesize
from fieldapp.issues.models import Issue
from fieldapp.photos.models import Photo
from fieldapp.projects.models import Contact, Project
from fieldapp.settings import Settings
from fieldapp.sync.models import Raw, Record
from fieldapp.timeline.models import Entry
from fieldapp.visits.models import Visit

VISITS = 300


def _count(db: Database, model: type[Base]) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_zone_of_the_size_asked_for(db: Database) -> None:
    synthesize(Settings(), db, projects=20, visits=VISITS, seed=7)
    assert _count(db, Project) == 20
    assert all(_count(db, model) == VISITS for model in (Visit, Record, Raw))
    assert _count(db, Issue) and _count(db, Photo) and _count(db, Contact)
    assert _count(db, Entry) == 2 * (VISITS + _count(db, Issue))
    with db.reading() as session:  # the next visit's number is the one after
        given = session.scalar(select(func.sum(Counter.value)).where(Counter.name.startswith("ZF-")))
    assert given == VISITS


def test_not_beside_anything_else(db: Database) -> None:
    synthesize(Settings(), db, projects=1, visits=0, seed=1)
    with pytest.raises(NotEmpty):
        synthesize(Settings(), db, projects=1, visits=0, seed=1)
