"""投诉建议: said by anyone, answered by the administrator, found again by number."""

import logging
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.compliance import actions
from fieldapp.compliance.models import Feedback
from fieldapp.core import audit, audit_chain
from fieldapp.core.db import Database
from fieldapp.core.models import Audit
from tests.cast import Cast
from tests.feed.pages import Reader
from tests.statements import statements_of

Readers = Callable[[str | None], Reader]
WORDS = "登记时项目太难找。"


def says(who: Reader, text: str = WORDS, status: int = 200, **more: str) -> object:
    form = who.get("/feedback").one("form", action="/feedback")
    given = {"id": form.one("input", name="id").attrs["value"], "kind": "suggestion", "text": text, **more}
    return who.post("/feedback", given, status)


def kept(db: Database) -> list[Feedback]:
    with db.reading() as session:
        return list(session.scalars(select(Feedback).order_by(Feedback.number)))


def test_ana_says_something_and_finds_the_answer_on_the_same_page(db: Database, cast: Cast, reader: Readers) -> None:
    ana, zoe = reader("ana"), reader("zoe")
    assert "YJ-2026-000001" in says(ana).text  # type: ignore[attr-defined]
    waiting = zoe.get("/feedback/all")
    assert "安娜" in waiting.text and WORDS in waiting.text
    one = kept(db)[0]
    assert zoe.post(f"/feedback/{one.id}", {"answer": "下周起可按拼音首字母查找。"}) == "/feedback/all?answered=1"
    assert "下周起可按拼音首字母查找。" in ana.get("/feedback").text
    assert WORDS not in reader("bo").get("/feedback").text
    assert WORDS not in zoe.get("/feedback/all").text  # answered
    assert WORDS in zoe.get("/feedback/all?all=1").text
    with db.reading() as session:
        verbs = session.execute(select(Audit.verb, Audit.actor_id).where(Audit.subject_type == "feedback")).all()
    assert [tuple(row) for row in verbs] == [("feedback.said", cast.ana), ("feedback.answered", cast.zoe)]


def test_an_anonymous_one_is_opened_by_number_and_code_and_keeps_nothing_of_who_said_it(
    db: Database, cast: Cast, reader: Readers, caplog: pytest.LogCaptureFixture
) -> None:
    ana = reader("ana")
    with caplog.at_level(logging.INFO, logger="fieldapp.access"):
        logging.getLogger("fieldapp").propagate = True
        said = says(ana, anonymous="y")
    code = said.one(data_code=True).text  # type: ignore[attr-defined]
    one = kept(db)[0]
    assert one.user_id is None and one.code_sha256 and code not in one.code_sha256
    facts = [record.facts for record in caplog.records if hasattr(record, "facts")]
    assert facts and all(str(cast.ana) not in str(fact) for fact in facts)
    with db.reading() as session:
        rows = session.scalars(select(Audit).where(Audit.subject_id == str(one.id))).all()
        assert [(row.verb, row.actor_id, row.address, row.request_id) for row in rows] == [
            ("feedback.said", None, "", "")
        ]
    assert UUID(str(one.id)).version == 4  # a UUIDv7 would tell when its form was opened
    assert WORDS not in ana.get("/feedback").text
    stranger = reader(None)
    typed = {"number": " yj-2026-000001", "code": code.replace("-", "").lower()}
    assert WORDS in stranger.post("/feedback/answer", typed, 200).text
    wrong = stranger.post("/feedback/answer", {**typed, "code": "AAAA-AAAA-AAAA-AAAA"}, 422)
    assert WORDS not in wrong.text and "编号与查询码不符" in wrong.text


def test_the_code_of_an_anonymous_one_opens_no_named_one(db: Database, reader: Readers) -> None:
    says(reader("ana"))
    answer = reader(None).post("/feedback/answer", {"number": "YJ-2026-000001", "code": ""}, 422)
    assert WORDS not in answer.text
    answer = reader(None).post("/feedback/answer", {"number": "YJ-2026-000001", "code": "-"}, 422)
    assert WORDS not in answer.text


def test_without_signing_in_it_is_anonymous(db: Database, reader: Readers) -> None:
    page = reader(None).get("/feedback")
    assert not page.all("input", name="anonymous")
    says(reader(None), kind="complaint")
    assert [(one.user_id, one.kind) for one in kept(db)] == [(None, "complaint")]


def test_the_same_form_again_is_as_good_as_once(db: Database, reader: Readers) -> None:
    who, id = reader(None), str(uuid4())
    first = who.post("/feedback", {"id": id, "kind": "suggestion", "text": WORDS}, 200)
    again = who.post("/feedback", {"id": id, "kind": "suggestion", "text": WORDS}, 200)
    assert first.one(data_code=True).text == again.one(data_code=True).text
    other = who.post("/feedback", {"id": id, "kind": "suggestion", "text": "另一条"}, 422)
    assert other.one("textarea", name="text").text == "另一条"
    assert other.one("input", name="id").attrs["value"] != id
    assert len(kept(db)) == 1


@pytest.mark.parametrize("given", [{"text": " "}, {"text": "x" * 5_001}, {"kind": "praise"}])
def test_what_cannot_be_taken_is_said_at_its_field_and_stays_there(
    db: Database, reader: Readers, given: dict[str, str]
) -> None:
    page = says(reader("ana"), **{"text": WORDS, "status": 422, **given})  # type: ignore[arg-type]
    assert page.all(css="error")  # type: ignore[attr-defined]
    assert page.one("textarea", name="text").text == given.get("text", WORDS).strip()  # type: ignore[attr-defined]
    assert kept(db) == []


def test_a_form_without_its_id_is_shown_again_with_what_was_typed(db: Database, reader: Readers) -> None:
    page = reader(None).post("/feedback", {"id": "?", "kind": "fault", "text": WORDS}, 422)
    assert page.one("textarea", name="text").text == WORDS
    UUID(page.one("input", name="id").attrs["value"])


def test_nobody_floods_the_administrator(client_of: Callable[..., FlaskClient], db: Database) -> None:
    client = client_of(None)
    for _ in range(21):
        answer = client.post("/feedback", data={"id": str(uuid4()), "kind": "fault", "text": WORDS})
    assert answer.status_code == 429
    assert len(kept(db)) == 20


def test_the_list_has_pages_and_costs_the_same_however_long(db: Database, cast: Cast, reader: Readers) -> None:
    counts = []
    for n in (1, 35):
        with db.writing() as session:
            for i in range(n):
                actions.say(session, uuid4(), "fault", f"{n} {i}", by=cast.ana)
        zoe = reader("zoe")
        zoe.get("/feedback/all")  # what is asked once a process is asked
        with statements_of(zoe.client) as asked:
            page = zoe.get("/feedback/all")
        counts.append(len(asked))
    assert counts[0] == counts[1]
    more = page.one("li", id="feedback-more").one("a").attrs["hx-get"]
    assert len(page.all("li", css="cell")) == 30
    assert len(zoe.get(more).all("li", css="cell")) == 6


def test_numbers_are_given_in_order_and_the_chain_holds(db: Database, reader: Readers) -> None:
    says(reader(None), "一")
    says(reader("ana"), "二")
    assert [one.number for one in kept(db)] == ["YJ-2026-000001", "YJ-2026-000002"]
    db.write(audit.seal)
    with db.reading() as session:
        assert audit_chain.verify(session).broken_at is None
