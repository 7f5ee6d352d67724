"""A row is made, changed, put aside and taken back; by two at once, twice, and with things that cannot be."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select

from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from fieldapp.core.models import Audit
from fieldapp.issues.models import Category
from fieldapp.projects.models import Area, Assignment, Contact, Enterprise, Project, Zone
from fieldapp.visits.models import VisitKind
from tests.admin.registers.filling import errors_of, fields_of
from tests.cast import Cast
from tests.feed.pages import parse

ClientOf = Callable[..., FlaskClient]
NEW = {"name": "望海装备", "phase": "二期", "stage": "S03", "enterprise_id-q": "云帆新材料有限公司"}


def row(db: Database, model: Any, key: Any) -> Any:
    with db.reading() as session:
        return session.get(model, key)


def acts(db: Database, key: Any) -> list[tuple[str, dict[str, Any]]]:
    """What the audit log tells of a row: verb, and from → to."""
    with db.reading() as session:
        told = select(Audit).where(Audit.subject_id == str(key)).order_by(Audit.at, Audit.id)
        return [(one.verb, one.detail.get("changes", {})) for one in session.scalars(told)]


def make(zoe: FlaskClient, slug: str, **filled: Any) -> Any:
    return zoe.post(f"/admin/{slug}", data=fields_of(zoe.get(f"/admin/{slug}/new").text, **filled))


def change(zoe: FlaskClient, slug: str, key: Any, **filled: Any) -> Any:
    return zoe.post(f"/admin/{slug}/{key}", data=fields_of(zoe.get(f"/admin/{slug}/{key}").text, **filled))


# -- making --------------------------------------------------------------------------------------------------------


def test_a_project_is_made_once_however_often_its_form_is_sent(db: Database, cast: Cast, zoe: FlaskClient) -> None:
    sent = fields_of(zoe.get("/admin/projects/new").text, **NEW, area_id=str(cast.area), key_project="1")
    first, again = zoe.post("/admin/projects", data=sent), zoe.post("/admin/projects", data=sent)
    assert first.status_code == again.status_code == 303 and first.location == again.location
    made = row(db, Project, UUID(sent["id"][0]))
    assert (made.title, made.enterprise_id, made.zone_id, made.initials) == (
        "望海装备（二期）",
        cast.enterprise,
        cast.zone,
        "whzb",
    )
    assert (made.stage, made.area_id, made.key_project, made.lat) == ("S03", cast.area, True, None)
    assert [verb for verb, _changes in acts(db, made.id)] == ["project.added"]
    other = zoe.post("/admin/projects", data={**sent, "name": ["另一个项目"]})
    assert other.status_code == 422 and "另一个项目" in other.text
    once_more = fields_of(other.text)
    assert once_more["id"] != sent["id"] and once_more["name"] == ["另一个项目"]
    assert zoe.post("/admin/projects", data=once_more).status_code == 303


def test_bad_input_is_said_at_its_field_and_everything_typed_is_still_there(
    db: Database, zoe: FlaskClient, cast: Cast
) -> None:
    typed = {
        "name": "", "phase": "第一期", "stage": "", "enterprise_id-q": "没有这家企业", "investment": "一千万",
        "contact_every_days": "0", "pasted": "东经一百二十度", "fence": '{"type": "Point", "coordinates": [1, 2]}',
    }  # fmt: skip
    answer = make(zoe, "projects", **typed)
    assert answer.status_code == 422
    assert len(errors_of(answer.text)) == 7
    again = fields_of(answer.text)
    assert {name: again[name] for name in typed} == {name: [text] for name, text in typed.items()}
    assert parse(answer.text).one(role="alert").all("a", href="#f-name")
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Project)) == 3


def key_of(answer: Any) -> str:
    """Of the row that was just made."""
    return str(answer.location.split("/")[3].split("?")[0])


def test_a_new_zones_first_enterprise_and_first_project(db: Database, zoe: FlaskClient, cast: Cast) -> None:
    with db.writing() as session:
        for model in (Assignment, Project, Contact, Enterprise, Area, Zone):
            session.execute(delete(model))
    assert make(zoe, "enterprises", name="首家企业").status_code == 303
    first = {**NEW, "enterprise_id-q": "首家企业"}
    refused = make(zoe, "projects", **first)
    assert refused.status_code == 422 and "开发区" in parse(refused.text).one(role="alert").text
    zone = key_of(make(zoe, "zones", name="新区"))
    assert fields_of(zoe.get("/admin/areas/new").text)["zone_id"] == [zone]
    project = key_of(make(zoe, "projects", **first, area_id=key_of(make(zoe, "areas", name="东片区"))))
    far = key_of(make(zoe, "areas", name="远片区", zone_id=key_of(make(zoe, "zones", name="二区"))))
    assert change(zoe, "projects", project, area_id=far).status_code == 303
    with db.reading() as session:
        kept = session.get_one(Project, UUID(project))
        assert session.get_one(Zone, kept.zone_id).name == "二区", "a project is of the zone of its area"


def test_words_that_mean_several_enterprises_offer_them(db: Database, zoe: FlaskClient, cast: Cast) -> None:
    with db.writing() as session:
        session.add(Enterprise(id=new_id(), zone_id=cast.zone, name="云帆物流有限公司", initials="yfwlyxgs"))
    answer = make(zoe, "projects", **{**NEW, "enterprise_id-q": "云帆"})
    offered = {node.attrs["value"] for node in parse(answer.text).all("input", type="radio", name="enterprise_id")}
    assert answer.status_code == 422 and len(offered) == 2
    chosen = fields_of(answer.text, enterprise_id=str(cast.enterprise))
    assert zoe.post("/admin/projects", data=chosen).status_code == 303
    fragment = zoe.get("/admin/projects/choices?field=enterprise_id&enterprise_id-q=yfwl").text
    assert "云帆物流有限公司" in fragment and "新材料" not in fragment


def test_a_code_is_chosen_once_and_for_all(db: Database, zoe: FlaskClient, cast: Cast) -> None:
    typed = {
        "zh": "夜间值守",
        "group": "site",
        "photos": "optional",
        "position": "none",
        "fields-content": "2",
        "fields-photos": "1",
    }
    assert errors_of(make(zoe, "kinds", code="夜间", **typed).text)
    assert errors_of(make(zoe, "kinds", code="site_inspection", **typed).text)
    assert make(zoe, "kinds", code="night_watch", **typed).location.startswith("/admin/kinds/night_watch")
    kind = row(db, VisitKind, "night_watch")
    assert (kind.en, kind.fields, kind.icon) == ("夜间值守", ["photos", "content"], "")


# -- changing ------------------------------------------------------------------------------------------------------


def test_a_place_on_a_whole_degree_is_saved_again(zoe: FlaskClient, cast: Cast) -> None:
    assert change(zoe, "projects", cast.sail, lat="37", lng="120").status_code == 303
    assert change(zoe, "projects", cast.sail, key_project="1").status_code == 303


def test_a_change_stands_in_the_history_with_who_and_from_and_to(db: Database, zoe: FlaskClient, cast: Cast) -> None:
    assert change(zoe, "projects", cast.sail, name="云帆二号", stage="S09", investment="12,000.50").status_code == 303
    kept = row(db, Project, cast.sail)
    assert (kept.name, kept.initials, kept.stage, kept.investment) == ("云帆二号", "yfeh", "S09", Decimal("12000.50"))
    [(verb, told)] = acts(db, cast.sail)
    assert verb == "project.changed"
    assert told == {"name": ["云帆新材料", "云帆二号"], "stage": ["S08", "S09"], "investment": [None, "12000.5"]}
    history = parse(zoe.get(f"/admin/projects/{cast.sail}").text).one(id="history").text
    assert "佐伊" in history and "云帆新材料 → 云帆二号" in history and "S08 主体施工 → S09 设备安装" in history


def test_of_two_who_change_the_same_row_the_second_is_told_and_sees_both(
    db: Database, cast: Cast, zoe: FlaskClient
) -> None:
    page = zoe.get(f"/admin/enterprises/{cast.enterprise}").text
    mine = fields_of(page, name="云帆新材料（滨海）有限公司", sector="新材料")
    theirs = fields_of(page, name="云帆集团有限公司", short_name="云帆")
    assert zoe.post(f"/admin/enterprises/{cast.enterprise}", data=theirs).status_code == 303
    answer = zoe.post(f"/admin/enterprises/{cast.enterprise}", data=mine)
    assert answer.status_code == 409
    told = {node.attrs["data-meanwhile"]: node for node in parse(answer.text).all(data_meanwhile=True)}
    assert set(told) == {"name", "short_name"}
    assert "云帆集团有限公司" in told["name"].text and told["name"].attrs["data-tone"] == "warn"
    again = fields_of(answer.text)
    assert again["name"] == ["云帆新材料（滨海）有限公司"] and again["sector"] == ["新材料"]
    assert again["short_name"] == ["云帆"], "what was not touched here is as the other one left it"
    assert "佐伊" in parse(answer.text).one(role="alert").text
    assert row(db, Enterprise, cast.enterprise).name == "云帆集团有限公司", "nothing was overwritten unseen"
    assert zoe.post(f"/admin/enterprises/{cast.enterprise}", data=again).status_code == 303
    kept = row(db, Enterprise, cast.enterprise)
    assert (kept.name, kept.short_name, kept.sector) == ("云帆新材料（滨海）有限公司", "云帆", "新材料")


def test_a_credit_code_is_as_on_a_licence_and_stands_for_one(db: Database, zoe: FlaskClient, cast: Cast) -> None:
    assert change(zoe, "enterprises", cast.enterprise, uscc=" 91370600ma3abc123x ").status_code == 303
    assert row(db, Enterprise, cast.enterprise).uscc == "91370600MA3ABC123X"
    for code in ("91370600MA3ABC123x", "9" * 19):
        refused = make(zoe, "enterprises", name="另一家", uscc=code)
        assert refused.status_code == 422 and fields_of(refused.text)["uscc"] == [code]
        assert len(errors_of(refused.text)) == 1


def test_a_form_that_says_nothing_of_what_it_saw_overwrites_nothing(db: Database, zoe: FlaskClient, cast: Cast) -> None:
    for seen in ("", "[]", '{"name": 7}', "{" * 3000):
        sent = fields_of(zoe.get(f"/admin/projects/{cast.sail}").text, name="换了", seen=seen)
        assert zoe.post(f"/admin/projects/{cast.sail}", data=sent).status_code == 409
    assert row(db, Project, cast.sail).name == "云帆新材料"


def test_a_category_has_two_levels(db: Database, zoe: FlaskClient, cast: Cast) -> None:
    assert change(zoe, "categories", "land", parent="living", unit_id=str(cast.water)).status_code == 303
    assert (row(db, Category, "land").parent, row(db, Category, "land").unit_id) == ("living", cast.water)
    refused = change(zoe, "categories", "production", parent="living")  # it has others below it
    assert refused.status_code == 422 and errors_of(refused.text)
    assert row(db, Category, "production").parent is None


# -- a telephone number is kept, not read --------------------------------------------------------------------------


def test_numbers_are_neither_shown_nor_logged(db: Database, zoe: FlaskClient, cast: Cast) -> None:
    made = make(zoe, "contacts", **{"enterprise_id-q": "云帆", "name": "王工", "phone": "139 0000 7788"})
    key = UUID(made.location.split("/")[3].split("?")[0])
    assert row(db, Contact, key).phone == "139 0000 7788"
    pages = zoe.get("/admin/contacts").text + zoe.get(f"/admin/contacts/{key}").text
    assert "7788" in pages and "139 0000 7788" not in pages and "13900007788" not in pages
    assert change(zoe, "contacts", key, title="厂长").status_code == 303
    assert row(db, Contact, key).phone == "139 0000 7788", "left empty, it stays"
    assert change(zoe, "contacts", key, phone="0535 600 1234").status_code == 303
    assert acts(db, key)[-1] == ("contact.changed", {"phone": ["…7788", "…1234"]})
    assert change(zoe, "contacts", key, **{"phone-none": "1"}).status_code == 303
    assert row(db, Contact, key).phone == ""
    assert errors_of(make(zoe, "contacts", **{"enterprise_id-q": "云帆", "name": "李工", "phone": "12"}).text)


# -- aside, and back -----------------------------------------------------------------------------------------------


def test_a_row_is_archived_and_taken_back_and_shows_where_it_belongs(
    db: Database, zoe: FlaskClient, cast: Cast
) -> None:
    for _twice in range(2):
        assert zoe.post(f"/admin/projects/{cast.reef}/archive").status_code == 303
    assert "海岬装备" not in zoe.get("/admin/projects").text
    assert "海岬装备" in zoe.get("/admin/projects?aside=1").text
    page = parse(zoe.get(f"/admin/projects/{cast.reef}").text)
    assert page.all("form", action=f"/admin/projects/{cast.reef}/restore")
    assert not page.all("form", action=f"/admin/projects/{cast.reef}/archive")
    assert zoe.post(f"/admin/projects/{cast.reef}/restore").status_code == 303
    assert "海岬装备" in zoe.get("/admin/projects").text
    assert [verb for verb, _changes in acts(db, cast.reef)] == ["project.archived", "project.restored"]


def test_an_enterprise_that_was_merged_is_not_taken_back(db: Database, zoe: FlaskClient, cast: Cast) -> None:
    with db.writing() as session:
        old = Enterprise(
            id=new_id(), zone_id=cast.zone, name="云帆旧名", merged_into=cast.enterprise, archived_at=clock.now()
        )
        session.add(old)
    answer = zoe.post(f"/admin/enterprises/{old.id}/restore")
    assert answer.status_code == 422 and row(db, Enterprise, old.id).archived_at is not None


def test_what_matters_asks_for_the_password_again(db: Database, zoe: FlaskClient, cast: Cast) -> None:
    sent = fields_of(zoe.get(f"/admin/projects/{cast.sail}").text, name="换了名")
    clock.advance(timedelta(minutes=11))
    for path, data in ((f"/admin/projects/{cast.sail}", sent), ("/admin/kinds/site_visit/archive", {})):
        answer = zoe.post(path, data=data)
        assert answer.status_code == 403 and parse(answer.text).all("input", type="password")
    assert row(db, Project, cast.sail).name == "云帆新材料"
    assert row(db, VisitKind, "site_visit").archived_at is None


# -- places --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pasted", "datum", "kept"),
    [
        ("37.1012, 119.6544", "wgs84", (37.1012, 119.6544)),
        (" 119.6544，37.1012 ", "wgs84", (37.1012, 119.6544)),  # some maps put the longitude first
        ("37.1012 119.6544", "gcj02", (37.10045, 119.64877)),
        ("", "wgs84", (38.5, 120.25)),  # as the two fields have it
    ],
)
def test_a_place_is_kept_in_one_datum_however_it_is_given(
    db: Database, zoe: FlaskClient, cast: Cast, pasted: str, datum: str, kept: tuple[float, float]
) -> None:
    typed = {"lat": "38.5", "lng": "120.25", "pasted": pasted, "datum": datum}
    assert change(zoe, "projects", cast.sail, **typed).status_code == 303
    project = row(db, Project, cast.sail)
    assert (project.lat, project.lng) == pytest.approx(kept, abs=0.0005)
    assert fields_of(zoe.get(f"/admin/projects/{cast.sail}").text)["datum"] == ["wgs84"], (
        "what is kept needs no turning"
    )


@pytest.mark.parametrize(
    "typed", [{"lat": "91"}, {"lng": ""}, {"pasted": "37.1"}, {"pasted": "200, 300"}, {"datum": "x"}]
)
def test_what_is_no_place_is_refused(db: Database, zoe: FlaskClient, cast: Cast, typed: dict[str, str]) -> None:
    answer = change(zoe, "projects", cast.sail, **typed)
    assert answer.status_code == 422 and len(errors_of(answer.text)) == 1
    assert row(db, Project, cast.sail).lat == 37.1


def test_a_place_can_be_taken_away_and_a_boundary_given(db: Database, zoe: FlaskClient, cast: Cast) -> None:
    ring = [[119.9, 37.1], [119.91, 37.1], [119.91, 37.11], [119.9, 37.1]]
    feature = f'{{"type": "Feature", "properties": {{}}, "geometry": {{"type": "Polygon", "coordinates": [{ring}]}}}}'
    assert change(zoe, "projects", cast.sail, lat="", lng="", fence=feature).status_code == 303
    project = row(db, Project, cast.sail)
    assert project.lat is None and project.fence == {"type": "Polygon", "coordinates": [ring]}
    whole = f'{{"type": "FeatureCollection", "features": [{feature}]}}'
    assert change(zoe, "zones", cast.zone, basemap=whole).status_code == 303
    assert errors_of(change(zoe, "zones", cast.zone, basemap=feature).text)
    for wrong in ('{"type": "Polygon"}', "[", "7", '{"type": "Polygon", "coordinates": [[["a", "b"]]]}', "[" * 5000):
        assert errors_of(change(zoe, "areas", cast.area, boundary=wrong).text), wrong
