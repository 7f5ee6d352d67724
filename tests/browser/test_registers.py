"""The administrator at work on a phone: a project with its place picked on the map, then another admin in between."""

import re

from playwright.sync_api import expect

from fieldapp.core.db import Database
from fieldapp.projects.models import Project
from fieldapp.projects.project_actions import PROJECTS
from tests.browser.screens import Phone
from tests.cast import Cast


def test_a_place_is_picked_on_the_map_and_nobody_overwrites_anybody(phone: Phone, db: Database, cast: Cast) -> None:
    phone.enter("zoe")
    page = phone.open("/admin/projects")
    barriers = {"list": phone.barriers()}
    page.get_by_role("link", name=re.compile("^海岬装备")).click()
    picked = page.get_by_role("region", name="在地图上点选位置")
    picked.scroll_into_view_if_needed()
    expect(picked.locator(".pin")).to_be_visible()
    before = page.get_by_label("纬度").input_value()
    picked.click(position={"x": 40, "y": 150})  # beside the buttons, away from the pin
    expect(page.get_by_label("纬度")).not_to_have_value(before)
    lat, lng = (float(page.get_by_label(name).input_value()) for name in ("纬度", "经度"))
    page.get_by_role("searchbox", name="输入名称的一部分").fill("yfxcl")
    expect(page.get_by_role("radio", name="云帆新材料有限公司")).to_be_checked()

    with db.writing() as session:
        PROJECTS.change(session, cast.zoe, cast.reef, {"phase": "二期", "lat": 37.2})
    page.get_by_label("期次").fill("首期")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("alert")).to_contain_text("佐伊")
    expect(page.locator("[data-meanwhile]")).to_have_count(2)
    expect(page.get_by_label("期次")).to_have_value("首期")
    barriers["conflict"] = phone.barriers()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("status").filter(has_text="已保存")).to_be_visible()
    expect(page.locator("#history")).to_contain_text("二期 → 首期")
    with db.reading() as session:
        kept = session.get_one(Project, cast.reef)
        assert (kept.phase, kept.lat, kept.lng) == ("首期", lat, lng)
    assert {name: found for name, found in barriers.items() if found} == {}
