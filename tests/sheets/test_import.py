"""Zoe brings a zone's Excel files in."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import Workbook as Excel
from openpyxl import load_workbook
from sqlalchemy import func, select

from fieldapp.accounts.models import Proposal, Unit, User
from fieldapp.core import clock, jobs
from fieldapp.core.db import Database, new_id
from fieldapp.core.models import Audit
from fieldapp.projects.models import Area, Assignment, Contact, Enterprise, Project, Stage
from fieldapp.settings import Settings
from fieldapp.sheets import actions, terminal
from fieldapp.sheets import jobs as _sheets
from fieldapp.sheets.columns import SHEETS, STAGES
from fieldapp.sheets.models import Workbook
from tests.cast import NOON, Cast
from tests.sheets.book import a_project, book

assert _sheets
At = Callable[[], None]


@pytest.fixture
def zoe(client_of: Callable[..., FlaskClient]) -> FlaskClient:
    return client_of("zoe")


@pytest.fixture
def work(app: Flask) -> At:
    """What the worker does when it is nudged."""
    around = app.extensions["fieldapp"]
    return lambda: jobs.run("workbooks", jobs.Context(around.settings, around.db, around.files))


def bring(zoe: FlaskClient, work: At, content: bytes, *, skip_bad: bool = False) -> str:
    """Choose the file, have it checked, bring it in; the page at the end."""
    page = check(zoe, work, content)
    zoe.post(f"{page}/bring", data={"skip_bad": "1"} if skip_bad else {})
    work()
    return zoe.get(page).get_data(as_text=True)


def check(zoe: FlaskClient, work: At, content: bytes) -> str:
    sent = zoe.post(
        "/admin/workbooks", data={"id": str(new_id()), "file": (io.BytesIO(content), "园区.xlsx")},
        content_type="multipart/form-data",
    )  # fmt: skip
    assert sent.status_code == 303
    work()
    return sent.location


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def counted(db: Database) -> dict[str, int]:
    with db.reading() as session:
        tables = (Enterprise, Project, Contact, Assignment, User, Unit, Proposal)
        return {table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


WHOLE = {
    "units": [{"name": "供电公司", "order": 3}],
    "users": [
        {"username": "gao", "name": "高远", "role": "服务专员", "team": "项目服务一队", "duty": "队员"},
        {"username": "Shan", "name": "单秋", "role": "承办单位", "unit": "供电公司"},
        {"username": "tang", "name": "唐明", "role": "团队负责人", "team": "项目服务三队"},
    ],
    "projects": [
        {"enterprise": "长风动力", "uscc": "91330100MA27XJ5K0Q", "name": "电机项目", "phase": "一期", "stage": "S08",
         "area": "东片区", "lat": 37.10012, "lng": "119.64021", "investment": "12,500.5", "key_project": "是",
         "contact_every_days": 14},
        {"enterprise": "长风动力", "name": "电机项目", "phase": "二期", "stage": "签约"},
    ],
    "assignments": [
        {"project": "电机项目", "phase": "一期", "username": "gao", "starts_on": date(2026, 11, 1)},
        {"project": "电机项目", "phase": "二期", "team": "项目服务三队", "role": "协同"},
    ],
    "contacts": [{"enterprise": "长风动力", "name": "贺长风", "title": "总经理", "phone": 13800000011}],
}  # fmt: skip


@pytest.fixture(autouse=True)
def an_area(db: Database, cast: Cast) -> None:
    with db.writing() as session:
        session.get_one(Area, cast.area).name = "东片区"


def test_a_whole_zone_comes_in_and_the_same_file_again_changes_nothing(
    zoe: FlaskClient, work: At, db: Database, cast: Cast
) -> None:
    before = counted(db)
    content = book(**WHOLE)
    page = bring(zoe, work, content)
    assert "已导入" in page
    grown = {name: count - before[name] for name, count in counted(db).items()}
    assert grown == {"enterprise": 1, "project": 2, "contact": 1, "assignment": 2, "user": 3, "unit": 1, "proposal": 3}
    with db.reading() as session:
        project = session.scalars(select(Project).where(Project.name == "电机项目", Project.phase == "一期")).one()
        assert (project.stage, project.area_id, project.key_project) == ("S08", cast.area, True)
        assert (project.lat, project.lng, str(project.investment)) == (37.10012, 119.64021, "12500.50")
        assert session.scalars(select(Contact.phone).where(Contact.name == "贺长风")).one() == "13800000011"
    after = counted(db)
    again = check(zoe, work, content)
    assert "都已存在" in zoe.get(again).get_data(as_text=True)
    assert counted(db) == after


def test_every_bad_line_is_named_with_its_number_and_nothing_comes_in(zoe: FlaskClient, work: At, db: Database) -> None:
    before = counted(db)
    rows = [
        a_project(1), a_project(2, stage="S99"), a_project(3, lat="37.1"), a_project(4, investment="很多"),
        {"enterprise": "", "name": "无名", "stage": "S05"}, a_project(5, area="火星片区"), a_project(1),
        a_project(6, uscc="123"), a_project(7, contact_every_days=0), a_project(8, key_project="也许"),
    ]  # fmt: skip
    page = check(zoe, work, book(projects=rows))
    said = text_of(zoe.get(page).get_data(as_text=True))
    for line, why in (
        (3, "没有阶段“S99”"), (4, "经度： 位置须同时填写"), (5, "“很多”不是数字"), (6, "企业名称：须填写"),
        (7, "没有片区“火星片区”"), (8, "与第 2 行相同"), (9, "“123”不是 18 位"), (10, "应在 1 到 366 之间"),
        (11, "“也许”：请填写"),
    ):  # fmt: skip
        place = said.index(f"项目，第 {line} 行")
        assert why.replace(" ", "") in said[place : place + 60].replace(" ", ""), (line, said[place : place + 60])
    refused = zoe.post(f"{page}/bring")
    work()
    assert refused.status_code == 303
    assert counted(db) == before
    zoe.post(f"{page}/bring", data={"skip_bad": "1"})
    work()
    assert counted(db)["project"] == before["project"] + 1


def test_new_people_have_a_password_that_only_the_list_tells_and_no_power_yet(
    zoe: FlaskClient, work: At, db: Database, client_of: Callable[..., FlaskClient]
) -> None:
    page = check(zoe, work, book(users=WHOLE["users"], units=WHOLE["units"]))
    zoe.post(f"{page}/bring")
    work()
    listed = zoe.post(f"{page}/passwords").get_data(as_text=True)
    word = next(line.split(",")[2] for line in listed.splitlines() if ",gao," in line)
    assert len(word) >= 10
    with db.reading() as session:
        gao = session.scalars(select(User).where(User.username == "gao")).one()
        assert gao.must_change_password
        assert gao.memberships == []
        told = session.scalars(select(Audit.detail).where(Audit.verb == "workbook.passwords")).all()
    assert told == [{"accounts": 3}]
    assert word not in str(told)
    signed = client_of(None).post("/login", data={"username": "gao", "password": word})
    assert "目前没有角色" in signed.get_data(as_text=True)


def test_what_is_filled_in_later_is_changed_and_an_empty_cell_takes_nothing_away(
    zoe: FlaskClient, work: At, db: Database
) -> None:
    bring(zoe, work, book(projects=[a_project(1, uscc="91330100MA27XJ5K0Q", investment=100)]))
    bring(zoe, work, book(projects=[a_project(1, stage="S06", short_name="一号")]))
    with db.reading() as session:
        project = session.scalars(select(Project).where(Project.name == "第1号项目")).one()
        assert (project.stage, str(project.investment)) == ("S06", "100.00")
        assert (project.enterprise.short_name, project.enterprise.uscc) == ("一号", "91330100MA27XJ5K0Q")


def test_two_lines_that_say_different_things_of_one_enterprise_do_not_take_turns(zoe: FlaskClient, work: At) -> None:
    rows = [a_project(1, short_name="甲"), {**a_project(1, short_name="乙"), "phase": "二期"}]
    said = text_of(zoe.get(check(zoe, work, book(projects=rows))).get_data(as_text=True))
    assert "第 2 行写的不一样" in said


def test_another_part_ends_the_old_assignment_and_begins_a_new_one(
    zoe: FlaskClient, work: At, db: Database, cast: Cast
) -> None:
    with db.reading() as session:
        sail = session.get_one(Project, cast.sail)
        name, phase = sail.name, sail.phase
        before = session.scalars(select(Assignment).where(Assignment.user_id == cast.ana)).all()
    line = {"project": name, "phase": phase, "username": "ana", "role": "协同"}
    with clock.frozen(NOON):
        bring(zoe, work, book(assignments=[line]))
        after_first = counted(db)
        bring(zoe, work, book(assignments=[line]))
    assert counted(db) == after_first
    with db.reading() as session:
        rows = session.scalars(
            select(Assignment).where(Assignment.user_id == cast.ana, Assignment.project_id == cast.sail)
        ).all()
        assert len(rows) == len([one for one in before if one.project_id == cast.sail]) + 1
        ended = [one for one in rows if one.ends_on is not None]
        assert [one.ends_on for one in ended] == [NOON.date() - timedelta(days=1)]


def test_a_file_that_is_none_a_bomb_and_an_empty_form_say_so(zoe: FlaskClient, work: At) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * (201 * 1024 * 1024))
    entities = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book(projects=[a_project()]))) as good, zipfile.ZipFile(entities, "w") as packed:
        for part in good.infolist():
            text = good.read(part)
            if part.filename == "xl/workbook.xml":
                text = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + text.split(b"?>", 1)[-1]
            packed.writestr(part.filename, text)
    for content, why in ((b"PK\x03\x04 not quite", "不是"), (b"%PDF-1.7", "不是"), (bomb.getvalue(), "太大"),
                         (entities.getvalue(), "不是"), (book(projects=[a_project()])[:-200], "不是")):  # fmt: skip
        page = check(zoe, work, content)
        assert why in text_of(zoe.get(page).get_data(as_text=True))
    nothing = zoe.post("/admin/workbooks", data={"id": str(new_id())}, content_type="multipart/form-data")
    assert nothing.status_code == 422
    assert "请选择" in nothing.get_data(as_text=True)


def test_the_template_is_filled_in_and_brought_back(zoe: FlaskClient, work: At, db: Database) -> None:
    sent = zoe.get("/admin/workbooks/template.xlsx")
    template = load_workbook(io.BytesIO(sent.get_data()))
    assert template.sheetnames == [sheet.zh for sheet in SHEETS]
    page = template["项目"]
    headings = {cell.value.rstrip("*"): cell.column for cell in page[1]}
    with db.reading() as session:
        stages = tuple(session.scalars(select(Stage.zh).order_by(Stage.code)))
    assert stages == STAGES and f'"{",".join(stages)}"' in {v.formula1 for v in page.data_validations.dataValidation}
    for column, value in (("企业名称", "归雁轴承"), ("项目名称", "轴承项目"), ("阶段", "供地")):
        page.cell(3, headings[column], value)
    out = io.BytesIO()
    template.save(out)
    before = counted(db)
    bring(zoe, work, out.getvalue())
    assert counted(db)["project"] == before["project"] + 1


def test_only_the_system_administrator_may(client_of: Callable[..., FlaskClient], zoe: FlaskClient, work: At) -> None:
    page = check(zoe, work, book(projects=[a_project()]))
    for name in ("ana", "lin", "dee", "uma", "sia", "abe"):
        other = client_of(name)
        for way in ("/admin/workbooks", "/admin/workbooks/template.xlsx", page, f"{page}/progress"):
            assert other.get(way).status_code == 404
        for way in ("bring", "drop", "passwords"):
            assert other.post(f"{page}/{way}").status_code == 404


def test_a_worker_that_was_killed_in_between_goes_on_and_doubles_nothing(
    zoe: FlaskClient, work: At, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "A_BATCH", 3)
    page = check(zoe, work, book(projects=[a_project(n) for n in range(10)]))
    before = counted(db)
    zoe.post(f"{page}/bring")
    write, calls = actions._Hundred.write, []

    def dies(self: actions._Hundred, session: object) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        write(self, session)  # type: ignore[arg-type]

    monkeypatch.setattr(actions._Hundred, "write", dies)
    with pytest.raises(KeyboardInterrupt):
        work()
    assert counted(db)["project"] == before["project"] + 6
    monkeypatch.setattr(actions._Hundred, "write", write)
    with db.writing() as session:
        session.get_one(Workbook, UUID(page.rsplit("/", 1)[1])).lease = clock.now() - timedelta(minutes=1)
    work()
    assert counted(db)["project"] == before["project"] + 10
    assert "已导入" in zoe.get(page).get_data(as_text=True)


def test_a_name_is_never_a_formula_and_a_heading_may_be_english(zoe: FlaskClient, work: At, db: Database) -> None:
    made = Excel()
    page = made.worksheets[0]
    page.title = "Projects"
    page.append(["Enterprise*", "Project *", "Stage", "Note"])
    page.append(["白帆\u202e制造\n有限公司", "=1+1", "s05", "x"])
    out = io.BytesIO()
    made.save(out)
    shown = text_of(zoe.get(check(zoe, work, out.getvalue())).get_data(as_text=True))
    assert "Note" in shown  # a column that says nothing to us is named
    assert "须填写" in shown  # a formula that was never computed has no value


def test_the_terminal_does_the_same(
    db: Database, cast: Cast, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    file = tmp_path / "zone.xlsx"
    file.write_bytes(book(projects=[a_project(1), a_project(2, stage="?")], users=WHOLE["users"][:1]))
    settings = Settings(data_dir=tmp_path)
    before = counted(db)
    with clock.frozen(NOON):
        assert terminal.bring_in(db, settings, file, only=None, dry=False, skip_bad=False) == 1
        assert counted(db) == before
        assert terminal.bring_in(db, settings, file, only=None, dry=False, skip_bad=True) == 1
    assert counted(db)["project"] == before["project"] + 1
    said = capsys.readouterr().out
    assert "项目 line 3" in said
    assert "gao" in said
