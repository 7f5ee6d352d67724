"""The shell that every phone keeps: the same bytes for everyone, complete without a network."""

import json
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fieldapp.core.assets import assets
from fieldapp.pwa import queries
from tests.cast import Cast

SHELL = ["/capture", "/outbox", "/offline"]
LATER = "/capture/more"
ClientOf = Callable[..., FlaskClient]


def precached(client: FlaskClient) -> list[str]:
    found = re.search(r"^const PRE = (\[.*?\]);$", client.get("/sw.js").text, re.MULTILINE)
    assert found
    urls: list[str] = json.loads(found[1])
    return urls


@pytest.mark.parametrize("path", SHELL)
def test_the_shell_is_the_same_for_ana_and_for_nobody(client_of: ClientOf, path: str, cast: Cast) -> None:
    nobody, ana = client_of(None).get(path), client_of("ana").get(path)
    assert ana.status_code == 200
    assert ana.data == nobody.data
    assert "安娜" not in ana.text
    assert str(cast.ana) not in ana.text
    assert "Set-Cookie" not in nobody.headers


@pytest.mark.parametrize("path", SHELL)
def test_a_shell_page_is_asked_for_again_and_answered_from_what_is_held(app: Flask, path: str) -> None:
    client = app.test_client()
    first = client.get(path)
    assert first.headers["Cache-Control"] == "no-cache"
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_each_language_has_its_own_shell_and_its_own_worker(app: Flask) -> None:
    chinese, english = app.test_client(), app.test_client()
    english.set_cookie("fieldapp_lang", "en")
    chinese.set_cookie("fieldapp_lang", "zh_Hans_CN")
    assert "登记走访" in chinese.get("/capture").text
    assert "Log a visit" in english.get("/capture").text
    assert chinese.get("/sw.js").data != english.get("/sw.js").data


def test_everything_that_the_worker_keeps_is_there(app: Flask) -> None:
    client = app.test_client()
    urls = precached(client)
    assert {*SHELL, LATER} <= set(urls)
    assert len(urls) == len(set(urls))
    assert {url: client.get(url).status_code for url in urls} == dict.fromkeys(urls, 200)


def test_the_worker_keeps_every_module_that_the_shell_can_load(app: Flask) -> None:
    kept = {url.split("/", 3)[3] for url in precached(app.test_client()) if url.startswith("/s/")}
    needed = {
        "js/behaviours/start.js", "js/behaviours/capture.js", "js/behaviours/capture/issues.js",
        "js/behaviours/capture/pin.js", "js/behaviours/outbox.js", "js/behaviours/offline.js",
        "js/outbox/sender.js", "js/outbox/tus.js", "js/worker/shrink.js", "vendor/idb.js", "css/frame.css",
    }  # fmt: skip
    assert needed <= kept
    assert not any("leaflet" in path for path in kept)


def test_assets_are_found_through_imports_workers_and_styles(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "js/deep").mkdir(parents=True)
    (tmp_path / "a.css").write_text("a { background: url('img/x.png') } b { background: url(data:,x) }")
    (tmp_path / "js/a.js").write_text(
        'import { b } from "./deep/b.js";\nexport * from "./c.js";\nconst d = () => import("./d.js");\n'
        'new Worker(new URL("./e.js", import.meta.url));\n/** @type {import("./types.js").T} */\n'
    )
    for name in ("deep/b.js", "c.js", "d.js"):
        (tmp_path / "js" / name).write_text("")
    (tmp_path / "js/e.js").write_text('import "../js/a.js";')
    assert queries.closure({"js/a.js", "a.css"}, tmp_path) == [
        "a.css", "img/x.png", "js/a.js", "js/c.js", "js/d.js", "js/deep/b.js", "js/e.js",
    ]  # fmt: skip


def test_the_worker_is_never_stale_and_rules_the_whole_site(app: Flask) -> None:
    answer = app.test_client().get("/sw.js")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert re.search(r'^const VERSION = "[0-9a-f]{12}";$', answer.text, re.MULTILINE)


def test_the_worker_takes_over_only_when_asked_and_never_touches_records(app: Flask) -> None:
    text = app.test_client().get("/sw.js").text
    install = text[text.index('addEventListener("install"') : text.index('addEventListener("activate"')]
    assert "skipWaiting" not in install
    assert text.count("skipWaiting") == 1
    assert "indexedDB" not in text


def test_the_kill_switch_removes_the_worker_and_nothing_else(settings, app: Flask) -> None:  # type: ignore[no-untyped-def]
    from dataclasses import replace

    from fieldapp.app import create_app

    off = create_app(replace(settings, worker=False)).test_client().get("/sw.js")
    assert off.status_code == 200
    assert "unregister" in off.text
    assert "indexedDB" not in off.text


@pytest.mark.parametrize("path", SHELL)
def test_the_shell_breaks_no_rule_of_the_policy(app: Flask, path: str) -> None:
    html = app.test_client().get(path).text
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert not re.search(r"\s(style|on[a-z]+)=", html)
    assert html.count("<h1") == 1
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_without_javascript_the_plain_form_is_offered(app: Flask) -> None:
    html = app.test_client().get("/capture").text
    assert "/visits/new" in html[html.index("<noscript>") : html.index("</noscript>")]


def test_what_comes_late_on_the_capture_page_pushes_nothing_that_stands(app: Flask) -> None:
    pick = app.test_client().get("/capture").text.partition('data-view="pick"')[2]
    standing, late = pick.index("data-undecided"), pick.index('data-list="projects"')
    assert standing < pick.index("data-near") < pick.index("data-pick-hint") < late


def test_words_that_scripts_ask_for_are_in_their_page(app: Flask) -> None:
    """A key that a module says and its page does not have would show as a key to the officer."""
    with app.app_context():
        folder = assets().folder
    client = app.test_client()
    entries = {"/capture": "capture", "/outbox": "outbox", "/offline": "offline"}
    later = client.get(LATER).text
    for path, entry in entries.items():
        words = set(re.findall(r'data-w="([^"]+)"', client.get(path).text + (later if path == "/capture" else "")))
        modules = queries.closure({f"js/behaviours/{entry}.js", "js/behaviours/start.js"}, folder)
        for module in (m for m in modules if m.startswith("js/behaviours/")):
            if entry == "outbox" and "/capture/" in module:
                continue  # the outbox page only draws pictures with these
            said = set(re.findall(r'\bsay\("([^"]+)"', (folder / module).read_text("utf-8")))
            assert said <= words, (path, module, said - words)


def test_the_later_parts_of_the_form_are_kept_for_everyone_alike(client_of: ClientOf, cast: Cast) -> None:
    nobody, ana = client_of(None).get(LATER), client_of("ana").get(LATER)
    assert ana.data == nobody.data
    assert str(cast.ana) not in ana.text
    assert "<html" not in ana.text
    assert not re.search(r"<script|\s(style|on[a-z]+)=", ana.text)


def test_each_later_part_is_there_once_and_meets_nothing_of_the_same_name(app: Flask) -> None:
    client = app.test_client()
    later, page = client.get(LATER).text, client.get("/capture").text
    names = re.findall(r'<template data-more="([^"]+)"', later)
    assert {"issue", "pin"} <= set(names)
    for found in (names, re.findall(r'\sid="([^"]+)"', later + page), re.findall(r'data-copy="([^"]+)"', later + page)):
        assert len(found) == len(set(found)), sorted(name for name in found if found.count(name) > 1)


def test_what_a_module_brings_is_a_part_that_there_is(app: Flask) -> None:
    with app.app_context():
        folder = assets().folder / "js/behaviours"
    asked = {
        name
        for module in folder.rglob("*.js")
        for name in re.findall(r'\b(?:bring|template)\("([^"]+)"\)', module.read_text("utf-8"))
    }
    there = set(re.findall(r'<template data-more="([^"]+)"', app.test_client().get(LATER).text))
    assert asked <= there
    assert {"issue", "pin"} <= asked


def test_no_word_of_the_form_at_first_sight_comes_with_a_later_part(app: Flask) -> None:
    """Modules of the form are there at once; what they say must be in the page, whatever is brought later."""
    with app.app_context():
        folder = assets().folder
    words = set(re.findall(r'data-w="([^"]+)"', app.test_client().get("/capture").text))
    for entry in ("capture.js", "capture/form.js", "capture/saved.js"):
        for module in queries.at_once(f"js/behaviours/{entry}", folder):
            said = set(re.findall(r'\bsay\("([^"]+)"', (folder / module).read_text("utf-8")))
            assert said <= words, (module, said - words)
