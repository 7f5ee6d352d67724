"""The demo zone is invented, whole and varied: its map, its projects, and a year of words about them."""

import json
import random
from itertools import pairwise
from pathlib import Path

import pytest

from fieldapp.demo import issue_words, people, words, zone
from fieldapp.demo.issue_words import issue_text
from fieldapp.demo.scenes import SCENES
from fieldapp.demo.words import VisitText, photo_plans, stage_at, visit_text
from fieldapp.demo.zone import AREAS, DemoProject, area_boundaries, basemap, enterprises, projects
from fieldapp.projects.coordinates import distance_m, in_fence, in_mainland

SEEDS = Path(__file__).parents[2] / "migrations" / "data" / "0001"
KINDS = [row["code"] for row in json.loads((SEEDS / "visit_kinds.json").read_text(encoding="utf-8"))]
CATEGORIES = {row["code"]: row["parent"] for row in json.loads((SEEDS / "categories.json").read_text(encoding="utf-8"))}
PROJECTS = projects()


def test_24_projects_stand_in_every_stage() -> None:
    assert len(PROJECTS) == 24
    assert {project.stage for project in PROJECTS} == set(words.STAGES)
    assert len({project.key for project in PROJECTS}) == 24
    assert {project.enterprise for project in PROJECTS} == {enterprise.name for enterprise in enterprises()}


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.key)
def test_a_project_lies_on_its_own_plot_in_its_own_area_on_the_mainland(project: DemoProject) -> None:
    assert in_mainland(project.lat, project.lng)
    assert in_fence(project.lat, project.lng, project.fence)
    assert in_fence(project.lat, project.lng, area_boundaries()[project.area])
    assert 20 < project.site_area < 1200
    others = [other for other in PROJECTS if other is not project]
    assert not any(in_fence(project.lat, project.lng, other.fence) for other in others)
    nearest = min(distance_m((project.lat, project.lng), (other.lat, other.lng)) for other in others)
    assert 300 < nearest < 3000


def test_names_are_marked_as_invented_and_phones_are_not_real() -> None:
    contacts = [contact for enterprise in enterprises() for contact in enterprise.contacts]
    assert all("（滨海示范）" in enterprise.name for enterprise in enterprises())
    assert all(len(enterprise.contacts) == 2 for enterprise in enterprises())
    assert len({contact.name for contact in contacts}) == len(contacts)
    assert all(contact.phone.startswith("139000000") and len(contact.phone) == 11 for contact in contacts)


def test_the_map_names_its_shapes_and_closes_its_polygons() -> None:
    shapes = basemap()["features"]
    kinds = {shape["properties"]["kind"] for shape in shapes}
    assert kinds == {"sea", "land", "area", "green", "plot", "water", "road", "rail", "coast", "boundary"}
    for shape in shapes:
        geometry = shape["geometry"]
        if geometry["type"] == "Polygon":
            assert geometry["coordinates"][0][0] == geometry["coordinates"][0][-1]
    sea = next(shape["geometry"] for shape in shapes if shape["properties"]["kind"] == "sea")
    assert not any(in_fence(project.lat, project.lng, sea) for project in PROJECTS)
    assert set(area_boundaries()) == set(AREAS)


def said(text: VisitText) -> str:
    return text.progress + text.content + text.needs + text.problems


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_words_in_every_stage(kind: str) -> None:
    for project in PROJECTS:
        for days_ago in (0, 90, 360):
            text = visit_text(kind, project, days_ago, random.Random(f"{kind} {project.key} {days_ago}"))
            whole = said(text) + text.answers + text.next_step
            assert said(text)
            assert "{" not in whole
            assert "检查" not in whole.replace("检查井", "")
            assert (text.next_step == "") == (text.next_step_days is None)


def test_a_year_of_visits_does_not_repeat_itself() -> None:
    rng = random.Random(7)
    year = []
    for number in range(700):
        kind = rng.choices(KINDS[:5], (4, 4, 7, 1, 1))[0]
        year.append(said(visit_text(kind, PROJECTS[number % 24], rng.randrange(360), rng)))
    assert len(set(year)) > 500
    assert max(year.count(text) for text in set(year)) <= 8


def test_words_are_the_same_for_the_same_dice() -> None:
    one, two = (visit_text("site_visit", PROJECTS[1], 10, random.Random(3)) for _ in range(2))
    assert one == two


@pytest.mark.parametrize("category", [code for code, parent in CATEGORIES.items() if parent])
def test_every_category_has_issues_that_can_be_told_to_the_end(category: str) -> None:
    for seed in range(8):
        issue = issue_text(PROJECTS[seed], 5, random.Random(seed), category)
        assert issue.category == category
        assert issue.title and issue.description and issue.reply and issue.callback
        assert "{" not in "".join((issue.title, issue.description, *issue.handling, issue.reply, issue.place))
        assert len(issue.title) <= 40
        assert issue.urgency in ("normal", "urgent", "critical")
        assert issue.nature in ("request", "inquiry", "suggestion", "complaint", "found")


def test_issues_and_units_know_only_seeded_categories() -> None:
    leaves = {code for code, parent in CATEGORIES.items() if parent}
    assert set(issue_words.ISSUES) == leaves
    assert set(people.UNIT_OF_CATEGORY) == leaves
    assert set(people.UNITS) >= {"供水公司", "供电公司", "规划建设部", "市政工程部"}


def test_stages_run_backwards_in_time_and_never_jump() -> None:
    for project in PROJECTS:
        seen = [words.STAGES.index(stage_at(project, days_ago)) for days_ago in range(366)]
        assert seen[0] == words.STAGES.index(project.stage)
        assert all(later - earlier in (0, 1) for later, earlier in pairwise(seen))
        assert all(0 <= words.share_done(project, days_ago) <= 1 for days_ago in range(366))


@pytest.mark.parametrize("kind", KINDS)
def test_photos_of_a_visit_show_scenes_that_exist(kind: str) -> None:
    for project in PROJECTS:
        plans = photo_plans(kind, project, 20, random.Random(1), 3)
        assert len(plans) <= 3
        assert all(plan.scene in SCENES and plan.caption and plan.part for plan in plans)
        assert all(plan.role in ("progress", "meeting", "document") for plan in plans)
        assert bool(plans) == (kind in (*words.SITE_KINDS, *words.SHOTS_OF_KIND))


def test_the_board_says_project_part_time_and_who() -> None:
    project = PROJECTS[0]
    plan = photo_plans("site_visit", project, 0, random.Random(1), 1)[0]
    lines = words.board_lines(project, plan, "2026-05-14 09:41", "示范员")
    assert lines[0] == f"工程名称：{project.name}（一期）"
    assert "2026-05-14 09:41" in lines[2]
    assert zone.ZONE == "滨海示范区"
