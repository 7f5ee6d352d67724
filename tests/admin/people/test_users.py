"""Accounts: made with a password that is shown once, renamed, disabled, enabled; a lost password is made anew."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.accounts import actions
from fieldapp.accounts.models import Proposal, User
from fieldapp.core.changes import since
from fieldapp.core.db import Database, new_id
from fieldapp.core.models import Audit
from tests.admin.people.conftest import Office
from tests.cast import Cast
from tests.feed.pages import faults, parse

NEW = {"username": "LiHua", "name": " 李华 ", "starts_on": "2026-11-20"}


def user(db: Database, username: str) -> User:
    with db.reading() as session:
        return session.scalars(select(User).where(User.username == username)).one()


def told(db: Database, verb: str) -> list[dict[str, object]]:
    with db.reading() as session:
        return [row.detail for row in session.scalars(select(Audit).where(Audit.verb == verb).order_by(Audit.id))]


def test_a_new_account_gets_a_password_that_is_shown_once_and_a_proposal_that_opens_nothing(
    db: Database, cast: Cast, office: Office, client_of: Callable[..., FlaskClient]
) -> None:
    form = {**NEW, "id": str(new_id()), "proposal_id": str(new_id()), "role": "officer", "team_id": cast.first_team}
    made = office.post("zoe", "/admin/users", form, 200)
    once, li = office.once(made), user(db, "lihua")
    assert made.headers["Cache-Control"] == "no-store"
    assert (li.name, li.initials, li.must_change_password) == ("李华", "lh", True)
    assert actions.verify(li, once)
    assert once not in office.get("zoe", f"/admin/users/{li.id}")
    assert office.once(office.post("zoe", "/admin/users", form, 200)) == once  # the same form, sent twice
    with db.reading() as session:
        assert len(session.scalars(select(Proposal).where(Proposal.user_id == li.id)).all()) == 1
        assert session.get_one(User, li.id).memberships == []
    browser = client_of(None)
    refused = browser.post("/login", data={"username": "lihua", "password": once})
    assert refused.status_code == 422 and "没有角色" in refused.text
    office.grant(form["proposal_id"])
    browser.post("/login", data={"username": "lihua", "password": once})
    assert browser.get("/projects").status_code in (302, 303)  # to the page that has it changed first


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"username": "ana"}, "username"),
        ({"username": "Li Hua"}, "username"),
        ({"name": " "}, "name"),
        ({"name": "李" * 61}, "name"),
        ({"role": "boss"}, "role"),
        ({"role": "officer"}, "team_id"),
        ({"role": "unit"}, "unit_id"),
        ({"role": "desk", "ends_on": "2026-11-01"}, "ends_on"),
        ({"role": "desk", "ends_on": "soon"}, "ends_on"),
        ({"role": "desk", "starts_on": "0026-11-01"}, "starts_on"),
        ({"role": "desk", "duty": "王"}, "duty"),
        ({"role": "security", "duty": "统筹"}, "role"),
    ],
)
def test_what_cannot_be_taken_is_told_at_its_field_with_everything_still_there(
    db: Database, office: Office, changed: dict[str, str], field: str
) -> None:
    page = parse(office.post("zoe", "/admin/users", {**NEW, **changed}, 422).text)
    assert faults(page) == []
    assert page.one(id=f"f-{field}").attrs["aria-invalid"] == "true"
    for name, value in {**NEW, **changed}.items():
        here = page.one(id=f"f-{name}")
        if here.tag == "input":
            assert here.attrs["value"] == value.strip()
        elif name == field and value in ("boss", "王"):
            assert here.all("option", selected=True) == []
        else:
            assert here.one("option", selected=True).attrs["value"] == value
    with db.reading() as session:
        assert session.scalar(select(User.id).where(User.username == "lihua")) is None


def test_the_administrators_pages_are_for_the_three_powers_and_acts_for_one(office: Office, cast: Cast) -> None:
    mine = f"/admin/users/{cast.bo}"
    for name in ("zoe", "sia", "abe"):
        for path in (
            "/admin/users",
            "/admin/users/rows",
            mine,
            f"{mine}/history",
            "/admin/memberships",
            "/admin/proposals",
        ):
            page = office.get(name, path)
            assert "<html" not in page or faults(parse(page)) == [], path
    for name in ("ana", "lin", "dee", "uma"):
        for path in ("/admin/users", mine, "/admin/memberships", "/admin/proposals"):
            office.get(name, path, 404)
    for name in ("sia", "abe", "lin"):
        office.get(name, "/admin/users/new", 404)
        office.get(name, f"{mine}/propose", 404)
        for act in ("name", "disable", "enable", "password", "propose"):
            office.post(name, f"{mine}/{act}", {"name": "x", "role": "desk"}, 404)
        office.post(name, "/admin/users", NEW, 404)
    page = parse(office.get("abe", mine))
    assert page.all("form", method="post") == []  # the auditor changes nothing


def test_no_page_of_the_three_powers_leads_to_where_they_may_not_go(office: Office, cast: Cast) -> None:
    office.propose("bo", "desk")
    for name in ("zoe", "sia", "abe"):
        client, dead = office.client_of(name), {}
        start = ["/settings", "/admin/users", f"/admin/users/{cast.bo}", "/admin/memberships", "/admin/proposals"]
        for path in [*start, client.get("/").location]:
            page = parse(office.get(name, path))
            for_scripts = {link for one in page.all("template") for link in one.all("a", href=True)}
            for link in set(page.all("a", href=True)) - for_scripts:
                target = link.attrs["href"].split("#")[0]
                if target.startswith("/") and (status := client.get(target).status_code) not in (200, 302):
                    dead[f"{path} -> {target}"] = status
        assert dead == {}, name


def test_a_new_name_is_told_to_the_phones_and_kept_with_the_old_one(db: Database, cast: Cast, office: Office) -> None:
    office.post("zoe", f"/admin/users/{cast.bo}/name", {"name": "柏宁宁"})
    office.post("zoe", f"/admin/users/{cast.bo}/name", {"name": "柏宁宁"})
    assert user(db, "bo").initials == "bnn"
    assert told(db, "user.renamed") == [{"changes": {"name": ["柏宁", "柏宁宁"]}}]
    with db.reading() as session:
        assert str(cast.bo) in {change.row for change in since(session, 0, ["officer"])}
    page = office.get("abe", f"/admin/users/{cast.bo}")
    assert "柏宁 → 柏宁宁" in parse(page).text and "佐伊" in page
    bad = office.post("zoe", f"/admin/users/{cast.bo}/name", {"name": "柏" * 61}, 422)
    assert parse(bad.text).one(id="f-name").attrs["value"] == "柏" * 61


def test_who_is_disabled_is_out_at_once_and_back_when_enabled(
    cast: Cast, office: Office, client_of: Callable[..., FlaskClient]
) -> None:
    bo = client_of("bo")
    assert bo.get("/projects").status_code == 200
    office.post("zoe", f"/admin/users/{cast.bo}/disable")
    assert bo.get("/projects").status_code == 302
    assert "已停用" in office.get("zoe", "/admin/users?show=disabled")
    assert "柏宁" not in office.get("zoe", "/admin/users")
    office.post("zoe", f"/admin/users/{cast.bo}/enable")
    assert bo.get("/projects").status_code == 302  # sessions of before stay ended
    assert client_of("bo").get("/projects").status_code == 200


def test_a_lost_password_is_made_anew_and_every_device_is_signed_out(
    db: Database, cast: Cast, office: Office, client_of: Callable[..., FlaskClient]
) -> None:
    bo, form = client_of("bo"), {"id": str(new_id())}
    once = office.once(office.post("zoe", f"/admin/users/{cast.bo}/password", form, 200))
    assert office.once(office.post("zoe", f"/admin/users/{cast.bo}/password", form, 200)) == once
    assert len(told(db, "user.password")) == 1
    assert bo.get("/projects").status_code == 302
    assert actions.verify(user(db, "bo"), once) and user(db, "bo").must_change_password
    assert once not in str(told(db, "user.password"))


@pytest.mark.parametrize("name", ["sia", "abe", "zoe"])
def test_nobody_makes_the_password_of_one_of_the_three_powers(
    db: Database, cast: Cast, office: Office, name: str
) -> None:
    """Whoever could would have that power."""
    office.post("zoe", f"/admin/users/{getattr(cast, name)}/password", {"id": str(new_id())}, 404)
    assert told(db, "user.password") == []
    assert "password" not in [f.attrs["action"].split("/")[-1] for f in parse(
        office.get("zoe", f"/admin/users/{getattr(cast, name)}")).all("form", method="post")]  # fmt: skip


@pytest.mark.parametrize(("name", "says"), [("zoe", "唯一的系统管理员"), ("sia", "唯一的安全管理员")])
def test_the_last_of_a_power_is_not_disabled(cast: Cast, db: Database, office: Office, name: str, says: str) -> None:
    answer = office.post("zoe", f"/admin/users/{getattr(cast, name)}/disable", status=422)
    assert says in parse(answer.text).one(role="alert").text
    assert user(db, name).disabled_at is None


def test_an_act_asks_for_the_password_again_and_goes_on_with_what_was_typed(
    cast: Cast, client_of: Callable[..., FlaskClient]
) -> None:
    from datetime import timedelta

    from fieldapp.core import clock

    zoe = client_of("zoe")
    clock.advance(timedelta(minutes=11))
    for path in ("/admin/users", f"/admin/users/{cast.bo}/disable", f"/admin/users/{cast.bo}/password"):
        asked = zoe.post(path, data={"name": "柏宁宁", "username": "x9"})
        assert asked.status_code == 403 and "柏宁宁" in asked.text, path
