"""Reading a visit, and saying something more about it."""

import io
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from fieldapp.core.db import Database, new_id
from fieldapp.photos.models import Photo
from fieldapp.settings import Settings
from fieldapp.visits.models import Supplement
from tests.cast import NOON, Cast
from tests.feed.pages import Node, Reader
from tests.feed.story import Story, stood

Readers = Callable[[str], Reader]


def facts(page: Node) -> dict[str, str]:
    return {fact.one("dt").text: fact.one("dd").text for fact in page.all("div") if fact.all("dt") and fact.tag == "div"
            and len(fact.all("dt")) == 1 and fact.children and fact.parent and fact.parent.tag == "dl"}  # fmt: skip


def test_all_of_a_visit_is_there(story: Story, cast: Cast, reader: Readers) -> None:
    visit = story.logs(
        "ana", photos=2, issues=[{}], position=stood(0.0005), progress="二层封顶", problems="水压不足",
        met=[{"name": "周明", "title": "项目经理"}], participants=[cast.bo], outside=[{"unit": "供水公司"}],
        next_step={"text": "复核水压", "on": "2026-11-24"},
    )  # fmt: skip
    page = reader("lin").get(f"/visits/{visit}")
    said = facts(page)
    assert said["建设进度"] == "二层封顶" and said["存在问题"] == "水压不足"
    assert said["受访人"] == "周明 · 项目经理" and said["外部人员"] == "供水公司"
    assert said["走访人员"] == "安娜、柏宁"
    assert said["下一步打算"].startswith("复核水压") and "11月24日" in said["下一步打算"]
    assert said["编号"] == "ZF-2026-000001" and said["登记于"] == said["上传于"] == "2026-11-20 12:00"
    assert len(page.one(id="photos").all("img")) == 2
    assert "临时用水水压不足" in page.one(id="issues").text
    assert "精确" in page.text and "距项目 55 米" in page.text
    assert page.one(data_small_map=True).attrs["data-accuracy"] == "12.0"


def test_without_a_position_the_map_stands_at_the_project(story: Story, cast: Cast, reader: Readers) -> None:
    page = reader("lin").get(f"/visits/{story.logs('ana', position_absent='denied')}")
    assert "按项目位置" in page.text
    assert "data-lat" not in page.one(data_small_map=True).attrs


def test_a_photo_on_its_way_has_its_place_with_a_word(story: Story, reader: Readers) -> None:
    visit = story.logs("ana", photos=1, stored=False)
    assert reader("bo").get(f"/visits/{visit}").one(css="photo-none").text == "待上传"


def test_who_may_read_a_visit(story: Story, cast: Cast, reader: Readers) -> None:
    plain, sensitive = story.logs("ana"), story.logs("ana", sensitive=True)
    early = story.logs("ana", project=cast.talk)
    seen = {
        name: [reader(name).client.get(f"/visits/{id}").status_code for id in (plain, sensitive, early, new_id())]
        for name in ("ana", "bo", "lin", "dan", "dee", "uma", "zoe")
    }
    assert seen == {
        "ana": [200, 200, 200, 404], "bo": [200, 404, 200, 404], "lin": [200, 200, 200, 404],
        "dan": [200, 404, 404, 404], "dee": [200, 404, 200, 404], "uma": [404] * 4, "zoe": [404] * 4,
    }  # fmt: skip


def test_a_sensitive_issue_is_no_line_of_its_visit_for_others(story: Story, reader: Readers) -> None:
    visit = story.logs("ana", issues=[{"sensitive": True, "title": "用地纠纷"}])
    assert "用地纠纷" in reader("ana").get(f"/visits/{visit}").text
    assert "用地纠纷" not in reader("bo").get(f"/visits/{visit}").text


# -- additions -----------------------------------------------------------------------------------------------------


def add(who: Reader, visit: object, text: str, status: int = 303, id: str = "") -> object:
    form = who.get(f"/visits/{visit}").one("form", action=f"/visits/{visit}/additions")
    return who.post(
        form.attrs["action"], {"id": id or form.one("input", name="id").attrs["value"], "text": text}, status
    )


def test_dan_adds_what_he_knows_and_it_stands_under_the_visit(story: Story, cast: Cast, reader: Readers) -> None:
    visit = story.logs("ana")
    add(reader("dan"), visit, "水压已由我队复测。")
    section = reader("lin").get(f"/visits/{visit}").one(id="supplements")
    assert "水压已由我队复测。" in section.text and "丹青" in section.text
    assert "丹青 · 补充" in reader("lin").get(f"/projects/{cast.sail}").text


def test_an_addition_sent_twice_is_one(story: Story, reader: Readers) -> None:
    visit, id = story.logs("ana"), str(new_id())
    for _ in range(2):
        add(reader("bo"), visit, "同一句话", id=id)
    assert len(reader("lin").get(f"/visits/{visit}").one(id="supplements").all("li")) == 1


def test_another_text_under_the_same_id_comes_back_with_a_fresh_one(story: Story, reader: Readers) -> None:
    visit, id = story.logs("ana"), str(new_id())
    bo = reader("bo")
    add(bo, visit, "第一句", id=id)
    page = add(bo, visit, "第二句", 422, id=id)
    assert isinstance(page, Node)
    assert page.one("textarea", name="text").text == "第二句"
    assert page.one("form", action=f"/visits/{visit}/additions").one("input", name="id").attrs["value"] != id
    assert "先前已保存" in page.text


def test_an_addition_without_words_or_with_too_many_says_so_at_the_field(story: Story, reader: Readers) -> None:
    visit = story.logs("ana")
    for text, said in (("  ", "请写几个字。"), ("字" * 20_001, "最多 20000 字")):
        page = add(reader("bo"), visit, text, 422)
        assert isinstance(page, Node)
        field = page.one("textarea", name="text")
        assert field.attrs["aria-invalid"] == "true" and said in page.one(id="f-text-error").text
    add(reader("bo"), visit, "👷‍♀️ مرحبا \x00" + "长" * 10_000)
    assert "👷‍♀️ مرحبا" in reader("lin").get(f"/visits/{visit}").one(id="supplements").text


def test_photos_come_with_an_addition_once_and_stay_through_a_refusal(
    story: Story, db: Database, cast: Cast, settings: Settings, reader: Readers
) -> None:
    visit, bo = story.logs("ana"), reader("bo")
    url, id = f"/visits/{visit}/additions", str(new_id())

    def two() -> list[tuple[io.BytesIO, str]]:
        return [(io.BytesIO(data), name) for data, name in ((b"one", "a.jpg"), (b"two", "b.jpg"))]

    page = bo.post(url, {"id": id, "text": "字" * 20_001, "photos": two()}, 422)
    kept = [one.attrs["value"] for one in page.all("input", name="parked")]
    assert len(kept) == 2 and "a.jpg" in page.one(id="add").text
    bo.post(url, {"id": id, "text": "", "parked": kept})  # pictures say enough
    bo.post(url, {"id": id, "text": "", "photos": two()})  # the browser sends it once more
    with db.reading() as session:
        photos = session.scalars(select(Photo)).all()
        said = session.scalars(select(Supplement)).one()
    assert {(one.state, one.owner_id) for one in photos} == {("stored", cast.bo)} and len(photos) == 2
    assert set(said.body["photos"]) == {str(one.id) for one in photos}
    assert bo.post(url, {"id": id, "text": "另一句", "photos": two()}, 422), "other words under its id come back"
    empty = bo.post(url, {"id": str(new_id()), "text": "看图", "photos": [(io.BytesIO(b""), "c.jpg")]}, 422)
    assert "c.jpg" in empty.one(id="f-photos-error").text
    assert not list((settings.data_dir / "parked").glob(f"*/{kept[0]}*"))


def test_what_one_may_not_read_one_may_not_add_to(story: Story, cast: Cast, reader: Readers) -> None:
    visit = story.logs("ana", sensitive=True)
    for name in ("bo", "dan", "uma"):
        answer = reader(name).client.post(f"/visits/{visit}/additions", data={"id": str(new_id()), "text": "?"})
        assert answer.status_code == 404


# -- withdrawal ----------------------------------------------------------------------------------------------------


def test_the_author_withdraws_with_a_reason_and_others_no_longer_see_it(story: Story, reader: Readers) -> None:
    visit = story.logs("ana")
    ana = reader("ana")
    url, id = f"/visits/{visit}/withdrawal", str(new_id())
    assert "请写几个字。" in ana.post(url, {"id": id, "reason": ""}, 422).text
    ana.post(url, {"id": id, "reason": "记错项目"})
    assert "已撤回" in ana.get(f"/visits/{visit}").text
    assert reader("bo").client.get(f"/visits/{visit}").status_code == 404


def test_the_lead_voids_and_nobody_else_may(story: Story, reader: Readers) -> None:
    visit = story.logs("ana")
    for name in ("bo", "dan", "dee"):
        answer = reader(name).client.post(f"/visits/{visit}/withdrawal", data={"id": str(new_id()), "reason": "x"})
        assert answer.status_code == 404
    reader("lin").post(f"/visits/{visit}/withdrawal", {"id": str(new_id()), "reason": "重复登记"})
    assert "重复登记" in reader("ana").get(f"/visits/{visit}").one(id="supplements").text


# -- what was corrected, copied ------------------------------------------------------------------------------------


def test_the_original_words_stay_in_a_fold(story: Story, reader: Readers) -> None:
    visit = story.logs("ana", content="完成六成")
    story.says("ana", visit, "correction", fields={"content": "完成七成"})
    page = reader("lin").get(f"/visits/{visit}")
    assert facts(page)["走访内容"].startswith("完成")
    fold = page.one(id="supplements").one("details")
    assert "完成六成" in fold.text and "完成七成" not in fold.text
    assert "完成七成" in page.text


def test_the_text_for_wechat_reads_like_a_bulletin(story: Story, reader: Readers) -> None:
    visit = story.logs(
        "ana", at=NOON - timedelta(hours=2),
        issues=[{"title": "水压不足"}, {"title": "秘密", "sensitive": True}],
        next_step={"text": "下周复核"},
    )  # fmt: skip
    text = reader("ana").get(f"/visits/{visit}").one(id="wechat-text").text
    assert text == (
        "【走访动态】11月20日上午，安娜赴云帆新材料（一期）开展踏查现场。 二层钢结构吊装完成约六成。 "
        "问题诉求1件： 1. 水压不足 下一步：下周复核"
    )


def test_a_sensitive_visit_is_not_for_copying(story: Story, reader: Readers) -> None:
    visit = story.logs("ana", sensitive=True)
    assert reader("ana").get(f"/visits/{visit}").all(id="wechat-text") == []
