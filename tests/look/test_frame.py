"""The bar follows the role; the shell is the same for everyone."""

import json
import re

import pytest
from gallery import PAGES, ROOT, TEMPLATES, environment, render

PAGES_THAT_EXIST = {
    "/",
    "/projects",
    "/capture",
    "/outbox",
    "/issues",
    "/map",
    "/settings",
    "/review",
    "/visits/new",
    "/search",
    "/admin",
    "/admin/projects",
    "/admin/enterprises",
    "/admin/users",
    "/admin/proposals",
    "/admin/memberships",
    "/audit",
}
KINDS = [
    kind["code"] for kind in json.loads((ROOT / "migrations/data/0001/visit_kinds.json").read_text(encoding="utf-8"))
]
ITEM = re.compile(r'<li(?: class="([^"]*)")?><a href="([^"]+)"( aria-current="page")?>')


def bar(html: str) -> list[str]:
    """Where the bottom bar of a phone leads, in order."""
    nav = html.split("<nav", 1)[1].split("</nav>", 1)[0]
    return [href for css, href, _ in ITEM.findall(nav) if "only-desk" not in css]


def test_an_officer_has_the_log_button_in_the_middle() -> None:
    html = render("list", role="officer")
    assert bar(html) == ["/", "/projects", "/capture", "/issues", "/settings"]
    assert '<li class="log raised"><a href="/capture"' in html


@pytest.mark.parametrize("role", ("lead", "desk"))
def test_a_lead_has_the_map_and_finds_the_settings_in_the_title_bar(role: str) -> None:
    html = render("list", role=role)
    assert bar(html) == ["/", "/projects", "/capture", "/issues", "/map"]
    assert '<a class="bar-action only-phone" href="/settings">' in html


def test_an_administrator_keeps_and_logs_nothing() -> None:
    bar_of = bar(render("list", role="admin"))
    assert bar_of == ["/admin", "/admin/users", "/admin/projects", "/review", "/settings"]


def test_who_grants_and_who_audits_have_their_own_and_no_visits() -> None:
    assert bar(render("list", role="security")) == [
        "/admin/proposals",
        "/admin/memberships",
        "/admin/users",
        "/settings",
    ]
    assert bar(render("list", role="auditor")) == ["/audit", "/admin/users", "/settings"]


def test_a_unit_sees_its_issues_and_itself() -> None:
    parts = [f"/issues?part={part}" for part in ("waiting", "handling", "done")]
    assert bar(render("list", role="unit")) == [*parts, "/settings"]


def test_the_page_one_is_on_is_lit() -> None:
    lit = [href for _, href, current in ITEM.findall(render("timeline")) if current]
    assert lit == ["/projects"]


def test_a_page_without_a_way_back_has_no_arrow() -> None:
    assert "data-back" not in render("list")
    assert '<a class="bar-back" href="/projects" data-back>' in render("timeline")


def test_the_shell_asks_for_no_person() -> None:
    env = environment()
    for name in ("current_user", "demo_banner"):
        del env.globals[name]
    html = env.get_template("capture.html.jinja").render()
    assert bar(html) == ["/", "/projects", "/capture", "/issues", "/settings"]
    assert "interactive-widget=resizes-content" in html


@pytest.mark.parametrize("name", ("frame.html", "shell.html", "_strip.html"))
def test_the_frame_leads_only_to_pages_that_exist(name: str) -> None:
    source = (TEMPLATES / name).read_text(encoding="utf-8")
    assert set(re.findall(r'"(/[\w/]*)"', source)) <= PAGES_THAT_EXIST


def test_a_demonstration_says_so() -> None:
    env = environment()
    assert 'class="demo"' not in env.get_template("list.html.jinja").render()
    env.globals["demo_banner"] = True
    assert 'class="demo"' in env.get_template("list.html.jinja").render()


def test_every_kind_of_visit_has_an_icon_of_its_group() -> None:
    module = environment().get_template("_macros/icons.html").module
    drawn = {code: str(module.kind_icon_name(code)) for code in KINDS}  # type: ignore[attr-defined]
    assert "kind-other" not in drawn.values()
    assert drawn["phone_follow_up"] == "phone"
    assert drawn["incoming_call"] == "kind-call-in"
    assert drawn["site_inspection"] == "kind-site"
    meetings = ("office_meeting", "coordination_meeting", "joint_conference", "talks", "liaison_meeting")
    assert {drawn[code] for code in meetings} == {"kind-meeting"}


@pytest.mark.parametrize("page", PAGES)
def test_every_page_has_one_heading_and_one_main(page: str) -> None:
    html = render(page)
    assert (html.count("<h1"), html.count("<main")) == (1, 1)
