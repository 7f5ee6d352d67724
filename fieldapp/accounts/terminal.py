"""Accounts at the terminal: `fieldapp user add | list | disable | enable | second-factor | password`."""

import argparse
from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.accounts import actions, people_actions, queries
from fieldapp.accounts.actions import Refused
from fieldapp.accounts.models import ROLES, Membership, User
from fieldapp.core import clock
from fieldapp.core.db import Database
from fieldapp.core.terminal import Failed, ask_password
from fieldapp.settings import Settings

OnDatabase = Callable[[argparse.Namespace, Settings, Database], None]


def commands(
    acts: "argparse._SubParsersAction[argparse.ArgumentParser]", on_database: Callable[[OnDatabase], Any]
) -> None:
    """The acts of `fieldapp user`; `on_database` gives each the database once it is ready."""
    add = acts.add_parser("add", help="add an account; asks for the password unless it comes on standard input")
    add.set_defaults(run=on_database(_add))
    add.add_argument("username")
    add.add_argument("--name", required=True)
    add.add_argument("--role", required=True, choices=ROLES)
    add.add_argument("--team", help="of an officer, lead or desk; made if it does not exist")
    add.add_argument("--unit", help="of a handling unit's account; made if it does not exist")
    add.add_argument("--keep-password", action="store_true", help="its owner typed it: not changed at first sign-in")
    add.add_argument("--duty", default="", help="统筹, 带队, 队员, 帮办代办 or 首席服务官")
    acts.add_parser("list", help="list the accounts").set_defaults(run=on_database(_list))
    for name, run, say in (
        ("disable", _disable, "end an account; its phone may hand in what it holds for 30 days"),
        ("enable", _enable, "open an account again that was disabled"),
        ("second-factor", _second_factor, "take away a second factor that is lost; a new one is set up at sign-in"),
        ("password", _password, "set a new password; every session of the account ends"),
    ):
        act = acts.add_parser(name, help=say)
        act.set_defaults(run=on_database(run))
        act.add_argument("username")
        if run is _password:
            act.add_argument("--keep-password", action="store_true", help="its owner typed it: not to be changed again")


def _add(arguments: argparse.Namespace, settings: Settings, database: Database) -> None:
    def add(session: Session) -> None:
        actions.add_user(
            session, username=arguments.username, name=arguments.name, password=password, role=arguments.role,
            team=arguments.team, unit=arguments.unit, duty=arguments.duty, starts_on=clock.today(settings.timezone),
            given=not arguments.keep_password,
        )  # fmt: skip

    password = ask_password()
    _refusable(database, add)


def _list(arguments: argparse.Namespace, settings: Settings, database: Database) -> None:
    day = clock.today(settings.timezone)
    with database.reading() as session:
        for user in session.scalars(select(User).order_by(User.username)):
            held = [m for m in user.memberships if m.holds_on(day)]
            roles = ", ".join(_say(m) for m in held) or "no role"
            print(f"{user.username:20} {user.name:12} {'disabled' if user.disabled_at else roles}")


def _say(membership: Membership) -> str:
    place = membership.team or membership.unit
    return f"{membership.role} ({place.name})" if place else membership.role


def _disable(arguments: argparse.Namespace, settings: Settings, database: Database) -> None:
    _refusable(database, lambda session: actions.disable(session, _user(session, arguments.username), by=None))


def _enable(arguments: argparse.Namespace, settings: Settings, database: Database) -> None:
    _refusable(database, lambda session: people_actions.enable(session, _user(session, arguments.username), by=None))


def _password(arguments: argparse.Namespace, settings: Settings, database: Database) -> None:
    password = ask_password()

    def change(session: Session) -> None:
        user = _user(session, arguments.username)
        new_hash = actions.password_hash(password, user.username, user.name)
        actions.set_password(session, user, new_hash, by=None, given=not arguments.keep_password)

    _refusable(database, change)


def _second_factor(arguments: argparse.Namespace, settings: Settings, database: Database) -> None:
    from fieldapp.accounts import factor_actions

    _refusable(database, lambda session: factor_actions.reset(session, _user(session, arguments.username), by=None))


def _user(session: Session, username: str) -> User:
    user = queries.by_username(session, username)
    if user is None:
        raise Failed(f"there is no account {username!r}")
    return user


def _refusable(database: Database, do: Callable[[Session], None]) -> None:
    try:
        database.write(do)
    except Refused as refused:
        from fieldapp.accounts.forms import sentence  # brings the web along: not at every start

        raise Failed(sentence(refused)) from refused
