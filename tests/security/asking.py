"""Everybody asks for everything, and nothing that comes of it stays: the database is put back after each write."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

from flask import Flask
from werkzeug.routing import AnyConverter, Rule
from werkzeug.test import Client, TestResponse

from fieldapp.core.db import new_id
from tests.security.zone import FAR, NEAR, Asker, Ids

ALLOWED, NOTHING, SIGN_IN, FIRST, REFUSED = "+", "-", "sign in", "first", "403"
KIND_OF = {
    "/visits": "visit", "/projects": "project", "/api/v1/projects": "project", "/enterprises": "enterprise",
    "/photos": "photo", "/issues": "issue", "/follow-ups": "follow-up", "/links": "link", "/feedback": "feedback",
    "/stages-seen": "stage", "/settings/devices": "signed-in", "/settings/passkeys": "passkey", "/review": "review",
    "/records": "record", "/api/v1/records": "record", "/audit": "audit", "/admin/users": "user",
    "/admin/memberships": "membership", "/admin/proposals": "proposal", "/admin/workbooks": "workbook",
    "/api/v1/uploads": "upload",
}  # fmt: skip
FIXED = {"photo_id": "photo", "contact_id": "contact", "token": "token"}
WORDS = {"name": "terms", "size": "thumb", "act": "close", "version": "x", "path": "x"}


def lines_of(app: Flask) -> Iterator[tuple[str, Rule]]:
    """Each method of each route, as the matrix has a line for it."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: one.rule):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, rule


def name_of(method: str, rule: Rule) -> str:
    """`GET /admin/<slug>`: the dozen words of the registers are no part of it."""
    said = rule.rule
    for argument, converter in rule._converters.items():
        if isinstance(converter, AnyConverter) and len(converter.items) > 3:
            said = said.replace(
                said[said.index("<any(") : said.index(f"):{argument}>") + len(f"):{argument}>")], f"<{argument}>"
            )
    return f"{method} {said}"


def places_of(app: Flask, rule: Rule, ids: Ids) -> dict[str, str]:
    """Its address near, and far where there is such a thing."""
    if not rule.arguments:
        return {NEAR: rule.rule}
    found = {}
    with app.test_request_context():
        adapter = app.url_map.bind("localhost")
        for place in (NEAR, FAR):
            values = {name: _value(rule, name, ids, place) for name in rule.arguments}
            if all(value is not None for value in values.values()):
                found[place] = str(adapter.build(rule.endpoint, values))
    return found if len(set(found.values())) > 1 else {NEAR: found[NEAR]}


def _value(rule: Rule, name: str, ids: Ids, place: str) -> object:
    if name == "slug":
        return "projects" if place == NEAR else "teams"
    if name == "key":
        return ids["project" if place == NEAR else "team"][NEAR]
    if name in WORDS:
        return WORDS[name]
    kind = FIXED.get(name) or KIND_OF.get(rule.rule.partition("/<")[0])
    return ids[kind].get(place) if kind else FRESH


FRESH = new_id()  # a record or a phone that nobody has told of


class Undone:
    """The database as it was, after whatever was written."""

    def __init__(self, path: str) -> None:
        self._path, self._here = path, sqlite3.connect(path)
        self._as_it_was = sqlite3.connect(":memory:")
        self._here.backup(self._as_it_was)
        self._version = self._now()

    def _now(self) -> int:
        return int(self._here.execute("PRAGMA data_version").fetchone()[0])

    def put_back(self) -> None:
        if self._now() != self._version:
            with closing(sqlite3.connect(self._path)) as target:
                self._as_it_was.backup(target)
            self._version = self._now()


def ask(client: Client, asker: Asker, method: str, address: str) -> TestResponse:
    """As a page, or as a phone, asks; what a form or a record would say is left empty."""
    headers = {"Cookie": asker.cookie, "Sec-Fetch-Site": "same-origin"}
    if "/uploads" in address:
        headers |= {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        return client.open(address, method=method, data=b"", headers=headers, buffered=True)
    if method == "GET":
        return client.get(address, headers=headers, buffered=True)
    if address.startswith("/api/"):
        return client.open(address, method=method, json={}, headers=headers, buffered=True)
    return client.open(address, method=method, data={"id": str(new_id())}, headers=headers, buffered=True)


def outcome(answer: TestResponse) -> str:
    """What an answer says of who may ask. Whatever is wrong with what was sent says: they may."""
    there = answer.headers.get("Location", "")
    if answer.status_code >= 500:
        return f"{answer.status_code}"
    if answer.status_code == 404:
        return NOTHING
    if answer.status_code == 302 and there.startswith("/login?next="):
        return SIGN_IN
    if answer.status_code == 302 and there.startswith(("/settings/password?next=", "/settings/second-factor?next=")):
        return FIRST
    if answer.status_code == 401:
        return SIGN_IN
    if answer.status_code == 403:
        return REFUSED
    return ALLOWED
