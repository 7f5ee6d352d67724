"""Nobody answered: an entry on the timeline, and no contact, whichever door it came through."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from flask_babel import force_locale, gettext
from sqlalchemy import select

from fieldapp.core.db import Database, new_id
from fieldapp.projects.models import Project
from fieldapp.timeline.models import Entry
from fieldapp.visits import calls, queries
from fieldapp.visits.models import Visit
from tests.cast import NOON, Cast
from tests.sync.phone import Phone
from tests.visits.conftest import Log

ClientOf = Callable[..., FlaskClient]
CALL = {"kind": "phone_follow_up"}
NO_CONTACT = ["未接", "稍后再打", " 未接\n", "未接，明天再打", "No answer", "Call again later.", "No answer\nagain"]
CONTACT = ["未接到通知", "电话询问近况，企业表示一切正常。", "", "接通后说未接", "No answers were needed"]


def last_contact(db: Database, cast: Cast) -> datetime | None:
    with db.reading() as session:
        kept = session.get_one(Project, cast.sail).last_contact_at
        assert kept == queries.last_contact(session, cast.sail), "kept as one goes, and asked of the rows: one answer"
    return kept


def test_what_the_entry_says_decides_whichever_way_one_asks(db: Database, cast: Cast, log: Log) -> None:
    for words in (*NO_CONTACT, *CONTACT):
        log(cast.sail, content=words, **CALL)
    with db.reading() as session:
        counted = set(session.scalars(select(Visit.content).where(calls.contact())))
        shown = session.scalars(select(Entry.ref).where(Entry.kind == "visit", Entry.project_id == cast.sail)).all()
        judged = {visit.content for visit in session.scalars(select(Visit)) if calls.is_contact(vars(visit))}
    assert counted == judged == set(CONTACT)
    assert len(shown) == len(NO_CONTACT) + len(CONTACT), "each is an entry of the timeline"


def test_whoever_was_told_something_has_been_reached_and_other_kinds_are_what_they_are(
    db: Database, cast: Cast, log: Log
) -> None:
    log(cast.sail, content="未接", **CALL)
    assert last_contact(db, cast) is None
    log(cast.sail, content="未接", needs="要一条路", **CALL)
    assert last_contact(db, cast) == NOON
    log(cast.reef, content="未接")
    with db.reading() as session:
        assert session.get_one(Project, cast.reef).last_contact_at == NOON


def test_through_the_phone_and_through_the_page_a_call_nobody_answered_is_no_contact(
    db: Database, cast: Cast, client_of: ClientOf
) -> None:
    client = client_of("ana")
    ana = Phone(cast.ana, client, at=NOON - timedelta(hours=2))
    ana.send(ana.visit(cast.sail, {"kind": "site_inspection"}))
    ana.at = NOON - timedelta(hours=1)
    missed = ana.visit(cast.sail, {**CALL, "content": "未接"})
    assert ana.send(missed).get_json()["state"] == "placed"
    form = {"id": str(new_id()), "project": str(cast.sail), "said_when": "now", **CALL, "content": "稍后再打"}
    assert client.post("/visits/new", data=form).status_code == 303
    assert last_contact(db, cast) == NOON - timedelta(hours=2)
    # Corrected by either door, it follows the fold; corrected back, too.
    ana.send(ana.supplement(missed.id, "correction", {"fields": {"content": "后来接通，一切正常"}}))
    assert last_contact(db, cast) == NOON - timedelta(hours=1)
    ana.send(ana.supplement(missed.id, "correction", {"fields": {"content": "未接"}}))
    assert last_contact(db, cast) == NOON - timedelta(hours=2)


def test_a_revision_says_it_anew(db: Database, cast: Cast, client_of: ClientOf) -> None:
    ana = Phone(cast.ana, client_of("ana"))
    sealed = ana.visit(cast.sail, {**CALL, "content": "一切正常"})
    ana.send(sealed)
    assert last_contact(db, cast) == NOON
    ana.send(ana.revise(sealed, {"content": "未接"}))
    assert last_contact(db, cast) is None
    with db.reading() as session:
        assert session.scalars(select(Visit.content)).all() == ["未接"]


def test_the_words_are_those_of_the_form_in_each_language(app: Any) -> None:
    said = set()
    for language in ("zh_Hans_CN", "en"):
        with app.test_request_context("/"), force_locale(language):
            said |= {gettext("No answer"), gettext("Call again later")}
    assert said == set(calls.UNANSWERED)
