"""Where the map's tiles come from: set on a page, tried out there, and let into pages with a map at once."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.app import create_app
from fieldapp.core.db import Database
from fieldapp.core.models import Audit
from fieldapp.settings import Settings, tile_host
from tests.admin.registers.filling import errors_of, fields_of
from tests.cast import Cast
from tests.conftest import sign_in
from tests.core.test_headers import policy_of
from tests.feed.pages import parse

ClientOf = Callable[..., FlaskClient]
ADDRESS = "https://{s}.tiles.example/{z}/{x}/{y}.png?tk=secret"
NOTHING = "'self' blob: data:"


def images_of(client: FlaskClient, path: str) -> str:
    return policy_of(client.get(path).headers["Content-Security-Policy"])["img-src"]


def send(zoe: FlaskClient, act: str, **typed: str) -> Any:
    return zoe.post("/admin/tiles", data={**fields_of(zoe.get("/admin/tiles").text, **typed), "act": act})


def test_what_is_set_shows_on_every_map_of_every_machine_at_once(
    settings: Settings, db: Database, cast: Cast, zoe: FlaskClient, client_of: ClientOf
) -> None:
    elsewhere = create_app(settings)  # another process, started before
    lin = elsewhere.test_client()
    sign_in(elsewhere, lin, db, cast, "lin")
    assert images_of(lin, "/map") == NOTHING
    assert send(zoe, "set", url=ADDRESS, attribution="示例地图 GS(2026)0001号").status_code == 303
    assert images_of(lin, "/map") == f"{NOTHING} https://*.tiles.example"
    assert ADDRESS.replace("&", "&amp;") in lin.get("/map").text and "GS(2026)0001" in lin.get("/map").text
    assert images_of(zoe, f"/admin/projects/{cast.sail}") == f"{NOTHING} https://*.tiles.example"
    assert images_of(lin, "/projects") == images_of(zoe, "/admin") == NOTHING, "no other page has a use for it"
    elsewhere.extensions["fieldapp"].db.close()


def test_it_is_tried_out_before_anybody_else_sees_it(zoe: FlaskClient, client_of: ClientOf, cast: Cast) -> None:
    answer = send(zoe, "try", url=ADDRESS, labels="https://names.example/{z}/{y}/{x}")
    assert answer.status_code == 200
    tried = parse(answer.text).one(data_tried=True).all("img")
    assert [node.attrs["src"] for node in tried] == [
        "https://a.tiles.example/13/6824/3185.png?tk=secret", "https://names.example/13/3185/6824",
    ]  # fmt: skip
    assert {node.attrs["referrerpolicy"] for node in tried} == {"no-referrer"}
    policy = policy_of(answer.headers["Content-Security-Policy"])
    assert policy["img-src"] == f"{NOTHING} https://*.tiles.example https://names.example"
    assert fields_of(answer.text)["url"] == [ADDRESS]
    assert images_of(client_of("lin"), "/map") == NOTHING


@pytest.mark.parametrize(
    "address",
    [
        "ftp://tiles.example/{z}/{x}/{y}", "https://tiles.example/{z}/{x}.png", "https:///{z}/{x}/{y}",
        "https://tiles.example;script-src */{z}/{x}/{y}", "https://me:pw@tiles.example/{z}/{x}/{y}",
        "https://*/{z}/{x}/{y}", "https://[::1]/{z}/{x}/{y}", "https://地图.example/{z}/{x}/{y}",
        'https://tiles.example/{z}/{x}/{y}"', "https://tiles.example'/{z}/{x}/{y}", "https://{q}.example/{z}/{x}/{y}",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_and_stays_in_the_form(zoe: FlaskClient, address: str) -> None:
    for act in ("try", "set"):
        answer = send(zoe, act, url=address)
        assert answer.status_code == 422 and len(errors_of(answer.text)) == 1
        assert fields_of(answer.text)["url"] == [address]
        assert policy_of(answer.headers["Content-Security-Policy"])["img-src"] == NOTHING


def test_the_environments_is_the_default_and_can_be_had_back(
    settings: Settings, db: Database, cast: Cast, zoe: FlaskClient
) -> None:
    started = create_app(replace(settings, tile_url="https://own.example/{z}/{x}/{y}"))
    client = started.test_client()
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    sign_in(started, client, db, cast, "zoe")
    assert images_of(client, "/map").endswith(" https://own.example")
    assert send(client, "set", url=ADDRESS).status_code == 303
    assert images_of(client, "/map").endswith(" https://*.tiles.example")
    assert send(client, "environment").status_code == 303
    assert images_of(client, "/map").endswith(" https://own.example")
    started.extensions["fieldapp"].db.close()
    with db.reading() as session:
        told = session.scalars(select(Audit).where(Audit.verb == "setting.changed").order_by(Audit.id)).all()
    assert [one.detail["changes"]["url"][1] for one in told] == [
        "https://{s}.tiles.example/{z}/{x}/{y}.png?***", "https://own.example/{z}/{x}/{y}",
    ]  # fmt: skip


def test_of_two_who_set_it_the_second_is_told(zoe: FlaskClient) -> None:
    page = zoe.get("/admin/tiles").text
    assert send(zoe, "set", url=ADDRESS).status_code == 303
    late = {**fields_of(page, url="https://late.example/{z}/{x}/{y}"), "act": "set"}
    answer = zoe.post("/admin/tiles", data=late)
    assert answer.status_code == 409 and "tiles.example" in parse(answer.text).one(role="alert").text
    again = fields_of(answer.text)
    assert again["url"] == late["url"]
    assert zoe.post("/admin/tiles", data={**again, "act": "set"}).status_code == 303


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://T{s}.Map.example/{z}", "https://*.map.example"),
        ("http://tiles.example:8080/{z}", "http://tiles.example:8080"),
        ("https://a.{s}.b.example/{z}", "https://*.b.example"),
    ],
)
def test_the_policy_names_exactly_its_host(address: str, host: str) -> None:
    assert tile_host(address) == host
