"""What a browser needs before it offers to install: every address answers, with the type and size that are named."""

import io
import json
from typing import Any

import pytest
from flask import Flask
from PIL import Image

MOST_BYTES = 150_000


def manifest_of(app: Flask, language: str = "zh_Hans_CN") -> dict[str, Any]:
    client = app.test_client()
    client.set_cookie("fieldapp_lang", language)
    answer = client.get("/manifest.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    found: dict[str, Any] = json.loads(answer.text)
    return found


def test_it_is_one_app_wherever_one_comes_from(app: Flask) -> None:
    found = manifest_of(app)
    assert found["id"] == found["start_url"] == found["scope"] == "/"
    assert found["display"] == "standalone"


@pytest.mark.parametrize("language", ["zh_Hans_CN", "en"])
def test_each_picture_is_there_with_the_type_and_size_that_are_named(app: Flask, language: str) -> None:
    client, found = app.test_client(), manifest_of(app, language)
    pictures = [
        *found["icons"],
        *found["screenshots"],
        *(icon for each in found["shortcuts"] for icon in each["icons"]),
    ]
    for picture in pictures:
        answer = client.get(picture["src"])
        assert (answer.status_code, answer.mimetype) == (200, picture["type"]), picture
        width, height = Image.open(io.BytesIO(answer.data)).size
        assert f"{width}x{height}" == picture["sizes"], picture
        assert len(answer.data) <= MOST_BYTES, picture


def test_an_icon_of_each_size_may_be_cut_to_any_shape(app: Flask) -> None:
    icons = {(icon["purpose"], icon["sizes"]) for icon in manifest_of(app)["icons"]}
    assert icons == {(purpose, size) for purpose in ("any", "maskable") for size in ("192x192", "512x512")}


def test_what_stands_under_a_picture_is_in_the_language_of_who_asks(app: Flask) -> None:
    chinese, english = manifest_of(app), manifest_of(app, "en")
    for part, name in (("screenshots", "label"), ("shortcuts", "name")):
        for zh, en in zip(chinese[part], english[part], strict=True):
            assert any("一" <= letter <= "鿿" for letter in zh[name]), zh
            assert en[name].isascii()
    assert {each["form_factor"] for each in chinese["screenshots"]} == {"narrow", "wide"}


def test_each_way_in_leads_to_a_page(app: Flask) -> None:
    client, found = app.test_client(), manifest_of(app)
    assert [each["url"] for each in found["shortcuts"]] == ["/capture", "/capture?kind=phone_follow_up", "/outbox"]
    for each in found["shortcuts"]:
        answer = client.get(each["url"])
        assert (answer.status_code, answer.mimetype) == (200, "text/html")


def test_another_app_is_offered_to_hand_over_pictures_and_nothing_else(app: Flask) -> None:
    target = manifest_of(app)["share_target"]
    assert (target["action"], target["method"], target["enctype"]) == ("/share", "POST", "multipart/form-data")
    assert target["params"]["files"] == [{"name": "photos", "accept": ["image/*"]}]
    assert app.test_client().post("/share").status_code == 200
