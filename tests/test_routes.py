"""Walk the URL map: every route says who may call it, refuses a stranger, and none vanishes unnoticed.

After adding or removing a URL on purpose: `python -m tests.test_routes > tests/known_urls.txt`.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import mkdtemp
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import AnyConverter, BaseConverter, Rule, UUIDConverter

from fieldapp.app import create_app
from fieldapp.core import clock
from fieldapp.core.access import Access, access_of
from fieldapp.settings import Settings
from tests.cast import NOON

KNOWN = Path(__file__).parent / "known_urls.txt"
UNKNOWN = UUID("01930000-0000-7000-8000-000000000000")
# An item that someone else has dealt with by now leads back to the list.
TWICE_IS_AS_GOOD_AS_ONCE = {"/review/<uuid:id>/<act>"}
ACTED_BY = {
    "officer": "ana", "lead": "lin", "desk": "dee", "unit": "uma", "admin": "zoe", "security": "sia", "auditor": "abe",
}  # fmt: skip


def made() -> Flask:
    """An application to look at; it is never asked anything."""
    return create_app(Settings(data_dir=Path(mkdtemp()), secret_key="only to look at, only to look at"))


def routes(app: Flask) -> Iterable[tuple[str, Rule]]:
    """Each method of each route."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, rule


def urls(app: Flask) -> list[str]:
    return sorted(f"{rule.rule} {method}" for method, rule in routes(app))


def mark(app: Flask, rule: Rule) -> Access | None:
    return access_of(app.view_functions[rule.endpoint])


def address(app: Flask, rule: Rule) -> str:
    """The route's address with an id that nothing has."""
    values = {name: _filled(rule._converters[name]) for name in rule.arguments}
    with app.test_request_context():
        built = app.url_map.bind("localhost").build(rule.endpoint, values, force_external=False)
    return str(built)


def _filled(converter: BaseConverter) -> object:
    if isinstance(converter, AnyConverter):  # one of a few words: the register that is meant
        return min(converter.items)
    return UNKNOWN if isinstance(converter, UUIDConverter) else "x"


def names_a_thing(rule: Rule) -> bool:
    """Whether its address has an id in it, and not only the word of a register."""
    return any(not isinstance(rule._converters[name], AnyConverter) for name in rule.arguments)


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    return sqlite_url


def test_no_url_vanishes_and_none_appears_unnoticed(app: Flask) -> None:
    known = KNOWN.read_text(encoding="utf-8").split("\n")[:-1]
    assert sorted(set(known) ^ set(urls(app))) == [], "run: python -m tests.test_routes > tests/known_urls.txt"


def test_every_route_says_who_may_call_it(app: Flask) -> None:
    assert [rule.rule for _method, rule in routes(app) if mark(app, rule) is None] == []


def test_what_is_public_is_on_a_short_list(app: Flask) -> None:
    public = {rule.rule for _method, rule in routes(app) if (found := mark(app, rule)) and found.public}
    assert public == {
        "/about",
        "/about/<any(terms, privacy, notice):name>",
        "/api/v1/client-errors",
        "/api/v1/openapi.json",
        "/capture",
        "/capture/more",
        "/feedback",
        "/feedback/answer",
        "/healthz",
        "/install",
        "/link/<token>",
        "/link/<token>/photos/<uuid:photo_id>/<any(thumb, display):size>",
        "/login",
        "/login/passkey",
        "/login/second",
        "/login/sso",
        "/login/sso/back",
        "/logout",
        "/manifest.webmanifest",
        "/metrics",
        "/offline",
        "/outbox",
        "/readyz",
        "/s/<version>/<path:path>",
        "/settings/language",
        "/setup",
        "/share",
        "/sw.js",
    }


def test_every_other_route_refuses_a_stranger(app: Flask, client_of: Callable[..., FlaskClient]) -> None:
    stranger, let_in = client_of(None), []
    for method, rule in routes(app):
        access = mark(app, rule)
        if access is not None and access.public:
            continue
        answer = stranger.open(address(app, rule), method=method)
        to_login = answer.status_code == 302 and answer.location.startswith("/login?next=")
        if not (to_login or answer.status_code == 401):
            let_in.append((method, rule.rule, answer.status_code))
        if rule.rule.startswith("/api/"):
            assert answer.status_code == 401, f"{method} {rule.rule}: a phone would follow a redirect"
    assert let_in == []


def test_an_id_that_nothing_has_is_not_found(app: Flask, client_of: Callable[..., FlaskClient]) -> None:
    found = []
    with clock.frozen(NOON):
        for method, rule in routes(app):
            access = mark(app, rule)
            if access is None or access.public or access.door or not names_a_thing(rule):
                continue
            name = ACTED_BY[min(access.roles)] if access.roles else "ana"
            answer = client_of(name).open(address(app, rule), method=method)
            if answer.status_code != 404 and rule.rule not in TWICE_IS_AS_GOOD_AS_ONCE:
                found.append((method, rule.rule, answer.status_code))
    assert found == []


def test_a_role_that_may_not_finds_nothing(app: Flask, client_of: Callable[..., FlaskClient]) -> None:
    found = []
    with clock.frozen(NOON):
        clients = {role: client_of(name) for role, name in ACTED_BY.items()}
        for method, rule in routes(app):
            access = mark(app, rule)
            for role, client in clients.items():
                if access is None or not access.roles or role in access.roles:
                    continue
                answer = client.open(address(app, rule), method=method)
                if answer.status_code != 404:
                    found.append((role, method, rule.rule, answer.status_code))
    assert found == []


if __name__ == "__main__":
    print("\n".join(urls(made())))
