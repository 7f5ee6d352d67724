"""Every page, for everyone who works here: one h1, labelled fields, unique ids, and links that lead somewhere."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from fieldapp.core.db import new_id
from tests.cast import Cast
from tests.feed.pages import Node, Reader, faults, parse
from tests.feed.story import Story

Readers = Callable[[Any], Reader]
ROLES = ["ana", "lin", "dee", "uma", "zoe", "sia", "abe", None]
NO_PAGES = ("/api/", "/s/", "/photos/", "/healthz", "/readyz", "/sw.js", "/manifest")


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    """What a page looks like does not depend on the database."""
    return sqlite_url


@pytest.fixture
def known(story: Story, cast: Cast) -> dict[str, str]:
    """An id for each kind of thing that a page may be about, by the first part of its address."""
    visit = story.logs("ana", photos=5, issues=[{}], issue_photos=1, next_step={"text": "复核"}, met=[{"name": "周明"}])
    story.says("bo", visit, "addition", text="补充一句")
    story.says("ana", visit, "correction", fields={"content": "更正"})
    issue = story.issue_of(visit)
    story.dispatch(issue)
    return {"projects": str(cast.sail), "visits": str(visit), "issues": str(issue), "enterprises": str(cast.enterprise)}


def addresses(app: Flask, known: dict[str, str]) -> Iterator[str]:
    """Every GET route with its arguments filled in; what nobody knows asks for a thing that is not there."""
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.rule.startswith(NO_PAGES) and not rule.rule.endswith(".json"):
            yield _filled(rule, known)


def _filled(rule: Rule, known: dict[str, str]) -> str:
    path = rule.rule
    for name in rule.arguments:
        start, end = path.rindex("<", 0, path.index(f"{name}>")), path.index(f"{name}>") + len(name) + 1
        path = path[:start] + known.get(rule.rule.split("/")[1], str(new_id())) + path[end:]
    return path


@pytest.mark.parametrize("name", ROLES, ids=[name or "nobody" for name in ROLES])
def test_every_page_keeps_the_rules(app: Flask, known: dict[str, str], reader: Readers, name: str | None) -> None:
    client = reader(name).client
    found: dict[str, list[str]] = {}
    read = 0
    for url in addresses(app, known):
        answer = client.get(url)
        assert answer.status_code in (200, 204, 302, 401, 404), f"{url}: {answer.status_code}"
        if answer.mimetype == "text/html" and "<html" in answer.text:
            read += 1
            found[url] = faults(parse(answer.text))
    assert {url: some for url, some in found.items() if some} == {}
    assert read >= (10 if name else 3)


@pytest.mark.parametrize("name", ["ana", "lin", "uma"])
def test_no_page_leads_to_where_one_may_not_go(known: dict[str, str], reader: Readers, name: str) -> None:
    who = reader(name)
    pages = ["/issues", f"/issues/{known['issues']}", "/settings"]
    if name != "uma":
        pages += ["/", "/projects", f"/projects/{known['projects']}", f"/visits/{known['visits']}", "/visits/new"]
    dead = {
        f"{page} -> {target}": status
        for page in pages
        for target in _targets(who.get(page))
        if (status := who.client.get(target).status_code) not in (200, 302)
    }
    assert dead == {}


def _targets(page: Node) -> set[str]:
    """Where the links of a page lead; a template's are for a script to place."""
    shown = set(page.all("a", href=True)) - {link for one in page.all("template") for link in one.all("a", href=True)}
    links = {link.attrs["href"].split("#")[0] for link in shown if link.attrs["href"].startswith("/")}
    return {link for link in links if link and not link.startswith("/photos/")}
