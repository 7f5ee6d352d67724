"""The visit map: clusters by cell, the same set as a list, and nothing that a reader may not see."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.core.models import Audit
from fieldapp.settings import Settings
from fieldapp.visitmap import queries
from tests.cast import NOON, SITE, Cast
from tests.sync.phone import Phone

ClientOf = Callable[..., FlaskClient]
HERE = "36.9,119.7,37.3,120.1"


@pytest.fixture(autouse=True)
def noon() -> Any:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def ana(client_of: ClientOf, cast: Cast) -> Phone:
    return Phone(cast.ana, client_of("ana"))


def at(north_m: float = 0, **more: Any) -> dict[str, Any]:
    return {"position": {"lat": SITE[0] + north_m / 111_000, "lng": SITE[1], "accuracy_m": 10}, **more}


def cells(client: FlaskClient, z: int = 16, **more: str) -> list[dict[str, Any]]:
    answer = client.get("/map/cells.json", query_string={"z": str(z), "bbox": HERE, **more})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json["cells"]
    return found


def listed(text: str) -> int:
    """How many visits the list shows."""
    return len(re.findall(r'href="/visits/[0-9a-f]{8}-', text))


def test_near_visits_are_one_cluster_and_far_ones_another(client_of: ClientOf, ana: Phone, cast: Cast) -> None:
    for north in (0, 5, 3000):
        ana.send(ana.visit(cast.sail, at(north)))
    assert [cell["n"] for cell in cells(client_of("lin"))] == [2, 1]
    assert [cell["n"] for cell in cells(client_of("lin"), z=9)] == [3]


def test_a_single_visit_leads_to_its_page(client_of: ClientOf, ana: Phone, cast: Cast) -> None:
    visit = ana.visit(cast.sail, at())
    ana.send(visit)
    (cell,) = cells(client_of("lin"))
    assert cell["visit"] == str(visit.id) and not cell["hollow"]
    assert abs(cell["lat"] - SITE[0]) < 1e-5


def test_a_site_visit_without_position_stands_hollow_at_its_project_and_a_call_nowhere(
    client_of: ClientOf, ana: Phone, cast: Cast
) -> None:
    ana.send(ana.visit(cast.sail, {"position_absent": "denied"}))
    ana.send(ana.visit(cast.sail, {"kind": "phone_follow_up"}))
    (cell,) = cells(client_of("lin"))
    assert cell["hollow"] and cell["n"] == 1
    page = client_of("lin").get("/map").text
    assert listed(page) == 2


def test_the_list_shows_the_set_of_the_map_for_each_filter(client_of: ClientOf, ana: Phone, cast: Cast) -> None:
    dan = Phone(cast.dan, client_of("dan"))
    ana.send(ana.visit(cast.sail, at()))
    dan.send(dan.visit(cast.reef, at(900, kind="site_visit")))
    lin = client_of("lin")
    for filters, expected in (
        ({}, 2),
        ({"kind": "site_visit"}, 1),
        ({"team": str(cast.second_team)}, 1),
        ({"project": str(cast.sail)}, 1),
        ({"area": str(cast.area)}, 2),
        ({"period": "2026-10"}, 0),
        ({"period": "2026-11"}, 2),
        ({"kind": "nonsense"}, 0),
        ({"period": "nonsense", "team": "nonsense"}, 2),
    ):
        assert sum(cell["n"] for cell in cells(lin, **filters)) == expected, filters
        assert listed(lin.get("/map/rows", query_string=filters).text) == expected, filters


def test_one_may_filter_for_oneself_and_a_lead_for_others_only_where_the_zone_allows_it(
    client_of: ClientOf, ana: Phone, cast: Cast
) -> None:
    bo = Phone(cast.bo, client_of("bo"))
    ana.send(ana.visit(cast.sail, at()))
    bo.send(bo.visit(cast.sail, at()))
    assert sum(cell["n"] for cell in cells(client_of("ana"), officer=str(cast.ana))) == 1
    assert sum(cell["n"] for cell in cells(client_of("lin"), officer=str(cast.ana))) == 2
    assert "officer" not in client_of("lin").get("/map?officer=" + str(cast.bo)).text.split("data-query")[0]


def test_a_lead_filters_by_their_own_officers_only_and_each_time_is_on_record(
    app: Flask, client_of: ClientOf, ana: Phone, cast: Cast, db: Database
) -> None:
    around = app.extensions["fieldapp"]
    app.extensions["fieldapp"] = replace(around, settings=replace(around.settings, officer_filter=True))
    dan = Phone(cast.dan, client_of("dan"))
    ana.send(ana.visit(cast.sail, at()))
    dan.send(dan.visit(cast.reef, at()))
    lin = client_of("lin")
    assert sum(cell["n"] for cell in cells(lin, officer=str(cast.ana))) == 1
    assert listed(lin.get("/map/rows", query_string={"officer": str(cast.ana)}).text) == 1
    assert sum(cell["n"] for cell in cells(lin, officer=str(cast.dan))) == 2  # not theirs: filters nothing
    with db.reading() as session:
        seen = session.scalars(select(Audit.subject_id).where(Audit.verb == "map.by-officer")).all()
    assert seen == [str(cast.ana)] * 2


def test_others_visits_show_their_day_and_ones_own_the_minute(client_of: ClientOf, ana: Phone, cast: Cast) -> None:
    ana.send(ana.visit(cast.sail, at()))
    assert "12:00" in client_of("ana").get("/map").text
    assert "12:00" not in client_of("lin").get("/map").text


def test_sensitive_withdrawn_and_unsigned_stay_hidden(client_of: ClientOf, ana: Phone, cast: Cast) -> None:
    ana.send(ana.visit(cast.sail, at(sensitive=True)))
    ana.send(ana.visit(cast.talk, at()))
    gone = ana.visit(cast.sail, at())
    ana.send(gone)
    ana.send(ana.supplement(gone.id, "withdrawal", {"reason": "重复"}))
    assert cells(client_of("dan")) == []
    assert listed(client_of("dan").get("/map").text) == 0
    assert sum(cell["n"] for cell in cells(client_of("lin"))) == 2


def test_projects_are_toned_by_the_time_since_their_last_contact(client_of: ClientOf, ana: Phone, cast: Cast) -> None:
    ana.send(ana.visit(cast.sail, at()))
    pins = {pin["id"]: pin["tone"] for pin in client_of("lin").get("/map/projects.json").json["projects"]}
    assert pins[str(cast.sail)] == "fresh" and pins[str(cast.reef)] == "neglected"
    clock.advance(timedelta(days=20))
    pins = {pin["id"]: pin["tone"] for pin in client_of("lin").get("/map/projects.json").json["projects"]}
    assert pins[str(cast.sail)] == "known"


@pytest.mark.parametrize(
    "query", ["", "z=3", "bbox=1,2,3&z=3", "bbox=a,b,c,d&z=3", f"bbox={HERE}&z=x", "bbox=9,9,1,1&z=3"]
)
def test_a_window_that_is_none_is_a_bad_request(client_of: ClientOf, query: str) -> None:
    assert client_of("lin").get(f"/map/cells.json?{query}").status_code == 400


@pytest.mark.parametrize("who", ["uma", None])
def test_units_and_strangers_see_no_map(client_of: ClientOf, who: str | None) -> None:
    for path in ("/map", "/map/rows", "/map/cells.json", "/map/projects.json", "/map/basemap.json"):
        assert client_of(who).get(path).status_code in (302, 404)


def test_the_list_goes_on_after_its_last_row(client_of: ClientOf, ana: Phone, cast: Cast) -> None:
    for number in range(queries.LIST_SIZE + 5):
        ana.send(ana.visit(cast.sail, at(number)))
    first = client_of("lin").get("/map").text
    rest = first.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    assert listed(first) == queries.LIST_SIZE
    assert listed(client_of("lin").get(rest).text) == 5


def test_the_map_asks_a_fixed_number_of_questions(
    client_of: ClientOf, ana: Phone, cast: Cast, db: Database, settings: Settings
) -> None:
    def asked() -> int:
        count = [0]

        def note(*_: Any) -> None:
            count[0] += 1

        event.listen(Engine, "after_cursor_execute", note)
        client_of("lin").get("/map")
        event.remove(Engine, "after_cursor_execute", note)
        return count[0]

    ana.send(ana.visit(cast.sail, at()))
    asked()
    few = asked()
    for _ in range(12):
        ana.send(ana.visit(cast.sail, at()))
    assert asked() == few
