"""What is costly, or open to anyone, is asked only so often; each of an office behind one address has a count."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.cast import Cast

ClientOf = Callable[..., FlaskClient]


@pytest.mark.usefixtures("cast")
def test_passwords_of_many_accounts_are_not_tried_from_one_address_for_ever(client_of: ClientOf) -> None:
    client = client_of(None)
    tried = [client.post("/login", data={"username": f"x{n}"}).status_code for n in range(601)]
    assert (set(tried[:-1]), tried[-1]) == ({422}, 429)


def test_search_is_counted_by_person(client_of: ClientOf) -> None:
    ana, bo = client_of("ana"), client_of("bo")
    asked = [ana.get("/search/rows").status_code for _ in range(241)]
    assert (set(asked[:-1]), asked[-1]) == ({200}, 429)
    assert bo.get("/search/rows").status_code == 200


@pytest.mark.parametrize(("path", "name", "most"), [
    ("/settings/data", "ana", 5), ("/audit/export", "abe", 10), ("/audit/check", "abe", 10), ("/imports", "dee", 60),
])  # fmt: skip
def test_so_is_what_is_taken_out_or_handed_in(client_of: ClientOf, cast: Cast, path: str, name: str, most: int) -> None:
    client = client_of(name)
    asked = [client.post(path).status_code for _ in range(most + 1)]
    assert 429 not in asked[:-1] and asked[-1] == 429
