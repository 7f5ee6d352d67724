"""An officer files, finds and calls: with a network by the server, without one by what the phone holds."""

from datetime import date, timedelta

from playwright.sync_api import expect
from sqlalchemy import select

from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from fieldapp.projects.models import Assignment, Contact, Enterprise, Project
from tests.browser.deeds import PROJECT, all_sent, eventually, get_ready, new_visit, reference
from tests.browser.screens import Phone
from tests.browser.thumb import Thumb
from tests.cast import Cast
from tests.feed.story import Story

OTHERS, NUMBER = "海岬重工有限公司", "13800005678"


def prepare(db: Database, cast: Cast) -> None:
    """A visit that nobody has filed, one that somebody will look for, and an enterprise of the other team."""
    story, now, firm, port = Story(db, cast), clock.now(), new_id(), new_id()
    with db.writing() as session:
        session.add(Enterprise(id=firm, name=OTHERS, initials="hjzg"))
        session.flush()
        session.add(Project(id=port, zone_id=cast.zone, enterprise_id=firm, name="海岬码头", stage="S08"))
        session.flush()
        session.add(Assignment(project_id=port, team_id=cast.second_team, starts_on=date(2026, 1, 1)))
        session.add(Contact(enterprise_id=firm, name="周明", title="厂长", phone=NUMBER))
    story.logs("ana", at=now - timedelta(hours=3), project=None, typed_project="云帆新材", content="围挡已加固")
    story.logs("bo", at=now - timedelta(days=2), content="减压阀到货")


def test_filing_and_finding_take_two_taps_and_the_search_goes_on_without_a_network(
    phone: Phone, db: Database, cast: Cast
) -> None:
    prepare(db, cast)
    page = get_ready(phone)
    eventually("the zone", lambda: reference(page), lambda ref: "projects" in ref and "contacts" in ref)

    page, thumb = phone.open("/"), Thumb()
    thumb.tap(page.locator("main a[href='/visits/unfiled']"), page.get_by_role("button", name=PROJECT))
    expect(page.locator("main")).to_contain_text("围挡已加固")
    page.wait_for_load_state()
    assert thumb.taps == 2

    thumb = Thumb()
    thumb.tap(page.locator("header a[href='/search']"))
    page.locator("#q").fill("减压")
    page.locator("#q").press("Enter")
    expect(page.locator("mark")).to_have_text("减压")
    assert phone.barriers() == []
    thumb.tap(page.locator("main .cells a"))
    expect(page.locator("main")).to_contain_text("减压阀到货")
    assert thumb.taps == 2

    page = phone.open("/search?q=hjzg")
    page.locator("main a[href^='/enterprises/']", has_text=OTHERS).click()
    expect(page.locator("h1")).to_have_text(OTHERS)
    assert phone.barriers() == []
    thumb = Thumb()
    thumb.tap(page.get_by_role("button", name="查看号码"))
    expect(page.locator(f"a[href='tel:{NUMBER}']")).to_be_visible()  # from here on it is a call as any other
    assert thumb.taps == 1

    page = phone.open(f"/enterprises/{cast.enterprise}")
    thumb = Thumb()
    thumb.tap(page.locator("#contacts summary"))
    page.locator("#f-name").fill("吴敏")
    page.locator("#f-phone").fill("13900001111")
    thumb.tap(page.locator("#contacts details button"))
    expect(page.locator("#contacts")).to_contain_text("吴敏")
    assert thumb.taps == 2
    with db.reading() as session:
        assert session.scalars(select(Contact.confirmed).where(Contact.name == "吴敏")).all() == [False]

    phone.offline()
    page = phone.open("/search?q=yfxcl")
    expect(page.locator("h1")).to_have_text("搜索")
    expect(page.locator("[data-search-held]")).to_contain_text("本机")
    found = page.locator("[data-list-here]")
    expect(found).to_contain_text(PROJECT)
    assert phone.barriers() == []
    page.locator("[data-find]").fill("没有的")
    expect(page.locator("[data-none]")).to_be_visible()
    page.locator("[data-find]").fill("云帆")
    found.locator("a[href^='/enterprises/']").click()
    expect(page.locator("h1")).to_have_text("企业")

    form = new_visit(phone)
    form.page.locator("[data-search]").fill("临港精密")
    form.page.locator("[data-typed]").click()
    form.kind().write(progress="厂房封顶")
    form.page.locator("[data-new-firm] input").check()
    met = form.unfold("met")
    met.locator("[data-part=name]").first.fill("孙立")
    met.locator("[data-part=phone]").first.fill("13700002222")
    form.save()
    phone.online()
    all_sent(form.page, 1)
    with db.reading() as session:
        new = session.scalars(select(Enterprise).where(Enterprise.name == "临港精密")).one()
        assert not new.confirmed
        people = select(Contact.name, Contact.phone).where(Contact.enterprise_id == new.id)
        assert session.execute(people).all() == [("孙立", "13700002222")]
