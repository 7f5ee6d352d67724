"""`fieldapp user …`: the accounts from a terminal."""

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient

from fieldapp.accounts import actions, factor_actions, queries
from fieldapp.accounts.models import User
from fieldapp.cli import main
from fieldapp.core.db import Database
from fieldapp.settings import Settings
from tests.accounts.conftest import inside, sign_in
from tests.cast import PASSWORD, Cast

Run = Callable[..., tuple[int, str, str]]
ADD = ("user", "add", "lihua", "--name", "李华", "--role", "officer", "--team", "项目服务三队")


@pytest.fixture
def fieldapp(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run the command on the test's database; what it returned, and what it said."""
    monkeypatch.setenv("FIELDAPP_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("FIELDAPP_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("FIELDAPP_SECRET_KEY", settings.secret_key)

    def run(*arguments: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        code = main(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    yield run


def test_an_account_is_added_and_can_sign_in(
    fieldapp: Run, browser: Callable[..., FlaskClient], db: Database, cast: Cast
) -> None:
    assert fieldapp(*ADD, "--duty", "带队", typed="Rubber-boots-4\n") == (0, "", "")
    client = browser()
    assert sign_in(client, "lihua", "Rubber-boots-4").status_code == 303
    form = {"current": "Rubber-boots-4", "password": "Umbrella-5-red", "again": "Umbrella-5-red"}
    assert client.post("/settings/password", data=form).status_code == 303  # who typed it was not its owner
    assert "项目服务三队" in client.get("/settings").text
    with db.reading() as session:
        user = queries.by_username(session, "lihua")
        assert user is not None
        assert (user.initials, user.memberships[0].duty) == ("lh", "带队")


def test_a_handling_units_account_belongs_to_its_unit(fieldapp: Run, db: Database) -> None:
    add = ("user", "add", "water1", "--name", "供水窗口", "--role", "unit", "--unit", "供水公司")
    assert fieldapp(*add, typed="Rubber-boots-4\n")[0] == 0
    with db.reading() as session:
        assert [unit.name for unit in queries.units(session)] == ["供水公司"]


@pytest.mark.parametrize(
    ("changed", "typed", "says"),
    [
        ({"lihua": "ana"}, "Rubber-boots-4", "This account name is taken."),
        ({"lihua": "Li Hua"}, "Rubber-boots-4", "Small letters, digits"),
        ({"李华": " "}, "Rubber-boots-4", "a name of 1 to 60"),
        ({}, "short", "at least 10 characters"),
        ({}, "", "at least 10 characters"),
    ],
)
@pytest.mark.usefixtures("cast")
def test_what_cannot_be_taken_is_told_in_a_sentence(
    fieldapp: Run, changed: dict[str, str], typed: str, says: str
) -> None:
    code, _out, err = fieldapp(*(changed.get(word, word) for word in ADD), typed=f"{typed}\n")
    assert code == 2
    assert err.startswith("fieldapp: ")
    assert says in err


def test_an_unknown_role_is_refused_with_those_there_are(fieldapp: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        fieldapp("user", "add", "x1", "--name", "x", "--role", "boss")
    assert ended.value.code == 2
    assert "officer" in capsys.readouterr().err


@pytest.mark.usefixtures("cast")
def test_the_list_tells_roles_and_who_has_ended(fieldapp: Run) -> None:
    assert fieldapp("user", "disable", "bo")[0] == 0
    code, out, _err = fieldapp("user", "list")
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert code == 0
    assert list(lines) == sorted(["ana", "bo", "lin", "dan", "uma", "dee", "zoe", "sia", "abe"])
    assert "officer (项目服务一队)" in lines["ana"]
    assert "unit (供水公司)" in lines["uma"]
    assert "desk" in lines["dee"]
    assert "disabled" in lines["bo"]


def test_a_disabled_account_is_out(fieldapp: Run, browser: Callable[..., FlaskClient]) -> None:
    client = browser()
    sign_in(client, "ana")
    fieldapp("user", "disable", "ANA")
    assert not inside(client)


def test_a_disabled_account_is_opened_again_and_the_last_administrator_stays(fieldapp: Run, cast: Cast) -> None:
    for act in ("disable", "enable"):
        assert fieldapp("user", act, "ana") == (0, "", "")
    assert "disabled" not in fieldapp("user", "list")[1]
    for name in ("zoe", "sia"):
        code, _out, err = fieldapp("user", "disable", name)
        assert code == 2 and "They are the only" in err
    assert fieldapp("user", "add", "sia2", "--name", "思", "--role", "security", typed="Rubber-boots-4\n")[0] == 0
    assert fieldapp("user", "disable", "sia")[0] == 0


def test_a_reset_password_ends_every_session(fieldapp: Run, browser: Callable[..., FlaskClient]) -> None:
    client = browser()
    sign_in(client, "ana")
    assert fieldapp("user", "password", "ana", typed="Rubber-boots-4\n") == (0, "", "")
    assert not inside(client)
    assert sign_in(browser(), "ana", PASSWORD).status_code == 422
    assert sign_in(browser(), "ana", "Rubber-boots-4").status_code == 303


def test_a_lost_second_factor_is_taken_away_on_the_server(
    fieldapp: Run, browser: Callable[..., FlaskClient], db: Database, cast: Cast
) -> None:
    db.write(lambda session: factor_actions.add_code_app(session, session.get_one(User, cast.zoe), "A" * 32, step=0))
    assert sign_in(browser(), "zoe").location == "/login/second"
    assert fieldapp("user", "second-factor", "zoe") == (0, "", "")
    assert sign_in(browser(), "zoe").location == "/"


@pytest.mark.parametrize("act", ["disable", "password", "second-factor"])
def test_an_account_that_is_not_there_is_named(fieldapp: Run, act: str) -> None:
    code, _out, err = fieldapp("user", act, "nobody", typed="Rubber-boots-4\n")
    assert (code, err) == (2, "fieldapp: there is no account 'nobody'\n")


def test_without_init_it_says_what_to_run(tmp_path_factory: pytest.TempPathFactory, fieldapp: Run) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIELDAPP_DATABASE_URL", f"sqlite:///{tmp_path_factory.mktemp('bare')}/fieldapp.db")
        code, _out, err = fieldapp("user", "list")
    assert code == 2
    assert "fieldapp init" in err


def test_the_installed_command_does_the_same(settings: Settings, cast: Cast, db: Database) -> None:
    environ = {
        **os.environ,
        "FIELDAPP_DATA_DIR": str(settings.data_dir),
        "FIELDAPP_DATABASE_URL": settings.database_url,
        "FIELDAPP_SECRET_KEY": settings.secret_key,
    }
    command = [sys.executable, "-m", "fieldapp", "user", "password", "ana"]
    done = subprocess.run(command, env=environ, input="Rubber-boots-4\n", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    with db.reading() as session:
        assert actions.verify(queries.by_username(session, "ana"), "Rubber-boots-4")


def test_a_database_that_does_not_answer_is_one_line_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], settings: Settings
) -> None:
    monkeypatch.setenv("FIELDAPP_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("FIELDAPP_DATABASE_URL", "postgresql+psycopg://zone:geheim@127.0.0.1:1/zone")
    monkeypatch.setenv("FIELDAPP_SECRET_KEY", settings.secret_key)
    assert main(["user", "list"]) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("fieldapp: the database cannot be used: ") and "geheim" not in said
