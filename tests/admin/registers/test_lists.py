"""A register's list: found by words, paged, and as cheap on its second page as on its first."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fieldapp.core.db import Database, new_id
from fieldapp.projects.models import Assignment, Contact, Project
from fieldapp.projects.project_actions import PROJECTS
from tests.cast import Cast
from tests.conftest import BACKENDS
from tests.feed.pages import parse
from tests.statements import statements_of

MANY = 70


@pytest.fixture(params=BACKENDS)
def db_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def zone(db: Database, cast: Cast) -> list[str]:
    """More projects than a page holds, with contacts and assignments; their names in order."""
    names = [f"示例项目{number:03d}" for number in range(MANY)]
    with db.writing() as session:
        for number, name in enumerate(names):
            id = new_id()
            session.add(Contact(id=new_id(), enterprise_id=cast.enterprise, name=f"联系人{number:03d}"))
            session.add(
                Project(
                    id=id, zone_id=cast.zone, area_id=cast.area, enterprise_id=cast.enterprise, name=name, stage="S05",
                    initials=f"slxm{number}",
                )
            )  # fmt: skip
            session.flush()
            # Three began on the same day: only the id tells them apart.
            begins = date(2026, 3, 1) + timedelta(days=number // 3)
            session.add(Assignment(project_id=id, team_id=cast.second_team, starts_on=begins))
    return names


def pages(client: FlaskClient, slug: str, query: str = "") -> Iterator[list[str]]:
    """The titles of each page, by what fetches the next."""
    url = f"/admin/{slug}{query}"
    while url:
        page = parse(client.get(url).text)
        yield [node.text for node in page.all(css="cell-title")]
        more = page.all("li", data_more=True)
        url = more[0].attrs["hx-get"] if more else ""


def test_pages_follow_each_other_without_gap_or_repetition(zone: list[str], zoe: FlaskClient) -> None:
    for slug, there in (("projects", 3), ("contacts", 0)):
        got = list(pages(zoe, slug))
        titles = [title for page in got for title in page if title.startswith(("示例", "联系"))]
        assert titles == sorted(titles) and len(titles) == len(set(titles)) == MANY
        assert [len(page) for page in got] == [30, 30, MANY + there - 60]
    served = [title for page in pages(zoe, "assignments") for title in page]
    assert len(served) == len(set(served)) == MANY + 4
    assert served[0].startswith("示例项目0"), "the newest first"


def test_words_initials_and_enterprises_find_a_row(zone: list[str], zoe: FlaskClient, cast: Cast) -> None:
    assert list(pages(zoe, "projects", "?q=slxm42")) == [["示例项目042"]]
    assert list(pages(zoe, "projects", "?q=100%25")) == [[]]
    assert len([title for page in pages(zoe, "projects", "?q=云帆") for title in page]) == MANY + 3
    assert list(pages(zoe, "assignments", "?q=示例项目042")) == [["示例项目042 · 项目服务二队"]]
    assert [page[0] for page in pages(zoe, "questions", "?q=地价")] != []
    only = list(pages(zoe, "assignments", f"?project_id={cast.sail}"))
    assert len(only) == 1 and all(title.startswith("云帆新材料") for title in only[0])
    assert len(list(pages(zoe, "projects", "?after=nonsense&enterprise_id=nonsense"))) == 3


@pytest.mark.parametrize("slug", ["projects", "contacts", "assignments"])
def test_a_page_costs_the_same_however_many_rows_it_shows(
    app: Flask, zone: list[str], zoe: FlaskClient, slug: str
) -> None:
    zoe.get("/admin")  # whoever asks first asks for more
    with statements_of(app) as few:
        assert zoe.get(f"/admin/{slug}?q=042").status_code == 200
    with statements_of(app) as many:
        assert zoe.get(f"/admin/{slug}").status_code == 200
    assert len(many) == len(few) <= 9, many


def test_a_history_costs_the_same_however_long_it_is(
    app: Flask, zone: list[str], zoe: FlaskClient, db: Database, cast: Cast
) -> None:
    zoe.get(f"/admin/projects/{cast.sail}")
    with statements_of(app) as short:
        zoe.get(f"/admin/projects/{cast.sail}/history")
    for number in range(40):
        with db.writing() as session:
            said = {"phase": f"第{number}期", "area_id": [cast.area, None][number % 2]}
            PROJECTS.change(session, cast.zoe, cast.sail, said)
    with statements_of(app) as long:
        answer = parse(zoe.get(f"/admin/projects/{cast.sail}/history").text)
    assert len(answer.all(css="cell-title")) == 15 and answer.all("li", data_more=True)
    assert len(long) <= len(short) + 2  # names of who did it, names of the areas
