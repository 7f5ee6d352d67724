"""Roles: proposed by the system administrator, granted and ended by the security administrator, seen by the auditor."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.accounts.models import Membership, Proposal, User
from fieldapp.core import changes, clock, jobs
from fieldapp.core.db import Database, new_id
from fieldapp.core.files import Files
from fieldapp.projects.jobs import tell_of_the_day
from fieldapp.settings import Settings
from tests.admin.people.conftest import Office
from tests.cast import NOON, Cast
from tests.feed.pages import faults, parse

TODAY = NOON.date()

LEADS_PAGE = 'href="/review"'  # in the menu of whoever leads


def held(db: Database, cast: Cast, name: str) -> list[tuple[str, str, str | None]]:
    """Role, first and last day of each, the earliest first."""
    with db.reading() as session:
        rows = session.scalars(
            select(Membership).where(Membership.user_id == getattr(cast, name)).order_by(Membership.id)
        )
        return [(m.role, m.starts_on.isoformat(), m.ends_on.isoformat() if m.ends_on else None) for m in rows]


def membership(db: Database, cast: Cast, name: str) -> str:
    with db.reading() as session:
        return str(session.scalars(select(Membership.id).where(Membership.user_id == getattr(cast, name))).first())


def test_what_zoe_proposes_sia_grants_with_one_tap_and_it_holds_at_the_next_page(
    cast: Cast, office: Office, client_of: Callable[..., FlaskClient]
) -> None:
    bo = client_of("bo")
    id = office.propose("bo", "lead", team_id=cast.second_team, duty="带队")
    assert LEADS_PAGE not in bo.get("/projects").text
    office.grant(id, by="zoe", status=404)
    office.grant(id, by="abe", status=404)
    office.grant(id, by="lin", status=404)
    page = parse(office.get("sia", "/admin/proposals"))
    assert "团队负责人 · 项目服务二队 · 带队" in page.text and "佐伊" in page.text
    office.grant(id)
    assert LEADS_PAGE in bo.get("/projects").text
    assert "已由他人处理" in office.get("sia", office.post("sia", f"/admin/proposals/{id}/grant").location)


def test_all_that_was_looked_at_is_granted_with_one_tap_and_nothing_else(
    db: Database, cast: Cast, office: Office
) -> None:
    for name in ("ana", "bo", "dan"):
        office.propose(name, "desk")
    page = parse(office.get("sia", "/admin/proposals"))
    form = page.one("form", action="/admin/proposals/grant")
    looked_at = [one.attrs["value"] for one in form.all("input", name="id")]
    office.propose("lin", "desk")  # meanwhile
    assert office.post("sia", "/admin/proposals/grant", {"id": looked_at}).location == "/admin/proposals?granted=3"
    assert [len(held(db, cast, name)) for name in ("ana", "bo", "dan", "lin")] == [2, 2, 2, 1]
    assert len(parse(office.get("sia", "/admin/proposals")).all("li", css="card")) == 1


def test_what_must_not_be_granted_is_named_and_holds_up_nothing_else(db: Database, cast: Cast, office: Office) -> None:
    own, other, two = office.propose("sia", "desk"), office.propose("bo", "desk"), office.propose("dee", "auditor")
    office.give("dee", "admin")  # proposed and granted while the other one waited
    answer = office.post("sia", "/admin/proposals/grant", {"id": [own, other, two, "x", str(new_id())]}, 422)
    alert = parse(answer.text).one(role="alert").text
    assert "思雅" in alert and "本人不得" in alert and "狄安" in alert and "不得兼任两员" in alert and "1 项" in alert
    assert [role for role, *_ in held(db, cast, "bo")] == ["officer", "desk"]
    assert [role for role, *_ in held(db, cast, "sia")] == ["security"]
    assert [role for role, *_ in held(db, cast, "dee")] == ["desk", "admin"]


def test_nobody_decides_on_what_is_proposed_for_themselves(db: Database, cast: Cast, office: Office) -> None:
    id = office.propose("sia", "desk")
    page = parse(office.get("sia", "/admin/proposals"))
    assert "须由他人处理" in page.text and page.all("form", action=f"/admin/proposals/{id}/grant") == []
    office.grant(id, status=422)
    office.post("sia", f"/admin/proposals/{id}/refuse", status=404)
    assert held(db, cast, "sia") == [("security", "2026-01-01", None)]


def test_a_proposal_is_refused_or_taken_back_and_neither_leaves_a_role(
    db: Database, cast: Cast, office: Office
) -> None:
    one, other = office.propose("bo", "desk"), office.propose("bo", "lead", team_id=cast.first_team)
    office.post("sia", f"/admin/proposals/{one}/take-back", status=404)
    office.post("sia", f"/admin/proposals/{one}/refuse")
    office.post("zoe", f"/admin/proposals/{other}/take-back")
    for id in (one, other):
        assert office.post("sia", f"/admin/proposals/{id}/grant").location == "/admin/proposals?granted=0"
    assert len(held(db, cast, "bo")) == 1
    page = parse(office.get("abe", f"/admin/users/{cast.bo}")).text
    assert "驳回提请 · 思雅" in page and "撤回提请 · 佐伊" in page


def test_a_lead_whose_role_ended_sees_no_leads_page_at_the_next_request(
    db: Database, cast: Cast, office: Office, client_of: Callable[..., FlaskClient]
) -> None:
    lin = client_of("lin")
    office.give("lin", "officer", team_id=cast.first_team)
    assert LEADS_PAGE in lin.get("/projects").text
    office.post("zoe", f"/admin/memberships/{membership(db, cast, 'lin')}/end", status=404)
    office.post("sia", f"/admin/memberships/{membership(db, cast, 'lin')}/end")
    page = lin.get("/projects")
    assert page.status_code == 200 and LEADS_PAGE not in page.text
    assert held(db, cast, "lin")[0] == ("lead", "2026-01-01", "2026-11-19")


def test_whose_last_role_ends_keeps_the_phones_door_for_thirty_days(
    db: Database, cast: Cast, office: Office, client_of: Callable[..., FlaskClient]
) -> None:
    bo = client_of("bo")
    office.post("sia", f"/admin/memberships/{membership(db, cast, 'bo')}/end", {"last_day": "2026-11-20"})
    assert bo.get("/projects").status_code == 200  # its last day
    clock.advance(timedelta(days=1))
    assert bo.get("/projects").status_code == 302
    assert bo.get("/api/v1/me").status_code == 200
    clock.advance(timedelta(days=30))
    assert bo.get("/api/v1/me").status_code == 401


def test_a_role_that_begins_or_ends_with_a_day_reaches_the_phones_on_that_day(
    db: Database, cast: Cast, office: Office, settings: Settings
) -> None:
    context = jobs.Context(settings, db, Files(settings.files))

    def told() -> set[str]:
        """Whose row phones are told of as the day begins."""
        with db.reading() as session:
            before = changes.current(session)
        tell_of_the_day(context)
        with db.reading() as session:
            return {change.row for change in changes.since(session, before, ["officer"])}

    told()
    office.give("dan", "lead", team_id=cast.second_team, starts_on="2026-11-22")
    office.post("sia", f"/admin/memberships/{membership(db, cast, 'bo')}/end", {"last_day": "2026-11-20"})
    assert told() == set()
    clock.advance(timedelta(days=1))
    assert told() == {str(cast.bo)}
    clock.advance(timedelta(days=1))
    assert told() == {str(cast.dan)}
    assert told() == set()


@pytest.mark.parametrize(
    ("last_day", "says"), [("2026-11-18", "已经过去"), ("soon", "2026-11-22"), ("2026-12-02", "更早")]
)
def test_an_end_is_never_dated_back_nor_put_off(
    db: Database, cast: Cast, office: Office, last_day: str, says: str
) -> None:
    path = f"/admin/memberships/{membership(db, cast, 'bo')}/end"
    office.post("sia", path, {"last_day": "2026-12-01"})
    page = parse(office.post("sia", path, {"last_day": last_day}, 422).text)
    assert faults(page) == [] and page.one(id="f-last_day").attrs["value"] == last_day
    assert says in page.one(id="f-last_day-error").text
    assert held(db, cast, "bo") == [("officer", "2026-01-01", "2026-12-01")]


def test_a_change_is_proposed_from_the_role_that_it_replaces(db: Database, cast: Cast, office: Office) -> None:
    before = membership(db, cast, "bo")
    page = parse(office.get("zoe", f"/admin/users/{cast.bo}/propose?replaces={before}"))
    assert page.one(id="f-team_id").one("option", selected=True).attrs["value"] == str(cast.first_team)
    office.give("bo", "lead", team_id=cast.second_team, replaces=before, starts_on="2026-12-01")
    assert held(db, cast, "bo") == [("officer", "2026-01-01", "2026-11-30"), ("lead", "2026-12-01", None)]


@pytest.mark.parametrize(("name", "says"), [("zoe", "唯一的系统管理员"), ("sia", "唯一的安全管理员")])
def test_the_last_of_a_power_is_not_ended(db: Database, cast: Cast, office: Office, name: str, says: str) -> None:
    answer = office.post("sia", f"/admin/memberships/{membership(db, cast, name)}/end", status=422)
    assert says in parse(answer.text).one(role="alert").text
    assert held(db, cast, name)[0][2] is None


def test_in_a_zone_without_one_zoe_appoints_the_first_security_administrator(
    db: Database, cast: Cast, office: Office
) -> None:
    with db.writing() as session:
        session.delete(session.scalars(select(Membership).where(Membership.user_id == cast.sia)).one())
    assert "首名安全管理员" in office.get("zoe", f"/admin/users/{cast.dee}/propose")
    assert "首名安全管理员" in office.get("zoe", "/admin/users")
    first, desk = office.propose("dee", "security"), office.propose("bo", "desk")
    second = office.propose("lin", "security")
    office.grant(desk, by="zoe", status=404)
    office.grant(first, by="zoe")
    office.grant(second, by="zoe", status=404)
    assert [role for role, *_ in held(db, cast, "dee")] == ["desk", "security"]
    assert "首名安全管理员" not in office.get("zoe", "/admin/users")


def test_where_the_powers_are_not_kept_apart_zoe_grants_but_not_to_herself(
    app: Flask, db: Database, cast: Cast, office: Office
) -> None:
    around = app.extensions["fieldapp"]
    app.extensions["fieldapp"] = replace(around, settings=replace(around.settings, three_powers=False))
    office.grant(office.propose("bo", "desk"), by="zoe")
    office.grant(office.propose("zoe", "desk"), by="zoe", status=422)
    office.propose("abe", "security", 422)
    assert [role for role, *_ in held(db, cast, "bo")] == ["officer", "desk"]
    assert "FIELDAPP_THREE_POWERS" in office.get("abe", "/compliance")
    with db.reading() as session:
        assert session.scalars(select(Proposal.decided_by).where(Proposal.user_id == cast.bo)).one() == cast.zoe


def test_teams_and_units_that_end_take_their_roles_along(db: Database, cast: Cast, office: Office) -> None:
    team = f"/admin/teams/{cast.first_team}"
    said = {"name": "项目服务一队", "kind": "task_force", "ends_on": "2026-12-24", "order": "0"}
    seen = '{"name":"项目服务一队","kind":"team","ends_on":null,"order":0}'
    office.post("zoe", team, {**said, "ends_on": "", "seen": seen}, 422)  # a task force has a last day
    office.post("zoe", team, {**said, "seen": seen})
    assert [held(db, cast, name)[0][2] for name in ("ana", "bo", "lin", "dan")] == ["2026-12-24"] * 3 + [None]
    office.propose("dan", "officer", 422, team_id=cast.first_team)  # needs a last day now
    office.post("zoe", f"/admin/units/{cast.water}/archive")
    assert held(db, cast, "uma") == [("unit", "2026-01-01", "2026-11-20")]
    office.propose("uma", "unit", 422, unit_id=cast.water)
    assert "乌敏" in office.get("sia", f"/admin/memberships?unit={cast.water}")
    with db.reading() as session:
        assert session.get_one(User, cast.uma).disabled_at is None
