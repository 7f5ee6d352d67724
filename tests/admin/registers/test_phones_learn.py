"""What an administrator keeps reaches the phones by the next delta, and what was archived leaves them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from fieldapp.core import clock, jobs
from fieldapp.core.db import Database
from fieldapp.core.files import Files
from fieldapp.projects.jobs import tell_of_the_day
from fieldapp.projects.models import Phrase
from fieldapp.projects.zone_actions import PROGRAMMES
from fieldapp.settings import Settings
from tests.admin.registers.test_changing import change, make
from tests.cast import Cast
from tests.sync.test_reference import load

ClientOf = Callable[..., FlaskClient]


class Carried:
    """Ana's phone, which has loaded everything and asks for what is new."""

    def __init__(self, client: FlaskClient) -> None:
        self.client, self.cursor = client, load(client)["cursor"]

    def news(self) -> dict[str, Any]:
        loaded = load(self.client, self.cursor)
        self.cursor = loaded["cursor"]
        return loaded

    def changed(self, kind: str) -> dict[str, dict[str, Any]]:
        return {row.get("id", row.get("code")): row for row in self.news()["changes"].get(kind, [])}

    def removed(self, kind: str) -> list[str]:
        gone: list[str] = self.news()["removed"].get(kind, [])
        return gone


@pytest.fixture
def phone(client_of: ClientOf, db: Database, cast: Cast) -> Carried:
    with db.writing() as session:
        session.add(Phrase(id=cast.water, field="progress", text="施工正常"))  # any id will do
        PROGRAMMES.add(session, cast.zoe, "all", {"name": "双万双服", "order": 0})
    return Carried(client_of("ana"))


def test_a_changed_word_is_another_on_the_phone(phone: Carried, zoe: FlaskClient, cast: Cast) -> None:
    cases = {
        ("kinds", "site_visit", "zh"): "入户走访", ("categories", "land", "zh"): "土地手续",
        ("programmes", "all", "name"): "专项服务", ("questions", "S00-1", "zh"): "何时投产？",
        ("phrases", str(cast.water), "text"): "现场停工",
    }  # fmt: skip
    for (slug, key, field), text in cases.items():
        assert change(zoe, slug, key, **{field: text}).status_code == 303
        assert phone.changed(slug)[key][field] == text
        assert zoe.post(f"/admin/{slug}/{key}/archive").status_code == 303
        assert phone.removed(slug) == [key]
        assert zoe.post(f"/admin/{slug}/{key}/restore").status_code == 303
        assert phone.changed(slug)[key][field] == text


def test_a_project_leaves_and_comes_back_and_carries_what_it_is_called_after(
    phone: Carried, zoe: FlaskClient, cast: Cast
) -> None:
    sail = str(cast.sail)
    assert change(zoe, "areas", cast.area, name="西片区").status_code == 303
    assert phone.changed("projects")[sail]["area"] == "西片区"
    assert change(zoe, "enterprises", cast.enterprise, name="云帆集团").status_code == 303
    assert phone.changed("projects")[sail]["enterprise"]["name"] == "云帆集团"
    assert zoe.post(f"/admin/projects/{sail}/archive").status_code == 303
    assert phone.removed("projects") == [sail]
    assert zoe.post(f"/admin/projects/{sail}/restore").status_code == 303
    assert phone.changed("projects")[sail]["stage"] == "S08"


@pytest.fixture
def context(settings: Settings, db: Database) -> jobs.Context:
    return jobs.Context(settings, db, Files(settings.files))


def test_whose_a_project_is_follows_the_assignments(
    phone: Carried, zoe: FlaskClient, cast: Cast, context: jobs.Context
) -> None:
    reef = str(cast.reef)
    made = make(zoe, "assignments", project_id=reef, whom=f"team:{cast.first_team}")
    assert phone.changed("projects")[reef]["mine"] is True
    assert zoe.post(f"/admin/assignments/{made.location.split('/')[3].split('?')[0]}/archive").status_code == 303
    assert phone.changed("projects")[reef]["mine"] is True, "until the day is over"
    clock.advance(timedelta(days=1))
    for _twice in range(2):
        tell_of_the_day(context)
    assert phone.changed("projects")[reef]["mine"] is False
    assert phone.changed("projects") == {}


def test_an_assignment_that_begins_tomorrow_is_told_tomorrow(
    phone: Carried, zoe: FlaskClient, cast: Cast, context: jobs.Context
) -> None:
    tell_of_the_day(context)
    make(zoe, "assignments", project_id=str(cast.reef), whom=f"user:{cast.ana}", starts_on="2026-11-22")
    assert phone.changed("projects")[str(cast.reef)]["mine"] is False
    clock.advance(timedelta(days=3))  # the worker stood still
    tell_of_the_day(context)
    assert phone.changed("projects")[str(cast.reef)]["mine"] is True


def test_whom_to_call_reaches_those_who_serve_them(phone: Carried, zoe: FlaskClient, cast: Cast) -> None:
    firm = str(cast.enterprise)
    made = make(zoe, "contacts", enterprise_id=firm, name="王工", phone="0535 6001234")
    contacts = phone.news()["replaced"]["contacts"]
    assert [(one["name"], one["phone"]) for one in contacts] == [("王工", "0535 6001234")]
    assert zoe.post(f"{made.location.split('?')[0]}/archive").status_code == 303
    assert phone.news()["replaced"]["contacts"] == []
