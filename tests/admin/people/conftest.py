"""Noon of a Friday, and a browser for each of the cast, whose password was given just now."""

import re
from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fieldapp.core import clock
from fieldapp.core.db import new_id
from tests.cast import NOON, Cast

Client = Callable[..., FlaskClient]


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    """What has SQL of its own is tested on both: test_lists.py, tests/accounts/test_powers.py."""
    return sqlite_url


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


class Office:
    """The acts of these pages, as the people of the office do them."""

    def __init__(self, client_of: Client, cast: Cast) -> None:
        self.client_of, self.cast = client_of, cast

    def post(self, name: str, path: str, data: dict[str, object] | None = None, status: int = 303) -> TestResponse:
        answer = self.client_of(name).post(path, data=data or {})
        assert answer.status_code == status, f"{name} {path}: {answer.status_code}"
        return answer

    def get(self, name: str, path: str, status: int = 200) -> str:
        answer = self.client_of(name).get(path)
        assert answer.status_code == status, f"{name} {path}: {answer.status_code}"
        return answer.text

    def propose(self, name: str, role: str, status: int = 303, **more: object) -> str:
        """Zoe proposes; the proposal's id."""
        id = str(new_id())
        path = f"/admin/users/{getattr(self.cast, name)}/propose"
        self.post("zoe", path, {"proposal_id": id, "role": role, **more}, status)
        return id

    def grant(self, id: str, by: str = "sia", status: int = 303) -> str:
        return self.post(by, f"/admin/proposals/{id}/grant", status=status).text

    def give(self, name: str, role: str, **more: object) -> None:
        self.grant(self.propose(name, role, **more))

    def once(self, answer: TestResponse) -> str:
        """The password that a page shows."""
        found = re.search(r'<p class="once"><code>([^<]+)</code>', answer.text)
        assert found is not None
        return found[1]


@pytest.fixture
def office(client_of: Client, cast: Cast) -> Office:
    return Office(client_of, cast)
