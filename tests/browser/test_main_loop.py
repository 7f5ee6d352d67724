"""The walking skeleton: ana logs a visit offline, her browser is killed, and lin sees it once."""

from pathlib import Path

from playwright.sync_api import expect
from sqlalchemy import func, select

from fieldapp.core.db import Database
from fieldapp.issues.models import Issue
from fieldapp.sync.models import Raw, Record
from fieldapp.timeline.models import Entry
from tests.browser.deeds import (
    PROJECT,
    all_sent,
    drawn,
    eventually,
    get_ready,
    held,
    made,
    new_visit,
    snapshot,
    stored,
    visits,
)  # fmt: skip
from tests.browser.screens import Desk, Phone
from tests.cast import SITE, Cast


def test_a_visit_logged_offline_survives_a_killed_browser_and_the_team_sees_it_once(
    phone: Phone, desk: Desk, db: Database, cast: Cast, tmp_path: Path
) -> None:
    get_ready(phone, to_be_killed=True)
    page = phone.open("/")
    expect(page.locator("[data-ready-offline]")).to_contain_text("可离线")
    phone.offline()

    page = phone.open("/capture")  # a cold start of the shell
    form = new_visit(phone).choose("yfxcl").kind()
    form.write(progress="二层钢结构吊装完成约六成", problems="北侧围挡未封闭")
    big = snapshot(tmp_path, "big", size=(3200, 2400), orientation=6)
    form.take(big).take(snapshot(tmp_path, "gate"), snapshot(tmp_path, "meter", size=(900, 1200))).shrunk()
    form.stands()
    form.issue("北门临时用电容量不足", photo=1)
    form.issue("临时用水水压不足", photo=2)
    assert "已保存在本机" in form.save()
    kept = sorted(row["buf"]["sha256"] for row in held(page, "bytes", hashes=True))
    assert len(kept) == 3

    phone.kill()
    page = phone.reopen("/outbox")
    line = page.locator("[data-group=saved] [data-record], [data-group=sending] [data-record]")
    expect(line).to_have_count(1)
    expect(line).to_contain_text(PROJECT)
    expect(line.locator(".photo img[src]")).to_have_count(3)
    assert sorted(row["buf"]["sha256"] for row in held(page, "bytes", hashes=True)) == kept
    assert [row["width"] for row in held(page, "photos") if row["width"] == 1536]  # upright: 2400 × 3200, made smaller
    assert visits(db) == []

    phone.online()  # nobody touches the phone
    all_sent(page, 1)
    expect(page.locator("[data-group=sent] [data-record]")).to_have_count(1)

    once(db, cast, kept)
    eventually("the copies of three photos", lambda: made(db), lambda n: n == 3)
    the_lead_sees(desk, cast, str(visits(db)[0].id))


def once(db: Database, cast: Cast, kept: list[str]) -> None:
    assert len(visits(db)) == 1
    assert stored(db) == kept
    with db.reading() as session:
        counts = [session.scalar(select(func.count()).select_from(model)) for model in (Record, Raw, Issue)]
        assert counts == [1, 1, 2]
        entries = select(func.count()).where(Entry.kind == "visit", Entry.project_id == cast.sail)
        assert session.scalar(entries) == 1


def the_lead_sees(desk: Desk, cast: Cast, visit: str) -> None:
    desk.sign_in("lin")
    page = desk.open(f"/projects/{cast.sail}")
    entry = page.locator(f'li.entry:has(a[href="/visits/{visit}"].entry-title)')
    expect(entry).to_have_count(1)
    expect(entry).to_contain_text("二层钢结构吊装完成约六成")
    expect(entry.locator("img[src$='/thumb']")).to_have_count(3)
    for thumb in entry.locator("img").all():
        drawn(thumb)
    page = desk.open("/issues")
    for title in ("北门临时用电容量不足", "临时用水水压不足"):
        expect(page.locator("li.cell", has_text=title)).to_have_count(1)
    page = desk.open("/map")
    expect(page.locator(f'#map-rows a[href="/visits/{visit}"]')).to_have_count(1)
    bbox = ",".join(str(round(n, 4)) for n in (SITE[0] - 0.05, SITE[1] - 0.05, SITE[0] + 0.05, SITE[1] + 0.05))
    answer = page.evaluate("(url) => fetch(url).then((r) => r.json())", f"/map/cells.json?z=15&bbox={bbox}")
    assert [(cell["n"], cell["visit"], cell["hollow"]) for cell in answer["cells"]] == [(1, visit, False)]
