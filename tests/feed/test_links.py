"""A boss asks: text to copy, and a link that shows one visit or project to whoever holds it, for some days."""

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.accounts.models import Membership, User
from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from fieldapp.core.models import Audit
from fieldapp.feed.models import Link
from fieldapp.feed.summary_queries import phones_masked
from fieldapp.photos.models import Photo
from fieldapp.projects.models import Contact, Enterprise, Project
from tests.cast import NOON, Cast
from tests.feed.pages import Reader
from tests.feed.story import Story, stood
from tests.statements import statements_of

Readers = Callable[[str | None], Reader]
SECRET_WORDS = "涉密记号甲乙丙"


def share(who: Reader, of: str, days: str = "7") -> str:
    """The path of a link to `/visits/…` or `/projects/…`, made with the page's own form."""
    form = who.get(f"{of}/share").one("form", action=f"{of}/share")
    answer = who.post(f"{of}/share", {"id": form.one("input", name="id").attrs["value"], "days": days})
    page = who.get(answer.split("#")[0])
    addresses = [one.text for one in page.all("textarea") if "/link/" in one.text]
    return re.sub(r"^https?://[^/]+", "", addresses[0])


def links(db: Database) -> list[Link]:
    with db.reading() as session:
        return list(session.scalars(select(Link).order_by(Link.made_at, Link.id)))


def test_ana_shares_a_visit_and_anyone_who_holds_the_link_reads_it(
    story: Story, db: Database, cast: Cast, reader: Readers
) -> None:
    visit = story.logs(
        "ana", photos=2, issues=[{}], position=stood(), progress="二层封顶",
        problems="联系 13812345678 或 0534-2212345",
        met=[{"name": "周明", "title": "项目经理"}], next_step={"text": "复核水压", "on": "2026-11-24"},
    )  # fmt: skip
    story.says("ana", visit, "addition", text="水压已复测")
    story.says("bo", visit, "addition", text="受访人：郑原", participants=[cast.bo])  # a visit joined to hers, in words
    path = share(reader("ana"), f"/visits/{visit}")
    boss = reader(None)
    answer = boss.client.get(path)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "Set-Cookie" not in answer.headers
    page = boss.get(path)
    assert all(
        said in page.text
        for said in ("云帆新材料（一期）", "二层封顶", "复核水压", "水压已复测", "安娜", "临时用水水压不足")
    )
    assert "138****5678" in page.text and "0534-****345" in page.text
    assert "13812345678" not in page.text and "2212345" not in page.text and "周明" not in page.text
    assert "郑原" not in page.text
    assert "37.1" not in page.text and "119.9" not in page.text
    assert not page.all("nav") and {a.attrs["href"].split("/photos/")[0] for a in page.all("a")} == {path}
    assert len(page.all("img", loading="lazy")) == 2
    [link] = links(db)
    token = path.rsplit("/", 1)[1]
    assert link.token_sha256 != token and len(token) == 43
    assert (link.maker_id, link.opened, link.expires_at) == (cast.ana, 2, NOON + timedelta(days=7))
    with db.reading() as session:
        rows = session.execute(select(Audit.verb, Audit.actor_id).where(Audit.verb.like("link.%"))).all()
    assert [tuple(row) for row in rows] == [("link.made", cast.ana), ("link.opened", None), ("link.opened", None)]


def test_its_photos_open_through_the_token_only(story: Story, db: Database, reader: Readers, app: Flask) -> None:
    mine = story.logs("ana", photos=1)
    [photo] = story.photos
    other = story.logs("ana", photos=1)
    [foreign] = story.photos
    assert mine != other
    with db.writing() as session:
        for id in (photo, foreign):
            app.extensions["fieldapp"].files.put_bytes(session.get_one(Photo, id).thumb_key, b"\xff\xd8thumb")
    path, boss = share(reader("ana"), f"/visits/{mine}"), reader(None).client
    answer = boss.get(f"{path}/photos/{photo}/thumb")
    assert (answer.status_code, answer.data) == (200, b"\xff\xd8thumb")
    assert answer.headers["Cache-Control"] == "no-store" and answer.headers["X-Content-Type-Options"] == "nosniff"
    assert boss.get(f"{path}/photos/{foreign}/thumb").status_code == 404
    assert boss.get(f"{path}x/photos/{photo}/thumb").status_code == 404
    assert boss.get(f"/photos/{photo}/thumb").status_code == 302  # to the sign-in
    assert boss.get(f"{path}/photos/{photo}/evidence").status_code == 404


def test_the_log_does_not_know_the_token(story: Story, reader: Readers, caplog: pytest.LogCaptureFixture) -> None:
    path = share(reader("ana"), f"/visits/{story.logs('ana')}")
    logging.getLogger("fieldapp").propagate = True
    with caplog.at_level(logging.INFO, logger="fieldapp.access"):
        reader(None).get(path)
    paths = [record.facts["path"] for record in caplog.records if hasattr(record, "facts")]  # type: ignore[attr-defined]
    assert paths == ["/link/…"]


def test_nobody_tries_tokens_for_long(client_of: Callable[..., FlaskClient]) -> None:
    boss = client_of(None)
    codes = [boss.get(f"/link/guess{n}").status_code for n in range(61)]
    assert codes == [404] * 60 + [429]


def sensitive_photo(story: Story, db: Database) -> UUID:
    visit = story.logs("ana", photos=1, content="公开的")
    with db.writing() as session:
        session.get_one(Photo, story.photos[0]).sensitive = True
        session.get_one(Photo, story.photos[0]).caption = SECRET_WORDS
    return visit


def test_nothing_sensitive_withdrawn_or_before_signing_goes_out(
    story: Story, db: Database, cast: Cast, reader: Readers
) -> None:
    """A marker planted in everything that must stay here, looked for in every text and behind every link."""
    ana = reader("ana")
    hidden = story.logs("ana", content=SECRET_WORDS, sensitive=True)
    early = story.logs("ana", content=SECRET_WORDS, project=cast.talk)
    both = story.logs("ana", content=SECRET_WORDS, projects=[cast.talk])
    gone = story.logs("ana", content=SECRET_WORDS)
    story.says("ana", gone, "withdrawal", reason="记错了")
    with db.writing() as session:
        talks = Enterprise(id=new_id(), zone_id=cast.zone, name=SECRET_WORDS)
        session.add(talks)
        session.flush()
        session.get_one(Project, cast.talk).enterprise_id = talks.id
        firm = talks.id
    beside = story.logs("ana", content=SECRET_WORDS, enterprises=[firm])
    there = story.logs("ana", content=SECRET_WORDS, project=None, enterprises=[firm], issues=[{"title": SECRET_WORDS}])
    foreign = story.logs("ana", content="同去海岬", projects=[cast.reef])
    with_issue = story.logs(
        "ana", content="公开的二", photos=1, issue_photos=1, issues=[{"sensitive": True, "title": SECRET_WORDS}]
    )
    with_photo = sensitive_photo(story, db)
    for visit in (hidden, early, both, gone, beside, there):
        ana.get(f"/visits/{visit}/share", 404)
        ana.post(f"/visits/{visit}/share", {"id": str(new_id()), "days": "7"}, 404)
    ana.get(f"/projects/{cast.talk}/share", 404)
    boss = reader(None)
    pages = [
        boss.get(share(ana, of)) for of in (f"/projects/{cast.sail}", f"/visits/{with_issue}", f"/visits/{with_photo}")
    ]
    assert all(SECRET_WORDS not in page.text for page in pages)
    assert all(not page.all("img", loading="lazy") for page in pages)
    assert "公开的二" in pages[0].text and foreign
    texts = [ana.get(url) for url in (f"/projects/{cast.sail}/share", "/today/text", "/today/text?days=7")]
    assert all(SECRET_WORDS not in page.text for page in texts)


@pytest.mark.parametrize(
    "end", ["expired", "revoked", "disabled", "no role", "sensitive", "withdrawn", "before signing"]
)
def test_a_link_ends(story: Story, db: Database, cast: Cast, reader: Readers, end: str) -> None:
    ana, boss = reader("ana"), reader(None)
    visit = story.logs("ana", content=SECRET_WORDS)
    path = share(ana, f"/visits/{visit}", "1")
    assert SECRET_WORDS in boss.get(path).text
    with db.writing() as session:
        if end == "disabled":
            session.get_one(User, cast.ana).disabled_at = NOON
        elif end == "no role":
            for one in session.scalars(select(Membership).where(Membership.user_id == cast.ana)):
                one.ends_on = NOON.date() - timedelta(days=1)
        elif end == "before signing":
            session.get_one(Project, cast.sail).stage = "S00"
    if end == "expired":
        clock.advance(timedelta(days=1))
    elif end == "revoked":
        assert ana.post(f"/links/{links(db)[0].id}/revocation", {}) == "/links?revoked=1"
    elif end == "sensitive":
        story.says("ana", visit, "correction", fields={"sensitive": True})
    elif end == "withdrawn":
        story.says("ana", visit, "withdrawal", reason="记错了")
    page = boss.get(path, 404)
    assert SECRET_WORDS not in page.text and "链接已失效" in page.text


def test_a_link_shows_no_more_than_its_maker_may_read(story: Story, db: Database, cast: Cast, reader: Readers) -> None:
    """Dan of the other team shares ana's visit, which the zone may read; then a correction makes it sensitive."""
    visit = story.logs("ana", issues=[{"title": "电力不足"}])
    path = share(reader("dan"), f"/projects/{cast.sail}")
    assert "电力不足" in reader(None).get(path).text
    story.says("ana", visit, "correction", fields={"sensitive": True})
    shown = reader(None).get(path)
    assert "二层钢结构" not in shown.text


def test_the_same_form_again_makes_no_second_link_and_a_foreign_id_none(
    story: Story, db: Database, reader: Readers
) -> None:
    visit, id = story.logs("ana"), str(new_id())
    for _ in range(2):
        reader("ana").post(f"/visits/{visit}/share", {"id": id, "days": "30"})
    assert len(links(db)) == 1 and links(db)[0].expires_at == NOON + timedelta(days=30)
    reader("bo").post(f"/visits/{visit}/share", {"id": id, "days": "1"}, 404)


def test_a_link_is_in_its_makers_list_and_the_security_administrators_who_may_end_it(
    story: Story, db: Database, reader: Readers
) -> None:
    path = share(reader("ana"), f"/visits/{story.logs('ana')}")
    id = links(db)[0].id
    assert path in reader("ana").get("/links").text
    assert "ZF-2026-000001" not in reader("bo").get("/links").text
    for other in ("bo", "zoe", "abe"):
        reader(other).post(f"/links/{id}/revocation", {}, 404)
    listed = reader("sia").get("/links").text
    assert "安娜" in listed and "ZF-2026-000001" in listed and path not in listed
    reader("sia").post(f"/links/{id}/revocation", {})
    reader("sia").post(f"/links/{id}/revocation", {})
    reader(None).get(path, 404)
    with db.reading() as session:
        assert len(session.scalars(select(Audit).where(Audit.verb == "link.revoked")).all()) == 1


def test_the_list_and_the_texts_cost_the_same_however_long(
    story: Story, db: Database, cast: Cast, reader: Readers
) -> None:
    def statements(who: Reader, url: str) -> int:
        who.get(url)
        with statements_of(who.client) as asked:
            who.get(url)
        return len(asked)

    urls = ("/links", "/today/text?days=7", f"/projects/{cast.sail}/share")
    share(reader("ana"), f"/visits/{story.logs('ana', photos=1, issues=[{}])}")
    before = [statements(reader("ana"), url) for url in urls]
    for _ in range(3):
        share(reader("ana"), f"/visits/{story.logs('ana', photos=2, issues=[{}])}")
    assert [statements(reader("ana"), url) for url in urls] == before


def test_the_state_of_a_project_as_text(story: Story, db: Database, cast: Cast, reader: Readers) -> None:
    with db.writing() as session:
        session.add(Contact(enterprise_id=cast.enterprise, name="周明", phone="13812345678"))
    story.logs(
        "ana", at=NOON - timedelta(days=2), progress="二层封顶", next_step={"text": "催办用水", "on": "2026-11-24"}
    )
    story.logs("bo", content="电话了解情况", kind="phone_follow_up", issues=[{"title": "临时用水水压不足"}])
    text = reader("ana").get(f"/projects/{cast.sail}/share").one("textarea", id="share-text").text
    assert text.startswith("【项目情况】云帆新材料（一期）（截至11月20日）")
    for said in ("企业：云帆新材料有限公司", "建设进度（11月18日）：二层封顶", "未销号问题诉求1件：",
                 "1. 临时用水水压不足", "下一步：催办用水（11月24日前）"):  # fmt: skip
        assert said in text
    assert "13812345678" not in text
    assert reader("ana").get(f"/projects/{cast.sail}").all("a", href=f"/projects/{cast.sail}/share")


def test_the_day_and_the_week_as_text(story: Story, reader: Readers) -> None:
    story.logs("ana", at=NOON - timedelta(days=2), content="基坑验槽")
    story.logs("ana", content="二层封顶")
    story.logs("bo", content="柏宁的")
    ana = reader("ana")
    day = ana.get("/today/text").one("textarea").text
    assert day.startswith("【走访小结】11月20日 安娜") and "登记走访1次" in day and "二层封顶" in day
    week = ana.get("/today/text?days=7").one("textarea").text
    assert "11月16日至11月20日" in week and "登记走访2次" in week and "11月18日" in week and "基坑验槽" in week
    assert "柏宁的" not in day + week
    assert ana.get("/").all("a", href="/today/text")
    assert not reader("dan").get("/today/text").all("textarea")


def test_a_lead_takes_the_teams_day_along_without_counting_anybody(story: Story, reader: Readers) -> None:
    story.logs("ana", content="二层封顶")
    story.logs("bo", content="基坑验槽")
    story.logs("dan", content="外队的")
    story.logs("bo", content="不外传的", sensitive=True)
    text = reader("lin").get("/today/text?team=1").one("textarea").text
    assert text.startswith("【走访小结】11月20日 项目服务一队") and "登记走访2次" in text
    assert "安娜：二层封顶" in text and "柏宁：基坑验槽" in text and "外队的" not in text and "不外传的" not in text
    assert not reader("lin").get("/today/text").all("textarea")  # she has logged nothing herself
    assert "基坑验槽" not in reader("ana").get("/today/text?team=1").text


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("电话13812345678。", "电话138****5678。"), ("138 1234 5678", "138****5678"), ("0534-2212345", "0534-****345"),
        ("编号20261120123456", "编号20261120123456"), ("投资 12345678 元", "投资 12345678 元"),
    ],
)  # fmt: skip
def test_telephones_in_a_text_are_shown_in_part(typed: str, shown: str) -> None:
    assert phones_masked(typed) == shown


def test_links_are_not_for_handling_units(client_of: Callable[..., FlaskClient], story: Story, cast: Cast) -> None:
    visit = story.logs("ana")
    for url in ("/links", "/today/text", f"/visits/{visit}/share", f"/projects/{cast.sail}/share"):
        assert client_of("uma").get(url).status_code == 404
