"""Every role asks every route, of a thing near it and of one far away: who may is declared in security/matrix.txt.

A route that is added needs a line there, and `python -m tests.security.matrix` then writes it into docs/security.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import flask.templating
import pytest
from argon2 import PasswordHasher
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from werkzeug.routing import Rule

from fieldapp.accounts import actions
from fieldapp.app import create_app
from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.core.files import Files
from fieldapp.core.limits import limiter
from fieldapp.settings import Settings
from tests.cast import NOON, Cast
from tests.security import matrix
from tests.security.asking import (
    ALLOWED,
    FIRST,
    NOTHING,
    REFUSED,
    SIGN_IN,
    Undone,
    ask,
    lines_of,
    name_of,
    outcome,
    places_of,
)
from tests.security.matrix import DOOR, EARLY, PUBLIC, Line
from tests.security.zone import ENDED, MUST, NEAR, WEAK, Asker, Ids, askers, furnished, peopled
from tests.test_routes import made

NOBODY_YET = {SIGN_IN, FIRST, NOTHING, REFUSED}


@dataclass
class Zone:
    app: Flask
    ids: Ids
    askers: list[Asker]
    undone: Undone


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def zone(
    settings: Settings, db: Database, cast: Cast, compiled_templates: FileSystemBytecodeCache, monkeypatch: Any
) -> Iterator[Zone]:
    """Behind an origin, so that the three powers show a second factor. Nobody is slowed down; nothing stays written."""
    monkeypatch.setattr(limiter, "enabled", False)
    monkeypatch.setattr(actions, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    with clock.frozen(NOON):
        more = peopled(db, cast)
        ids = furnished(db, cast, Files(settings.files))
        app = create_app(replace(settings, origin="https://zone.example"))
        app.jinja_env.bytecode_cache = compiled_templates
        yield Zone(app, ids, askers(app, db, cast, more), Undone(str(db.engine.url.database)))
        app.extensions["fieldapp"].db.close()


@pytest.fixture
def drawn_once(monkeypatch: Any) -> set[str]:
    """Templates that were drawn for this line: who may ask does not hang on what the page looks like."""
    drawn: set[str] = set()
    draw = flask.templating._render

    def once(app: Flask, template: Any, context: dict[str, Any]) -> str:
        if template.name in drawn:
            return ""
        drawn.add(template.name)
        return draw(app, template, context)

    monkeypatch.setattr(flask.templating, "_render", once)
    return drawn


def test_every_route_has_a_line_and_every_line_a_route() -> None:
    routes = {name_of(method, rule) for method, rule in lines_of(made())}
    assert sorted(routes ^ set(matrix.declared())) == [], "tests/security/matrix.txt"


def test_the_document_shows_the_matrix() -> None:
    assert matrix.DOC.read_text(encoding="utf-8") == matrix.written(), "run: python -m tests.security.matrix"


def test_whoever_asks_gets_what_is_declared(zone: Zone, drawn_once: set[str]) -> None:
    declared, wrong = matrix.declared(), []
    for method, rule in lines_of(zone.app):
        drawn_once.clear()
        drawn_once.add("error.html")
        wrong += _wrong(zone, declared[name_of(method, rule)], method, rule)
    assert wrong == []


def _wrong(zone: Zone, line: Line, method: str, rule: Rule) -> Iterator[tuple[str, str, str, str]]:
    client = zone.app.test_client(use_cookies=False)
    for place, address in places_of(zone.app, rule, zone.ids).items():
        for asker in _who(zone, line, place):
            come = outcome(ask(client, asker, method, address))
            if method != "GET":
                zone.undone.put_back()
            if come not in _expected(line, method, place, asker.letter):
                yield line.route, place, asker.letter, come


def _who(zone: Zone, line: Line, place: str) -> list[Asker]:
    """Of what is public a few stand for all; of what is far the last three would say the same."""
    if line.kind == PUBLIC and line.near in {matrix.EVERYBODY, ""}:
        return [one for one in zone.askers if one.letter in {"?", "o", "a", ENDED, MUST, WEAK}]
    return zone.askers if place == NEAR else zone.askers[:-3]


def _expected(line: Line, method: str, place: str, letter: str) -> set[str]:
    may = line.near if place == NEAR else line.far or ""
    if len(letter) == 1:
        return {ALLOWED} if letter in may else {SIGN_IN} if letter == "?" and line.kind != PUBLIC else {NOTHING}
    like = {ENDED: "m", MUST: "m", WEAK: "a"}[letter]  # who they would be
    theirs = {ALLOWED} if like in may else NOBODY_YET
    if line.kind in {PUBLIC, DOOR}:
        return theirs
    if letter == MUST and (line.kind == EARLY or method != "GET"):
        return theirs | NOBODY_YET  # what was typed is not lost to a password that is to be changed
    if letter == WEAK and line.kind == EARLY:
        return theirs | NOBODY_YET
    return NOBODY_YET
