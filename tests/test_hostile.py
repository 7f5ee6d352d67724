"""Whatever is sent to whichever route, by whom ever: an answer, and never a failure of ours.

The URL map is walked as it is: a route that is added later is asked the same odd things.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

import fieldapp
from fieldapp.compliance.models import Feedback
from fieldapp.core import clock
from fieldapp.core.db import Database, new_id
from fieldapp.core.paging import pack
from fieldapp.projects.models import Contact
from tests.cast import NOON, Cast
from tests.feed.story import Story, stood
from tests.test_leaks import LEFT_OUT, addresses, every_id
from tests.test_routes import mark

ClientOf = Callable[..., FlaskClient]
SOURCE = "".join(path.read_text(encoding="utf-8") for path in sorted(Path(fieldapp.__file__).parent.rglob("*.py")))
ARGUMENTS = sorted(set(re.findall(r"args\.get\(\"(\w+)\"", SOURCE)))
FIELDS = sorted(
    {*re.findall(r"form\.get(?:list)?\(\"(\w+)\"", SOURCE), *re.findall(r"^    (\w+) = \w*Field\($", SOURCE, re.M),
     *re.findall(r"^    (\w+) = \w*Field\(_l", SOURCE, re.M)}
)  # fmt: skip
NUL = "甲\x00乙"  # PostgreSQL takes it in no text; in an address the guard refuses it
ODD = [
    pack(2**63 - 1), pack(2**62, "名", new_id()), pack(NOON.replace(year=9999), new_id()), pack("\ud800", new_id()),
    "'\"%_\\*(<b>", "９" * 30, "-1", "9" * 400, "0001-01-01", "9999-12-31T23:59", "\u202e字", "²²",
]  # fmt: skip
AT_ONCE = 4  # requests in which every name is given every odd value, or nearly


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON + timedelta(hours=2)):
        yield


@pytest.mark.parametrize("db_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_no_odd_argument_and_no_odd_form_makes_any_route_fail(
    app: Flask, db: Database, cast: Cast, client_of: ClientOf
) -> None:
    """On the stricter of the two databases."""
    _live(db, cast)
    ids, failed, tried = [some[:1] for some in every_id(db)], [], set()
    for name in ("dee", "ana", "zoe"):
        client = client_of(name)
        for rule in sorted(app.url_map.iter_rules(), key=lambda one: one.rule):
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                if mark(app, rule) is None or rule.rule in LEFT_OUT or (rule.rule, method) in tried:
                    continue
                if any(_found(client, method, address, failed) for address, _sort in [*addresses(app, rule, ids)]):
                    tried.add((rule.rule, method))
    assert failed == []
    assert len(tried) > 80


def _live(db: Database, cast: Cast) -> None:
    story = Story(db, cast)
    with db.writing() as session:
        session.add(Contact(enterprise_id=cast.enterprise, name="周明", phone="13800005678"))
        session.add(Feedback(id=new_id(), kind="fault", text="慢", said_at=NOON, user_id=cast.ana))
    visit = story.logs("ana", photos=1, position=stood(), issues=[{}], next_step={"text": "复核"})
    story.says("bo", visit, "addition", text="已复核")
    story.logs("ana", project=None, typed_project="临港精密")


def _found(client: FlaskClient, method: str, address: str, failed: list[tuple[str, str, int]]) -> bool:
    """Whether there is anything at this address for the asker; where there is, it is asked oddly."""
    for turn in range(AT_ONCE):
        odd = itertools.islice(itertools.cycle(ODD), turn, None)
        if method == "GET":
            answer = client.get(address, query_string=dict(zip(ARGUMENTS, odd, strict=False)))
        else:
            answer = client.post(
                address, data=dict(zip(FIELDS, itertools.repeat(NUL) if turn == 0 else odd, strict=False))
            )
        answer.get_data()  # what is sent while it is made may fail on the way
        if answer.status_code >= 500:
            failed.append((method, address, answer.status_code))
        if answer.status_code in (401, 403, 404, 405):
            return False
    return True
