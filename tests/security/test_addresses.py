"""Where one is led to is ours, whoever wrote the address; headers of any shape are no errors of ours."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

import pytest
from flask.testing import FlaskClient

from fieldapp.core import clock
from tests.cast import PASSWORD

ClientOf = Callable[..., FlaskClient]
ELSEWHERE = [
    "https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
    "/\n/evil.example", "javascript:alert(1)", "///evil.example", "/%0d%0aLocation:x\r\nX: y", "http:evil.example",
    "/x\\@evil.example", "\x00//evil.example", " //evil.example", "https:/evil.example", "/\u2028/evil.example",
]  # fmt: skip


def stays(location: str) -> bool:
    parts = urlsplit(location)
    return not parts.scheme and not parts.netloc and location.startswith("/") and not location.startswith(("//", "/\\"))


@pytest.mark.parametrize("there", ELSEWHERE)
def test_no_door_leads_elsewhere(client_of: ClientOf, there: str) -> None:
    inside, outside = client_of("ana"), client_of(None)
    query = urlencode({"next": there})
    answers = [
        inside.get(f"/login?{query}"),
        inside.get(f"/password-again?{query}"),
        inside.post("/password-again", data={"next": there, "_proof": PASSWORD}),
        inside.post("/settings/language", data={"language": "zh_Hans_CN", "next": there}),
        inside.post(f"/settings/password?{query}", data={}),
        inside.get(f"/settings/second-factor?{query}"),
        outside.post("/login", data={"username": "ana", "password": PASSWORD, "next": there}),
        inside.get("/projects", headers={"HX-Current-URL": there.encode("ascii", "ignore").decode().replace("\r", "")
                                         .replace("\n", "")}),
    ]  # fmt: skip
    for answer in answers:
        assert answer.status_code < 500
        assert "Location" not in answer.headers or stays(answer.location), answer.location


@pytest.mark.parametrize(
    "url", ["http://[", "http://[::1", "//", "\x7f", "http://evil.example//evil.example", "x" * 9000]
)
def test_what_htmx_says_of_its_page_is_not_believed(client_of: ClientOf, url: str) -> None:
    """An act of htmx that asks for the password again leads there and back to a page of ours."""
    zoe = client_of("zoe")
    clock.advance(timedelta(minutes=11))
    answer = zoe.post("/admin/proposals/grant", headers={"HX-Request": "true", "HX-Current-URL": url})
    assert answer.status_code == 403
    assert (
        answer.headers["HX-Redirect"].startswith("/password-again?next=%2F")
        and "evil" not in answer.headers["HX-Redirect"]
    )
