"""待归档: what waits for a project, for whom, and the one tap that files it."""

from collections.abc import Callable

from sqlalchemy import select

from fieldapp.core.db import Database
from fieldapp.feed import unfiled_queries
from fieldapp.visits.models import VisitProject
from tests.cast import Cast
from tests.feed.pages import Node, Reader
from tests.feed.story import Story
from tests.statements import statements_of

Readers = Callable[[str], Reader]


def offered(page: Node) -> list[str]:
    return [button.attrs["value"] for button in page.all("button", name="project")]


def test_it_waits_for_its_author_the_lead_and_the_desk(story: Story, cast: Cast, reader: Readers) -> None:
    story.logs("ana", project=None, typed_project="云帆那边")
    story.logs("ana", content="已归档")
    for name, waits in (("ana", True), ("lin", True), ("dee", True), ("bo", False), ("dan", False)):
        page = reader(name).get("/visits/unfiled")
        assert ("云帆那边" in page.text, "已归档" in page.text) == (waits, False)
        assert bool(reader(name).get("/").all("a", href="/visits/unfiled")) == waits
    for stranger in ("zoe", "uma"):
        assert reader(stranger).client.get("/visits/unfiled").status_code == 404


def test_what_its_name_resembles_is_one_tap_away(story: Story, cast: Cast, reader: Readers, db: Database) -> None:
    visit = story.logs("ana", project=None, typed_project="海岬装备厂", issues=[{"title": "围挡倒伏"}])
    story.logs("ana", project=None, typed_project="YFXCL")
    story.logs("ana", project=None, typed_project="毫不相干")
    ana = reader("ana")
    page = ana.get("/visits/unfiled")
    forms = {form.attrs["action"]: offered(form)[0] for form in page.all("form", method="post")}
    assert forms[f"/visits/{visit}/move"] == str(cast.reef)
    assert sorted(forms.values()) == sorted([str(cast.reef), str(cast.sail)])
    form = next(one for one in page.all("form", method="post") if one.attrs["action"] == f"/visits/{visit}/move")
    given = {field.attrs["name"]: field.attrs["value"] for field in form.all("input", type="hidden")}
    for _send in range(2):
        assert ana.client.post(f"/visits/{visit}/move", data={**given, "project": str(cast.reef)}).status_code == 303
    assert "海岬装备厂" not in ana.get("/visits/unfiled").text
    assert "围挡倒伏" in ana.get(f"/projects/{cast.reef}").text
    # Back to the same form, and another project chosen.
    assert ana.client.post(f"/visits/{visit}/move", data={**given, "project": str(cast.sail)}).status_code == 303
    with db.reading() as session:
        links = session.scalars(select(VisitProject.project_id).where(VisitProject.visit_id == visit)).all()
    assert links == [cast.sail]


def test_a_project_in_talks_is_not_offered_to_others(story: Story, cast: Cast, reader: Readers) -> None:
    story.logs("ana", project=None, typed_project="远山食品")
    story.logs("dan", project=None, typed_project="远山食品")
    assert str(cast.talk) in offered(reader("ana").get("/visits/unfiled"))
    assert str(cast.talk) not in offered(reader("dan").get("/visits/unfiled"))


def test_twelve_of_them_cost_as_many_statements_as_two(story: Story, cast: Cast, db: Database) -> None:
    counts = []
    for many in (2, 10):
        for n in range(many):
            story.logs("ana", project=None, typed_project=f"云帆{n}")
        with db.reading() as session:
            person = cast.person(session, "ana")
            with statements_of(db) as asked:
                unfiled_queries.waiting(session, person, zone_readable=True)
        counts.append(len(asked))
    assert counts[0] == counts[1]
