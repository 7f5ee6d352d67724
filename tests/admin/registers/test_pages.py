"""Every register's pages: the list, the form, a row, its history; for the administrator, and for nobody else."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.admin.registers.declared import REGISTERS
from fieldapp.core.db import Database, new_id
from fieldapp.core.models import Audit
from fieldapp.projects.models import Assignment, Contact, Phrase
from fieldapp.projects.zone_actions import PROGRAMMES
from tests.admin.registers.filling import errors_of, fields_of
from tests.cast import Cast
from tests.feed.pages import faults, parse


@pytest.fixture
def rows(db: Database, cast: Cast) -> dict[str, str]:
    """A row of each register."""
    contact, phrase = new_id(), new_id()
    with db.writing() as session:
        session.add(Contact(id=contact, enterprise_id=cast.enterprise, name="王工", phone="13900007788"))
        session.add(Phrase(id=phrase, field="progress", text="施工正常"))
        PROGRAMMES.add(session, cast.zoe, "visit-all", {"name": "双万双服", "order": 0})
    with db.reading() as session:
        served = session.scalars(select(Assignment.id).where(Assignment.user_id == cast.ana)).one()
    return {
        "projects": str(cast.sail), "enterprises": str(cast.enterprise), "contacts": str(contact),
        "assignments": str(served), "areas": str(cast.area), "zones": str(cast.zone), "kinds": "site_inspection",
        "categories": "land", "programmes": "visit-all", "questions": "S00-1", "phrases": str(phrase),
        "teams": str(cast.first_team), "units": str(cast.water),
    }  # fmt: skip


def test_every_page_of_every_register_keeps_the_rules(zoe: FlaskClient, rows: dict[str, str]) -> None:
    found = {}
    assert set(rows) == set(REGISTERS)
    for slug, key in rows.items():
        for path in ("", "/new", f"/{key}", "?aside=1&q=zzz"):
            answer = zoe.get(f"/admin/{slug}{path}")
            assert answer.status_code == 200, f"{slug}{path}"
            found[slug + path] = faults(parse(answer.text))
    found["start"] = faults(parse(zoe.get("/admin").text))
    assert {page: some for page, some in found.items() if some} == {}


def test_a_form_that_comes_back_as_it_was_changes_nothing(db: Database, zoe: FlaskClient, rows: dict[str, str]) -> None:
    """Whatever is in the row stands in the form: each is saved untouched, and its history stays empty."""
    for slug, key in rows.items():
        answer = zoe.post(f"/admin/{slug}/{key}", data=fields_of(zoe.get(f"/admin/{slug}/{key}").text))
        assert answer.status_code == 303, f"{slug}: {errors_of(answer.text)}"
    with db.reading() as session:
        assert session.scalars(select(Audit.verb).where(Audit.verb.like("%.changed"))).all() == []
